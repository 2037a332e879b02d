"""A document into its book: which book, which line, and whether the same paper came before."""

from datetime import date
from typing import Any

from repository.access.actors import Actor
from repository.documents import model
from repository.journal import Change
from repository.mongo import Row
from repository.registers import numbering
from repository.registers.lines import LateEntry, Line
from repository.registers.registers import Registers


async def same_paper(documents: Any, row: Row) -> list[str]:
    """Earlier documents of the unit with the same symbol, issuer and date (Decree 30/2020 annex VI): an alert,
    not a refusal. Nothing is alike while one of the three is unknown.
    """
    issuer = (row["issuer"] or {}).get("name", "")
    if not (row["symbol"] and row["issued_on"] and issuer):
        return []
    query = {
        "issuer.name": issuer,
        "symbol": row["symbol"],
        "issued_on": row["issued_on"],
        "unit": row["unit"],
    }
    return [
        one["_id"]
        async for one in documents.find(query, {"_id": 1}).limit(20)
        if one["_id"] != row.get("_id")
    ]


async def running_book(registers: Registers, actor: Actor, row: Row, series: str, today: date) -> Row:
    """The book of the running year where no series is named: the type's own where the unit keeps one."""
    if not series:
        kept = {one["series"] for one in await registers.visible(actor) if _fits(one, row, today)}
        series = row["document_type"] if row["document_type"] in kept else numbering.ONE_SERIES
    return await registers.current(actor, row["unit"], row["direction"], series, today)


def _fits(book: Row, row: Row, today: date) -> bool:
    return bool(
        book["unit"] == row["unit"]
        and book["direction"] == row["direction"]
        and book["year"] >= today.year - 1
    )


async def number(
    change: Change, registers: Registers, row: Row, book: Row, late: LateEntry | None = None
) -> None:
    """Takes the number into the document's row and, for an outgoing document, writes its symbol."""
    unit = await change.find_one("units", {"_id": row["unit"]}) if row["direction"] == "outgoing" else None
    drafter = unit["symbol"] if unit and unit["symbol"] != book["symbol"] else ""
    line = Line(
        document=row["_id"], columns=model.columns(row), drafter=drafter, late=late,
        duplicates=row.get("duplicates", []),
    )  # fmt: skip
    entered = await registers.enter(change, book, line)
    row["register"], row["state"], row["number"] = book["_id"], "registered", entered["number"]
    row["symbol"] = entered["columns"]["symbol"]
