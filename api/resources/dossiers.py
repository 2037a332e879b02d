"""Work dossiers: opened, listed, filled, put in order, closed, reopened."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.permit import permit
from api.resources.registers import EntryForm, ReasonForm
from repository import errors
from repository.access.permissions import Permission
from repository.documents.metadata import Text
from repository.dossiers.acceptance import ReceiptForm, SendBackForm
from repository.dossiers.closing import ClosingForm, RetentionForm
from repository.dossiers.custody import KeepBackForm, TransferForm
from repository.dossiers.dossiers import DossierForm
from repository.dossiers.ordering import PlaceForm
from repository.mongo import Row
from repository.wiring import Repository


class RemovalForm(BaseModel):
    """Why a document leaves a dossier."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: Annotated[Text, Field(min_length=3, max_length=500)]


@permit(Permission.KEEP_DOSSIERS, title="Mở hồ sơ", body=DossierForm, answers="Dossier", status=201)
async def open_dossier(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = DossierForm.model_validate(await answers.body_of(request))
    row = await repository.dossiers.open(request.state.actor, form)
    return answers.created(f"/api/v1/dossiers/{row['_id']}", answers.dossier(row), row["revision"])


@permit(
    Permission.READ_DOSSIERS, answers="DossierList", query=["limit", "cursor", "due", "handed"],
    title="Các hồ sơ; due=N: sẽ đến hạn nộp lưu trong N ngày; handed=waiting: chờ lưu trữ xác nhận",
)  # fmt: skip
async def list_dossiers(request: Request) -> Response:
    repository: Repository = request.state.repository
    limit = answers.limit_of(request)
    asked = request.query_params
    if asked.get("handed") == "waiting":
        rows = await repository.dossier_work.acceptance.waiting(request.state.actor, limit=limit)
        return answers.listed([answers.dossier(row) for row in rows])
    if due := asked.get("due", ""):
        days = int(due) if due.isascii() and due.isdigit() and len(due) < 5 else 30
        rows = await repository.dossier_work.custody.due(request.state.actor, limit=limit, days=days)
        return answers.listed([answers.dossier(row) for row in rows])
    rows = await repository.dossiers.visible(request.state.actor, limit=limit, before=asked.get("cursor", ""))
    following = rows[-1]["_id"] if len(rows) == limit else None
    return answers.listed([answers.dossier(row) for row in rows], following=following)


@permit(
    Permission.READ_DOSSIERS,
    title="Một hồ sơ và văn bản trong đó, theo thứ tự; cursor: thứ tự của văn bản cuối đã xem",
    answers="Dossier",
    query=["limit", "cursor"],
)
async def show_dossier(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, dossier_id = request.state.actor, request.path_params["id"]
    row = await repository.dossiers.get(actor, dossier_id)
    limit = answers.limit_of(request, default=200)
    filed = await repository.dossiers.contents(
        actor, dossier_id, limit=limit, after=request.query_params.get("cursor", "")
    )
    body = answers.dossier(row) | {
        "documents": [answers.document(one) | {"filing": filing(one["filing"])} for one in filed],
        "next": str(filed[-1]["filing"]["order"]) if len(filed) == limit else None,
    }
    return answers.shown(body, row["revision"])


def filing(row: Row) -> Row:
    """Where a document lies."""
    return {"order": row["order"], "sheets": row["sheets"], "note": row["note"]}


@permit(Permission.KEEP_DOSSIERS, title="Đưa văn bản vào hồ sơ", body=EntryForm, answers="Document")
async def file_document(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = EntryForm.model_validate(await answers.body_of(request))
    row = await repository.dossiers.file(request.state.actor, request.path_params["id"], form.document)
    return answers.shown(answers.document(row), row["revision"])


@permit(
    Permission.KEEP_DOSSIERS, title="Sắp xếp một văn bản: đứng sau văn bản nào, số tờ, ghi chú", body=PlaceForm,
    answers="object",
)  # fmt: skip
async def place_document(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = PlaceForm.model_validate(await answers.body_of(request))
    asked = request.path_params
    row = await repository.dossier_work.ordering.place(
        request.state.actor, asked["id"], asked["document"], form
    )
    return JSONResponse({"document": row["document"]} | filing(row))


@permit(
    Permission.KEEP_DOSSIERS,
    title="Đưa văn bản ra khỏi hồ sơ (nêu lý do)",
    body=RemovalForm,
    answers="Document",
)
async def remove_document(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = RemovalForm.model_validate(await answers.body_of(request))
    asked = request.path_params
    row = await repository.dossier_work.ordering.remove(
        request.state.actor, asked["id"], asked["document"], form.reason
    )
    return answers.shown(answers.document(row), row["revision"])


@permit(
    Permission.KEEP_DOSSIERS,
    title="Xem trước việc kết thúc: bản trùng, bản nháp, thời hạn bảo quản, hạn nộp lưu, vướng mắc",
    answers="object", query=["ended_on", "rule", "retention", "event_on"],
)  # fmt: skip
async def plan_closing(request: Request) -> Response:
    repository: Repository = request.state.repository
    row = await repository.dossiers.get(request.state.actor, request.path_params["id"])
    names = ("ended_on", "rule", "retention", "event_on")
    asked = {name: value for name in names if (value := request.query_params.get(name))}
    plan = await repository.dossier_work.closing.plan(row, ClosingForm.model_validate(asked))
    return JSONResponse(plan)


@permit(Permission.KEEP_DOSSIERS, title="Kết thúc hồ sơ", body=ClosingForm, answers="Dossier")
async def close_dossier(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = ClosingForm.model_validate(await _body(request))
    row = await repository.dossiers.close(request.state.actor, request.path_params["id"], form)
    return JSONResponse(answers.dossier(row))


@permit(Permission.KEEP_DOSSIERS, title="Mở lại hồ sơ (nêu lý do)", body=ReasonForm, answers="Dossier")
async def reopen_dossier(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = ReasonForm.model_validate(await answers.body_of(request))
    row = await repository.dossiers.reopen(request.state.actor, request.path_params["id"], form.reason)
    return JSONResponse(answers.dossier(row))


@permit(
    Permission.HAND_OVER_DOSSIERS, title="Nộp lưu hồ sơ, hoặc tiếp nhận hồ sơ của đơn vị đã kết thúc",
    body=TransferForm, answers="Dossier",
)  # fmt: skip
async def transfer_dossier(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = TransferForm.model_validate(await answers.body_of(request))
    custody = repository.dossier_work.custody
    row = await custody.transfer(request.state.actor, request.path_params["id"], form)
    return JSONResponse(answers.dossier(row))


@permit(
    Permission.RECEIVE_DOSSIERS, title="Lưu trữ xác nhận đã nhận hồ sơ nộp lưu", body=ReceiptForm,
    answers="Dossier",
)  # fmt: skip
async def confirm_receipt(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = ReceiptForm.model_validate(await _body(request))
    acceptance = repository.dossier_work.acceptance
    row = await acceptance.confirm(request.state.actor, request.path_params["id"], form)
    return JSONResponse(answers.dossier(row))


@permit(
    Permission.RECEIVE_DOSSIERS, title="Lưu trữ trả lại hồ sơ nộp lưu (nêu lý do)", body=SendBackForm,
    answers="Dossier",
)  # fmt: skip
async def send_back_dossier(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = SendBackForm.model_validate(await answers.body_of(request))
    acceptance = repository.dossier_work.acceptance
    row = await acceptance.send_back(request.state.actor, request.path_params["id"], form)
    return JSONResponse(answers.dossier(row))


@permit(
    Permission.HAND_OVER_DOSSIERS, title="Giữ lại hồ sơ đến hạn nộp lưu, không quá 2 năm, có văn bản đồng ý",
    body=KeepBackForm, answers="Dossier",
)  # fmt: skip
async def keep_back_dossier(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = KeepBackForm.model_validate(await answers.body_of(request))
    custody = repository.dossier_work.custody
    row = await custody.keep_back(request.state.actor, request.path_params["id"], form)
    return JSONResponse(answers.dossier(row))


@permit(
    Permission.KEEP_DOSSIERS, title="Xác định lại thời hạn bảo quản của hồ sơ đã kết thúc", body=RetentionForm,
    answers="Dossier",
)  # fmt: skip
async def determine_retention(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor = request.state.actor
    form = RetentionForm.model_validate(await answers.body_of(request))
    before = await repository.dossiers.get(actor, request.path_params["id"])
    row = await repository.dossier_work.closing.determine(actor, before, form)
    return JSONResponse(answers.dossier(row))


async def _body(request: Request) -> Any:
    """The JSON, or nothing said: a form's body from a browser is not JSON. Raises Invalid."""
    found = await answers.body_of(request)
    if not isinstance(found, dict):
        raise errors.Invalid(why="thân yêu cầu phải là một đối tượng JSON")
    return found
