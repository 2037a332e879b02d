"""Sổ văn bản: the books in the ten columns of annex IV (Decree 30/2020); a line is annulled in place."""

from typing import Any, Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web.rendering import answer, unit_names
from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.clock import local_date
from repository.mongo import Row
from repository.registers import numbering
from repository.registers.registers import RegisterForm
from repository.text import nfc
from repository.wiring import Repository

_PAGE: Final = 100
_LONGEST: Final = 500
HEADS: Final = {
    "incoming": (
        "Ngày đến", "Số đến", "Tác giả", "Số, ký hiệu văn bản", "Ngày tháng văn bản",
        "Tên loại và trích yếu nội dung văn bản", "Đơn vị hoặc người nhận", "Ngày chuyển", "Ký nhận",
        "Ghi chú",
    ),
    "outgoing": (
        "Số, ký hiệu văn bản", "Ngày tháng văn bản", "Tên loại và trích yếu nội dung văn bản", "Người ký",
        "Nơi nhận văn bản", "Đơn vị, người nhận bản lưu", "Số lượng bản", "Ngày chuyển", "Ký nhận", "Ghi chú",
    ),
}  # fmt: skip
"""The columns of annex IV, in its words and order."""


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
            {**given, "unit": actor.unit, "series": given["series"] or "chung"}
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
    repository: Repository = request.state.repository
    actor, register_id = request.state.actor, request.path_params["id"]
    book = await repository.registers.get(actor, register_id)
    after = _whole(request.query_params.get("after", ""))
    entries = await repository.registers.entries(actor, register_id, limit=_PAGE, after=after)
    units = {row["_id"]: row for row in await repository.units.all()}
    last = entries[-1]["number"] if entries else after
    facts: dict[str, Any] = {
        "book": book,
        "unit": units.get(book["unit"], {"name": book["unit"]})["name"],
        "heads": HEADS[book["direction"]],
        "lines": [_line(book, one, units.get(book["unit"], {}).get("symbol", "")) for one in entries],
        "earlier": f"/registers/{register_id}?after={max(0, after - _PAGE)}" if after else "",
        "later": f"/registers/{register_id}?after={last}" if last < book["last"] else "",
        "fault": fault,
        "number": number or _whole(request.query_params.get("annul", "")),
        "reason": reason,
    }
    return answer(request, "register.html", facts, status=status)


def _line(book: Row, entry: Row, unit_symbol: str) -> Row:
    """An entry with its symbol: an outgoing one is made of the number taken, as on the paper."""
    columns = entry["columns"]
    symbol = columns["symbol"]
    if book["direction"] == "outgoing":
        own = book.get("symbol") or unit_symbol
        symbol = numbering.symbol(
            number=entry["number"],
            document_type=columns["document_type"],
            unit_symbol=own,
            drafter=unit_symbol if unit_symbol != own else "",
        )
    return entry | {"symbol": symbol, "written": numbering.written(entry["number"])}


def _whole(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 8 else 0
