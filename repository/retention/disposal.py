"""Disposal, the deciding half: what has expired is proposed, a council of at least two decides. Nothing is erased here.

What was approved is pinned: each vote bears the digest of the list it was given for, and stands in the log; the
execution believes the log and not the row. Sources: Decree 30/2020; Luật 33/2024 Đ36 (council, no early disposal).
"""

from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from repository import errors, ids
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.audit.council import COUNCIL, digest_of
from repository.clock import Clock, local_date
from repository.documents.metadata import Text
from repository.dossiers import inventory
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.retention.holds import Holds
from repository.retention.kept import Kept
from repository.retention.two_people import require_another, require_person

MOST: Final = 1000
"""Documents of one proposal: what a council can look through."""
_OPEN: Final = ("proposed", "approved")
_PAGE: Final = 200


class VoteForm(BaseModel):
    """One member's opinion; a refusal says why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    approve: bool
    reason: Text = Field(default="", max_length=1000)


class NothingExpired(errors.Conflict):
    """There is nothing to propose."""

    vi = "Không có tài liệu nào hết thời hạn bảo quản mà chưa được đề nghị."
    en = "Nothing has expired that is not proposed already."


class Disposals:
    """Proposals and votes."""

    def __init__(
        self, *, database: Database, journal: Journal, clock: Clock, kept: Kept, holds: Holds
    ) -> None:
        self._rows = database["disposals"]
        self._items = database["erasures"]
        self._documents = database["documents"]
        self._dossiers = database["dossiers"]
        self._journal = journal
        self._clock = clock
        self._kept = kept
        self._holds = holds

    async def expired(self, unit: str) -> list[Row]:
        """Closed dossiers in a unit's hands whose retention is over, oldest first."""
        today = local_date(self._clock.now()).isoformat()
        query: Row = {
            "state": {"$in": ["closed", "handed_over"]}, "disposed": None, "retention.ends_on": {"$lt": today},
        }  # fmt: skip
        rows = await self._dossiers.find(query | {"$or": [{"unit": unit}, {"handed.to": unit}]}).to_list(None)
        held = [one for one in rows if holder(one) == unit and isinstance(inventory.end_of(one), date)]
        return sorted(held, key=lambda one: (one["retention"]["ends_on"], one["_id"]))

    async def units(self) -> list[str]:
        """Units that hold expired dossiers."""
        today = local_date(self._clock.now()).isoformat()
        query: Row = {"disposed": None, "retention.ends_on": {"$lt": today}}
        rows = self._dossiers.find(query, {"unit": 1, "handed.to": 1})
        return sorted({holder(row) async for row in rows})

    async def propose(self, actor: Actor, unit: str, *, reason: str = "") -> Row:
        """A list of what has expired, for the council. Raises NothingExpired."""
        actor.require(Permission.PROPOSE_DISPOSALS)
        actor.require_unit(unit, "đề nghị tiêu hủy")
        dossiers = await self.expired(unit)
        items = await self._expired_in(dossiers)
        if not items:
            raise NothingExpired(why="không có")
        disposal_id, named = ids.new("th"), {one for item in items for one in item["dossiers"]}
        listed = [_told(one) for one in dossiers if one["_id"] in named]

        async def work(change: Change) -> Row:
            row: Row = {
                "_id": disposal_id, "unit": unit, "units": sorted({unit, *(one["unit"] for one in dossiers)}),
                "state": "proposed", "reason": reason, "dossiers": listed, "documents": len(items),
                "bytes": sum(v["size"] for one in items for v in one["objects"]), "items": digest_of(items),
                "proposed": {"at": change.now, "by": change.actor.as_row()}, "votes": [], "decided_at": None,
                "done_at": None, "certificate": None,
            }  # fmt: skip
            await change.insert("disposals", row)
            for item in items:
                await change.insert(
                    "erasures", item | {"_id": f"{disposal_id}:{item['document']}", "disposal": disposal_id}
                )
            change.record(
                "disposal", disposal_id, also=[unit], owes=False, items=row["items"], documents=len(items),
                dossiers=[one["id"] for one in listed],
            )  # fmt: skip
            return row

        return await self._journal.change(actor, Action.DISPOSAL_PROPOSED, work, hot=f"disposals:{unit}")

    async def propose_if_any(self, actor: Actor, unit: str) -> Row | None:
        """The same for the job, to which nothing expired is no fault."""
        try:
            return await self.propose(actor, unit, reason="hết thời hạn bảo quản")
        except NothingExpired:
            return None

    async def row(self, disposal_id: str) -> Row:
        """For the execution, which acts for nobody. Raises NotFound."""
        found = await self._rows.find_one({"_id": disposal_id})
        if found is None:
            raise errors.NotFound(what="đề nghị tiêu hủy")
        return found

    async def approved(self) -> list[str]:
        """What waits to be carried out, oldest first; also what lacks only the printed form of its certificate."""
        unprinted = {"state": "done", "certificate.files": {"$size": 1}}
        query: Row = {"$or": [{"state": "approved"}, unprinted]}
        rows = self._rows.find(query, {"_id": 1}).sort("_id", 1)
        return [row["_id"] async for row in rows]

    async def _expired_in(self, dossiers: list[Row]) -> list[Row]:
        """The documents that nothing keeps any longer: no other dossier, no hold, no running proposal."""
        found: dict[str, Row] = {}
        for dossier in dossiers:
            last = ""
            while page := await self._page(dossier["_id"], last):
                last = page[-1]["_id"]
                ends = await self._kept.many(page)
                asked = await self._asked([one["_id"] for one in page])
                for row in page:
                    if row["_id"] in found or row["_id"] in asked or not self._is_over(ends[row["_id"]]):
                        continue
                    if not await self._holds.on(row):
                        found[row["_id"]] = _item(row, str(ends[row["_id"]]))
                    if len(found) == MOST:
                        return list(found.values())
        return list(found.values())

    def _is_over(self, end: object) -> bool:
        return isinstance(end, date) and end < local_date(self._clock.now())

    async def _page(self, dossier_id: str, last: str) -> list[Row]:
        query: Row = {"dossiers": dossier_id, "_id": {"$gt": last}, "disposed": None}
        return await self._documents.find(query).sort("_id", 1).limit(_PAGE).to_list(_PAGE)

    async def _asked(self, document_ids: list[str]) -> set[str]:
        """Those that lie before a council already."""
        found = set()
        async for item in self._items.find({"document": {"$in": document_ids}, "state": "planned"}):
            disposal = await self._rows.find_one({"_id": item["disposal"]}, {"state": 1})
            if disposal and disposal["state"] in _OPEN:
                found.add(item["document"])
        return found

    async def vote(self, actor: Actor, disposal_id: str, form: VoteForm) -> Row:
        """One member's opinion. One refusal ends it; the second approval approves.

        Raises Forbidden for machines and other units, NeedsAnother for the proposer and for a second vote.
        """
        actor.require(Permission.JUDGE_DISPOSALS)
        require_person(actor, "cho ý kiến trong hội đồng xét hủy")
        before = await self.get(actor, disposal_id)
        if not form.approve and not form.reason:
            told = [{"pointer": "/reason", "detail": "không đồng ý phải nêu lý do"}]
            raise errors.Invalid(why="thiếu lý do", errors=told)
        require_another(actor, [before["proposed"]["by"]], "người đề nghị không tự xét được")
        require_another(actor, [one["by"] for one in before["votes"]], "mỗi người chỉ cho ý kiến một lần")
        approvals = sum(one["approve"] for one in before["votes"]) + form.approve
        state = "refused" if not form.approve else "approved" if approvals >= COUNCIL else "proposed"

        async def work(change: Change) -> Row:
            vote = {"by": change.actor.as_row(), "at": change.now, **form.model_dump()}
            fields: Row = {"state": state} | ({"decided_at": change.now} if state != "proposed" else {})
            query = {"_id": disposal_id, "state": "proposed", "writes": before["writes"]}
            after = await change.take("disposals", query, {"$set": fields, "$push": {"votes": vote}})
            if after is None:
                raise errors.Conflict(why="đề nghị này đã được quyết định, hoặc người khác vừa cho ý kiến")
            change.record(
                "disposal",
                disposal_id,
                owes=False,
                approve=form.approve,
                reason=form.reason,
                items=before["items"],
            )
            if state != "proposed":
                decided = Action.DISPOSAL_APPROVED if form.approve else Action.DISPOSAL_REFUSED
                change.record("disposal", disposal_id, action=decided, owes=False, items=before["items"])
            return after

        return await self._journal.change(actor, Action.DISPOSAL_VOTED, work)

    async def get(self, actor: Actor, disposal_id: str) -> Row:
        """Raises NotFound for a unit that it is not about."""
        actor.require(Permission.READ_RETENTION)
        row = await self._rows.find_one({"_id": ids.parse("th", disposal_id, "đề nghị tiêu hủy")})
        if row is None or not (actor.unit in row["units"] or self._holds.sees_all(actor)):
            raise errors.NotFound(what="đề nghị tiêu hủy")
        return row

    async def find(self, actor: Actor, *, state: str = "", limit: int = 50, before: str = "") -> list[Row]:
        """Newest first."""
        actor.require(Permission.READ_RETENTION)
        query: Row = {} if self._holds.sees_all(actor) else {"units": actor.unit}
        query |= ({"state": state} if state else {}) | ({"_id": {"$lt": before}} if before else {})
        return await self._rows.find(query).sort("_id", -1).limit(limit).to_list(limit)

    async def items(self, disposal_id: str, *, limit: int = MOST, after: str = "") -> list[Row]:
        """What is to be, or was, erased; in order."""
        query: Row = {"disposal": disposal_id} | ({"_id": {"$gt": after}} if after else {})
        return await self._items.find(query).sort("_id", 1).limit(limit).to_list(limit)


def holder(dossier: Row) -> str:
    """In whose hands a dossier is: the archive's once it was handed over."""
    return str((dossier.get("handed") or {}).get("to") or dossier["unit"])


def _told(dossier: Row) -> Row:
    kept = dossier["retention"]
    return {"id": dossier["_id"], "code": dossier["code"], "title": dossier["title"], "unit": dossier["unit"],
            "ended_on": dossier["ended_on"], "retention": kept["words"], "ends_on": kept["ends_on"]}  # fmt: skip


def _item(document: Row, kept_until: str) -> Row:
    pinned = ("n", "role", "sha256", "size", "media_type")
    return {
        "document": document["_id"], "unit": document["unit"], "subject": document["subject"],
        "symbol": document["symbol"], "issued_on": document["issued_on"], "dossiers": document["dossiers"],
        "kept_until": kept_until, "state": "planned", "why": "", "at": None,
        "objects": [
            {name: v[name] for name in pinned} | {"version": v["store_version"]} for v in document["versions"]
        ],
    }  # fmt: skip
