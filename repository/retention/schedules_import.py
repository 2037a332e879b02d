"""A new schedule from a CSV or XLSX: examined line by line, tried dry, taken in; what it would shorten is listed and
happens only by an explicit act with a reason. What it lengthens is lengthened.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.documents.metadata import Text
from repository.dossiers import inventory
from repository.dossiers.closing import kept_anew, shortens
from repository.ingest.tables import Tables
from repository.journal import Change, Journal
from repository.mongo import Database, DuplicateKeyError, Row
from repository.policy import retention
from repository.policy.retention import Rule
from repository.retention.schedules import Schedules

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "title": (
        "tên loại hồ sơ",
        "loai ho so",
        "ten nhom ho so",
        "tieu de",
        "dossier_type",
        "ten nhom ho so, tai lieu",
    ),
    "period": ("thời hạn bảo quản", "thoi han", "thbq", "retention"),
    "variant": ("chi tiết", "truong hop", "variant"),
    "group": ("nhóm", "muc", "group"),
    "id": ("mã dòng", "ma", "stt", "so tt", "id"),
    "supersedes": ("thay cho", "thay the dong", "supersedes"),
}
_TOLD: Final = 200
"""How many affected dossiers an answer names; the count is of all."""
_ID: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,38}")


class ScheduleForm(BaseModel):
    """What a schedule is called and from when it holds."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,38}$")
    name: Text = Field(min_length=3, max_length=200)
    source: Text = Field(min_length=3, max_length=500)
    in_force: date
    partial: bool = False


class ApplyForm(BaseModel):
    """The explicit act: how many dossiers the reader was told would be kept for less long, and why that is right."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    shorten: int | None = Field(default=None, ge=0)
    reason: Text = Field(default="", max_length=500)


class ShorteningNotConfirmed(errors.Conflict):
    """The schedule would shorten what is kept, and nobody said yes to just that."""

    vi = (
        "Bảng mới rút ngắn thời hạn của {count} hồ sơ đã kết thúc. Chưa thay đổi hồ sơ nào; muốn áp dụng, "
        "hãy xác nhận đúng số {count} và nêu lý do."
    )
    en = "The schedule would shorten {count} closed dossiers. Nothing was changed; confirm that number with a reason."


class ScheduleImports:
    """Adds schedules and applies them to closed dossiers."""

    def __init__(self, *, database: Database, journal: Journal, schedules: Schedules, tables: Tables) -> None:
        self._database = database
        self._journal = journal
        self._schedules = schedules
        self._tables = tables

    async def examine(self, form: ScheduleForm, content: bytes) -> tuple[list[Row], list[Row]]:
        """The rows of a file and what is wrong with them, each by its line. Changes nothing."""
        found = await self._tables.rows(content, COLUMNS)
        rows, wrong = [], []
        taken = {rule.id for one in await self._schedules.all() for rule in one.rules}
        known = frozenset(taken)
        for n, one in enumerate(found, start=1):
            row = _row(form.id, n, one)
            wrong += [
                {"pointer": f"/{one['line']}/{name}", "detail": said} for name, said in _faults(row, known)
            ]
            if row["id"] in taken:
                wrong.append({"pointer": f"/{one['line']}/id", "detail": f"mã dòng «{row['id']}» đã có"})
            taken.add(row["id"])
            rows.append(row)
        if not rows:
            wrong.append({"pointer": "/", "detail": "bảng không có dòng nào"})
        return rows, wrong

    async def try_dry(self, form: ScheduleForm, content: bytes) -> Row:
        """What importing would do: rows, faults, and the closed dossiers it would lengthen or shorten."""
        rows, wrong = await self.examine(form, content)
        effect = {"shortens": 0, "lengthens": 0, "dossiers": []} if wrong else await self._effect(form, rows)
        return {"rows": len(rows), "faults": wrong} | effect

    async def take_in(self, actor: Actor, form: ScheduleForm, content: bytes) -> Row:
        """The stored schedule; no dossier is touched yet. Raises Invalid with every fault."""
        actor.require(Permission.KEEP_SCHEDULES)
        rows, wrong = await self.examine(form, content)
        if wrong:
            raise errors.Invalid(why="chưa nhận dòng nào; hãy sửa các dòng sai", errors=wrong)
        if any(one.id == form.id for one in await self._schedules.all()):
            raise errors.Conflict(why=f"đã có bảng thời hạn mang mã «{form.id}»")
        row: Row = form.model_dump(mode="json", exclude={"id"}) | {"_id": form.id, "rules": rows}

        async def work(change: Change) -> Row:
            row["imported"] = {"at": change.now, "by": change.actor.as_row()}
            await change.insert("schedules", row)
            change.record("schedule", form.id, rows=len(rows), in_force=row["in_force"], owes=False)
            return row

        try:
            return await self._journal.change(actor, Action.SCHEDULE_IMPORTED, work)
        except DuplicateKeyError as fault:
            raise errors.Conflict(why=f"đã có bảng thời hạn mang mã «{form.id}»") from fault

    async def apply(self, actor: Actor, schedule_id: str, form: ApplyForm) -> Row:
        """Follows a stored schedule in the dossiers that are closed already; can be run again.

        Raises ShorteningNotConfirmed, having changed nothing, unless the number it would shorten is confirmed.
        """
        actor.require(Permission.KEEP_SCHEDULES)
        schedule = next((one for one in await self._schedules.all() if one.id == schedule_id), None)
        if schedule is None:
            raise errors.NotFound(what="bảng thời hạn bảo quản")
        changes = [one async for one in self._changes(schedule.in_force, list(schedule.rules))]
        shorter = sum(one["shorter"] for one in changes)
        if shorter and (form.shorten != shorter or not form.reason):
            raise ShorteningNotConfirmed(count=shorter, why=f"rút ngắn {shorter} hồ sơ")
        for one in changes:
            await self._journal.change(actor, Action.RETENTION_SET, _reset(one, form.reason or schedule.name))
        return {"shortened": shorter, "lengthened": len(changes) - shorter}

    async def _effect(self, form: ScheduleForm, rows: list[Row]) -> Row:
        rules = [
            Rule(
                id=one["id"], schedule=form.id, group=one["group"], title=one["title"], variant=one["variant"],
                period=retention.parse(one["period"]), supersedes=tuple(one["supersedes"]),
            )
            for one in rows
        ]  # fmt: skip
        told: list[Row] = []
        counts = {True: 0, False: 0}
        async for one in self._changes(form.in_force, rules):
            counts[one["shorter"]] += 1
            if len(told) < _TOLD:
                shown = {"id": one["row"]["_id"], "code": one["row"]["code"], "shorter": one["shorter"]}
                told.append(
                    shown | {"was": one["row"]["retention"]["ends_on"], "now": one["kept"]["ends_on"]}
                )
        return {"shortens": counts[True], "lengthens": counts[False], "dossiers": told}

    async def _changes(self, in_force: date, rules: list[Rule]) -> AsyncIterator[Row]:
        """Closed dossiers whose work ended under these rules and whose row one of them, alone, replaces."""
        heirs: dict[str, list[Rule]] = {}
        for rule in rules:
            for old in rule.supersedes:
                heirs.setdefault(old, []).append(rule)
        for old, new in heirs.items():
            query = {
                "retention.rule": old,
                "state": {"$ne": "open"},
                "ended_on": {"$gte": in_force.isoformat()},
            }
            if len(new) != 1:
                continue  # several rows in the place of one: a person chooses, dossier by dossier
            async for row in self._database["dossiers"].find(query):
                kept = _kept(row, new[0])
                was, now = inventory.end_of(row), inventory.end_of(row | {"retention": kept})
                if was != now:
                    sooner = retention.ends_sooner(was, now) or shortens(row, kept)
                    yield {"row": row, "kept": kept, "shorter": sooner}


def _row(schedule: str, n: int, found: Row) -> Row:
    written = found.get("id", "").strip().lower()
    named = written if _ID.fullmatch(written) and not written.isdigit() else f"{schedule}-{written or n}"
    older = [one.strip() for one in re.split(r"[;,\s]+", found.get("supersedes", "")) if one.strip()]
    fields = {name: found.get(name, "") for name in ("group", "title", "variant", "period")}
    return {"id": named, "supersedes": older} | fields


def _faults(row: Row, known: frozenset[str]) -> list[tuple[str, str]]:
    found = []
    if not 1 <= len(row["title"]) <= 500:
        found.append(("title", "thiếu tên loại hồ sơ, hoặc dài quá 500 ký tự"))
    if not _ID.fullmatch(row["id"]):
        found.append(
            ("id", "mã dòng chỉ gồm chữ thường không dấu, số, dấu chấm, gạch nối, không quá 39 ký tự")
        )
    try:
        retention.parse(row["period"])
    except errors.Invalid as fault:
        found.append(("period", str(fault.facts.get("why", fault))))
    found += [("supersedes", f"không có dòng «{one}»") for one in row["supersedes"] if one not in known]
    return found


def _kept(row: Row, rule: Rule) -> Row:
    was = row["retention"]
    event = was.get("event_on")
    end = retention.ends_on(
        rule.period,
        worked_until=date.fromisoformat(row["ended_on"]),
        event_on=date.fromisoformat(event) if event else None,
    )
    now = {
        "rule": rule.id,
        "schedule": rule.schedule,
        "kind": rule.period.kind.value,
        "years": rule.period.years,
    }
    why = f"bảng {rule.schedule} thay dòng {was['rule']} bằng {rule.id}"
    kept: Row = was | now | {"words": str(rule.period), "ends_on": end and end.isoformat(), "why": why}
    return kept


def _reset(one: Row, reason: str) -> Callable[[Change], Awaitable[Row]]:
    async def work(change: Change) -> Row:
        row, kept = one["row"], one["kept"]
        query = {"_id": row["_id"], "revision": row["revision"]}
        after = await change.take("dossiers", query, {"$set": kept_anew(row, kept), "$inc": {"revision": 1}})
        if after is None:
            raise errors.Stale
        change.record("dossier", row["_id"], was=row["retention"], now=kept, reason=reason)
        return after

    return work
