"""Gives audit records their leaves, one after the other, and signs checkpoints. One sealer works, others stand by.

The lease says who should work; what keeps two sealers from forking the tree is the head, which a batch moves on in
the transaction that gives the leaves, naming the size it had. A killed sealer leaves a whole batch or none.
"""

import asyncio
import hashlib
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from repository import errors, ids
from repository.audit import merkle
from repository.audit.checkpoint import Checkpoint, opened
from repository.audit.note import Malformed
from repository.audit.parts import Parts
from repository.audit.record import canonical
from repository.audit.tree import Head, Overtaken, TreeBroken
from repository.clock import Clock
from repository.lease import Lease
from repository.mongo import DuplicateKeyError, Row, Session, UpdateOne, told_as_away, transact

LEASE: Final = "sealer"
BATCH: Final = 1000
UNDER_LOAD: Final = timedelta(seconds=5)
AT_LEAST: Final = timedelta(hours=1)
_POLL: Final = 0.5
_STANDBY: Final = 1.0
_AWAY: Final = 2.0
_BROKEN: Final = 30.0
_LOG: Final = logging.getLogger(__name__)


class RolledBack(errors.Corrupt):
    """The database holds less, or something else, than this machine has signed."""

    vi = (
        "Cơ sở dữ liệu không còn chứa nhật ký đã niêm phong: bản ký gần nhất có {signed} lá, nay cây có {size} lá "
        "hoặc gốc khác. Ngừng niêm phong."
    )
    en = (
        "The database no longer holds the sealed log: {signed} leaves were signed, the tree has {size} or "
        "another root. Sealing stops."
    )


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something wrong with the log: what kind, about what, and what a person is to do."""

    kind: str
    subject: str
    found: str
    todo: str


Tell = Callable[[Finding], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Status:
    """How far the log is sealed, and what is not yet."""

    size: int
    root: str
    unsealed: int
    oldest: datetime | None
    age: float
    """Seconds since the oldest unsealed record was made; 0 when all are sealed."""
    checkpoint: Row | None


class Sealer:
    """One claimant of the lease."""

    def __init__(self, *, parts: Parts, clock: Clock, tell: Tell, batch: int = BATCH) -> None:
        self._database = parts.database
        self._records = parts.database["audit"]
        self._clock = clock
        self._tree = parts.tree
        self._checkpoints = parts.checkpoints
        self._keys = parts.keys
        self._origin = parts.origin
        self._memory = parts.memory
        self._tell = tell
        self._batch = batch
        self._me = ids.new("slr")
        self._lease = Lease(database=parts.database, name=LEASE, clock=clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Seals until `stop` is set; whatever goes wrong is told and tried again."""
        try:
            while not stop.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), await self._turn())
        finally:
            with suppress(errors.Unavailable), told_as_away():
                await self._lease.release()

    async def _turn(self) -> float:
        """One turn; seconds to wait before the next."""
        try:
            with told_as_away():
                if not await self._lease.hold():
                    return _STANDBY
                async with self._lease.kept():
                    done = await self.seal()
                    await self.issue_when_due()
                    return _POLL if done < self._batch else 0.001
        except errors.Unavailable as fault:
            _LOG.warning("sealing waits: %s", fault.sentence("en"))
            return _AWAY
        except errors.Corrupt as fault:
            _LOG.error("sealing stops: %s", fault.sentence("en"))
            with suppress(errors.Unavailable):
                await self._tell(_broken(fault))
            return _BROKEN

    async def catch_up(self) -> int:
        """Seals all that is unsealed now and signs a checkpoint; how many. For commands and tests."""
        total = 0
        while done := await self.seal():
            total += done
        await self.issue_when_due(at_once=True)
        return total

    async def seal(self) -> int:
        """Gives one batch its leaves; how many. Raises TreeBroken, RolledBack."""
        head = await self._tree.head()
        await self._fits(head)
        rows = await self._records.find({"leaf": None}).sort("_id", 1).limit(self._batch).to_list(self._batch)
        if not rows:
            return 0
        leaves, altered = _leaves(rows)
        numbered = [
            UpdateOne({"_id": row["_id"], "leaf": None}, {"$set": {"leaf": leaf}})
            for leaf, row in enumerate(rows, head.size)
        ]

        async def work(session: Session) -> None:
            await self._tree.grow(session, head, leaves, self._clock.now(), self._me)
            done = await self._records.bulk_write(numbered, ordered=False, session=session)
            if done.matched_count != len(rows):
                raise Overtaken

        async def happened() -> bool:
            return await self._given({row["_id"]: leaf for leaf, row in enumerate(rows, head.size)})

        try:
            await transact(self._database, work, happened)
        except (Overtaken, DuplicateKeyError):
            return 0
        for one in altered:
            await self._tell(one)
        return len(rows)

    async def issue_when_due(self, *, at_once: bool = False) -> Row | None:
        """Signs and keeps a checkpoint when leaves were added some seconds ago, or an hour is over."""
        head, last, now = await self._tree.head(), await self._checkpoints.latest(), self._clock.now()
        if head.size == 0:
            return None
        if last is not None:
            grown = head.size != last["size"]
            wait = UNDER_LOAD if grown else AT_LEAST
            if now - last["at"] < wait and not (at_once and grown):
                return None
        return await self._issue(head, now)

    async def rotate(self) -> Row | None:
        """Another key from now on; a checkpoint under both says so."""
        old, fresh = await asyncio.to_thread(self._keys.rotate)
        head = await self._tree.head()
        if head.size == 0:
            return None
        checkpoint = Checkpoint(self._origin, head.size, head.root)
        return await self._checkpoints.keep(checkpoint, checkpoint.signed([old, fresh]), self._clock.now())

    async def status(self) -> Status:
        head, now = await self._tree.head(), self._clock.now()
        waiting = await self._records.count_documents({"leaf": None})
        first = await self._records.find_one({"leaf": None}, {"at": 1}, sort=[("_id", 1)])
        oldest = first["at"] if first else None
        return Status(
            size=head.size, root=head.root.hex(), unsealed=waiting, oldest=oldest,
            age=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
            checkpoint=await self._checkpoints.latest(),
        )  # fmt: skip

    async def _issue(self, head: Head, now: datetime) -> Row:
        signed = await asyncio.to_thread(self._last_signed)
        if signed is not None and await self._tree.root_at(signed.size) != signed.root:
            raise RolledBack(signed=signed.size, size=head.size)
        checkpoint = Checkpoint(self._origin, head.size, head.root)
        raw = checkpoint.signed([await asyncio.to_thread(self._keys.current)])
        row = await self._checkpoints.keep(checkpoint, raw, now)
        await asyncio.to_thread(self._remember, raw)
        return row

    async def _fits(self, head: Head) -> None:
        """Whether what is there is at least what was signed, and nobody put leaves in front of us."""
        signed = await asyncio.to_thread(self._last_signed)
        if signed is not None and head.size < signed.size:
            raise RolledBack(signed=signed.size, size=head.size)
        ahead = await self._records.find_one({"leaf": {"$gte": head.size}}, {"leaf": 1})
        if ahead is not None and ahead["leaf"] >= (await self._tree.head()).size:
            raise TreeBroken(what=f"bản ghi {ahead['_id']} mang lá {ahead['leaf']} chưa được cấp")

    async def _given(self, leaves: dict[str, int]) -> bool:
        """Whether these records have exactly these leaves, for good."""
        query: Row = {"_id": {"$in": list(leaves)}, "leaf": {"$type": "number"}}
        found = {row["_id"]: row["leaf"] async for row in self._records.find(query, {"leaf": 1})}
        return found == leaves

    def _last_signed(self) -> Checkpoint | None:
        """What this machine remembers to have signed, outside the database."""
        path = self._memory
        if not path.exists():
            return None
        try:
            return opened(path.read_bytes(), self._keys.public(), self._origin)
        except Malformed as fault:
            raise errors.Corrupt(what=f"bản ký gần nhất {path.name} ({fault})") from fault

    def _remember(self, raw: bytes) -> None:
        self._memory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._memory.with_name(f".{self._memory.name}.{self._me}")
        with draft.open("wb") as out:
            out.write(raw)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(self._memory)


def _leaves(rows: list[Row]) -> tuple[list[bytes], list[Finding]]:
    """The leaf hash of each record; one that was changed before it was sealed is sealed as it is, and told."""
    leaves, found = [], []
    for row in rows:
        try:
            told = canonical(row)
            fits = hashlib.sha256(told).hexdigest() == row.get("hash")
            leaves.append(merkle.leaf_hash(told))
        except (TypeError, ValueError):  # values that no record of ours can hold
            fits = False
            leaves.append(merkle.leaf_hash(b"unreadable record " + str(row["_id"]).encode()))
        if not fits:
            found.append(_altered(str(row["_id"])))
    return leaves, found


def _altered(record: str) -> Finding:
    return Finding(
        kind="log.altered",
        subject=record,
        found=f"Bản ghi {record} bị sửa trước khi được niêm phong: nội dung không khớp mã băm ghi cùng nó.",
        todo="Đối chiếu với bản sao lưu trong ngày; tìm ai ghi thẳng vào cơ sở dữ liệu.",
    )


def _broken(fault: errors.Corrupt) -> Finding:
    return Finding(
        kind="log.broken",
        subject="log",
        found=fault.sentence(),
        todo="Không khôi phục, không sửa gì. Chạy `tangthu audit check`, đối chiếu với bản ký trong kho khóa.",
    )
