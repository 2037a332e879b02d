"""Runs the jobs whose time has come: one process at a time a job, each outcome kept in `jobs` and shown.

A job that fails is tried again after a tenth of its interval and opens an incident; it stops no other job. One that
meets a backup, check or drill under way has not failed: it says so and comes again soon.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from indexers.wiring import Indexers
from ops.backup.refusals import Busy
from ops.schedule.jobs import JOBS, Job
from repository import errors
from repository.access.actors import operator
from repository.lease import Lease
from repository.mongo import Row, told_as_away

_LOG: Final = logging.getLogger(__name__)
_LOOK: Final = 5.0
"""Seconds between two looks at the clock."""
_SOON: Final = timedelta(minutes=10)
"""When a job that found another process at the backups comes again."""
_AHEAD: Final = timedelta(minutes=10)
"""How much further than its interval a job may be put off: clocks of two machines differ a little."""
SCHEDULE: Final = operator("schedule")


class Schedule:
    """The jobs over one opened repository."""

    def __init__(self, *, indexers: Indexers, jobs: Sequence[Job] = JOBS) -> None:
        self._indexers = indexers
        self._jobs = jobs
        self._rows = indexers.repository.database["jobs"]
        self._clock = indexers.repository.clock

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; the job that is running then is cut short and begins again elsewhere."""
        while not stop.is_set():
            try:
                with told_as_away():
                    await self.run_due()
            except errors.Unavailable as fault:
                _LOG.warning("the schedule waits: %s", fault)
            try:
                await asyncio.wait_for(stop.wait(), _LOOK)
            except TimeoutError:
                continue

    async def run_due(self) -> list[Row]:
        """Runs, one after another, what is due and what no other process is at; their rows."""
        done = []
        for job in self._jobs:
            row = await self._rows.find_one({"_id": job.name})
            if row is not None and self._waits(job, row):
                continue
            lease = Lease(
                database=self._indexers.repository.database, name=f"job:{job.name}", clock=self._clock
            )
            if await lease.hold():
                async with lease.kept():
                    done.append(await self._run(job))
                await lease.release()
        return done

    def _waits(self, job: Job, row: Row) -> bool:
        """Not one put off further than we ever do: while the clock was years ahead, or by somebody else."""
        now = self._clock.now()
        return bool(now < row["next"] <= now + job.every + _AHEAD)

    async def _run(self, job: Job) -> Row:
        started = self._clock.now()
        following = job.every
        try:
            said, failed = await job.run(self._indexers), ""
        except Busy:
            following = min(_SOON, job.every)
            said, failed = f"đang bận sao lưu hoặc diễn tập; thử lại sau {_words(following)}", ""
        except Exception as fault:  # noqa: BLE001 - whatever it is, the other jobs go on and people are told
            _LOG.exception("job %s failed", job.name)
            said, failed = "", str(fault) or type(fault).__name__
            following = job.every / 10
        row = {
            "started": started,
            "ended": self._clock.now(),
            "said": said,
            "failed": failed,
            "next": started + following,
        }
        await self._rows.update_one({"_id": job.name}, {"$set": row}, upsert=True)
        if failed:
            await self._tell(job, failed)
        return {"_id": job.name} | row

    async def _tell(self, job: Job, why: str) -> None:
        await self._indexers.repository.incidents.report(
            SCHEDULE, kind="job.failed", subject_kind="job", subject_id=job.name,
            found=f"Việc định kỳ “{job.words}” không xong: {why}",
            todo=f"Xem nhật ký của tiến trình nền; việc tự chạy lại sau {_words(job.every / 10)}.",
        )  # fmt: skip


def _words(interval: timedelta) -> str:
    minutes = round(interval.total_seconds() / 60)
    return f"{minutes} phút" if minutes < 120 else f"{minutes // 60} giờ"
