"""Fixity at size: a hundred thousand objects, killed and gone on with; work that goes on meanwhile raises no alarm."""

import asyncio
import dataclasses
import json
import os
import resource
import secrets
import signal
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from indexers.search.projection import of_document
from indexers.wiring import open_indexers
from ops.backup.keys import Key
from ops.checks import records
from ops.fixity import examine
from ops.schedule.runner import Schedule
from ops.selfcheck import _ask
from repository.access.actors import operator
from repository.audit import Action
from repository.blobs import Digest
from repository.blobs.memory import MemoryBlobs
from repository.clock import SystemClock
from repository.evidence.fixity_runs import Fixity, Wish
from repository.journal import Change
from repository.mongo import Row
from repository.settings import environment_of
from repository.wiring import open_repository
from tests.soak.estate import open_estate, own_bucket
from tests.soak.working import work, work_a_while

ROOT = operator("test")


async def filled(repository, blobs, folder: Path, documents: int, each: int, size: int) -> None:
    """Documents of many versions: what counts here is the number of objects."""
    now, turns = repository.clock.now(), asyncio.Semaphore(16)

    async def version(n: int) -> Row:
        content = secrets.token_bytes(size)
        async with turns:
            path = folder / f"object-{n}"
            path.write_bytes(content)
            stat = await blobs.put(Digest.of(content), path, size, "text/plain")
        return {
            "n": n, "sha256": stat.digest.hex, "size": size, "store_version": stat.version, "created_at": now,
            "media_type": "text/plain", "role": "main", "filename": "x.txt",
            "lock": {"until": stat.locked_until, "hold": False},
        }  # fmt: skip

    for _ in range(documents):
        versions = await asyncio.gather(*(version(n) for n in range(1, each + 1)))

        async def work(change: Change, versions=versions) -> None:
            name = f"doc-{secrets.token_hex(8)}"
            row = {"_id": name, "versions": versions, "register": "", "number": None}
            nothing = dict.fromkeys(("subject", "symbol", "document_type", "unit"), "")
            now = {"created_at": change.now, "issued_on": None}
            await change.insert("documents", row | nothing | now | {"dossiers": [], "readers": []})
            change.record("document", name, owes=False)

        await repository.journal.change(ROOT, Action.DOCUMENT_STORED, work)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_a_hundred_thousand_objects_are_gone_on_with_after_a_stop(repository, tmp_path):
    number = int(os.environ.get("TANGTHU_SOAK_OBJECTS", "100000"))
    blobs = MemoryBlobs(clock=SystemClock())
    await filled(repository, blobs, tmp_path, number // 500, 500, 64)

    def fixity() -> Fixity:
        return Fixity(
            database=repository.database, blobs=blobs, journal=repository.journal, incidents=repository.incidents,
            closings=repository.closings, folder=tmp_path / "fixity",
        )  # fmt: skip

    seen = [0]

    def say(what: str, done: int, _: int) -> None:
        if what == "đối tượng":
            seen[0] = done

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    running = asyncio.create_task(fixity().run(ROOT, Wish(say=say)))
    while seen[0] < number * 0.4:
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    stopped_at = seen[0]
    out = await fixity().run(ROOT, Wish())
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"{number} objects, stop at {stopped_at}, {out.objects} after, +{grown} MiB, {out.seconds:.0f} s")
    assert out.whole and not out.findings and out.resumed_after
    assert number - stopped_at <= out.objects <= number - stopped_at + 64
    assert grown < 200


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_killed_command_goes_on_where_it_was(settings, engines, tmp_path):
    """In the real store, with a real kill -9 when about two fifths of the hashes are done."""
    number, size = int(os.environ.get("TANGTHU_SOAK_STORE_OBJECTS", "2000")), 64
    async with own_bucket(settings, engines) as own, open_repository(own) as there:
        began = time.monotonic()
        await filled(there, there.blobs, tmp_path, number // 200, 200, size)
        async with open_indexers(there) as indexers:
            rows = there.database["documents"].find()
            await indexers.index.put([of_document(row, []) async for row in rows])
            await indexers.index.commit()
        print(f"\n{number} objects stored in {time.monotonic() - began:.0f} s", flush=True)
        environment = os.environ | environment_of(own)
        command = [sys.executable, "-m", "ops.cli", "fixity", "--data", str(own.data)]
        rate = number * size / 12 / 1e6 if number < 10_000 else 0
        slow = await asyncio.create_subprocess_exec(
            *command, "--rate", str(rate), env=environment, stdout=asyncio.subprocess.DEVNULL
        )
        while not (row := await there.fixity.last()) or row["cursor"] < "6":
            assert slow.returncode is None
            await asyncio.sleep(0.02)
        slow.send_signal(signal.SIGKILL)
        await slow.wait()
        cursor = (await there.fixity.last())["cursor"]
        hashes = [
            one["sha256"] async for row in there.database["documents"].find() for one in row["versions"]
        ]
        left = sum(one > cursor for one in hashes)
        assert len(hashes) == number and 0 < left < number * 0.7
        quick = await asyncio.create_subprocess_exec(
            *command, "--json", env=environment, stdout=asyncio.subprocess.PIPE
        )
        told = (await quick.communicate())[0]
        assert quick.returncode == 0, told
        said = json.loads(told)
        print(f"killed after {number - left}; the next run read {said['objects']} in {said['seconds']} s")
        assert (said["resumed_after"], said["objects"], said["whole"]) == (cursor, left, True)
        assert said["findings"] == [] and (await there.fixity.last())["ended"]


class Moved(SystemClock):
    """The machine's clock, some days ahead."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_seven_nights_of_jobs_raise_no_alarm(settings, engines, tmp_path):
    """Work by day, looked through meanwhile; by night all jobs of the schedule, while somebody works on."""
    Key.make(tmp_path / "backup.key")
    own = dataclasses.replace(
        settings, backup_to=str(tmp_path / "place"), backup_key=str(tmp_path / "backup.key")
    )
    clock, acts, done, looks, nights = Moved(), int(os.environ.get("TANGTHU_ACTS", "30")), 0, 0, Counter()
    days = int(os.environ.get("TANGTHU_DAYS", "7"))
    async with open_estate(own, engines, clock) as estate:
        schedule = Schedule(indexers=estate.indexers)
        for day in range(days):
            working = asyncio.create_task(work_a_while(estate, days=1, acts=acts, called=f"{day}."))
            while not working.done():
                out = await examine(estate.indexers, Wish(again=True))
                state = await estate.repository.log.check.run(again=True)
                assert not out.findings and not state.faults, (list(out.findings), state.faults)
                looks += 1
            done += await working
            clock.ahead += timedelta(days=1)
            late = asyncio.create_task(work(estate, f"đêm {day}", 10))
            rows = await schedule.run_due()
            done += await late
            nights.update(row["_id"] for row in rows)
            assert {row["_id"]: row["failed"] for row in rows if row["failed"]} == {}
            await estate.indexers.worker.drain()
            await estate.seal()
            found = await _ask(records.PARTS, estate.indexers)
            assert [(one.name, one.said) for one in found if not one.fit] == []
            kinds = await estate.repository.incidents.kinds()
            print(f"day {day}: {done} acts, {looks} looks, incidents {kinds}", flush=True)
            assert set(kinds) <= {"test"}, await estate.repository.incidents.find(limit=20)
        print(f"{done} acts in {days} days, {looks} looks meanwhile, jobs {dict(nights)}: no alarm")
        assert nights["backup"] == nights["attack"] == nights["fixity"] == days and nights["drill"] >= 1


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_a_week_of_work_raises_no_alarm(settings, engines):
    async with open_estate(settings, engines) as estate:
        checks = 0
        working = asyncio.create_task(
            work_a_while(estate, days=7, acts=int(os.environ.get("TANGTHU_ACTS", "30")))
        )
        while not working.done():
            out = await examine(estate.indexers, Wish(again=True))
            state = await estate.repository.log.check.run(again=True)
            assert not out.findings and not state.faults, (list(out.findings), state.faults)
            checks += 1
        done = await working
        out = await examine(estate.indexers, Wish(again=True))
        assert not out.findings
        print(f"{done} acts, {checks} checks while they went on, no alarm")
        assert checks >= 3
