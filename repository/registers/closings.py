"""Closing: a digest of all that a day did to a book, chained to the one before; at the year's end the book ends.

A closing covers what happened to the book since the one before it, by order of happening, so that no clock decides
what is covered: what comes after a closing lies in the next, even on the same day. The digest is SHA-256 over lines
of canonical JSON (RFC 8785): a head {register, day, n, previous}, each entry as it was made, each annulment.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final

from repository import audit, errors, ids
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.clock import local_date
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.registers.blocks import strike_unused
from repository.registers.registers import RegisterForm, Registers
from repository.registers.unfiled import require_filed

_MADE: Final = (
    "_id",
    "register",
    "number",
    "order",
    "day",
    "document",
    "columns",
    "late",
    "entered_at",
    "entered_by",
)
_EMPTY: Final[Row] = {"n": 0, "digest": "", "order": 0, "number": 0}


@dataclass(frozen=True, kw_only=True)
class ChainCheck:
    """What recomputing all closings of a book found."""

    closings: int
    first_difference: Row | None
    """The first closing that no longer fits: {n, day, why}; None when all do."""

    @property
    def intact(self) -> bool:
        return self.first_difference is None


@dataclass(frozen=True)
class _Event:
    order: int
    day: str
    number: int
    content: bytes
    is_entry: bool


class Closings:
    """Closes days and years, and proves afterwards that nothing was changed."""

    def __init__(self, *, database: Database, journal: Journal, registers: Registers) -> None:
        self._database = database
        self._closings = database["closings"]
        self._entries = database["entries"]
        self._journal = journal
        self._registers = registers

    async def close_day(self, actor: Actor, register_id: str, day: date | None = None) -> list[Row]:
        """The closings of every day up to `day` (today) that was not closed yet, oldest first."""
        book = await self._own(actor, register_id)

        async def work(change: Change) -> list[Row]:
            upto = min(day or local_date(change.now), local_date(change.now))
            made = await self._close(change, book, upto.isoformat())
            for one in made or [book.get("head", _EMPTY)]:
                change.record(
                    "register", book["_id"], owes=False, day=one.get("day", ""), digest=one["digest"]
                )
            return made

        return await self._journal.change(actor, Action.DAY_CLOSED, work, hot=book["_id"])

    async def close_year(self, actor: Actor, register_id: str, reason: str = "") -> tuple[Row, Row]:
        """Đóng sổ: unused reserved numbers are struck, the last day closed, and the next year's book opened. Raises
        Unfiled while a paper in it must be answered and lies in no dossier.
        """
        book = await self._own(actor, register_id)
        await require_filed(self._database, book)

        async def work(change: Change) -> Row:
            now = await change.find_one("registers", {"_id": book["_id"]}) or book
            today = local_date(change.now)
            if now["closed"]:
                raise errors.Conflict(why="sổ đã đóng")
            if today < date(book["year"], 12, 31) and not reason:
                raise errors.Conflict(why=f"năm {book['year']} chưa hết; đóng sổ sớm phải nêu lý do")
            for block in now.get("blocks", []):
                if not block["settled"]:
                    await strike_unused(change, now, block)
            await self._close(change, book, today.isoformat())
            fields = {"closed": True, "closed_at": change.now, "closed_by": change.actor.as_row()}
            after = await change.take("registers", {"_id": book["_id"]}, {"$set": fields})
            if after is None:
                raise errors.NotFound(what="sổ")
            digest = after["head"]["digest"]
            change.record("register", book["_id"], reason=reason, last=after["last"], digest=digest)
            return after

        closed = await self._journal.change(actor, Action.YEAR_CLOSED, work, hot=book["_id"])
        following = RegisterForm(
            unit=book["unit"], year=book["year"] + 1, direction=book["direction"], series=book["series"],
            symbol=book["symbol"],
        )  # fmt: skip
        return closed, await self._registers.open(actor, following)

    async def of(self, actor: Actor, register_id: str, *, limit: int = 400, after: int = 0) -> list[Row]:
        """The closings of a book in their order."""
        book = await self._registers.get(actor, register_id)
        query = {"register": book["_id"], "n": {"$gt": after, "$lte": after + limit}}
        return await self._closings.find(query).sort("n", 1).to_list(limit)

    async def of_day(self, actor: Actor, day: date) -> list[Row]:
        """What that day did to each book that the actor may read; a book that had no closing has none here."""
        actor.require(Permission.READ_REGISTERS)
        books = [one["_id"] for one in await self._registers.visible(actor)]
        query = {"day": day.isoformat(), "register": {"$in": books}}
        return await self._closings.find(query).sort("register", 1).to_list(None)

    async def verify(self, actor: Actor, register_id: str) -> ChainCheck:
        """Recomputes every closing from the lines as they are stored now."""
        book = await self._registers.get(actor, register_id)
        head, known = book.get("head", _EMPTY), dict(_EMPTY)
        unusual = await self._unusual(book["_id"])
        seen = 0
        async for one in self._closings.find({"register": book["_id"]}).sort("n", 1):
            seen += 1
            if one["n"] != known["n"] + 1 or one["previous"] != known["digest"]:
                return _differs(seen, one, "không nối tiếp lần khóa sổ trước")
            events = await self._events(book["_id"], unusual, known, one["order"], one["number"])
            if _digest(book["_id"], one["day"], one["n"], known["digest"], events) != one["digest"]:
                return _differs(seen, one, "nội dung các dòng không còn như khi khóa sổ")
            known = {name: one[name] for name in _EMPTY}
        if known["digest"] != head["digest"]:
            return _differs(seen, {"n": head["n"], "day": ""}, "thiếu lần khóa sổ cuối")
        return ChainCheck(closings=seen, first_difference=None)

    async def _own(self, actor: Actor, register_id: str) -> Row:
        actor.require(Permission.OPEN_REGISTERS)
        book = await self._registers.get(actor, register_id)
        actor.require_unit(book["unit"], "khóa sổ")
        return book

    async def _close(self, change: Change, register: Row, upto: str) -> list[Row]:
        """Within a transaction. Writing the book first makes whoever takes a number meanwhile wait or lose."""
        book = await change.take(
            "registers", {"_id": register["_id"], "closed": False}, {"$set": {"closed_day": upto}}
        )
        if book is None:
            raise errors.Conflict(why=f"{register['title']} đã đóng")
        head, made = book.get("head", _EMPTY), list[Row]()
        query: Row = {"register": book["_id"]}
        unusual = [one async for one in change.find("entries", query | {"keys": _LATE_OR_STRUCK})]
        turns = {"number": {"$gt": head["number"], "$lte": book["last"]}}
        rows = {one["_id"]: one for one in unusual}
        rows |= {one["_id"]: one async for one in change.find("entries", query | turns)}
        events = _events_of(rows.values(), head["order"], book["events"])
        days = [(day, list(group)) for day, group in groupby(events, lambda one: one.day) if day <= upto]
        for day, group in days or ([] if head.get("day") == upto else [(upto, [])]):
            head = _closing(change, book["_id"], day, head, group)
            await change.insert("closings", head)
            made.append(head)
        if made:
            kept = {name: head[name] for name in (*_EMPTY, "day")}
            await change.update("registers", {"_id": book["_id"]}, {"$set": {"head": kept}})
        return made

    async def _unusual(self, register_id: str) -> list[Row]:
        query = {"register": register_id, "keys": _LATE_OR_STRUCK}
        return await self._entries.find(query).to_list(None)

    async def _events(
        self, register_id: str, unusual: list[Row], known: Row, order: int, number: int
    ) -> list[_Event]:
        query = {"register": register_id, "number": {"$gt": known["number"], "$lte": number}}
        rows = {one["_id"]: one for one in unusual}
        rows |= {one["_id"]: one async for one in self._entries.find(query)}
        return _events_of(rows.values(), known["order"], order)


_LATE_OR_STRUCK: Final = {"$in": ["f:late", "f:annulled"]}


def _events_of(rows: Iterable[Row], above: int, upto: int) -> list[_Event]:
    """What happened to the lines within these orders: made, struck."""
    found = [event for row in rows for event in _of(row) if above < event.order <= upto]
    return sorted(found, key=lambda one: (one.order, not one.is_entry))


def _of(row: Row) -> Iterator[_Event]:
    number = 0 if row.get("late") else int(row["number"])
    day = local_date(row["entered_at"]).isoformat()
    made: dict[str, Any] = {name: row.get(name) for name in _MADE}
    yield _Event(row.get("order", 0), day, number, audit.canonical(made), True)
    if row["annulled"]:
        struck = {"register": row["register"], "number": row["number"], "annulled": row["annulled"]}
        day = local_date(row["annulled"]["at"]).isoformat()
        yield _Event(row["annulled"].get("order", 0), day, 0, audit.canonical(struck), False)


def _digest(register: str, day: str, n: int, previous: str, events: list[_Event]) -> str:
    head = audit.canonical({"register": register, "day": day, "n": n, "previous": previous})
    return hashlib.sha256(b"\n".join([head, *(one.content for one in events)]) + b"\n").hexdigest()


def _closing(change: Change, register: str, day: str, head: Row, events: list[_Event]) -> Row:
    n = head["n"] + 1
    return {
        "_id": ids.new("ks"),
        "register": register,
        "n": n,
        "day": day,
        "previous": head["digest"],
        "digest": _digest(register, day, n, head["digest"], events),
        "order": max([head["order"], *(one.order for one in events)]),
        "number": max([head["number"], *(one.number for one in events)]),
        "entries": sum(one.is_entry for one in events),
        "annulments": sum(not one.is_entry for one in events),
        "closed_at": change.now,
        "closed_by": change.actor.as_row(),
    }


def _differs(seen: int, one: Row, why: str) -> ChainCheck:
    return ChainCheck(closings=seen, first_difference={"n": one["n"], "day": one["day"], "why": why})
