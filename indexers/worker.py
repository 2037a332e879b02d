"""Follows the outbox: does what committed changes still owe, and keeps the search index level with the
truth.

One worker leads by a lease, others stand by. Rows are deleted only after the index commit that holds their
effect, so a worker killed anywhere leaves rows that the next one does again. A row that keeps failing is
parked with its reason; a dependency that is away delays rows and parks none.
"""

import asyncio
import logging
from collections import defaultdict, deque
from contextlib import suppress
from typing import Any, Final

from indexers.handlers import STEPS, Handlers, Outcome, Step, Truth
from indexers.search.index import IndexBroken, SearchIndex
from indexers.search.rebuild import rebuild
from indexers.texts import Texts
from repository import errors
from repository.clock import Clock
from repository.lease import Lease
from repository.mongo import told_as_away

Row = dict[str, Any]
Subject = tuple[str, str]

_LOG: Final = logging.getLogger(__name__)
_BATCH: Final = 50
_READ_AHEAD: Final = 1000
"""Rows read at once: after an import the queue is long, and the local engine sorts all of it for each look."""
_SPAN: Final = 2.0
"""Seconds after which a batch begins no further subject, so that slow files do not hold back what is done."""
_AT_ONCE: Final = 2
_POLL: Final = 0.2
_STANDBY: Final = 1.0
_AWAY: Final = 2.0
NAME: Final = "indexer"


class Worker:
    """Run one a machine or more; only one works at a time."""

    def __init__(self, *, repository: Truth, texts: Texts, index: SearchIndex, clock: Clock) -> None:
        self._truth = repository
        self._texts = texts
        self._index = index
        self._clock = clock
        self._handlers = Handlers(truth=repository, texts=texts)
        self._lease = Lease(database=repository.database, name=NAME, clock=clock)
        self._checked = False
        self._ahead: deque[Row] = deque()
        """Rows that were read and not yet tried. What is not done stays in the outbox and is read again."""
        self._turns = asyncio.Lock()
        """The lease keeps other workers out, not a second turn of this one: of two, the slower would write last what it
        had read first.
        """

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set."""
        try:
            while not stop.is_set():
                try:
                    done = await self._turn()
                    await self._pause(stop, _STANDBY if done is None else 0.0 if done else _POLL)
                except errors.Unavailable as fault:
                    _LOG.warning("waiting for a dependency: %s", fault.sentence("en"))
                    await self._pause(stop, _AWAY)
        finally:
            with suppress(errors.Unavailable), told_as_away():
                await self._lease.release()

    async def drain(self) -> int:
        """Does all that is owed now, whoever leads; how many rows this worker did. Raises Unavailable."""
        total = 0
        while True:
            done = await self._turn()
            total += done or 0
            if done is None:
                await asyncio.sleep(_POLL / 2)
            with told_as_away():
                if not done and not await self._truth.outbox.pending(self._clock.now(), 1):
                    async with self._turns:  # not under another turn
                        await self._lease.release()
                    return total

    async def _turn(self) -> int | None:
        """One batch; the number of rows done, or None when another worker leads. Raises Unavailable."""
        async with self._turns:
            with told_as_away():
                return await self._lead()

    async def _lead(self) -> int | None:
        if not await self._lease.hold():
            self._checked = False
            self._ahead.clear()
            return None
        async with self._lease.kept():
            await self._begin()
            return await self._batch()

    async def _begin(self) -> None:
        """An index that is empty while documents are stored was lost or is of an older version, and a broken one
        does not mend by waiting: make it again.
        """
        if self._checked:
            return
        if not await self._held() and await self._truth.database["documents"].find_one({}, {"_id": 1}):
            _LOG.info("the search index is empty; it is made again from the stored documents")
            count = await rebuild(database=self._truth.database, texts=self._texts, index=self._index)
            _LOG.info("search index made again: %d entries", count)
        self._checked = True

    async def _held(self) -> int:
        """How many entries the index holds: none where it cannot be read."""
        try:
            return await self._index.count()
        except IndexBroken as fault:
            _LOG.error("the search index is broken: %s", fault.sentence("en"))
            return 0

    async def _batch(self) -> int:
        owed: defaultdict[Subject, list[Row]] = defaultdict(list)
        for row in await self._next():
            owed[row["subject"]["kind"], row["subject"]["id"]].append(row)
        outcomes = await self._handled(owed)
        if outcomes and not await self._lease.hold():
            return 0  # another worker has taken over and does these rows again
        finished = await self._indexed(outcomes, owed)
        await self._truth.outbox.done([row["_id"] for row in finished])
        return len(finished)

    async def _next(self) -> list[Row]:
        """The rows of one batch, oldest first."""
        if not self._ahead:
            self._ahead.extend(await self._truth.outbox.pending(self._clock.now(), _READ_AHEAD))
        return [self._ahead.popleft() for _ in range(min(_BATCH, len(self._ahead)))]

    async def _handled(self, owed: dict[Subject, list[Row]]) -> dict[Subject, Outcome]:
        """What came of each subject that was begun within the span; failures are noted on their rows."""
        until = asyncio.get_running_loop().time() + _SPAN
        gate = asyncio.Semaphore(_AT_ONCE)
        outcomes: dict[Subject, Outcome] = {}
        away: list[errors.Unavailable] = []
        failed: list[tuple[list[Row], Exception]] = []

        async def one(subject: Subject, rows: list[Row]) -> None:
            async with gate:
                if away or (outcomes and asyncio.get_running_loop().time() > until):
                    return
                try:
                    with told_as_away():
                        outcomes[subject] = await self._handlers.handle(*subject, _steps(rows))
                except errors.Unavailable as fault:
                    away.append(fault)
                except Exception as fault:  # noqa: BLE001  whatever it is, it is told and the other rows go on
                    failed.append((rows, fault))

        async with asyncio.TaskGroup() as group:
            for subject, rows in owed.items():
                group.create_task(one(subject, rows))
        for rows, fault in failed:
            await self._failed(rows, fault)
        if away and not outcomes:
            raise away[0]
        return outcomes

    async def _indexed(self, outcomes: dict[Subject, Outcome], owed: dict[Subject, list[Row]]) -> list[Row]:
        """Writes all outcomes with one commit; the rows that are done thereby."""
        entries = [entry for outcome in outcomes.values() for entry in outcome.entries]
        gone = [one for outcome in outcomes.values() for one in outcome.gone]
        finished = [row for subject in outcomes for row in owed[subject]]
        try:
            if entries:
                await self._index.put(entries)
            if gone:
                await self._index.remove(gone)
            if entries or gone:
                await self._index.commit()
        except errors.Unavailable:
            raise
        except Exception as fault:  # noqa: BLE001  as above
            await self._failed(finished, fault)
            return []
        return finished

    async def _failed(self, rows: list[Row], fault: Exception) -> None:
        for row in rows:
            why = f"{type(fault).__name__}: {fault}"
            parked = await self._truth.outbox.failed(row, why, self._clock.now())
            _LOG.error(
                "%s of %s %s failed%s", row["kind"], row["subject"]["kind"], row["subject"]["id"],
                "; parked" if parked else "", exc_info=fault,
            )  # fmt: skip

    async def _pause(self, stop: asyncio.Event, seconds: float) -> None:
        """Waits, but not longer than until something is committed in this process."""
        committed = self._truth.journal.committed
        if stop.is_set() or not seconds:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(committed.wait(), seconds)
        committed.clear()


def _steps(rows: list[Row]) -> frozenset[Step]:
    return frozenset(step for row in rows for step in STEPS.get(row["kind"], ()))
