"""The lock job over a large archive: bounded memory, and the store asked only where something must change.

TANGTHU_SOAK_VERSIONS documents with one version each (a million unless told); one in a hundred has a lock that nears
its end, one in a hundred has expired and is not locked again, the rest is locked well.
"""

import os
import resource
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from repository import mongo, schema
from repository.blobs import Digest
from repository.clock import SystemClock
from repository.journal import Journal
from repository.retention.kept import Kept
from repository.retention.locks import Locks
from tests.repository.retention.office import CountedBlobs

pytestmark = pytest.mark.soak
COUNT = int(os.environ.get("TANGTHU_SOAK_VERSIONS", "1000000"))
_BATCH = 5000


def row(n: int, version: dict) -> dict:
    return {
        "_id": f"doc-{n:026d}", "dossiers": ["hs-open"] if n % 100 != 1 else ["hs-over"], "writes": 1,
        "versions": [{"n": 1, "role": "main", "size": 10, "lock": {"mode": "COMPLIANCE", "hold": False}} | version],
    }  # fmt: skip


def locked(version: dict, days: float, *, final: bool = False) -> dict:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    return version | {"lock": {"mode": "COMPLIANCE", "hold": False, "until": until, "final": final}}


@pytest.fixture
async def database(settings):
    """With the one index that the job uses: the others only make a million inserts slow."""
    opened = mongo.connect(settings.mongo_url, settings.mongo_database)
    await opened["documents"].create_indexes(
        [one for one in schema.INDEXES["documents"] if "versions.lock.until" in one.document["key"]]
    )
    yield opened
    await opened.client.drop_database(settings.mongo_database)
    await mongo.close(opened)


async def test_a_million_versions(database, tmp_path: Path) -> None:
    clock = SystemClock()
    blobs = CountedBlobs(clock=clock)
    await database["dossiers"].insert_many(
        [
            {"_id": "hs-open", "unit": "u", "year": 2026, "code": "1", "state": "open", "retention": None},
            {"_id": "hs-over", "unit": "u", "year": 2018, "code": "2", "state": "closed",
             "retention": {"kind": "years", "ends_on": "2020-12-31"}},
        ]
    )  # fmt: skip
    due, began = 0, time.monotonic()
    path = tmp_path / "bytes"
    for start in range(0, COUNT, _BATCH):
        rows = []
        for n in range(start, min(start + _BATCH, COUNT)):
            version = {"sha256": f"{n:064x}", "store_version": "v"}
            if n % 100 == 0:
                content = b"%d" % n
                path.write_bytes(content)
                stat = await blobs.put(Digest.of(content), path, len(content), "text/plain")
                version = {"sha256": stat.digest.hex, "store_version": stat.version}
                due += 1
            days = 40 if n % 100 == 0 else -300 if n % 100 == 1 else 100 + n % 20
            rows.append(row(n, locked(version, days, final=n % 100 == 1)))
        await database["documents"].insert_many(rows)
    filled = time.monotonic() - began
    journal = Journal(database=database, clock=clock)
    locks = Locks(database=database, journal=journal, blobs=blobs, clock=clock, kept=Kept(database=database))
    blobs.asked.clear()
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    done = await locks.roll()
    took = time.monotonic() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"\n{COUNT} versions filled in {filled:.0f} s; rolled in {took:.0f} s, {done.extended} extended, "
          f"{len(blobs.asked)} questions to the store, {grown} MiB more memory")  # fmt: skip
    assert done.extended == due == blobs.asked.count("retain") and done.failed == []
    assert done.seen == due * 2  # what nears its end and what has expired; nothing else was even read
    assert len(blobs.asked) == due
    assert grown < 64
    blobs.asked.clear()
    again = await locks.roll()
    assert (again.extended, blobs.asked) == (0, [])
