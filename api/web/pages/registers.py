"""Sổ văn bản: the books in the ten columns of annex IV (Decree 30/2020); a line is annulled in place."""

from typing import Any, Final
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web import written
from api.web.rendering import answer, unit_names
from indexers.prints.forms import FORMS
from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.clock import local_date
from repository.documents.metadata import faults
from repository.mongo import Row
from repository.registers import numbering
from repository.registers.columns import LAYOUTS
from repository.registers.lines import Filter
from repository.registers.registers import EntryDetails, RegisterForm
from repository.text import nfc
from repository.wiring import Repository

_PAGE: Final = 100
_LONGEST: Final = 500
HEADS: Final = {name: tuple(head for head, _ in one.heads) for name, one in LAYOUTS.items()}
"""The columns of annex IV, in its words and order."""
_FILTERS: Final = [field.alias or name for name, field in Filter.model_fields.items()]


@page(Permission.READ_REGISTERS)
async def registers(request: Request) -> Response:
    return await _list(request)


@page(Permission.OPEN_REGISTERS)
async def open_register(request: Request) -> Response:
    """A book of the actor's own unit; opening one that is open leads to it."""
    repository: Repository = request.state.repository
    actor: Actor = request.state.actor
    form = await request.form()
    given = {name: nfc(str(form.get(name, ""))).strip() for name in ("year", "direction", "series", "symbol")}
    try:
        wanted = RegisterForm.model_validate(
            {**given, "unit": actor.unit, "series": given["series"] or numbering.ONE_SERIES}
        )
        row = await repository.registers.open(actor, wanted)
    except (ValidationError, errors.Invalid):
        return await _list(
            request, alert="Chưa mở được sổ: hãy chọn loại sổ và nhập năm từ 1945 đến 2200.", status=422
        )
    return RedirectResponse(f"/registers/{row['_id']}?done=book", 303)


async def _list(request: Request, *, alert: str = "", status: int = 200) -> Response:
    repository: Repository = request.state.repository
    facts = {
        "books": await repository.registers.visible(request.state.actor),
        "units": await unit_names(request),
        "year": local_date(repository.clock.now()).year,
        "series": [*numbering.TYPES.items(), *numbering.COPIES.items()],
        "series_words": numbering.series_words,
        "forms": [(name, title) for name, (title, _) in FORMS.items()],
        "alert": alert,
    }
    return answer(request, "registers.html", facts, status=status)


@page(Permission.READ_REGISTERS)
async def register(request: Request) -> Response:
    return await _one(request)


@page(Permission.ANNUL_ENTRIES)
async def annul(request: Request) -> Response:
    """Hủy số: the line is struck with the reason, its number stays taken."""
    repository: Repository = request.state.repository
    register_id = request.path_params["id"]
    form = await request.form()
    number, reason = _whole(str(form.get("number", ""))), nfc(str(form.get("reason", ""))).strip()
    fault = "" if number else "hãy nhập số cần hủy"
    fault = (
        fault
        or ("" if reason else "hãy nêu lý do hủy")
        or ("dài quá 500 ký tự" if len(reason) > _LONGEST else "")
    )
    if fault:
        return await _one(request, fault=fault, number=number, reason=reason, status=422)
    try:
        await repository.registers.annul(request.state.actor, register_id, number, reason)
    except errors.NotFound as refused:
        await repository.registers.get(
            request.state.actor, register_id
        )  # a book that is not there stays a 404
        return await _one(request, fault=refused.sentence(), number=number, reason=reason, status=422)
    return RedirectResponse(
        f"/registers/{register_id}?done=annulled&after={max(0, number - 1)}#so-{number}", 303
    )


async def _one(
    request: Request, *, fault: str = "", number: int = 0, reason: str = "", status: int = 200
) -> Response:
    return await book_page(request, {"fault": fault, "number": number, "reason": reason}, status=status)


async def book_page(request: Request, said: Row, *, status: int = 200) -> Response:
    """The book's page; `said` is what a form that was not carried out leaves on it."""
    repository: Repository = request.state.repository
    actor, register_id = request.state.actor, request.path_params["id"]
    book = await repository.registers.get(actor, register_id)
    after = _whole(request.query_params.get("after", ""))
    typed = {name: value for name in _FILTERS if (value := nfc(request.query_params.get(name, "")).strip())}
    entries, following, wrong = await _lines(repository, actor, book, typed, after)
    units = {row["_id"]: row for row in await repository.units.all()}
    facts: dict[str, Any] = {
        "book": book,
        "blocks": book.get("blocks", []),
        "unit": units.get(book["unit"], {"name": book["unit"]})["name"],
        "heads": HEADS[book["direction"]],
        "lines": [_line(book, one, units.get(book["unit"], {}).get("symbol", "")) for one in entries],
        "earlier": f"/registers/{register_id}?after={max(0, after - _PAGE)}" if after and not typed else "",
        "later": f"/registers/{register_id}?{urlencode(typed | {'after': following})}" if following else "",
        "typed": typed,
        "faults": wrong,
        "types": list(numbering.TYPES.items()),
        "layouts": [one for one in LAYOUTS.values() if one.direction == book["direction"]],
        "days": urlencode([(name, typed[name]) for name in ("from", "to") if name in typed]),
        "series": numbering.series_words(book["series"]),
        "own": actor.unit == book["unit"],
        "closings": (await repository.closings.of(actor, register_id, after=max(0, _head(book) - 5)))[::-1],
        "check": await repository.closings.verify(actor, register_id)
        if "check" in request.query_params
        else None,
        "waiting": await _waiting(repository, actor, book),
        "number": _whole(request.query_params.get("annul", "")),
        "fault": "",
        "reason": "",
        "deed": {},
    }
    said = said | {"number": said.get("number") or facts["number"]}
    return answer(request, "register.html", facts | said, status=status)


async def _lines(
    repository: Repository, actor: Actor, book: Row, typed: dict[str, str], after: int
) -> tuple[list[Row], int | None, dict[str, str]]:
    """Lines for the page, the number to go on from, and what is wrong with the filter."""
    if not typed:
        rows = await repository.registers.entries(actor, book["_id"], limit=_PAGE, after=after)
        last = rows[-1]["number"] if rows else after
        return rows, last if rows and last < book["last"] else None, {}
    wanted = dict(typed)
    for name in ("from", "to", "issued_on", "forwarded_on"):
        if name in wanted:
            try:
                wanted[name] = written.typed_day(wanted[name]).isoformat()
            except ValueError:
                return [], None, {name: written.DAY_WANTED}
    try:
        chosen = Filter.model_validate(wanted)
    except ValidationError as fault:
        return [], None, {one["pointer"].strip("/"): one["detail"] for one in faults(fault)}
    rows, following = await repository.registers.matching(
        actor, book["_id"], chosen, limit=_PAGE, after=after
    )
    return rows, following, {}


async def _waiting(repository: Repository, actor: Actor, book: Row) -> list[tuple[str, str]]:
    """Documents that may be entered late: the newest of this direction that are in no book yet."""
    if not any(not one["settled"] for one in book.get("blocks", [])) or not actor.may(
        Permission.MAKE_ENTRIES
    ):
        return []
    rows = await repository.documents.newest(actor, limit=200)
    return [
        (row["_id"], f"{row['symbol'] or '–'} · {row['subject']}"[:100])
        for row in rows
        if not row["register"] and row["direction"] == book["direction"] and row["unit"] == book["unit"]
    ]


def _head(book: Row) -> int:
    return int((book.get("head") or {}).get("n", 0))


def _line(book: Row, entry: Row, unit_symbol: str) -> Row:
    """An entry with its symbol: an outgoing one is made of the number taken, as on the paper."""
    columns: Row = {"issuer": "", "issued_on": None, "document_type": "KHAC", "subject": "", "recipients": []}
    columns |= entry["columns"]
    symbol = columns.get("symbol", "")
    if book["direction"] == "outgoing" and not symbol and entry["document"]:
        own = book.get("symbol") or unit_symbol
        symbol = numbering.symbol(
            number=entry["number"],
            document_type=columns["document_type"],
            unit_symbol=own,
            drafter=unit_symbol if unit_symbol != own else "",
        )
    empty = dict.fromkeys(EntryDetails.model_fields, "")
    details = {name: "" if value is None else value for name, value in (entry.get("details") or {}).items()}
    shown = {"columns": columns, "details": empty | details, "late": entry.get("late")}
    stands = {"day": entry.get("day") or entry["entered_at"], "duplicates": entry.get("duplicates", [])}
    return entry | shown | stands | {"symbol": symbol, "written": numbering.written(entry["number"])}


def _whole(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 8 else 0
