"""The register of incidents: found by a job or told by a person, once a matter, never removed."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from repository import errors, ids
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.journal import Change, Journal
from repository.mongo import Database, Row

OPEN: Final = "open"
TOLD: Final = "person"
"""Kind of an incident that a person reported."""
_TOLD_ADVICE: Final = "Liên hệ người báo, xem hoàn cảnh kèm theo; ghi việc đã làm khi kết thúc."
SETTLED: Final = "settled"


class Report(BaseModel):
    """What a person writes: what happened, and how to reach who writes it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    found: str = Field(min_length=5, max_length=4000)
    reach: str = Field(default="", max_length=200)


class Settlement(BaseModel):
    """What was done about an incident."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    why: str = Field(min_length=3, max_length=4000)


class IncidentSettled(errors.Conflict):
    """The incident was settled before."""

    vi = "Sự cố này đã được kết thúc; nếu tái diễn, hệ thống tự mở lại."
    en = "This incident is settled already."


class Incidents:
    """Rows of `incidents`: {_id, kind, subject {kind, id}, found, todo, state, seen_at, seen_last, seen, …}."""

    def __init__(self, *, database: Database, journal: Journal) -> None:
        self._rows = database["incidents"]
        self._journal = journal

    async def report(
        self, actor: Actor, *, kind: str, subject_kind: str, subject_id: str, found: str, todo: str
    ) -> Row:
        """Opens an incident, or notes that an open one of the same kind and subject was met again.

        `found` says what is wrong and `todo` what the reader is to do next, both in Vietnamese.
        """

        async def work(change: Change) -> Row:
            same = {"kind": kind, "subject.id": subject_id, "state": OPEN}
            met = {"$set": {"seen_last": change.now, "found": found, "todo": todo}, "$inc": {"seen": 1}}
            if (known := await change.take("incidents", same, met)) is None:
                subject = {"kind": subject_kind, "id": subject_id}
                known = _row(kind, subject, found, todo, change.now)
                await change.insert("incidents", known)
            change.record("incident", known["_id"], also=[subject_id], matter=kind, found=found, owes=False)
            return known

        return await self._journal.change(actor, Action.INCIDENT_FOUND, work, hot=f"incident:{subject_id}")

    async def tell(self, actor: Actor, report: Report, context: Row) -> Row:
        """What a person noticed (Đ9.5), each report a matter of its own; `context` is what the page knew."""
        actor.require(Permission.REPORT_INCIDENTS)

        async def work(change: Change) -> Row:
            row = _row(TOLD, {"kind": "person", "id": actor.id}, report.found, _TOLD_ADVICE, change.now)
            row |= {"told_by": actor.as_row(), "unit": actor.unit, "reach": report.reach, "context": context}
            await change.insert("incidents", row)
            change.record("incident", row["_id"], matter=TOLD, found=report.found, owes=False)
            return row

        return await self._journal.change(actor, Action.INCIDENT_FOUND, work)

    async def get(self, incident: str) -> Row:
        row: Row | None = await self._rows.find_one({"_id": incident})
        if row is None:
            raise errors.NotFound(what="sự cố")
        return row

    async def settle(self, actor: Actor, incident: str, why: str) -> Row:
        """Ends an incident with what was done about it. Raises NotFound, IncidentSettled."""
        actor.require(Permission.SETTLE_INCIDENTS)

        async def work(change: Change) -> Row:
            ended = {"state": SETTLED, "settled_at": change.now, "settled_by": actor.as_row(), "why": why}
            row = await change.take("incidents", {"_id": incident, "state": OPEN}, {"$set": ended})
            if row is None:
                raise (
                    IncidentSettled
                    if await change.find_one("incidents", {"_id": incident})
                    else errors.NotFound
                )
            change.record("incident", incident, also=[row["subject"]["id"]], why=why, owes=False)
            return row

        return await self._journal.change(actor, Action.INCIDENT_SETTLED, work)

    async def find(self, *, state: str = "", kind: str = "", limit: int = 100, after: str = "") -> list[Row]:
        """Newest first, from the one before `after`."""
        query: Row = {name: value for name, value in (("state", state), ("kind", kind)) if value}
        if after:
            query["_id"] = {"$lt": after}
        return await self._rows.find(query).sort("_id", -1).limit(limit).to_list(limit)

    async def count_open(self) -> int:
        return await self._rows.count_documents({"state": OPEN})

    async def kinds(self) -> dict[str, int]:
        """Open incidents by kind, the most frequent first."""
        group: list[Row] = [{"$match": {"state": OPEN}}, {"$group": {"_id": "$kind", "n": {"$sum": 1}}}]
        found = {str(row["_id"]): int(row["n"]) async for row in await self._rows.aggregate(group)}
        return dict(sorted(found.items(), key=lambda one: -one[1]))


def _row(kind: str, subject: Row, found: str, todo: str, now: datetime) -> Row:
    return {
        "_id": ids.new("inc"),
        "kind": kind,
        "subject": subject,
        "found": found,
        "todo": todo,
        "state": OPEN,
        "seen_at": now,
        "seen_last": now,
        "seen": 1,
    }
