"""The only way to write: business write, audit record and outbox row in one transaction, or none of them.

`change` takes the work as a function instead of being a context manager, because a transaction that loses a
race must run its body again, and Python cannot re-run a `with` block.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from repository import audit, errors, outbox
from repository.access.actors import Actor
from repository.audit import Action, Subject
from repository.clock import Clock
from repository.mongo import (
    Database,
    DuplicateKeyError,
    Row,
    Session,
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
        self._database = database
        self._session = session

    async def find_one(self, collection: str, query: Row) -> Row | None:
        return await self._database[collection].find_one(query, session=self._session)

    def find(self, collection: str, query: Row) -> AsyncIterator[Row]:
        """The rows that answer a query, in no particular order."""
        rows: AsyncIterator[Row] = self._database[collection].find(query, session=self._session)
        return rows

    async def insert(self, collection: str, row: Row) -> None:
        await self._database[collection].insert_one(row, session=self._session)

    async def update(self, collection: str, query: Row, change: Row) -> bool:
        """Applies `change` to the one row that `query` names; False when there is no such row."""
        result = await self._database[collection].update_one(query, change, session=self._session)
        return result.matched_count == 1

    async def take(self, collection: str, query: Row, change: Row) -> Row | None:
        """Applies `change` and answers the row as it is afterwards; None when there is no such row."""
        return await self._database[collection].find_one_and_update(
            query, change, session=self._session, return_document=True
        )

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

    def require_records(self) -> None:
        if not self.records:
            raise RuntimeError("a change must record what it was about")


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

        async def attempt(session: Session) -> list[Any]:
            answers, changes = [], []
            for place, job in enumerate(jobs):
                change = Change(
                    database=self._database, session=session, now=self._clock.now(),
                    actor=job.actor, action=job.action,
                )  # fmt: skip
                try:
                    answers.append(await job.work(change))
                    change.require_records()
                except Exception as fault:
                    if len(jobs) == 1 or may_be_tried_again(fault):
                        raise
                    raise Spoiled(place) from fault
                changes.append(change)
            await self._finish(session, changes)
            marks.append(changes[0].records[0]["_id"])
            return answers

        async def happened() -> bool:
            return await is_stored(self._database, "audit", marks[-1])

        answers = await transact(self._database, attempt, happened)
        self.committed.set()
        return answers

    async def _finish(self, session: Session, changes: list[Change]) -> None:
        """Writes the records and the outbox rows, inside the transaction."""
        records = [one for change in changes for one in change.records]
        await self._database["audit"].insert_many(records, session=session)
        if owed := [one for change in changes for one in change.owed]:
            await self._database["outbox"].insert_many(owed, session=session)

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
        with suppress(DuplicateKeyError):  # the driver repeats an insert whose answer was lost
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
