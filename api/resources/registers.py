"""Books: listed, opened, read; a document entered; a line described, annulled, found by its columns."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.conditional import wanted_revision
from api.permit import permit
from repository import errors
from repository.access.permissions import Permission
from repository.documents.metadata import Text
from repository.registers.lines import Filter, LateEntry
from repository.registers.registers import EntryDetails, RegisterForm
from repository.wiring import Repository


class EntryForm(BaseModel):
    """Which stored document is entered; `late` for a number that was used on paper during an outage."""

    model_config = ConfigDict(extra="forbid")

    document: str = Field(max_length=40)
    late: LateEntry | None = None


class RunningEntryForm(BaseModel):
    """Which stored document is entered in this year's book of its unit; the type's own series, or the named one."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    document: str = Field(max_length=40)
    series: str = Field(default="", max_length=30)


class ReasonForm(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: Text = Field(min_length=3, max_length=500)


@permit(Permission.READ_REGISTERS, title="Các sổ", answers="RegisterList")
async def list_registers(request: Request) -> Response:
    repository: Repository = request.state.repository
    rows = await repository.registers.visible(request.state.actor)
    return answers.listed([answers.register(row) for row in rows], total=len(rows))


@permit(Permission.OPEN_REGISTERS, title="Mở sổ", body=RegisterForm, answers="Register", status=201)
async def open_register(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor = request.state.actor
    form = RegisterForm.model_validate(await answers.body_of(request))
    if form.unit != actor.unit:
        raise errors.Forbidden(permission="mở sổ cho đơn vị khác")
    row = await repository.registers.open(actor, form)
    return answers.created(f"/api/v1/registers/{row['_id']}", answers.register(row), 1)


@permit(Permission.READ_REGISTERS, title="Một sổ", answers="Register")
async def show_register(request: Request) -> Response:
    repository: Repository = request.state.repository
    return JSONResponse(
        answers.register(await repository.registers.get(request.state.actor, request.path_params["id"]))
    )


@permit(Permission.MAKE_ENTRIES, title="Vào sổ, cấp số", body=EntryForm, answers="Document", status=201)
async def make_entry(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = EntryForm.model_validate(await answers.body_of(request))
    row = await repository.documents.register(
        request.state.actor, form.document, request.path_params["id"], late=form.late
    )
    return answers.created(f"/api/v1/documents/{row['_id']}", answers.document(row), row["revision"])


@permit(
    Permission.MAKE_ENTRIES,
    title="Vào sổ của năm đang chạy",
    body=RunningEntryForm,
    answers="Document",
    status=201,
)
async def make_running_entry(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = RunningEntryForm.model_validate(await answers.body_of(request))
    row = await repository.documents.register(request.state.actor, form.document, series=form.series)
    return answers.created(f"/api/v1/documents/{row['_id']}", answers.document(row), row["revision"])


@permit(
    Permission.READ_REGISTERS,
    title="Các dòng của sổ, lọc theo từng cột",
    answers="EntryList",
    query=["limit", "cursor", *(field.alias or name for name, field in Filter.model_fields.items())],
)
async def list_entries(request: Request) -> Response:
    repository: Repository = request.state.repository
    limit = answers.limit_of(request)
    cursor = request.query_params.get("cursor", "")
    after = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else 0
    actor, register_id = request.state.actor, request.path_params["id"]
    asked = {
        name: value
        for name, value in request.query_params.items()
        if name not in ("limit", "cursor") and value
    }
    if asked:
        wanted = Filter.model_validate(asked)
        rows, number = await repository.registers.matching(
            actor, register_id, wanted, limit=limit, after=after
        )
        following = None if number is None else str(number)
    else:
        rows = await repository.registers.entries(actor, register_id, limit=limit, after=after)
        following = str(rows[-1]["number"]) if len(rows) == limit else None
    return answers.listed([answers.entry(row) for row in rows], following=following)


@permit(Permission.READ_REGISTERS, title="Một dòng của sổ", answers="Entry")
async def show_entry(request: Request) -> Response:
    repository: Repository = request.state.repository
    row = await repository.registers.entry(request.state.actor, request.path_params["id"], _number(request))
    return answers.shown(answers.entry(row), row.get("revision", 1))


@permit(
    Permission.MAKE_ENTRIES,
    title="Ghi bổ sung vào dòng sổ",
    body=EntryDetails,
    answers="Entry",
    conditional=True,
)
async def describe_entry(request: Request) -> Response:
    repository: Repository = request.state.repository
    revision: Any = wanted_revision(request)
    details = EntryDetails.model_validate(await answers.body_of(request))
    row = await repository.registers.describe(
        request.state.actor, request.path_params["id"], _number(request), details, revision
    )
    return answers.shown(answers.entry(row), row["revision"])


@permit(
    Permission.ANNUL_ENTRIES, title="Hủy số (nêu lý do, số không dùng lại)", body=ReasonForm, answers="Entry"
)
async def annul_entry(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = ReasonForm.model_validate(await answers.body_of(request))
    actor, register_id = request.state.actor, request.path_params["id"]
    row = await repository.registers.annul(actor, register_id, _number(request), form.reason)
    return answers.shown(answers.entry(row), row["revision"])


def _number(request: Request) -> int:
    number = request.path_params["n"]
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise errors.NotFound(what=f"số {number[:20]}")
    return int(number)
