"""The end of a dossier (Decree 30/2020 Đ29): duplicates and drafts weeded, retention re-checked, contents numbered
and frozen. What is to be weeded is proposed; a person confirms each.
"""

from datetime import date
from typing import Final, Protocol

from pydantic import BaseModel, ConfigDict, Field

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.clock import local_date
from repository.documents.metadata import Text
from repository.documents.paper import paper_owed
from repository.dossiers import inventory, taking_out
from repository.dossiers.places import Places
from repository.dossiers.weeding import Weed, weeds
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.policy import handover, retention
from repository.policy.retention import Kind, Period, Rule

_TRIES: Final = 8
"""How often a closing reads again when papers are filed meanwhile."""


class KnownRules(Protocol):
    """The retention schedules, from whoever keeps them."""

    async def find(self, rule_id: str) -> Rule | None: ...
    async def newer(self, rule: Rule, on: date) -> list[Rule]: ...


class RetentionForm(BaseModel):
    """How long it is kept: by a schedule's row, or by a period in words; and what has happened."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    rule: Text = Field(default="", max_length=60)
    retention: Text = Field(default="", max_length=60)
    event_on: date | None = None
    """The day the text expired, the contract ended, the works were taken down."""
    accept_shorter: bool = False
    """Said aloud: a newer schedule may shorten what an older one promised."""
    reason: Text = Field(default="", max_length=500)


class ClosingForm(RetentionForm):
    """What the closer confirms."""

    ended_on: date | None = None
    """The day the work ended; today when left out."""
    weed: list[str] = Field(default_factory=list, max_length=10_000)
    """Documents to take out: from the proposed duplicates and drafts, or others."""


class PaperOwed(errors.Conflict):
    """A member document still owes its paper copy."""

    vi = "Chưa kết thúc được hồ sơ: còn văn bản chưa có bản giấy phải lưu ({symbols}). Ghi nhận bản giấy trước."
    en = "Not closed: documents still owe their paper copy ({symbols})."


class Closing:
    """Works on dossier rows that the caller has read with the actor's rights."""

    def __init__(self, *, database: Database, journal: Journal, rules: KnownRules) -> None:
        self._dossiers = database["dossiers"]
        self._places = Places(database=database)
        self._journal = journal
        self._rules = rules

    async def require_rule(self, rule_id: str) -> None:
        """Raises Invalid when no schedule has such a row; nothing for none."""
        if rule_id and await self._rules.find(rule_id) is None:
            told = [{"pointer": "/rule", "detail": "không có dòng này trong bảng thời hạn bảo quản"}]
            raise errors.Invalid(why="thời hạn bảo quản không có", errors=told)

    async def plan(self, row: Row, form: ClosingForm) -> Row:
        """What closing would do: what to weed and why, the retention, the hand-over, what is in the way."""
        members = await self._places.all(row)
        kept = await self.reckoned(row, form, self._ended(row, form))
        found = weeds(members)
        return {
            "weeds": [one.as_row() for one in found],
            "owed": [one["symbol"] or one["subject"] for one in members if paper_owed(one)],
            "retention": kept,
            "handover": _handover(row, kept, self._ended(row, form)),
            "documents": len(members),
        }

    async def close(self, actor: Actor, row: Row, form: ClosingForm) -> Row:
        """The closed dossier. Raises Conflict, PaperOwed, Invalid; WouldShorten for one that was closed before."""
        for _ in range(_TRIES):
            _require(actor, row, "open", "hồ sơ đã kết thúc")
            try:
                return await self._close_as_read(actor, row, form)
            except errors.Stale:
                row = await self._dossiers.find_one({"_id": row["_id"]}) or row
        raise errors.Stale

    async def _close_as_read(self, actor: Actor, row: Row, form: ClosingForm) -> Row:
        members = await self._places.all(row)
        taken = {one.document: one for one in weeds(members)}
        if strange := set(form.weed) - {one["_id"] for one in members}:
            told = [{"pointer": "/weed", "detail": f"không nằm trong hồ sơ: {', '.join(sorted(strange))}"}]
            raise errors.Invalid(why="văn bản cần loại không nằm trong hồ sơ", errors=told)
        kept_in = [one for one in members if one["_id"] not in form.weed]
        if owed := [one["symbol"] or one["subject"] for one in kept_in if paper_owed(one)]:
            raise PaperOwed(symbols="; ".join(owed[:10]), why="còn nợ bản giấy")
        ended_on = self._ended(row, form)
        kept = await self.reckoned(row, form, ended_on)
        if row.get("retention"):  # promised at an earlier closing, and perhaps determined since
            _require_said(row | {"state": "closed"}, kept, form)
        n = row.get("closings", 0) + 1
        lists = inventory.lists(row["_id"], n, kept_in)
        fields: Row = {
            "state": "closed", "ended_on": ended_on.isoformat(), "retention": kept, "closings": n,
            "handover": _handover(row, kept, ended_on), "inventory": inventory.summary(lists),
            "doc_total": len(kept_in), "page_total": sum(one["filing"]["sheets"] or 0 for one in kept_in),
        }  # fmt: skip

        async def work(change: Change) -> Row:
            query = {
                "_id": row["_id"],
                "state": "open",
                "filings": row["filings"],
                "revision": row["revision"],
            }
            closed = {"$set": fields | {"closed_at": change.now}, "$inc": {"revision": 1}}
            after = await change.take("dossiers", query, closed)
            if after is None:
                raise errors.Stale
            for one in form.weed:
                why = taken.get(one, Weed(document=one, why="loại khi kết thúc", of="")).why
                await taking_out.take(change, row["_id"], one, f"loại khi kết thúc hồ sơ: {why}")
            for piece in lists:
                await change.insert("inventories", piece | {"at": change.now})
            change.record(
                "dossier", row["_id"], retention=kept, documents=len(kept_in), weeded=form.weed,
                inventory=fields["inventory"], reason=form.reason,
            )  # fmt: skip
            return after

        return await self._journal.change(actor, Action.DOSSIER_CLOSED, work)

    async def reopen(self, actor: Actor, row: Row, reason: str) -> Row:
        """Open again; the frozen contents list stays, the next closing makes a new one."""
        if row.get("disposed"):
            raise errors.Gone(what="Tài liệu của hồ sơ này")
        _require(actor, row, "closed", "hồ sơ đang mở" if row["state"] == "open" else "hồ sơ đã nộp lưu")

        async def work(change: Change) -> Row:
            fields = {"state": "open", "closed_at": None, "ended_on": None, "handover": None}
            update = {"$set": fields, "$inc": {"revision": 1}}
            query = {"_id": row["_id"], "state": "closed", "disposed": None}
            after = await change.take("dossiers", query, update)
            if after is None:
                raise errors.Stale
            change.record("dossier", row["_id"], reason=reason)
            return after

        return await self._journal.change(actor, Action.DOSSIER_REOPENED, work)

    async def determine(self, actor: Actor, row: Row, form: RetentionForm) -> Row:
        """Sets a closed dossier's retention anew: what it waited for has happened, or another row holds.

        Raises WouldShorten unless a sooner end is accepted with a reason.
        """
        actor.require(Permission.KEEP_DOSSIERS)
        actor.require_unit(row["unit"], "xác định thời hạn bảo quản")
        if row["state"] == "open":
            raise errors.Conflict(why="hồ sơ đang mở; thời hạn được xác định khi kết thúc")
        kept = await self.reckoned(row, form, date.fromisoformat(row["ended_on"]))
        _require_said(row, kept, form)

        async def work(change: Change) -> Row:
            query = {"_id": row["_id"], "revision": row["revision"]}
            after = await change.take(
                "dossiers", query, {"$set": kept_anew(row, kept), "$inc": {"revision": 1}}
            )
            if after is None:
                raise errors.Stale
            change.record("dossier", row["_id"], was=row["retention"], now=kept, reason=form.reason)
            return after

        return await self._journal.change(actor, Action.RETENTION_SET, work)

    async def reckoned(self, row: Row, form: RetentionForm, ended_on: date) -> Row:
        """The retention as it is stored: {rule, schedule, kind, years, words, ends_on, event_on, why}."""
        rule_id = form.rule or ("" if form.retention else row.get("rule", ""))
        rule = await self._rules.find(rule_id) if rule_id else None
        if rule_id and rule is None:
            await self.require_rule(rule_id)
        if rule is not None:
            newer = [] if form.rule else await self._rules.newer(rule, ended_on)
            rule, why = retention.chosen(rule, newer, accept_shorter=form.accept_shorter)
            period = rule.period
        else:
            period, why = _stated(form.retention, row.get("maintenance", ""))
        end = retention.ends_on(period, worked_until=ended_on, event_on=form.event_on)
        return {
            "rule": rule.id if rule else "", "schedule": rule.schedule if rule else "",
            "kind": period.kind.value, "years": period.years, "words": str(period),
            "ends_on": end and end.isoformat(), "event_on": form.event_on and form.event_on.isoformat(), "why": why,
        }  # fmt: skip

    def _ended(self, row: Row, form: ClosingForm) -> date:
        today = local_date(self._journal.now())
        ended = form.ended_on or today
        begun = row.get("started_on") or ""
        if ended > today or (begun and form.ended_on and ended.isoformat() < begun):
            told = [{"pointer": "/ended_on", "detail": "không sau hôm nay và không trước ngày bắt đầu"}]
            raise errors.Invalid(why="ngày kết thúc công việc không đúng", errors=told)
        return ended


class WouldShorten(errors.Conflict):
    """Nothing is kept for less long than was promised unless somebody says so with a reason."""

    vi = "Thay đổi này rút ngắn thời hạn bảo quản. Muốn vậy phải xác nhận rõ và nêu lý do."
    en = "This would shorten the retention. Say so explicitly, with a reason."


def _require_said(row: Row, kept: Row, form: RetentionForm) -> None:
    if shortens(row, kept) and not (form.accept_shorter and form.reason):
        raise WouldShorten(why="thời hạn mới ngắn hơn")


def kept_anew(row: Row, kept: Row) -> Row:
    """The fields of a dossier whose retention is set anew; what is kept longer now may have to be handed over."""
    if row["state"] != "closed" or row.get("handover"):
        return {"retention": kept}
    return {"retention": kept, "handover": _handover(row, kept, date.fromisoformat(row["ended_on"]))}


def shortens(row: Row, kept: Row) -> bool:
    """Against what is promised now: by its kind, and by its day where one is known."""
    was = row["retention"]
    old, new = (Period(kind=Kind(one["kind"]), years=one["years"]) for one in (was, kept))
    now = inventory.end_of(row)
    sooner = now is not None and retention.ends_sooner(now, inventory.end_of({"retention": kept}))
    return sooner or retention.may_shorten(old, new)


def _stated(given: str, maintenance: str) -> tuple[Period, str]:
    """A period in words: what the closer says must be understood; what the list says may be left open."""
    if given:
        return retention.parse(given), "người kết thúc hồ sơ xác định"
    try:
        return retention.parse(maintenance), "theo danh mục hồ sơ"
    except errors.Invalid:
        return retention.UNDETERMINED, "chưa xác định; giữ cho đến khi có thời hạn"


def _handover(row: Row, kept: Row, ended_on: date) -> Row | None:
    """Its deadline; None for what is kept for less than the years from which dossiers are handed over (Đ31)."""
    due = handover.deadline(
        medium=row.get("medium", handover.DIGITAL), construction=bool(row.get("construction")), ended_on=ended_on
    )  # fmt: skip
    short = kept["kind"] == Kind.YEARS and kept["years"] < due.least_years
    return None if short else due.as_row() | {"noticed_at": None, "kept_back": None}


def _require(actor: Actor, row: Row, state: str, why: str) -> None:
    actor.require_unit(row["unit"], "kết thúc, mở lại hồ sơ")
    if row["state"] != state:
        raise errors.Conflict(why=why)
