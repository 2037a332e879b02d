"""The only way to write: business write, audit record and outbox row in one transaction, or none of them.

`change` takes the work as a function instead of being a context manager, because a transaction that loses a
race must run its body again, and Python cannot re-run a `with` block.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from repository import audit, errors, outbox
from repository.access.actors import Actor
from repository.audit import Action, Subject, binding
from repository.clock import Clock
from repository.mongo import (
    Collection,
    Database,
    DatabaseFault,
    DuplicateKeyError,
    Row,
    Session,
    begin_writing,
    insert_together,
    is_stored,
    may_be_tried_again,
    transact,
)
from repository.turns import Spoiled, Turns

T = TypeVar("T")


@dataclass(frozen=True)
class Once:
    """A caller's promise that this request is one request however often it is sent (`Idempotency-Key`)."""

    key: str
    body: str
    """Digest of what was asked, so that the same key with another body is noticed."""


class KeyReused(errors.Invalid):
    """The same Idempotency-Key came with another body."""

    vi = (
        "Khóa Idempotency-Key này đã dùng cho một yêu cầu khác. "
        "Hãy dùng khóa mới; yêu cầu trước vẫn giữ nguyên."
    )
    en = "This Idempotency-Key was used for another request. Use a new key; the earlier request stands."


def _key(actor: Actor, promise: Once) -> str:
    return f"{actor.id}:{promise.key}"


class Change:
    """What the work of one transaction may do. Reads see its own writes."""

    def __init__(
        self, *, database: Database, session: Session, now: datetime, actor: Actor, action: Action
    ) -> None:
        self.now = now
        self.actor = actor
        self.action = action
        self.records: list[Row] = []
        self.owed: list[Row] = []
        self._written: dict[tuple[str, str], Row | None] = {}
        self.began = False
        """Whether the transaction has sent anything yet."""
        self.waiting: list[tuple[str, Row]] = []
        """Inserts that nobody has needed yet: they go with the records, in one message."""
        self._database = database
        self._session = session

    async def _of(self, collection: str) -> Collection:
        await self.flush()
        self.began = True
        return self._database[collection]

    async def flush(self) -> None:
        """Sends the inserts that wait. Raises DuplicateKeyError."""
        if not self.waiting:
            return
        if not self.began:  # the local engine takes no message of several inserts as a transaction's first
            self.began = True
            collection, row = self.waiting.pop(0)
            await self._database[collection].insert_one(row, session=self._session)
        rows, self.waiting = self.waiting, []
        await insert_together(self._database, rows, self._session)

    async def find_one(self, collection: str, query: Row) -> Row | None:
        return await (await self._of(collection)).find_one(query, session=self._session)

    async def find(self, collection: str, query: Row) -> AsyncIterator[Row]:
        """The rows that answer a query, in no particular order."""
        async for row in (await self._of(collection)).find(query, session=self._session):
            yield row

    async def insert(self, collection: str, row: Row) -> None:
        """A new row; one that is there already is told with DuplicateKeyError, at the end of the change at latest."""
        row[binding.COUNTER] = 1  # in place: what the caller answers is what is stored
        self.waiting.append((collection, row))
        self._wrote(collection, row)

    async def update(self, collection: str, query: Row, change: Row) -> bool:
        """Applies `change` to the one row that `query` names; False when there is no such row."""
        if not isinstance(query.get("_id"), str):
            return await self.take(collection, query, change) is not None
        counted = await self._counted(collection, query, change)
        result = await (await self._of(collection)).update_one(query, counted, session=self._session)
        found = bool(result.matched_count == 1)
        if found and collection not in binding.UNBOUND:
            # read at the end, all of them at once
            self._written[collection, query["_id"]] = None
        return found

    async def take(self, collection: str, query: Row, change: Row) -> Row | None:
        """Applies `change` and answers the row as it is afterwards; None when there is no such row."""
        counted = await self._counted(collection, query, change)
        rows, row_id = await self._of(collection), query.get("_id")
        if not isinstance(row_id, str):
            after: Row | None = await rows.find_one_and_update(
                query, counted, session=self._session, return_document=True
            )
        # Two messages for one: the local engine's find-and-modify reads the whole collection, even by `_id`.
        elif (await rows.update_one(query, counted, session=self._session)).matched_count:
            after = await rows.find_one({"_id": row_id}, session=self._session)
        else:
            after = None
        if after is not None:
            self._wrote(collection, after)
        return after

    async def _counted(self, collection: str, query: Row, change: Row) -> Row:
        """A row is counted once a change, however often the change writes it: so each count is in the log."""
        row_id = query.get("_id")
        if not isinstance(row_id, str):  # which row it is must be asked, when it may be one of ours
            row = await self.find_one(collection, query) if collection in self.touched else None
            row_id = row["_id"] if row else ""
        return change if (collection, row_id) in self._written else binding.counted(change)

    def _wrote(self, collection: str, row: Row) -> None:
        if collection not in binding.UNBOUND:
            self._written[collection, row["_id"]] = row

    @property
    def touched(self) -> set[str]:
        """The collections that were written."""
        return {collection for collection, _ in self._written}

    async def _states(self) -> list[Row]:
        """What the records will say of each row that was written, as it stands now."""
        stale: dict[str, list[str]] = {}
        for (collection, row_id), row in self._written.items():
            if row is None:
                stale.setdefault(collection, []).append(row_id)
        for collection, wanted in stale.items():
            async for row in self.find(collection, {"_id": {"$in": wanted}}):
                self._written[collection, row["_id"]] = row
        return [
            binding.state(collection, row)
            for (collection, _), row in self._written.items()
            if row is not None
        ]

    async def once(self, promise: Once | None, answer: str) -> None:
        """Keeps the answer under the caller's key. A second writer of the same key loses and is told so."""
        if promise is not None:
            row = {"_id": _key(self.actor, promise), "body": promise.body, "answer": answer, "at": self.now}
            await self.insert("idempotency", row)

    def record(
        self,
        kind: str,
        subject_id: str,
        *,
        also: list[str] | None = None,
        action: Action | None = None,
        owes: bool = True,
        **detail: Any,
    ) -> None:
        """Says what the change was about, at least once a change: one audit record and, unless nothing
        follows from it, one outbox row.
        """
        act = action or self.action
        subject = Subject(kind=kind, id=subject_id)
        self.records.append(
            audit.make(
                at=self.now,
                actor=self.actor.as_row(),
                action=act,
                subject=subject,
                detail=detail,
                also=also or [],
            )
        )
        if owes:
            self.owed.append(
                outbox.row(kind=act.value, subject_kind=kind, subject_id=subject_id, at=self.now)
            )

    async def seal(self) -> None:
        """Binds the rows that were written to the last record. Called once, when the work is done."""
        if not self.records:
            raise RuntimeError("a change must record what it was about")
        if states := await self._states():
            self.records[-1] = binding.bind(self.records[-1], states)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """A change that somebody asked for."""

    actor: Actor
    action: Action
    work: Callable[[Change], Awaitable[Any]]


class Journal:
    """Opens transactions for the features and notes the acts that write nothing else."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._turns = Turns(serve=self._commit)
        self.committed = asyncio.Event()
        """Set after each commit, so that a worker in the same process need not wait for its next poll."""
        self._changed: Counter[str] = Counter()

    def rows_changed(self, *collections: str) -> int:
        """How many times this process changed these collections; whoever remembers their rows compares it."""
        return sum(self._changed[one] for one in collections)

    def now(self) -> datetime:
        """The moment that a change made now would bear."""
        return self._clock.now()

    async def change(
        self, actor: Actor, action: Action, work: Callable[[Change], Awaitable[T]], *, hot: str = ""
    ) -> T:
        """Runs `work` in a transaction and answers what it answers.

        `work` may run several times (see `mongo.transact`). `hot` names a row that every such change
        rewrites, a register for one: changes of the same name queue inside this process instead of fighting
        in the database, and those that wait together commit together. Each still gets its own answer, and
        one that is refused takes nobody with it.
        """
        job = _Job(actor=actor, action=action, work=work)
        answers = [await self._turns.take(hot, job)] if hot else await self._commit([job])
        answer: T = answers[0]
        return answer

    async def _commit(self, jobs: list[_Job]) -> list[Any]:
        """Runs the jobs in one transaction, in order; each sees what those before it wrote."""
        marks: list[str] = []
        touched: list[str] = []

        async def attempt(session: Session) -> list[Any]:
            answers, changes = [], []
            for place, job in enumerate(jobs):
                change = Change(
                    database=self._database, session=session, now=self._clock.now(),
                    actor=job.actor, action=job.action,
                )  # fmt: skip
                try:
                    answers.append(await job.work(change))
                    await change.seal()
                    if len(jobs) > 1:
                        await change.flush()  # so that a double spoils its own change only
                except Exception as fault:
                    if len(jobs) == 1 or may_be_tried_again(fault):
                        raise
                    raise Spoiled(place) from fault
                changes.append(change)
            await self._finish(session, changes)
            touched[:] = {name for change in changes for name in change.touched}
            marks.append(changes[0].records[0]["_id"])
            return answers

        async def happened() -> bool:
            return await is_stored(self._database, "audit", marks[-1])

        answers = await transact(self._database, attempt, happened)
        self._changed.update(touched)
        self.committed.set()
        return answers

    async def _finish(self, session: Session, changes: list[Change]) -> None:
        """Sends what waits, the records and the outbox rows, in one message."""
        rows = [one for change in changes for one in change.waiting]
        rows += [("audit", one) for change in changes for one in change.records]
        rows += [("outbox", one) for change in changes for one in change.owed]
        if not any(change.began for change in changes):
            await begin_writing(session)
        await insert_together(self._database, rows, session)

    async def note(
        self,
        actor: Actor,
        action: Action,
        kind: str,
        subject_id: str,
        *,
        also: list[str] | None = None,
        **detail: Any,
    ) -> None:
        """Records an act that changes nothing else: a read, a refusal, a login. Nothing is owed for it."""
        record = audit.make(
            at=self._clock.now(),
            actor=actor.as_row(),
            action=action,
            subject=Subject(kind=kind, id=subject_id),
            detail=detail,
            also=also or [],
        )
        with suppress(DuplicateKeyError):  # of an insert whose answer was lost
            try:
                await self._database["audit"].insert_one(record)
            except DatabaseFault:  # once more: the database may just have been restarted
                await self._database["audit"].insert_one(record)

    async def answered(self, actor: Actor, promise: Once) -> str | None:
        """What was answered to this request before. Raises KeyReused when the key came with another body."""
        row = await self._database["idempotency"].find_one({"_id": _key(actor, promise)})
        if row is None:
            return None
        if row["body"] != promise.body:
            raise KeyReused
        return str(row["answer"])

    async def history(self, subject_id: str, *, limit: int = 200, after: str = "") -> list[Row]:
        """Records about a subject, oldest first, from the one after `after`."""
        query: Row = {"$or": [{"subject.id": subject_id}, {"also": subject_id}]}
        if after:
            query["_id"] = {"$gt": after}
        return await self._database["audit"].find(query).sort("_id", 1).limit(limit).to_list(limit)
