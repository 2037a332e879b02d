"""Carries out every approved disposal, as a process to be killed: real store, real database, real clock."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from repository.clock import SystemClock, to_milliseconds
from repository.settings import from_environment
from repository.wiring import open_repository


class Yesterday:
    """The first day of what is stored under this clock is over a few seconds later."""

    def now(self) -> datetime:
        return to_milliseconds(datetime.now(UTC) - timedelta(days=1) + timedelta(seconds=3))


async def main(data: str) -> None:
    async with open_repository(from_environment(data=Path(data)), clock=SystemClock()) as repository:
        print("ready", flush=True)
        retention = repository.retention
        while approved := await retention.disposals.approved():
            for one in approved:
                await retention.dispose(one)
                rows = await repository.outbox.pending(repository.clock.now(), 10_000)
                await repository.outbox.done([row["_id"] for row in rows])
                await retention.dispose(one)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
