"""A document into its book: which book, which line, and whether the same paper came before."""

from datetime import date
from typing import Final

from repository.access.actors import Actor
from repository.documents import model
from repository.journal import Change
from repository.mongo import Row
from repository.registers import numbering
from repository.registers.lines import LateEntry, Line
from repository.registers.registers import Registers

_MOST: Final = 20


def paper(row: Row) -> str:
    """What makes a paper the same one; empty while symbol, issuer or date is unknown. Stores of one paper queue
    under this name, so that of two at once the second sees the first.
    """
    issuer = (row["issuer"] or {}).get("name", "")
    known = row["symbol"] and row["issued_on"] and issuer
    return f"paper:{row['unit']}:{issuer}:{row['symbol']}:{row['issued_on']}" if known else ""


async def same_paper(change: Change, row: Row) -> list[str]:
    """Earlier documents of the unit with the same symbol, issuer and date (Decree 30/2020 annex VI): an alert,
    not a refusal. Whoever may not see them learns that there are some, and no more.
    """
    if not paper(row):
        return []
    issuer = row["issuer"]["name"]
    query = {
        "issuer.name": issuer,
        "symbol": row["symbol"],
        "issued_on": row["issued_on"],
        "unit": row["unit"],
    }
    found = [one["_id"] async for one in change.find("documents", query) if one["_id"] != row.get("_id")]
    return sorted(found)[:_MOST]


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
