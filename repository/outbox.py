"""What a committed change still owes to the index, the locks and the judge: written with it, done after it.

A row stays until its work is done, so a crash between commit and work loses nothing; a row that keeps failing is
parked with its reason and listed, never dropped. Work is idempotent and reads the present state, so the order of
rows does not matter and a repeated row does no harm.
"""

from datetime import datetime, timedelta
from typing import Final

from repository import ids
from repository.mongo import Database, Row

PATIENCE: Final = 5
"""Failures after which a row is parked."""


def row(*, kind: str, subject_kind: str, subject_id: str, at: datetime) -> Row:
    """A row to insert in the transaction of the change that owes it."""
    return {
        "_id": ids.new("out"),
        "kind": kind,
        "subject": {"kind": subject_kind, "id": subject_id},
        "at": at,
        "state": "pending",
        "failures": 0,
        "not_before": at,
        "why": "",
    }


class Outbox:
    """The reading side: pending rows in, done or parked rows out."""

    def __init__(self, *, database: Database) -> None:
        self._rows = database["outbox"]

    async def pending(self, now: datetime, limit: int) -> list[Row]:
        """Rows whose time has come, oldest first."""
        query = {"state": "pending", "not_before": {"$lte": now}}
        return await self._rows.find(query).sort("_id", 1).limit(limit).to_list(limit)

    async def behind(self) -> int:
        """How many rows are still owed, parked ones not counted."""
        return await self._rows.count_documents({"state": "pending"})

    async def done(self, row_ids: list[str]) -> None:
        await self._rows.delete_many({"_id": {"$in": row_ids}})

    async def failed(self, failed: Row, why: str, now: datetime) -> bool:
        """Puts a row back for later, or parks it. True when it was parked."""
        failures = int(failed["failures"]) + 1
        parked = failures >= PATIENCE
        change = {
            "failures": failures,
            "why": why[:2000],
            "state": "parked" if parked else "pending",
            "not_before": now + timedelta(seconds=2**failures),
        }
        # Rows are read ahead: one that another worker has parked meanwhile stays parked.
        await self._rows.update_one({"_id": failed["_id"], "state": "pending"}, {"$set": change})
        return parked

    async def parked(self, limit: int = 100) -> list[Row]:
        return await self._rows.find({"state": "parked"}).sort("_id", 1).limit(limit).to_list(limit)

    async def count_parked(self) -> int:
        return await self._rows.count_documents({"state": "parked"})

    async def retry(self, now: datetime) -> int:
        """Makes every parked row pending again; how many."""
        change = {"$set": {"state": "pending", "failures": 0, "not_before": now}}
        return (await self._rows.update_many({"state": "parked"}, change)).modified_count
