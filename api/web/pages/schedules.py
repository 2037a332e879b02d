"""A new retention schedule from a table: looked through first, taken in only as it was shown."""

import base64
import binascii
from typing import Final

from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from api.permit import page
from api.web import written
from api.web.rendering import answer
from repository import errors
from repository.access.permissions import Permission
from repository.documents.metadata import faults
from repository.mongo import Row
from repository.retention.schedules_import import COLUMNS, ScheduleForm
from repository.text import nfc
from repository.wiring import Repository

_LARGEST: Final = 500_000
"""What is shown is carried along by the page; a larger table is for the command."""
_TOLD: Final = 50
_PLAINLY: Final = {
    "id": "chỉ gồm chữ thường không dấu, số, dấu chấm, gạch nối; từ 2 đến 39 ký tự",
    "in_force": written.DAY_WANTED,
}
"""What the forms of the API say by patterns."""
_FIELDS: Final = ("id", "name", "source")


@page(Permission.KEEP_SCHEDULES)
async def new(request: Request) -> Response:
    return _shown(request, {})


@page(Permission.KEEP_SCHEDULES)
async def look(request: Request) -> Response:
    """What importing would do; with the table as it was shown (`table`), importing it."""
    async with request.form() as sent:
        content, typed = (
            await _content(sent),
            {name: nfc(str(sent.get(name, ""))).strip() for name in _FIELDS},
        )
        typed |= {"in_force": str(sent.get("in_force", "")), "partial": str(sent.get("partial", ""))}
        taking = bool(sent.get("take"))
    if len(content) > _LARGEST:
        return _shown(
            request,
            typed,
            alert="Bảng quá lớn cho trang này; dùng lệnh tangthu retention import.",
            status=413,
        )
    try:
        form = ScheduleForm.model_validate(
            typed | {"in_force": _day(typed["in_force"]), "partial": bool(typed["partial"])}
        )
    except ValidationError as fault:
        wrong = {one["pointer"].strip("/"): one["detail"] for one in faults(fault)}
        return _shown(request, typed, wrong=wrong, status=422)
    return await _tried(request, form, typed, content, taking)


async def _tried(request: Request, form: ScheduleForm, typed: Row, content: bytes, taking: bool) -> Response:
    repository: Repository = request.state.repository
    imports = repository.retention.imports
    try:
        told = await imports.try_dry(form, content)
        if taking and not told["faults"]:
            await imports.take_in(request.state.actor, form, content)
            return _shown(request, {}, told=told, taken=form.name)
    except errors.Invalid as fault:
        return _shown(request, typed, alert=f"Chưa nhận bảng: {fault.facts.get('why', fault)}.", status=422)
    except errors.Conflict as fault:
        return _shown(request, typed, alert=fault.sentence(), status=409)
    table = "" if told["faults"] else base64.b64encode(content).decode()
    return _shown(request, typed, told=told, table=table, status=422 if told["faults"] else 200)


async def _content(sent: FormData) -> bytes:
    """The file, or the table that the page carried along."""
    file = sent.get("file")
    if isinstance(file, UploadFile) and file.filename:
        return await file.read(_LARGEST + 1)
    try:
        return base64.b64decode(str(sent.get("table", "")), validate=True)
    except binascii.Error:
        return b""


def _day(value: str) -> str:
    """As the form wants it; what is no day is refused by the form itself."""
    try:
        return written.typed_day(value).isoformat()
    except ValueError:
        return value


def _shown(
    request: Request, typed: Row, *, told: Row | None = None, table: str = "", taken: str = "", alert: str = "",
    wrong: Row | None = None, status: int = 200,
) -> Response:  # fmt: skip
    found = (told or {}).get("faults", [])
    wrong = {
        name: _PLAINLY.get(name, said) if typed.get(name) else said for name, said in (wrong or {}).items()
    }
    facts = {
        "typed": typed, "faults": wrong, "told": told, "table": table, "taken": taken, "alert": alert,
        "wrong": [written.row_fault(one, COLUMNS) for one in found[:_TOLD]], "wrong_count": len(found),
    }  # fmt: skip
    return answer(request, "schedule_new.html", facts, status=status)
