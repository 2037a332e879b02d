"""Locks that follow the retention: rolling while nobody knows the end, fixed to the last day once it is known.

The end of each lock stands on its version, so that the store is asked only where something must change. Locks only
grow; of equal bytes under two documents the longer one holds, because the store never shortens.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from repository import errors, ids
from repository.access.actors import Actor
from repository.audit import Action
from repository.blobs import BlobStore, Digest, locks
from repository.clock import VIETNAM, Clock
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.retention.kept import PERMANENT, End, Kept

SYSTEM: Final = Actor(id="system:tangthu", name="Tàng Thư", kind="system", unit="")
FAR: Final = timedelta(days=3653)
"""How far ahead a permanent document is locked, again and again."""
_FAR_STEP: Final = timedelta(days=365)
_MOST: Final = timedelta(days=36_000)
"""Stores refuse locks of a hundred years; a longer one is rolled."""
_PAGE: Final = 500
_BATCH: Final = 50
"""Documents whose new locks are written together: a transaction small enough not to stand in a clerk's way."""
_AT_ONCE: Final = 8
_TOO_MANY: Final = 40
"""Versions that the store would not lock, and none that it did: then it is away."""
_FIELDS: Final = {"versions": 1, "dossiers": 1}


@dataclass
class Rolled:
    """What a run did."""

    seen: int = 0
    """Documents looked at."""
    extended: int = 0
    """Versions that were locked for longer."""
    failed: list[str] = field(default_factory=list)
    """Documents of which the store has lost a version."""
    refused: list[str] = field(default_factory=list)
    """Documents of which the store would not lock a version; `fault` is what it said."""
    fault: errors.Unavailable | None = None

    def add(self, other: "Rolled") -> None:
        self.seen += other.seen
        self.extended += other.extended
        self.failed = (self.failed + other.failed)[:100]
        self.refused = (self.refused + other.refused)[:100]
        self.fault = other.fault or self.fault

    def require_answers(self) -> "Rolled":
        """Raises Unavailable where the store did not do all that it was asked."""
        if self.fault is not None:
            raise self.fault
        return self


@dataclass(frozen=True)
class _Due:
    document: str
    place: int
    version: Row
    until: datetime | None
    final: bool


def end_of_day(day: date) -> datetime:
    """The moment after which a thing kept through this day need no longer be kept."""
    if day >= date.max - timedelta(days=2):
        return datetime.max.replace(tzinfo=VIETNAM, microsecond=0) - timedelta(days=2)
    return datetime.combine(day + timedelta(days=1), time(), VIETNAM)


def wanted(now: datetime, locked_until: datetime | None, end: End) -> tuple[datetime | None, bool]:
    """The date to lock a version until (None: it is locked well), and whether that lock may run out for good."""
    if end is None:
        return locks.rolling(now, locked_until), False
    if end is PERMANENT or end_of_day(end) > now + _MOST:
        well = locked_until is not None and locked_until > now + FAR - _FAR_STEP
        return None if well else (now + FAR).replace(microsecond=0), False
    return locks.due(now, locked_until, end_of_day(end).astimezone(now.tzinfo)), True


class Locks:
    """Settles the locks of single documents as they change, and of all of them by the clock."""

    def __init__(
        self, *, database: Database, journal: Journal, blobs: BlobStore, clock: Clock, kept: Kept
    ) -> None:
        self._documents = database["documents"]
        self._disposals = database["disposals"]
        self._journal = journal
        self._blobs = blobs
        self._clock = clock
        self._kept = kept

    async def extend(self, document_id: str) -> Rolled:
        """One document's versions, locked as they should be now."""
        row = await self._documents.find_one({"_id": document_id}, _FIELDS)
        return (await self._settle([row] if row else [])).require_answers()

    async def of_dossier(self, dossier_id: str) -> Rolled:
        """All documents of a dossier that was closed, opened again, or whose retention was set."""
        return (await self._all({"dossiers": dossier_id})).require_answers()

    async def roll(self) -> Rolled:
        """Everything whose lock comes near its end. Streamed by id, so memory does not grow with the archive.

        One version that the store will not lock keeps nobody else's lock from growing. Raises Unavailable when the
        store is away.
        """
        now = self._clock.now()
        done = await self._all({"versions.lock.until": {"$lt": now + locks.AHEAD}})
        done.extended += await self._certificates(now)
        await self._journal.note(
            SYSTEM, Action.LOCKS_ROLLED, "job", "locks", seen=done.seen, extended=done.extended,
            failed=done.failed, refused=done.refused,
        )  # fmt: skip
        return done

    async def _all(self, query: Row) -> Rolled:
        done, silent = Rolled(), 0
        async for page in self._pages(query):
            for start in range(0, len(page), _BATCH):
                batch = await self._settle(page[start : start + _BATCH])
                silent = 0 if batch.extended else silent + len(batch.refused)
                if silent > _TOO_MANY:
                    batch.require_answers()
                done.add(batch)
        return done

    async def _pages(self, query: Row) -> AsyncIterator[list[Row]]:
        last = ""
        while True:
            asked = query | {"_id": {"$gt": last}}
            page = await self._documents.find(asked, _FIELDS).sort("_id", 1).limit(_PAGE).to_list(_PAGE)
            if not page:
                return
            yield page
            last = page[-1]["_id"]

    async def _settle(self, rows: list[Row]) -> Rolled:
        done = Rolled(seen=len(rows))
        ends = await self._kept.many(rows) if rows else {}
        due = [one for row in rows for one in self._due(row, ends[row["_id"]])]
        locked = await self._locked(due, done)
        if locked:
            await self._written(locked)
        done.extended = sum(one.until is not None for one in locked)
        return done

    def _due(self, row: Row, end: End) -> list[_Due]:
        found = []
        for place, version in enumerate(row["versions"]):
            lock = version["lock"]
            until, final = wanted(self._clock.now(), lock["until"], end)
            if until is not None or final != bool(lock.get("final")):
                found.append(_Due(row["_id"], place, version, until, final))
        return found

    async def _locked(self, due: list[_Due], done: Rolled) -> list[_Due]:
        """Asks the store for each that must be longer; those that are locked now."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(item: _Due) -> bool:
            if item.until is None:
                return True
            async with gate:
                try:
                    stored = item.version["store_version"]
                    await self._blobs.retain(Digest.parse(item.version["sha256"]), stored, item.until)
                except errors.NotFound:
                    done.failed.append(item.document)
                    return False
                except errors.Unavailable as fault:
                    # Not out of the group: its own error would hide that the store is only away.
                    done.refused.append(item.document)
                    done.fault = fault
                    return False
            return True

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in due]
        return [item for item, task in zip(due, tasks, strict=True) if task.result()]

    async def _written(self, due: list[_Due]) -> None:
        async def work(change: Change) -> None:
            for one in due:
                place = f"versions.{one.place}"
                query = {"_id": one.document, f"{place}.n": one.version["n"]}
                fields: Row = {f"{place}.lock.final": one.final}
                if one.until is not None:
                    fields[f"{place}.lock.until"] = one.until
                await change.update("documents", query, {"$set": fields})
            documents = sorted({one.document for one in due})
            until = max((one.until for one in due if one.until), default=None)
            subject = ("document", documents[0]) if len(documents) == 1 else ("locks", ids.new("lk"))
            change.record(
                *subject, also=documents[1:] and documents, owes=False, versions=len(due), until=until
            )

        await self._journal.change(SYSTEM, Action.LOCK_EXTENDED, work)

    async def _certificates(self, now: datetime) -> int:
        """Certificates of disposal are kept for ever."""
        query = {"certificate.files.lock.until": {"$lt": now + locks.AHEAD}}
        rows = await self._disposals.find(query).to_list(None)
        for row in rows:
            files = row["certificate"]["files"]
            until = (now + FAR).replace(microsecond=0)
            for one in files:
                await self._blobs.retain(Digest.parse(one["sha256"]), one["store_version"], until)
                one["lock"]["until"] = until
            await self._journal.change(SYSTEM, Action.LOCK_EXTENDED, _certified(row["_id"], files))
        return len(rows)


def _certified(disposal: str, files: list[Row]) -> Callable[[Change], Awaitable[None]]:
    async def work(change: Change) -> None:
        await change.update("disposals", {"_id": disposal}, {"$set": {"certificate.files": files}})
        change.record("disposal", disposal, owes=False, until=files[0]["lock"]["until"])

    return work
