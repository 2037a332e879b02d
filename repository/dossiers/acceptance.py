"""What the archive says to a hand-over: received, or sent back with the reason. Each is a hand in `custody`.

TT 05/2025: confirmed within 60 days, a dated rule. Until then a dossier that is handed over waits with the archive.
"""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from repository import errors
from repository.access import marks, rules
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.clock import local_date
from repository.documents.metadata import Text
from repository.dossiers import reach
from repository.dossiers.dossiers import Dossiers
from repository.dossiers.inventories import Inventories
from repository.journal import Change, Journal
from repository.mongo import Database, Row

_SHOWN: Final = 100


class ReceiptForm(BaseModel):
    """What was found when the dossier was compared with its contents list."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    note: Text = Field(default="", max_length=500)


class SendBackForm(BaseModel):
    """Why the archive does not take the dossier."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: Text = Field(min_length=3, max_length=500)


class Acceptance:
    """Said by clerks and leaders of the unit that keeps the archive, once a hand-over."""

    def __init__(
        self, *, database: Database, journal: Journal, dossiers: Dossiers, inventories: Inventories
    ) -> None:
        self._rows = database["dossiers"]
        self._journal = journal
        self._dossiers = dossiers
        self._inventories = inventories

    async def confirm(self, actor: Actor, dossier_id: str, form: ReceiptForm) -> Row:
        """The dossier, received. Raises Conflict where nothing waits, or its contents list is not the frozen one."""
        row = await self._waiting(actor, dossier_id, "xác nhận đã nhận hồ sơ")
        if not await self._inventories.intact(row):
            raise errors.Conflict(why="mục lục không còn khớp với mã băm lúc kết thúc hồ sơ; báo sự cố trước")

        async def work(change: Change) -> Row:
            today = local_date(change.now).isoformat()
            late = is_late(row, today)
            received = {"on": today, "at": change.now, "by": change.actor.as_row(), "late": late}
            update = {
                "$set": {"handed.received": received | {"note": form.note}},
                "$push": {"custody": _hand(change, row, "received", note=form.note)},
                "$inc": {"revision": 1},
            }
            after = await _take(change, row, update)
            change.record(
                "dossier", dossier_id, also=[row["unit"]], owes=False, to=row["handed"]["to"], late=late,
                inventory=row.get("inventory"), note=form.note,
            )  # fmt: skip
            return after

        return await self._journal.change(actor, Action.DOSSIER_RECEIVED, work)

    async def send_back(self, actor: Actor, dossier_id: str, form: SendBackForm) -> Row:
        """The dossier, closed and with its unit again; the archive no longer sees it or its papers."""
        row = await self._waiting(actor, dossier_id, "trả lại hồ sơ")

        async def work(change: Change) -> Row:
            hand = _hand(change, row, "returned", reason=form.reason)
            update: Row = {
                "$set": {"state": "closed", "handed": None, "handover.noticed_at": None},
                "$push": {"custody": hand},
                "$inc": {"revision": 1},
            }
            if row["handed"]["to"] not in rules.givers(row):
                update["$pull"] = {"readers": marks.unit(row["handed"]["to"])}
            after = await _take(change, row, update)
            await reach.reckon(change, after)
            change.record("dossier", dossier_id, also=[row["unit"]], to=row["unit"], reason=form.reason)
            return after

        return await self._journal.change(actor, Action.DOSSIER_RETURNED, work)

    async def waiting(self, actor: Actor, *, limit: int = _SHOWN) -> list[Row]:
        """Dossiers handed over to the actor's unit that it has not answered for, oldest first."""
        query: Row = {"handed.to": {"$in": actor.units}, "handed.received.on": None, "disposed": None}
        found = self._rows.find(query | {"readers": {"$in": actor.marks}})
        return await found.sort("handed.on", 1).limit(limit).to_list(limit)

    async def _waiting(self, actor: Actor, dossier_id: str, what: str) -> Row:
        """The dossier that waits for this archive's word. Raises Forbidden, NotFound, Conflict."""
        actor.require(Permission.RECEIVE_DOSSIERS)
        row = await self._dossiers.get(actor, dossier_id)
        handed = row.get("handed")
        if not handed or row["state"] != "handed_over":
            actor.require_unit(row["unit"], what)
            raise errors.Conflict(why="hồ sơ chưa nộp lưu")
        if handed["to"] not in actor.units:
            actor.require_unit(handed["to"], what)
        if handed.get("received"):
            raise errors.Conflict(why="lưu trữ đã xác nhận nhận hồ sơ này")
        return row


def is_late(row: Row, today: str) -> bool:
    """Whether the archive's answer is, or would be, after its deadline; never where no rule sets one."""
    receipt = row["handed"].get("receipt")
    return bool(receipt and today > receipt["due_on"])


async def _take(change: Change, row: Row, update: Row) -> Row:
    after = await change.take("dossiers", {"_id": row["_id"], "revision": row["revision"]}, update)
    if after is None:
        raise errors.Stale
    return after


def _hand(change: Change, row: Row, kind: str, *, reason: str = "", note: str = "") -> Row:
    giver, taker = row["unit"], row["handed"]["to"]
    if kind == "returned":
        giver, taker = taker, giver
    return {
        "n": len(row.get("custody", [])) + 1, "kind": kind, "from": giver, "to": taker,
        "at": change.now, "on": local_date(change.now).isoformat(), "by": change.actor.as_row(),
        "receiver": change.actor.name, "reason": reason, "note": note, "inventory": row.get("inventory"),
    }  # fmt: skip
