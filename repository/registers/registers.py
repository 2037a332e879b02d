"""The books: opened per unit, year, direction and series; each line a number; a line is annulled, never removed.

Sources: Decree 30/2020 Đ15, Đ22 (one series a year across paper and electronic); PL2.I.2, PL2.II.1.2.
"""

from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from repository import errors, ids
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.clock import local_date
from repository.journal import Change, Journal
from repository.mongo import Database, DuplicateKeyError, Row
from repository.registers import lines, numbering
from repository.registers.lines import Filter, Line, Lines

TITLES: Final = {"incoming": "Sổ đăng ký văn bản đến", "outgoing": "Sổ đăng ký văn bản đi"}


class RegisterForm(BaseModel):
    """What a new book is described by."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    unit: str
    year: int = Field(ge=1945, le=2200)
    direction: str = Field(pattern="^(incoming|outgoing)$")
    series: str = Field(default="chung", min_length=1, max_length=30)
    symbol: str = Field(default="", max_length=30)
    """Whose documents the book numbers, as in `71/QĐ-UBND`: the unit's own symbol when left out."""


class EntryDetails(BaseModel):
    """The columns of annex IV that are filled after the number was taken: hand-over, follow-up, post."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    signer: str = Field(default="", max_length=100)
    keeper: str = Field(default="", max_length=200)
    copies: int | None = Field(default=None, ge=0, le=99_999)
    forwarded_on: date | None = None
    receiver: str = Field(default="", max_length=200)
    received_by: str = Field(default="", max_length=100)
    due_on: date | None = None
    progress: str = Field(default="", max_length=200)
    answered_by: str = Field(default="", max_length=60)
    posted_on: date | None = None
    envelopes: int | None = Field(default=None, ge=0, le=99_999)
    note: str = Field(default="", max_length=500)


class WrongYear(errors.Conflict):
    """A number is taken only from the book of the running year (Decree 30/2020 Đ15: 01/01 to 31/12)."""

    vi = "Sổ năm {year} không cấp số cho ngày {day}: số bắt đầu lại từ 01 ngày 01/01. Hãy vào sổ của năm đang chạy."
    en = "The book of {year} gives no number on {day}: numbers restart each 1 January."


class Registers:
    """Opens books, takes numbers, annuls lines, reads lines back."""

    def __init__(self, *, database: Database, journal: Journal) -> None:
        self._registers = database["registers"]
        self._entries = database["entries"]
        self._units = database["units"]
        self._journal = journal
        self.lines = Lines(database=database)

    async def open(self, actor: Actor, form: RegisterForm) -> Row:
        """The book, new or already open: opening twice is harmless."""
        actor.require(Permission.OPEN_REGISTERS)
        actor.require_unit(form.unit, "mở sổ")
        return await self._open(actor, form)

    async def _open(self, actor: Actor, form: RegisterForm) -> Row:
        key = form.model_dump(exclude={"symbol"})
        existing = await self._registers.find_one(key)
        if existing is not None:
            return existing
        unit = await self._units.find_one({"_id": form.unit})
        if unit is None:
            raise errors.Invalid(
                why="đơn vị không tồn tại", errors=[{"pointer": "/unit", "detail": f"không có «{form.unit}»"}]
            )
        title = f"{TITLES[form.direction]} năm {form.year}"
        row: Row = {"_id": ids.new("so"), "title": title, "last": 0, "events": 0, "closed": False} | key
        row |= {"blocks": [], "head": {"n": 0, "digest": "", "order": 0, "number": 0}}
        row["symbol"] = form.symbol or unit["symbol"]

        async def work(change: Change) -> None:
            await change.insert("registers", row)
            change.record("register", row["_id"], **key)

        try:
            await self._journal.change(actor, Action.REGISTER_OPENED, work)
        except DuplicateKeyError:  # somebody opened it between our look and our write
            return await self._registers.find_one(key) or row
        return row

    async def get(self, actor: Actor, register_id: str) -> Row:
        """The book, if the actor may see it; otherwise NotFound, as for one that does not exist."""
        found = await self._registers.find_one({"_id": register_id})
        if found is None or not may_see(actor, found):
            raise errors.NotFound(what="sổ")
        return found

    async def visible(self, actor: Actor) -> list[Row]:
        query = {} if actor.may(Permission.READ_EVERYTHING) else {"unit": {"$in": actor.units}}
        return (
            await self._registers.find(query)
            .sort([("year", -1), ("direction", 1), ("series", 1)])
            .to_list(None)
        )

    async def current(self, actor: Actor, unit: str, direction: str, series: str, day: date) -> Row:
        """The book of that day's year. A unit that kept the series last year goes on in a new book."""
        key = {"unit": unit, "direction": direction, "series": series or numbering.ONE_SERIES}
        found = await self._registers.find_one(key | {"year": day.year})
        if found is None:
            before = await self._registers.find_one(key | {"year": day.year - 1})
            if before is None:
                raise errors.Conflict(why=f"đơn vị chưa mở sổ «{key['series']}» năm {day.year}")
            found = await self._open(actor, RegisterForm(**key, year=day.year, symbol=before["symbol"]))
        return await self.get(actor, found["_id"])

    async def enter(self, change: Change, register: Row, line: Line) -> Row:
        """The line with its number, entered within the caller's transaction; an abort gives the number back."""
        if line.late is None:
            after = await self._next(change, register)
            number = int(after["last"])
        else:
            after = await self._reserved(change, register, line.late.number, line.late.happened_on)
            number = line.late.number
        if register["direction"] == "outgoing" and "document_type" in line.columns:
            line.columns["symbol"] = numbering.symbol(
                number=number, unit_symbol=register["symbol"], drafter=line.drafter,
                document_type=numbering.type_in(register["series"], line.columns["document_type"]),
            )  # fmt: skip
        row = lines.row_of(change, after, number, line)
        await change.insert("entries", row)
        late = {"happened_on": row["day"], "late": row["late"]["reason"]} if row["late"] else {}
        change.record(
            "register", register["_id"], also=[line.document], action=Action.ENTRY_MADE, number=number, **late
        )
        return row

    async def _next(self, change: Change, register: Row) -> Row:
        today = local_date(change.now)
        if register["year"] != today.year:
            raise WrongYear(year=register["year"], day=f"{today:%d/%m/%Y}", why="khác năm")
        query = {"_id": register["_id"], "closed": False}
        after = await change.take("registers", query, {"$inc": {"last": 1, "events": 1}})
        if after is None:
            raise errors.Conflict(why=f"{register['title']} đã đóng")
        return after

    async def _reserved(self, change: Change, register: Row, number: int, day: date) -> Row:
        if day.year != register["year"] or day > local_date(change.now):
            raise WrongYear(year=register["year"], day=f"{day:%d/%m/%Y}", why="khác năm, hoặc chưa đến")
        block = {"$elemMatch": {"first": {"$lte": number}, "last": {"$gte": number}, "settled": None}}
        query = {"_id": register["_id"], "closed": False, "blocks": block}
        after = await change.take("registers", query, {"$inc": {"events": 1}})
        if after is None:
            raise errors.Conflict(why=f"số {number} không thuộc khối số dành sẵn nào còn mở")
        if await change.find_one("entries", {"register": register["_id"], "number": number}):
            raise errors.Conflict(why=f"số {number} đã dùng")
        return after

    async def annul(self, actor: Actor, register_id: str, number: int, reason: str) -> Row:
        """Strikes a line with a reason; its number stays taken for ever."""
        actor.require(Permission.ANNUL_ENTRIES)
        register = await self.get(actor, register_id)
        actor.require_unit(register["unit"], "hủy số trong sổ")

        async def work(change: Change) -> Row:
            book = await change.take(
                "registers", {"_id": register["_id"], "closed": False}, {"$inc": {"events": 1}}
            )
            if book is None:
                raise errors.Conflict(why=f"{register['title']} đã đóng")
            struck = {
                "at": change.now, "by": change.actor.as_row(), "reason": reason, "order": book["events"],
            }  # fmt: skip
            query = {"register": register["_id"], "number": number, "annulled": None}
            after = await change.take("entries", query, {
                "$set": {"annulled": struck}, "$push": {"keys": "f:annulled"}, "$inc": {"revision": 1},
            })  # fmt: skip
            if after is None:
                raise errors.NotFound(what=f"số {number} (hoặc số đã hủy)")
            change.record("register", register["_id"], also=[after["document"]], number=number, reason=reason)
            return after

        return await self._journal.change(actor, Action.ENTRY_ANNULLED, work, hot=register["_id"])

    async def entries(self, actor: Actor, register_id: str, *, limit: int = 50, after: int = 0) -> list[Row]:
        """Lines in order of their numbers, from the one after `after`."""
        return await self.lines.after(await self.get(actor, register_id), after, limit)

    async def matching(
        self, actor: Actor, register_id: str, wanted: Filter, *, limit: int = 50, after: int = 0
    ) -> tuple[list[Row], int | None]:
        """Lines that a filter wants, in order of their numbers, and the number to go on from."""
        return await self.lines.matching(await self.get(actor, register_id), wanted, limit=limit, after=after)

    async def entry(self, actor: Actor, register_id: str, number: int) -> Row:
        register = await self.get(actor, register_id)
        found = await self._entries.find_one({"register": register["_id"], "number": number})
        if found is None:
            raise errors.NotFound(what=f"số {number}")
        return lines.readable(found)

    async def describe(
        self, actor: Actor, register_id: str, number: int, details: EntryDetails, revision: int
    ) -> Row:
        """Fills columns that were not known when the number was taken. Raises Stale for an old reading."""
        actor.require(Permission.MAKE_ENTRIES)
        before = await self.entry(actor, register_id, number)
        actor.require_unit((await self.get(actor, register_id))["unit"], "ghi sổ")
        wanted = details.model_dump(mode="json", exclude_unset=True)

        async def work(change: Change) -> Row:
            row = await change.find_one("entries", {"_id": before["_id"], "revision": revision})
            if row is None:
                raise errors.Stale
            row["details"] = (row.get("details") or {}) | wanted
            fields = {
                "details": row["details"],
                "keys": lines.keys(lines.readable(row)),
                "revision": revision + 1,
            }
            await change.update("entries", {"_id": row["_id"]}, {"$set": fields})
            also = [row["document"]] if row["document"] else []
            change.record(
                "register", register_id, also=also, number=number, now=wanted, was=before["details"]
            )
            return lines.readable(row | fields)

        return await self._journal.change(actor, Action.ENTRY_DESCRIBED, work)


def may_see(actor: Actor, register: Row) -> bool:
    return bool(
        actor.may(Permission.READ_EVERYTHING) or register["unit"] in actor.units or actor.kind == "operator"
    )
