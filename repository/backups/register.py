"""The register of backups and drills: what the living system knows of its copies; an older one cannot pass for newer.

`backups` {_id set, kind, area, place, at, ended, manifest, head, objects, bytes, new_objects, new_bytes, rows,
state, why}; `drills` {_id, set, at, ended, passed, findings, compared}.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from repository import ids
from repository.access.actors import Actor
from repository.audit import Action
from repository.clock import Clock
from repository.journal import Change, Journal
from repository.mongo import Database, Row

GOOD: Final = "good"
DAMAGED: Final = "damaged"
ROTATED: Final = "rotated"
LATE: Final = timedelta(hours=24)
"""Đ10.5: every day. Older than this, somebody is told."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the copies stand now, for people and for the metrics page."""

    last: Row | None
    age: timedelta | None
    good: int
    drill: Row | None
    drill_age: timedelta | None

    @property
    def late(self) -> bool:
        return self.age is None or self.age > LATE


class Backups:
    """Written only when a set is whole in its place; a set that is not here was not made by this system."""

    def __init__(self, *, database: Database, journal: Journal, clock: Clock) -> None:
        self._sets = database["backups"]
        self._drills = database["drills"]
        self._journal = journal
        self._clock = clock

    async def made(self, actor: Actor, row: Row) -> None:
        """Enters a whole set; one that is entered already stays as it is."""

        async def work(change: Change) -> None:
            if await change.find_one("backups", {"_id": row["_id"]}) is None:
                await change.insert("backups", row | {"state": GOOD, "why": ""})
            told = {name: row[name] for name in ("manifest", "head", "objects", "bytes")}
            change.record("backup", row["_id"], owes=False, how=row["kind"], **told)

        await self._journal.change(actor, Action.BACKUP_MADE, work, hot="backups")

    async def judged(self, actor: Actor, set_id: str, *, damaged: str) -> None:
        """Notes what reading the set back said; an empty `damaged` makes it good (again)."""

        async def work(change: Change) -> None:
            told = {"state": DAMAGED if damaged else GOOD, "why": damaged, "checked_at": change.now}
            await change.update("backups", {"_id": set_id, "state": {"$ne": ROTATED}}, {"$set": told})
            change.record("backup", set_id, owes=False, damaged=damaged)

        await self._journal.change(actor, Action.BACKUP_CHECKED, work, hot="backups")

    async def rotated(self, actor: Actor, set_ids: list[str]) -> None:
        """Notes that these sets are no longer kept; what was disposed of before them is gone from there too."""

        async def work(change: Change) -> None:
            for one in set_ids:
                await change.update("backups", {"_id": one}, {"$set": {"state": ROTATED}})
            change.record("backup", set_ids[-1], also=set_ids, owes=False, sets=set_ids)

        await self._journal.change(actor, Action.BACKUP_ROTATED, work, hot="backups")

    async def drilled(self, actor: Actor, row: Row) -> Row:
        """Enters the outcome of a drill: {set, at, ended, passed, findings, compared}."""
        entered = {"_id": ids.new("dr")} | row

        async def work(change: Change) -> Row:
            await change.insert("drills", dict(entered))
            change.record(
                "drill", entered["_id"], also=[row["set"]], owes=False, set=row["set"],
                passed=row["passed"], findings=row["findings"],
            )  # fmt: skip
            return entered

        return await self._journal.change(actor, Action.DRILL_DONE, work, hot="backups")

    async def of(self, set_id: str) -> Row | None:
        found: Row | None = await self._sets.find_one({"_id": set_id})
        return found

    async def find(self, *, limit: int = 100) -> list[Row]:
        """Newest first, those that were rotated out too."""
        return await self._sets.find({}).sort("_id", -1).limit(limit).to_list(limit)

    async def known(self) -> AsyncIterator[Row]:
        """Every set that should still be there, oldest first."""
        async for row in self._sets.find({"state": {"$ne": ROTATED}}).sort("_id", 1):
            yield row

    async def drills(self, *, limit: int = 20) -> list[Row]:
        return await self._drills.find({}).sort("_id", -1).limit(limit).to_list(limit)

    async def standing(self) -> Standing:
        now = self._clock.now()
        last = await self._sets.find_one({"state": GOOD}, sort=[("_id", -1)])
        drill = await self._drills.find_one({}, sort=[("_id", -1)])
        return Standing(
            last=last,
            age=now - last["at"] if last else None,
            good=await self._sets.count_documents({"state": GOOD}),
            drill=drill,
            drill_age=_age(now, drill),
        )


def _age(now: datetime, drill: Row | None) -> timedelta | None:
    return now - drill["at"] if drill else None
