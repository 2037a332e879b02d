"""The books: opened per unit, year, direction and series; each line a number; a line is annulled, never removed.

Sources: Decree 30/2020 Đ15, Đ22 (one series a year across paper and electronic); PL2.I.2, PL2.II.1.2.
"""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from repository import errors, ids
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.journal import Change, Journal
from repository.mongo import Database, DuplicateKeyError, Row

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


class Registers:
    """Opens books, takes numbers, annuls lines, reads lines back."""

    def __init__(self, *, database: Database, journal: Journal) -> None:
        self._registers = database["registers"]
        self._entries = database["entries"]
        self._units = database["units"]
        self._journal = journal

    async def open(self, actor: Actor, form: RegisterForm) -> Row:
        """The book, new or already open: opening twice is harmless."""
        actor.require(Permission.OPEN_REGISTERS)
        actor.require_unit(form.unit, "mở sổ")
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
        row: Row = {"_id": ids.new("so"), "title": title, "last": 0, "closed": False} | key
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
        query = {} if actor.may(Permission.READ_EVERYTHING) else {"unit": actor.unit}
        return (
            await self._registers.find(query)
            .sort([("year", -1), ("direction", 1), ("series", 1)])
            .to_list(None)
        )

    async def take(self, change: Change, register: Row, document_id: str, columns: dict[str, Any]) -> int:
        """The next number, taken and entered within the caller's transaction; an abort gives it back."""
        after = await change.take(
            "registers", {"_id": register["_id"], "closed": False}, {"$inc": {"last": 1}}
        )
        if after is None:
            raise errors.Conflict(why=f"{register['title']} đã đóng")
        number = int(after["last"])
        await change.insert(
            "entries", self._line(change, register, number, document_id) | {"columns": columns}
        )
        change.record(
            "register", register["_id"], also=[document_id], action=Action.ENTRY_MADE, number=number
        )
        return number

    @staticmethod
    def _line(change: Change, register: Row, number: int, document_id: str) -> Row:
        return {
            "_id": ids.new("vs"),
            "register": register["_id"],
            "number": number,
            "document": document_id,
            "entered_at": change.now,
            "entered_by": change.actor.as_row(),
            "annulled": None,
        }

    async def annul(self, actor: Actor, register_id: str, number: int, reason: str) -> Row:
        """Strikes a line with a reason; its number stays taken for ever."""
        actor.require(Permission.ANNUL_ENTRIES)
        register = await self.get(actor, register_id)
        actor.require_unit(register["unit"], "hủy số trong sổ")

        async def work(change: Change) -> Row:
            struck = {"at": change.now, "by": change.actor.as_row(), "reason": reason}
            query = {"register": register["_id"], "number": number, "annulled": None}
            after = await change.take("entries", query, {"$set": {"annulled": struck}})
            if after is None:
                raise errors.NotFound(what=f"số {number} (hoặc số đã hủy)")
            change.record("register", register["_id"], also=[after["document"]], number=number, reason=reason)
            return after

        return await self._journal.change(actor, Action.ENTRY_ANNULLED, work, hot=register["_id"])

    async def entries(self, actor: Actor, register_id: str, *, limit: int = 50, after: int = 0) -> list[Row]:
        """Lines in order of their numbers, from the one after `after`."""
        register = await self.get(actor, register_id)
        query = {"register": register["_id"], "number": {"$gt": after}}
        return await self._entries.find(query).sort("number", 1).limit(limit).to_list(limit)


def may_see(actor: Actor, register: Row) -> bool:
    return bool(
        actor.may(Permission.READ_EVERYTHING) or register["unit"] == actor.unit or actor.kind == "operator"
    )
