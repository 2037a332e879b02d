"""Kill rounds inside disposal: TANGTHU_SOAK_KILLS simulated ones at every moment, and kill -9 of a real process.

Held to: nothing is ever erased that was not approved, and a later run finishes whatever was begun.
"""

import asyncio
import os
import random
import subprocess
import sys
from datetime import date, timedelta

import pytest

from repository.access.actors import operator
from repository.access.permissions import Role
from repository.blobs import Digest
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import DossierForm
from repository.organisation.units.units import UnitForm
from repository.retention.disposal import VoteForm
from repository.settings import environment_of
from repository.wiring import open_repository
from tests.factories import make_person, stored
from tests.repository.retention.crashing import Crash, Fuse, FusedEraser, approved, fused, index_told
from tests.repository.retention.office import closed, dossier_with, moved, staff, to
from tests.soak.disposing_child import Yesterday

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
            assert await office.retention.certificates.verify(people["clerk"], row) == []
            kept = office.blobs.versions_of(Digest.parse(twin["versions"][0]["sha256"]))
            assert kept and not any(office.blobs.versions_of(Digest.parse(one)) for one in may_go)
            erased += len(may_go)
            eraser.erased.clear()
    print(
        f"\n{crashes} crashes at {len(moments)} kinds of moment in {code} disposals, {erased} objects erased"
    )


async def _prepared(repository, disposals: int) -> tuple[dict[str, list[str]], list[str]]:
    """Approved lists with what they may erase, and hashes that must stay."""
    await repository.units.create(ROOT, OFFICE)
    people = [
        await make_person(repository, name, "van-phong", role)
        for name, role in (("vt", Role.CLERK), ("ld", Role.LEADER), ("pho", Role.LEADER))
    ]
    lists, stays = {}, []
    for n in range(disposals):
        form = DossierForm(code=str(n), title=f"Hồ sơ {n}", retention="2 năm", started_on=date(2018, 1, 2))
        dossier = await repository.dossiers.open(people[0], form)
        papers = [
            await stored(
                repository, people[0], os.urandom(40).hex().encode(), dossier_id=dossier["_id"], page_amount=1,
                direction="internal",
            )
            for _ in range(6)
        ]  # fmt: skip
        free = await stored(repository, people[0], os.urandom(40).hex().encode())
        await repository.dossiers.close(people[0], dossier["_id"], ClosingForm(ended_on=date(2018, 5, 1)))
        for owed in await repository.outbox.pending(repository.clock.now() + timedelta(days=1), 10_000):
            if owed["subject"]["id"] != free["_id"]:
                await repository.retention.settle(owed["subject"]["kind"], owed["subject"]["id"])
            await repository.outbox.done([owed["_id"]])
        row = await repository.retention.disposals.propose(people[0], "van-phong")
        for one in people[1:]:
            await repository.retention.disposals.vote(one, row["_id"], VoteForm(approve=True))
        lists[row["_id"]] = [one["versions"][0]["sha256"] for one in papers]
        stays.append(free["versions"][0]["sha256"])
    return lists, stays


async def test_killed_with_nine(settings, engines) -> None:
    from dataclasses import replace

    chosen = replace(
        settings,
        s3_eraser_access_key=engines.s3_eraser_access_key,
        s3_eraser_secret_key=engines.s3_eraser_secret_key,
    )
    chance, kills, runs = random.Random(9), 0, 0
    async with open_repository(chosen, clock=Yesterday()) as repository:
        lists, stays = await _prepared(repository, max(6, LIVE // 2))
        await asyncio.sleep(4)
        environment = os.environ | environment_of(chosen) | {"PYTHONPATH": "."}
        while await repository.retention.disposals.approved():
            runs += 1
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.soak.disposing_child", str(chosen.data), env=environment,
                stdout=subprocess.PIPE,
            )  # fmt: skip
            assert child.stdout and await child.stdout.readline() == b"ready\n"
            if kills < LIVE:
                await asyncio.sleep(chance.uniform(0.01, 0.6))
                if child.returncode is None:
                    child.kill()
                    kills += 1
            await child.wait()
            done = {
                row["_id"]
                async for row in repository.database["documents"].find({"disposed.at": {"$gt": None}})
            }
            for digest in [*stays, *(one for listed in lists.values() for one in listed)]:
                if await repository.blobs.stat(Digest.parse(digest)) is None:
                    assert digest not in stays, "erased what was not approved"
            assert len(done) <= sum(map(len, lists.values()))
        for disposal in lists:
            row = await repository.retention.disposals.row(disposal)
            assert row["state"] == "done" and await repository.retention.certificates.verify(ROOT, row) == []
        for digest in (one for listed in lists.values() for one in listed):
            assert await repository.blobs.stat(Digest.parse(digest)) is None
        print(f"\n{kills} kill -9 in {runs} runs over {len(lists)} disposals of six")
        await repository.database.client.drop_database(chosen.mongo_database)
