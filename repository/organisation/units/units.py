"""Units: offices, departments and wards, with dated names and the identifiers they bear in exchange (QĐ.3, Đ1.p2).

A unit is never removed. One that ends is closed with a successor, which goes on reading its books and papers.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from repository import errors
from repository.access.actors import Actor
from repository.audit import Action
from repository.clock import Clock, SystemClock, local_date
from repository.journal import Change, Journal
from repository.mongo import Database, DuplicateKeyError, Row
from repository.organisation.units.settings import UnitSettings, policy_for

_CODE: Final = re.compile(r"[0-9A-Za-z]+(\.[0-9A-Za-z]+)*")
_KIND: Final = "^(district|office|department|ward|other)$"


def _code(value: str) -> str:
    """Groups of letters and digits with dots between: the old three- and four-group codes and QĐ 20/2020 alike.

    The hierarchy in a code is never read for rights. Lower case is taken as it comes (test axes use it).
    """
    if value and not _CODE.fullmatch(value):
        raise ValueError("mã định danh gồm chữ, số và dấu chấm giữa các nhóm")
    return value


Code = Annotated[str, Field(max_length=35), AfterValidator(_code)]


class UnitForm(BaseModel):
    """What a new unit is described by."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")
    name: str = Field(min_length=2, max_length=200)
    symbol: str = Field(min_length=1, max_length=30)
    """Short form in document symbols: `UBND`, `VP`, `TCKH`."""
    organ_id: Code = ""
    aliases: list[Code] = Field(default_factory=list, max_length=20)
    """Further identifiers by which the unit is known: earlier and later codes."""
    kind: str = Field(default="department", pattern=_KIND)
    parent: str = Field(default="", max_length=40)
    head: str = Field(default="", max_length=50)
    """User name of the head."""


class UnitChange(BaseModel):
    """What may be changed of a unit; a field left out stays. The name has a day: see `RenameForm`."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    organ_id: Code | None = None
    aliases: list[Code] | None = Field(default=None, max_length=20)
    parent: str | None = Field(default=None, max_length=40)
    head: str | None = Field(default=None, max_length=50)


class RenameForm(BaseModel):
    """A new name, and the day from which it holds."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=2, max_length=200)
    symbol: str = Field(min_length=1, max_length=30)
    since: date
    reason: str = Field(min_length=1, max_length=500)


class ClosingForm(BaseModel):
    """The end of a unit: the day, who goes on in its place, and by what decision."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    successor: str = Field(min_length=1, max_length=40)
    on: date
    reason: str = Field(min_length=1, max_length=500)


class Units:
    """Creates, reads, changes and closes units; a unit is never removed."""

    def __init__(self, *, database: Database, journal: Journal, clock: Clock | None = None) -> None:
        self._database = database
        self._units = database["units"]
        self._journal = journal
        self._clock = clock or SystemClock()

    async def create(self, actor: Actor, form: UnitForm) -> Row:
        """The new unit. Raises Conflict when the id or an identifier is taken."""
        row: Row = {"_id": form.id} | form.model_dump(exclude={"id"})
        row |= {"codes": _codes(form.organ_id, form.aliases), "names": [], "settings": {}, "certificates": []}
        row |= {"closed_on": None, "successor": "", "inherits": [], "revision": 1}

        async def work(change: Change) -> None:
            if await change.find_one("units", {"_id": form.id}):
                raise errors.Conflict(why=f"đã có đơn vị «{form.id}»")
            await self._fit_parent(change, form.id, form.parent)
            await _free(change, form.id, row["codes"])
            row["names"] = [_named(form.name, form.symbol, date.min)]
            await change.insert("units", row)
            change.record("unit", form.id, name=form.name)

        try:
            await self._journal.change(actor, Action.UNIT_CREATED, work, hot="units")
        except DuplicateKeyError as fault:
            raise errors.Conflict(why=f"đã có đơn vị «{form.id}»") from fault
        return row

    async def get(self, unit_id: str) -> Row:
        found = await self._units.find_one({"_id": unit_id})
        if found is None:
            raise errors.NotFound(what=f"đơn vị «{unit_id}»")
        return found

    async def all(self) -> list[Row]:
        return await self._units.find({}).sort("_id", 1).to_list(None)

    async def by_code(self, code: str) -> Row:
        """The unit that bears an identifier, present or former; case does not count."""
        found = await self._units.find_one({"codes": code.strip().upper()})
        if found is None:
            raise errors.NotFound(what=f"đơn vị có mã định danh «{code[:40]}»")
        return found

    async def headless(self) -> list[Row]:
        """Open units whose head is not named, or is no longer at work."""
        working = await self._database["people"].distinct("username", {"disabled_at": None})
        return [row for row in await self.all() if not row.get("closed_on") and row["head"] not in working]

    async def edit(self, actor: Actor, unit_id: str, form: UnitChange, *, revision: int) -> Row:
        """The changed unit. Raises Stale, Conflict for a taken identifier, Invalid for an unknown head or parent."""
        before = await self.get(unit_id)
        now: Row = {
            name: value
            for name, value in form.model_dump(exclude_none=True).items()
            if value != before.get(name)
        }

        async def work(change: Change) -> Row:
            if now.get("head") and not await change.find_one(
                "people", {"username": now["head"], "disabled_at": None}
            ):
                raise _wrong("head", "không có tài khoản đang hoạt động này")
            if "parent" in now:
                await self._fit_parent(change, unit_id, now["parent"])
            merged = before | now
            codes = _codes(merged["organ_id"], merged.get("aliases", []))
            await _free(change, unit_id, codes)
            return await _changed(change, unit_id, revision, now | {"codes": codes}, before, now)

        return await self._journal.change(actor, Action.UNIT_EDITED, work, hot="units")

    async def rename(self, actor: Actor, unit_id: str, form: RenameForm, *, revision: int) -> Row:
        """The unit with another name from a day on; papers of earlier days keep the name of their day."""
        before = await self.get(unit_id)
        _require_open(before)
        names: list[Row] = before.get("names") or [_named(before["name"], before["symbol"], date.min)]
        today = local_date(self._clock.now())
        if not names[-1]["since"] < form.since.isoformat():
            raise _wrong("since", "phải sau ngày của tên gọi gần nhất")
        if form.since > today:
            raise _wrong("since", "chưa đến ngày này; hãy ghi nhận khi tên mới có hiệu lực")
        names = [*names, _named(form.name, form.symbol, form.since)]
        now = {"name": form.name, "symbol": form.symbol}

        async def work(change: Change) -> Row:
            return await _changed(
                change, unit_id, revision, now | {"names": names}, before, now, reason=form.reason
            )

        return await self._journal.change(actor, Action.UNIT_RENAMED, work)

    async def set_rules(self, actor: Actor, unit_id: str, form: UnitSettings, *, revision: int) -> Row:
        """The unit with its own rules. Raises Invalid naming each rule that is looser than the one above (Đ13.3)."""
        before = await self.get(unit_id)
        above = await policy_for(self._database, before["parent"], local_date(self._clock.now()))
        looser = above.looser(form.chosen())
        if looser:
            listed = [
                {
                    "pointer": f"/{name}",
                    "detail": f"không được lỏng hơn quy định chung: {getattr(above, name)}",
                }
                for name in looser
            ]
            raise errors.Invalid(why="đơn vị không được nới lỏng quy định của quận", errors=listed)

        async def work(change: Change) -> Row:
            chosen = {"settings": form.chosen()}
            return await _changed(change, unit_id, revision, chosen, before, chosen)

        return await self._journal.change(actor, Action.UNIT_SETTINGS_CHANGED, work)

    async def close(self, actor: Actor, unit_id: str, form: ClosingForm, *, revision: int) -> Row:
        """Ends a unit: its books take nothing more, its tokens die, its successor reads what it leaves (Đ1.p2).

        Raises Conflict while people work there or units belong to it: they are moved first, each with a reason.
        """
        before = await self.get(unit_id)
        _require_open(before)
        if form.on > local_date(self._clock.now()):
            raise _wrong("on", "chưa đến ngày này; hãy ghi nhận khi đơn vị đã kết thúc")

        async def work(change: Change) -> Row:
            heir = await change.find_one("units", {"_id": form.successor, "closed_on": None})
            if heir is None or form.successor == unit_id:
                raise _wrong("successor", "phải là một đơn vị khác đang hoạt động")
            if await change.find_one("people", {"unit": unit_id, "disabled_at": None}):
                raise errors.Conflict(why="còn người đang làm việc ở đơn vị; hãy điều chuyển trước")
            if await change.find_one("units", {"parent": unit_id, "closed_on": None}):
                raise errors.Conflict(why="còn đơn vị trực thuộc đang hoạt động")
            ended = {"closed_on": form.on.isoformat(), "successor": form.successor}
            after = await _changed(change, unit_id, revision, ended, before, ended, reason=form.reason)
            await _shut_books(change, unit_id)
            left = [unit_id, *before.get("inherits", [])]
            await change.update(
                "units",
                {"_id": form.successor},
                {"$addToSet": {"inherits": {"$each": left}}, "$inc": {"revision": 1}},
            )
            while token := await change.take(
                "tokens", {"unit": unit_id, "revoked_at": None}, {"$set": {"revoked_at": change.now}}
            ):
                change.record(
                    "token", token["_id"][:16], action=Action.TOKEN_REVOKED, reason="đơn vị đã kết thúc"
                )
            return after

        return await self._journal.change(actor, Action.UNIT_CLOSED, work, hot="units")

    async def _fit_parent(self, change: Change, unit_id: str, parent: str) -> None:
        """Raises Invalid for an unknown or closed parent, or one below the unit itself."""
        seen = {unit_id}
        while parent:
            row = await change.find_one("units", {"_id": parent})
            if row is None or row.get("closed_on") or parent in seen:
                raise _wrong("parent", "phải là đơn vị đang hoạt động, không nằm dưới chính đơn vị này")
            seen.add(parent)
            parent = row["parent"]


def name_on(unit: Mapping[str, Any], day: date) -> str:
    """What the unit was called on a local date."""
    names = unit.get("names") or [{"name": unit["name"], "since": ""}]
    held = names[0]
    for one in names:
        if one["since"] <= day.isoformat():
            held = one
    return str(held["name"])


async def _shut_books(change: Change, unit_id: str) -> None:
    """No number is taken any more in the books of a unit that ends; they stay readable."""
    ended = {"closed": True, "closed_at": change.now, "closed_by": change.actor.as_row()}
    while book := await change.take("registers", {"unit": unit_id, "closed": False}, {"$set": ended}):
        change.record("register", book["_id"], action=Action.UNIT_CLOSED, last=book["last"])


async def _changed(
    change: Change, unit_id: str, revision: int, fields: Row, before: Row, now: Row, **detail: Any
) -> Row:
    """Writes the fields on the revision that was read and records what was and what is."""
    after = await change.take(
        "units", {"_id": unit_id, "revision": revision}, {"$set": fields, "$inc": {"revision": 1}}
    )
    if after is None:
        raise errors.Stale
    change.record("unit", unit_id, was={name: before.get(name) for name in now}, now=now, **detail)
    return after


async def _free(change: Change, unit_id: str, codes: list[str]) -> None:
    for code in codes:
        other = await change.find_one("units", {"codes": code, "_id": {"$ne": unit_id}})
        if other is not None:
            raise errors.Conflict(why=f"mã định danh «{code}» đã thuộc đơn vị «{other['_id']}»")


def _codes(organ_id: str, aliases: list[str]) -> list[str]:
    return list(dict.fromkeys(one.upper() for one in (organ_id, *aliases) if one))


def _named(name: str, symbol: str, since: date) -> Row:
    return {"name": name, "symbol": symbol, "since": since.isoformat()}


def _require_open(unit: Row) -> None:
    if unit.get("closed_on"):
        raise errors.Conflict(why="đơn vị đã kết thúc hoạt động")


def _wrong(field: str, said: str) -> errors.Invalid:
    return errors.Invalid(why=f"{field}: {said}", errors=[{"pointer": f"/{field}", "detail": said}])
