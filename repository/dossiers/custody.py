"""Who holds a dossier: handed over to the archive by its deadline, kept back with approval, taken on by a successor.

Decree 30/2020 Đ30, Đ31 and annex VI (told 30 days before). Each hand stands in `custody`, oldest first, for ever.
"""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from repository import errors
from repository.access import marks
from repository.access.actors import Actor, operator
from repository.access.permissions import Permission
from repository.audit import Action
from repository.clock import local_date
from repository.documents.metadata import Text
from repository.dossiers import reach
from repository.dossiers.dossiers import Dossiers
from repository.journal import Change, Journal
from repository.mongo import Database, DuplicateKeyError, Row
from repository.policy.handover import receipt_due
from repository.policy.retention import Kind

_ACTOR: Final = operator("handover")
_MOST: Final = 2000
_SEEN_FOR: Final = timedelta(days=60)


class TransferForm(BaseModel):
    """To whom, by whom it was received, and on what ground."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    to: str = Field(min_length=1, max_length=40)
    """The unit that keeps the archive, or the successor that takes the dossier on."""
    receiver: Text = Field(default="", max_length=100)
    reason: Text = Field(default="", max_length=500)
    note: Text = Field(default="", max_length=500)


class KeepBackForm(BaseModel):
    """A written approval to keep a dossier back (Đ31: at most two years)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    until: date
    approval: Text = Field(min_length=3, max_length=200)
    """Symbol and day of the approving document, and who signed it."""
    reason: Text = Field(min_length=3, max_length=500)


class Custody:
    """Hand-overs; a dossier is never without a holder."""

    def __init__(self, *, database: Database, journal: Journal, dossiers: Dossiers) -> None:
        self._rows = database["dossiers"]
        self._units = database["units"]
        self._journal = journal
        self._dossiers = dossiers

    async def transfer(self, actor: Actor, dossier_id: str, form: TransferForm) -> Row:
        """The dossier in new hands: the archive's when it is closed, or a successor's of a unit that ended."""
        actor.require(Permission.HAND_OVER_DOSSIERS)
        row = await self._dossiers.get(actor, dossier_id)
        unit = await self._units.find_one({"_id": form.to})
        if unit is None or unit.get("closed_on"):
            told = [{"pointer": "/to", "detail": "phải là một đơn vị đang hoạt động"}]
            raise errors.Invalid(why="đơn vị nhận không đúng", errors=told)
        owner = await self._units.find_one({"_id": row["unit"]})
        if owner and owner.get("closed_on"):
            return await self._succeed(actor, row, owner, form)
        actor.require_unit(row["unit"], "nộp lưu hồ sơ")
        return await self._hand_over(actor, row, unit, form)

    async def _hand_over(self, actor: Actor, row: Row, unit: Row, form: TransferForm) -> Row:
        if row["state"] != "closed":
            said = (
                "hồ sơ đang mở; kết thúc trước khi nộp lưu" if row["state"] == "open" else "hồ sơ đã nộp lưu"
            )
            raise errors.Conflict(why=said)
        kept = row["retention"] or {}
        if kept.get("kind", Kind.UNDETERMINED) == Kind.UNDETERMINED:
            raise errors.Conflict(why="chưa xác định thời hạn bảo quản; hãy xác định trước khi nộp lưu")
        if row.get("handover") is None:
            raise errors.Conflict(why="hồ sơ bảo quản dưới 5 năm không phải nộp lưu (NĐ 30/2020 Điều 31)")

        async def work(change: Change) -> Row:
            today = local_date(change.now).isoformat()
            hand = self._hand(change, row, "archive", form)
            batch = f"{row['unit']}:{form.to}:{today}"
            late = today > _due(row)
            handed: Row = {"to": form.to, "on": today, "at": change.now, "batch": batch}
            handed |= {"receiver": form.receiver}
            handed |= {"late": late, "receipt": receipt_due(local_date(change.now)), "received": None}
            update = {
                "$set": {"state": "handed_over", "handed": handed},
                "$push": {"custody": hand},
                "$addToSet": {"readers": marks.unit(form.to)},
                "$inc": {"revision": 1},
            }
            after = await change.take("dossiers", {"_id": row["_id"], "revision": row["revision"]}, update)
            if after is None:
                raise errors.Stale
            await reach.reckon(change, after)
            change.record(
                "dossier", row["_id"], also=[form.to], to=form.to, receiver=form.receiver, late=late,
                inventory=row.get("inventory"), reason=form.reason,
            )  # fmt: skip
            return after

        return await self._journal.change(actor, Action.DOSSIER_HANDED_OVER, work)

    async def _succeed(self, actor: Actor, row: Row, owner: Row, form: TransferForm) -> Row:
        """The successor becomes the owner; the custody keeps whose it was."""
        if owner["successor"] != form.to:
            told = [{"pointer": "/to", "detail": f"đơn vị kế thừa là «{owner['successor']}»"}]
            raise errors.Invalid(why="không phải đơn vị kế thừa", errors=told)
        actor.require_unit(form.to, "tiếp nhận hồ sơ của đơn vị đã kết thúc")

        async def work(change: Change) -> Row:
            update = {
                "$set": {"unit": form.to, "from_unit": row["unit"]},
                "$push": {"custody": self._hand(change, row, "successor", form)},
                "$addToSet": {"readers": marks.unit(form.to)},
                "$inc": {"revision": 1},
            }
            after = await change.take("dossiers", {"_id": row["_id"], "revision": row["revision"]}, update)
            if after is None:
                raise errors.Stale
            change.record(
                "dossier", row["_id"], also=[form.to], was=row["unit"], to=form.to, reason=form.reason
            )
            return after

        try:
            return await self._journal.change(actor, Action.DOSSIER_SUCCEEDED, work)
        except DuplicateKeyError as fault:
            raise errors.Conflict(why=f"đơn vị kế thừa đã có hồ sơ mã «{row['code']}» năm đó") from fault

    @staticmethod
    def _hand(change: Change, row: Row, kind: str, form: TransferForm) -> Row:
        return {
            "n": len(row.get("custody", [])) + 1, "kind": kind, "from": row["unit"], "to": form.to,
            "at": change.now, "on": local_date(change.now).isoformat(), "by": change.actor.as_row(),
            "receiver": form.receiver, "reason": form.reason, "note": form.note,
            "inventory": row.get("inventory"),
        }  # fmt: skip

    async def keep_back(self, actor: Actor, dossier_id: str, form: KeepBackForm) -> Row:
        """Puts the hand-over off, with the written approval. Raises Invalid beyond two years."""
        actor.require(Permission.HAND_OVER_DOSSIERS)
        row = await self._dossiers.get(actor, dossier_id)
        actor.require_unit(row["unit"], "giữ lại hồ sơ đến hạn nộp lưu")
        if row["state"] != "closed" or not row.get("handover"):
            raise errors.Conflict(why="chỉ giữ lại hồ sơ đã kết thúc và phải nộp lưu")
        until = form.until.isoformat()
        if not row["handover"]["due_on"] < until <= row["handover"]["latest"]:
            latest = date.fromisoformat(row["handover"]["latest"])
            told = [
                {
                    "pointer": "/until",
                    "detail": f"phải sau hạn nộp và không quá {latest:%d/%m/%Y} (2 năm)",
                }
            ]
            raise errors.Invalid(why="ngày giữ lại không đúng", errors=told)

        async def work(change: Change) -> Row:
            kept: Row = {"until": until, "approval": form.approval, "reason": form.reason}
            kept |= {"at": change.now, "by": change.actor.as_row()}
            fields = {"handover.kept_back": kept, "handover.noticed_at": None}
            query = {"_id": dossier_id, "revision": row["revision"]}
            after = await change.take("dossiers", query, {"$set": fields, "$inc": {"revision": 1}})
            if after is None:
                raise errors.Stale
            change.record(
                "dossier", dossier_id, until=until, approval=form.approval, reason=form.reason, owes=False
            )
            return after

        return await self._journal.change(actor, Action.DOSSIER_KEPT_BACK, work)

    async def due(self, actor: Actor, *, limit: int = 100, days: int = 30) -> list[Row]:
        """Closed dossiers that the actor sees whose hand-over is due within so many days, soonest first."""
        until = (local_date(self._journal.now()) + timedelta(days=days)).isoformat()
        found = await self._due_until(until)
        seen = set(actor.marks)
        return [one for one in found if seen & set(one["readers"]) and _due(one) <= until][:limit]

    async def notify(self) -> list[Row]:
        """Notes on each dossier, once, that its hand-over is due within 30 days (annex VI); answers them."""
        today = local_date(self._journal.now()).isoformat()
        told, until = [], (date.fromisoformat(today) + _SEEN_FOR).isoformat()
        for row in await self._due_until(until, {"handover.noticed_at": None}):
            wanted = (date.fromisoformat(_due(row)) - timedelta(days=_notice_days(row))).isoformat()
            if wanted <= today:
                told.append(await self._journal.change(_ACTOR, Action.HANDOVER_NOTICED, _noticed(row)))
        return told

    async def _due_until(self, day: str, also: Row | None = None) -> list[Row]:
        query = {"handover.due_on": {"$lte": day}, "state": "closed"} | (also or {})
        return sorted(await self._rows.find(query).to_list(_MOST), key=_due)

    async def batch(self, actor: Actor, dossier_id: str) -> list[Row]:
        """All dossiers handed over by the same unit to the same archive on the same day: one set of minutes."""
        row = await self._dossiers.get(actor, dossier_id)
        if not row.get("handed"):
            raise errors.Conflict(why="hồ sơ chưa nộp lưu, chưa có biên bản giao nhận")
        rows = await self._rows.find({"handed.batch": row["handed"]["batch"]}).to_list(_MOST)
        seen = set(actor.marks)
        return sorted((one for one in rows if seen & set(one["readers"])), key=lambda one: str(one["code"]))


def _noticed(row: Row) -> Callable[[Change], Awaitable[Row]]:
    async def work(change: Change) -> Row:
        query = {"_id": row["_id"], "state": "closed", "handover.noticed_at": None}
        update = {"$set": {"handover.noticed_at": change.now}, "$inc": {"revision": 1}}
        after = await change.take("dossiers", query, update)
        change.record("dossier", row["_id"], until=_due(row), owes=False)
        return after or row

    return work


def _due(row: Row) -> str:
    """The day until which it must be handed over, put off where that was approved."""
    kept_back = row["handover"]["kept_back"]
    return str(kept_back["until"] if kept_back else row["handover"]["due_on"])


def _notice_days(row: Row) -> int:
    due = row["handover"]
    return (date.fromisoformat(due["due_on"]) - date.fromisoformat(due["notice_on"])).days
