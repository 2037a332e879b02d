"""Lines of a book: how one is kept, by which tokens it is found, and how a filter walks the book.

A line bears `keys`, one folded token a column (`i:ubnd phuong a`, `t:CV`), so that one index serves a filter
by any of them. The walk goes through the numbers in growing steps, because the local engine reads all that an
index names before it cuts, and stops after a time: it then answers what it has and where to go on.
"""

import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from repository import ids, text
from repository.clock import local_date
from repository.journal import Change
from repository.mongo import Database, Row

_BUDGET: Final = 0.08
"""Seconds after which a page is answered as it is, with a cursor to go on from."""
_STEP: Final = 64
_LONGEST_STEP: Final = 8192
_LATE: Final = "f:late"
RESTRICTED_SUBJECT: Final = "Văn bản hạn chế (xem trong văn bản)"
WITHHELD: Final[Row] = {"issuer": "", "subject": RESTRICTED_SUBJECT, "recipients": []}
"""Stands in the book, which the whole unit reads, where the words of a restricted paper would."""
_STATES: Final = {"annulled": "f:annulled", "late": _LATE, "duplicate": "f:duplicate"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """What is to be entered: `late` is a number used on paper, `duplicates` the documents that look the same."""

    document: str
    columns: Row
    drafter: str = ""
    late: "LateEntry | None" = None
    duplicates: list[str] = field(default_factory=list)


class LateEntry(BaseModel):
    """What was done on paper during an outage and is entered afterwards (Đ10.4c)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    number: int = Field(ge=1, le=9_999_999)
    happened_on: date
    reason: str = Field(min_length=3, max_length=500)


class Filter(BaseModel):
    """Which lines are wanted: every column of the book; text without regard to case and marks."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    number: int | None = Field(default=None, ge=1, le=9_999_999)
    symbol: str = Field(default="", max_length=60)
    document: str = Field(default="", max_length=40)
    issued_on: date | None = None
    issuer: str = Field(default="", max_length=200)
    recipient: str = Field(default="", max_length=200)
    receiver: str = Field(default="", max_length=200)
    signer: str = Field(default="", max_length=100)
    keeper: str = Field(default="", max_length=200)
    forwarded_on: date | None = None
    received_by: str = Field(default="", max_length=100)
    entered_by: str = Field(default="", max_length=60)
    type: str = Field(default="", max_length=10)
    copies: int | None = Field(default=None, ge=0)
    state: str = Field(default="", pattern="^(annulled|late|duplicate)?$")
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None

    @property
    def tokens(self) -> list[str]:
        """The wanted tokens, the rarest kind first."""
        given = [
            ("s", self.symbol), ("d", self.issued_on), ("g", self.signer), ("i", self.issuer),
            ("v", self.receiver), ("k", self.keeper), ("o", self.recipient), ("x", self.received_by),
            ("w", self.forwarded_on), ("b", self.entered_by), ("t", self.type), ("n", self.copies),
        ]  # fmt: skip
        tokens = [_STATES[self.state]] if self.state else list[str]()
        return [_token(kind, value) for kind, value in given if value not in ("", None)] + tokens

    def takes(self, row: Row) -> bool:
        """Whether a line is wanted; the index has seen only the first token."""
        first, last = self.from_ and self.from_.isoformat(), self.to and self.to.isoformat()
        in_time = (not first or row["day"] >= first) and (not last or row["day"] <= last)
        return in_time and set(self.tokens) <= set(row["keys"])


def _token(kind: str, value: object) -> str:
    return f"{kind}:{' '.join(text.fold(str(value)).split()) if kind != 't' else value}"


def keys(line: Row) -> list[str]:
    """The tokens of a line: its columns, its details, what is unusual about it."""
    columns, details = line["columns"], line.get("details") or {}
    found: list[tuple[str, Any]] = [
        ("s", columns.get("symbol")), ("d", columns.get("issued_on")), ("i", columns.get("issuer")),
        ("t", columns.get("document_type")), ("b", line["entered_by"]["id"]), ("g", details.get("signer")),
        ("v", details.get("receiver")), ("k", details.get("keeper")), ("x", details.get("received_by")),
        ("w", details.get("forwarded_on")), ("n", details.get("copies")),
    ]  # fmt: skip
    found += [("o", one) for one in columns.get("recipients", [])]
    tokens = [_token(kind, value) for kind, value in found if value not in ("", None)]
    unusual = {
        "late": line.get("late"),
        "annulled": line.get("annulled"),
        "duplicate": line.get("duplicates"),
    }
    return list(dict.fromkeys(tokens)) + [_STATES[name] for name, is_so in unusual.items() if is_so]


def row_of(change: Change, register: Row, number: int, line: Line) -> Row:
    """How a line is kept. `day` is the day it stands for, `order` its place among all that happened to the book."""
    happened = line.late.happened_on if line.late else local_date(change.now)
    row: Row = {
        "_id": ids.new("vs"),
        "register": register["_id"],
        "number": number,
        "order": register["events"],
        "day": happened.isoformat(),
        "document": line.document,
        "columns": line.columns,
        "details": {},
        "late": line.late and line.late.model_dump(mode="json", exclude={"number"}),
        "duplicates": line.duplicates,
        "entered_at": change.now,
        "entered_by": change.actor.as_row(),
        "annulled": None,
        "revision": 1,
    }
    return row | {"keys": keys(row)}


def readable(row: Row) -> Row:
    """A line as the unit reads it: the words of a paper that was made restricted later are withheld."""
    return row | {"columns": row["columns"] | WITHHELD} if row.get("withheld") else row


async def withhold(change: Change, register: str, document: str, on: bool) -> None:
    """Hides a document's words in its line, or shows them again; what was entered, and closed, stays as it is."""
    row = await change.find_one("entries", {"document": document, "register": register})
    if row is not None and bool(row.get("withheld")) != on:
        row["withheld"] = on
        fields = {"withheld": on, "keys": keys(readable(row))}
        await change.update("entries", {"_id": row["_id"]}, {"$set": fields, "$inc": {"revision": 1}})


class Lines:
    """The reading side of the books; rights are checked by whoever asks."""

    def __init__(self, *, database: Database) -> None:
        self._entries = database["entries"]

    async def after(self, register: Row, number: int, limit: int) -> list[Row]:
        """Lines in order of their numbers. Each step names both ends, so that only these lines are read."""
        found: list[Row] = []
        while len(found) < limit and number < register["last"]:
            upper = min(number + max(limit, _STEP), register["last"])
            found += await self._between(register, number, upper)
            number = upper
        return found[:limit]

    async def matching(
        self, register: Row, wanted: Filter, *, limit: int, after: int = 0, budget: float = _BUDGET
    ) -> tuple[list[Row], int | None]:
        """Lines in order of their numbers, and the number to go on from; None when that was all."""
        if wanted.number is not None or wanted.document:
            return await self._exactly(register, wanted), None
        until = time.monotonic() + budget
        low, high, strays = await self._span(register, wanted)
        found = [one for one in strays if one["number"] > after and wanted.takes(one)]
        number, step = max(after, low), _STEP
        simple = len(wanted.tokens) <= 1 and not wanted.from_ and not wanted.to
        most = limit + 1 if simple else 0  # whatever the index names is wanted
        while number < high:
            upper = min(number + step, high)
            rows = await self._between(register, number, upper, *wanted.tokens[:1], most=most)
            found += [one for one in rows if wanted.takes(one)]
            number, step = upper, min(step * 4, _LONGEST_STEP)
            if len(found) > limit or time.monotonic() > until:
                break
        found.sort(key=lambda one: int(one["number"]))
        if len(found) > limit:
            return found[:limit], int(found[limit - 1]["number"])
        return found, number if number < high else None

    async def _between(self, register: Row, above: int, upto: int, *tokens: str, most: int = 0) -> list[Row]:
        query: Row = {"register": register["_id"], "number": {"$gt": above, "$lte": upto}}
        if tokens:
            query["keys"] = tokens[0]
        rows = await self._entries.find(query).sort("number", 1).limit(most).to_list(None)
        return [readable(row) for row in rows]

    async def _exactly(self, register: Row, wanted: Filter) -> list[Row]:
        if wanted.number is not None:
            query: Row = {"register": register["_id"], "number": wanted.number}
        else:  # by the document alone: with the book beside it, the local engine would read the whole book
            query = {"document": wanted.document}
        rows = await self._entries.find(query).to_list(20)
        return [readable(row) for row in rows if row["register"] == register["_id"] and wanted.takes(row)]

    async def _span(self, register: Row, wanted: Filter) -> tuple[int, int, list[Row]]:
        """Between which numbers the wanted days lie, and the late lines outside: their days follow no order."""
        if not wanted.from_ and not wanted.to:
            return 0, register["last"], []
        low = await self._last_before(register, wanted.from_.isoformat()) if wanted.from_ else 0
        high = register["last"]
        if wanted.to:
            high = await self._last_before(register, (wanted.to + timedelta(days=1)).isoformat())
        late = await self.late(register)
        return low, high, [one for one in late if not low < one["number"] <= high]

    async def late(self, register: Row) -> list[Row]:
        """Lines whose number was not taken in its turn: entered afterwards, or struck unused."""
        query = {"register": register["_id"], "keys": _LATE}
        return [readable(row) for row in await self._entries.find(query).sort("number", 1).to_list(None)]

    async def _last_before(self, register: Row, day: str) -> int:
        """The last number taken in its turn before a day: found by halving, for days rise with numbers."""
        low, high = 0, int(register["last"])
        while low < high:
            middle = (low + high + 1) // 2
            row = await self._in_turn(register, low, middle)
            if row is None or row["day"] < day:
                low = middle
            else:
                high = int(row["number"]) - 1
        return low

    async def _in_turn(self, register: Row, above: int, upto: int) -> Row | None:
        """The last line taken in its turn with a number in these bounds."""
        while upto > above:
            rows = await self._between(register, max(above, upto - 8), upto)
            for row in reversed(rows):
                if not row["late"]:
                    return row
            upto = max(above, upto - 8)
        return None
