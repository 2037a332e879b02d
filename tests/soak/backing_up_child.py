"""Makes one backup as the job of the day does, as a process to be killed; a full one where `full` lies."""

from collections.abc import Callable
from pathlib import Path

from ops.backup import running
from repository import mongo
from repository.access.actors import operator
from repository.blobs.minio import open_store
from repository.clock import SystemClock
from repository.sandbox import Limits, Sandbox
from repository.settings import from_environment
from repository.wiring import assemble


async def work(ready: Callable[[], object], data: str) -> None:
    settings, clock = from_environment(data=Path(data)), SystemClock()
    idle = Sandbox(function="repository.ingest.tables:read", size=1, limits=Limits(seconds=1))
    database = mongo.connect(settings.mongo_url, settings.mongo_database)
    async with open_store(settings, clock=clock) as blobs:
        repository = assemble(
            settings, clock=clock, database=database, blobs=blobs, sandbox=idle, press=idle, tables=idle
        )
        ready()
        await running.back_up(repository, operator("backup"), full=(Path(data) / "full").exists())
    await mongo.close(database)
