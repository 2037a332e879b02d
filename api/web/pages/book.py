"""What a clerk does with a book beyond taking numbers: a line's later columns, blocks for paper, days and years."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web import words, written
from api.web.pages.registers import book_page
from api.web.rendering import answer
from repository import errors
from repository.access.permissions import Permission
from repository.documents.metadata import faults
from repository.mongo import Row
from repository.registers import columns, numbering
from repository.registers.lines import LateEntry
from repository.registers.registers import EntryDetails
from repository.text import nfc
from repository.wiring import Repository

_DAYS = ("forwarded_on", "due_on", "posted_on", "happened_on")
_NUMBERS = ("copies", "envelopes")


@page(Permission.MAKE_ENTRIES)
async def entry(request: Request) -> Response:
    """A line and the form for the columns that are filled later."""
    repository: Repository = request.state.repository
    actor, register_id = request.state.actor, request.path_params["id"]
    number = request.path_params["n"]
    if not number.isascii() or not number.isdigit() or len(number) > 7:
        raise errors.NotFound(what=f"số {number[:20]}")
    book = await repository.registers.get(actor, register_id)
    row = await repository.registers.entry(actor, register_id, int(number))
    if request.method != "POST":
        return _entry_page(request, book, row, row.get("details", {}), {})
    typed = await _typed(request)
    try:
        details = EntryDetails.model_validate(_read(typed, EntryDetails))
        revision = written.whole(typed.get("revision", ""))
        await repository.registers.describe(actor, register_id, int(number), details, revision)
    except ValidationError as fault:
        wrong = {one["pointer"].strip("/"): one["detail"] for one in faults(fault)}
        return _entry_page(request, book, row, typed, _told(wrong), status=422)
    except errors.Stale as fault:
        return _entry_page(request, book, row, typed, {}, alert=fault.sentence(), status=409)
    return RedirectResponse(
        f"/registers/{register_id}?done=described&after={int(number) - 1}#so-{number}", 303
    )


def _entry_page(
    request: Request,
    book: Row,
    row: Row,
    typed: Row,
    wrong: dict[str, str],
    *,
    alert: str = "",
    status: int = 200,
) -> Response:
    layout = columns.LAYOUTS[book["direction"]]
    facts = {
        "book": book,
        "row": row,
        "revision": row.get("revision", 1),
        "written": numbering.written(row["number"]),
        "cells": [
            (head, cell) for (head, _), cell in zip(layout.heads, layout.cells(row), strict=True) if cell
        ],
        "typed": {name: "" if value is None else value for name, value in typed.items()},
        "faults": wrong,
        "alert": alert,
    }
    return answer(request, "entry.html", facts, status=status)


@page(Permission.OPEN_REGISTERS)
async def reserve(request: Request) -> Response:
    async def work(repository: Repository, typed: dict[str, str]) -> str:
        reason = _reason(typed)
        count = typed.get("count", "")
        if not count.isascii() or not count.isdigit() or len(count) > 4:
            raise errors.Invalid(why="hãy nhập số lượng số cần dành")
        await repository.blocks.reserve(request.state.actor, request.path_params["id"], int(count), reason)
        return "reserved"

    return await _deed(request, work)


@page(Permission.OPEN_REGISTERS)
async def settle(request: Request) -> Response:
    async def work(repository: Repository, typed: dict[str, str]) -> str:
        n = typed.get("n", "")
        block = int(n) if n.isascii() and n.isdigit() and len(n) < 7 else 0
        await repository.blocks.settle(request.state.actor, request.path_params["id"], block)
        return "settled"

    return await _deed(request, work)


@page(Permission.MAKE_ENTRIES)
async def late(request: Request) -> Response:
    """A number that was used on paper, entered with the day it was used (Đ10.4c)."""

    async def work(repository: Repository, typed: dict[str, str]) -> str:
        form = LateEntry.model_validate(_read(typed, LateEntry))
        document = typed.get("document", "")
        await repository.documents.register(
            request.state.actor, document, request.path_params["id"], late=form
        )
        return "late"

    return await _deed(request, work)


@page(Permission.OPEN_REGISTERS)
async def close_day(request: Request) -> Response:
    async def work(repository: Repository, typed: dict[str, str]) -> str:
        await repository.closings.close_day(request.state.actor, request.path_params["id"])
        return "day-closed"

    return await _deed(request, work)


@page(Permission.OPEN_REGISTERS)
async def close_year(request: Request) -> Response:
    async def work(repository: Repository, typed: dict[str, str]) -> str:
        await repository.closings.close_year(
            request.state.actor, request.path_params["id"], typed.get("reason", "")[:500]
        )
        return "year-closed"

    return await _deed(request, work)


async def _deed(request: Request, work: Callable[[Repository, dict[str, str]], Awaitable[str]]) -> Response:
    """Carries out a form on the book's page; what is refused is told there, with what was typed."""
    repository: Repository = request.state.repository
    typed = await _typed(request)
    register_id = request.path_params["id"]
    await repository.registers.get(request.state.actor, register_id)  # a book that is not there stays a 404
    try:
        done = await work(repository, typed)
    except ValidationError as fault:
        wrong = _told({one["pointer"].strip("/"): one["detail"] for one in faults(fault)})
        told = "; ".join(f"{words.FIELDS.get(name, name)}: {detail}" for name, detail in wrong.items())
        return await book_page(request, {"alert": f"Chưa ghi được: {told}.", "deed": typed}, status=422)
    except (errors.Conflict, errors.Invalid, errors.NotFound) as fault:
        return await book_page(request, {"alert": fault.sentence(), "deed": typed}, status=422)
    return RedirectResponse(f"/registers/{register_id}?done={done}#viec-voi-so", 303)


async def _typed(request: Request) -> dict[str, str]:
    return {name: nfc(str(value)).strip() for name, value in (await request.form()).items()}


def _read(typed: dict[str, str], form: type[Any]) -> dict[str, Any]:
    """The form's own fields; days as people write them; an empty number or day is none."""
    given: dict[str, Any] = {name: typed[name] for name in form.model_fields if name in typed}
    for name in set(given) & set(_DAYS):
        try:
            given[name] = written.typed_day(given[name]).isoformat() if given[name] else None
        except ValueError:
            given[name] = "không phải ngày"
    for name in set(given) & set(_NUMBERS):
        given[name] = given[name] or None
    return given


def _told(wrong: dict[str, str]) -> dict[str, str]:
    return {name: written.DAY_WANTED if name in _DAYS else detail for name, detail in wrong.items()}


def _reason(typed: dict[str, str]) -> str:
    reason = typed.get("reason", "")
    if not 3 <= len(reason) <= 500:
        raise errors.Invalid(why="hãy nêu lý do (3 đến 500 ký tự)")
    return reason
