"""Crashes inside disposal, TANGTHU_SOAK_KILLS simulated ones at every moment; real ones: `test_kill_disposal.py`.

Held to: nothing is ever erased that was not approved, and a later run finishes whatever was begun.
"""

import os
import random

import pytest

from repository.access.actors import operator
from repository.blobs import Digest
from repository.organisation.units.units import UnitForm
from tests.factories import stored
from tests.repository.retention.crashing import Crash, Fuse, FusedEraser, approved, fused, index_told
from tests.repository.retention.office import closed, dossier_with, moved, sealed, staff, to

pytestmark = pytest.mark.soak
ROUNDS = int(os.environ.get("TANGTHU_SOAK_KILLS", "500"))
LIVE = int(os.environ.get("TANGTHU_SOAK_LIVE_KILLS", "40"))
ROOT = operator("test")
OFFICE = UnitForm(id="van-phong", name="Văn phòng UBND", symbol="UBND")


async def test_simulated_crashes_one_after_another(settings) -> None:
    """Up to three crashes in one disposal, at random moments, with random lists."""
    chance = random.Random(20261123)
    crashes, moments, erased = 0, set(), 0
    async with moved(settings, "2018-03-01", eraser=FusedEraser) as office:
        await office.units.create(ROOT, OFFICE)
        people = await staff(office)
        eraser = office.retention.execution._eraser
        code = 0
        while crashes < ROUNDS:
            code += 1
            to(office, "2018-03-01")
            dossier, papers = await dossier_with(
                office, people["clerk"], f"d{code}", "2 năm", chance.randint(1, 4)
            )
            twin = await stored(
                office, people["clerk"], f"d{code} văn bản 0".encode()
            )  # same bytes, lives on
            await closed(office, people["clerk"], dossier)
            to(office, "2021-03-01")
            row = await approved(office, people)
            may_go = {one["versions"][0]["sha256"] for one in papers[1:]}
            for _ in range(chance.randint(2, 6)):
                fuse = Fuse(at=chance.randint(1, 6 * len(papers) + 4))
                with fused(office, fuse):
                    try:
                        await office.retention.dispose(row["_id"])
                        await index_told(office)
                        await office.retention.dispose(row["_id"])
                    except Crash:
                        crashes += 1
                        moments.add(fuse.log[-1])
                assert eraser.erased <= may_go, "erased what was not approved"
            for _ in range(2):
                await index_told(office)
                row, done = await office.retention.dispose(row["_id"])
            assert (row["state"], done.erased, done.waiting) == ("done", len(papers), 0)
            await sealed(office)
            assert await office.retention.certificates.verify(people["clerk"], row) == []
            kept = office.blobs.versions_of(Digest.parse(twin["versions"][0]["sha256"]))
            assert kept and not any(office.blobs.versions_of(Digest.parse(one)) for one in may_go)
            erased += len(may_go)
            eraser.erased.clear()
    print(
        f"\n{crashes} crashes at {len(moments)} kinds of moment in {code} disposals, {erased} objects erased"
    )
