"""Carries out every approved disposal, as a process to be killed: real store, real database, real clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from indexers.prints import disposals as printing
from repository import mongo
from repository.blobs.minio import open_store
from repository.clock import SystemClock, to_milliseconds
from repository.sandbox import Limits, Sandbox
from repository.settings import from_environment
from repository.wiring import Repository, assemble

LOCKED_FOR: Final = 3


class Yesterday:
    """The first day of what is stored under this clock is over a few seconds later."""

    def now(self) -> datetime:
        return to_milliseconds(datetime.now(UTC) - timedelta(days=1) + timedelta(seconds=LOCKED_FOR))


async def work(ready: Callable[[], object], data: str) -> None:
    settings, clock = from_environment(data=Path(data)), SystemClock()
    idle = Sandbox(function="repository.ingest.tables:read", size=1, limits=Limits(seconds=1))
    database = mongo.connect(settings.mongo_url, settings.mongo_database)
    async with open_store(settings, clock=clock) as blobs:
        repository = assemble(
            settings, clock=clock, database=database, blobs=blobs, sandbox=idle, press=idle, tables=idle
        )
        approved = await repository.retention.disposals.approved()
        ready()
        for one in approved:
            await _carried_out(repository, one)
    await mongo.close(database)


async def _carried_out(repository: Repository, one: str) -> None:
    """What `ops/keeping.dispose` and the worker's index do between them."""
    retention = repository.retention
    await retention.dispose(one)
    rows = await repository.outbox.pending(repository.clock.now(), 10_000)
    await repository.outbox.done([row["_id"] for row in rows])
    row, _ = await retention.dispose(one)
    if row["state"] == "done" and len(row["certificate"]["files"]) == 1:
        _, content = await retention.certificates.read(row)
        with TemporaryDirectory() as folder:
            target = Path(folder) / "chung-nhan.pdf"
            await printing.write_certificate(content, target)
            await retention.certificates.attach(one, "chung-nhan-tieu-huy.pdf", target.read_bytes())
