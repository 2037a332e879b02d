"""What is done on a dossier's page: papers put in order and taken out, closing step by step, hand-over."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web import written
from api.web.pages.dossiers import dossier_page
from api.web.rendering import answer
from repository import errors
from repository.access.permissions import Permission
from repository.clock import local_date
from repository.documents.metadata import faults
from repository.dossiers.acceptance import ReceiptForm, SendBackForm
from repository.dossiers.closing import ClosingForm, RetentionForm, WouldShorten
from repository.dossiers.custody import KeepBackForm, TransferForm
from repository.dossiers.ordering import PlaceForm
from repository.mongo import Row
from repository.text import nfc
from repository.wiring import Repository

_DAYS: Final = frozenset({"ended_on", "event_on", "until"})
_LABELS: Final = {
    "to": "đơn vị nhận", "receiver": "người nhận", "until": "ngày giữ lại", "approval": "văn bản đồng ý",
    "reason": "lý do", "note": "ghi chú", "retention": "thời hạn", "event_on": "ngày xảy ra sự kiện",
    "ended_on": "ngày kết thúc công việc",
}  # fmt: skip
_TYPED: Final = ("ended_on", "rule", "retention", "event_on", "accept_shorter", "reason")


def _given(form: FormData, wanted: type[BaseModel]) -> Row:
    """The form's fields that this model knows and that were filled; days as people here write them."""
    found: Row = {}
    for name in wanted.model_fields:
        if name == "weed":
            found[name] = [str(one) for one in form.getlist("weed")]
        elif value := nfc(str(form.get(name, ""))).strip():
            found[name] = _day(name, value) if name in _DAYS else value
    return found


def _day(name: str, value: str) -> str:
    try:
        return written.typed_day(value).isoformat()
    except ValueError as fault:
        told = [{"pointer": f"/{name}", "detail": written.DAY_WANTED}]
        raise errors.Invalid(why="ngày không đúng", errors=told) from fault


async def _done(request: Request, do: Callable[[FormData], Awaitable[Any]], done: str) -> Response:
    """Back to the dossier; or its page with what was refused and why."""
    dossier_id = request.path_params["id"]
    await request.state.repository.dossiers.get(request.state.actor, dossier_id)
    form = await request.form()
    typed = {name: str(value) for name, value in form.items()}
    doing = request.url.path.rpartition("/")[2]
    try:
        await do(form)
    except (ValidationError, errors.Invalid) as fault:
        return await dossier_page(request, alert=_sentence(fault), status=422, typed=typed, doing=doing)
    except errors.Conflict as refused:
        return await dossier_page(request, alert=refused.sentence(), status=409, typed=typed, doing=doing)
    return RedirectResponse(f"/dossiers/{dossier_id}?done={done}", 303)


def _sentence(fault: ValidationError | errors.Invalid) -> str:
    listed = faults(fault) if isinstance(fault, ValidationError) else fault.errors
    named = ((_LABELS.get(one["pointer"].strip("/")), one["detail"]) for one in listed)
    said = "; ".join(f"{label}: {detail}" if label else detail for label, detail in named)
    return f"Chưa thực hiện được: {said}." if said else str(fault)


@page(Permission.KEEP_DOSSIERS)
async def place(request: Request) -> Response:
    """Lên, xuống, số tờ, ghi chú."""
    repository: Repository = request.state.repository

    async def do(form: FormData) -> None:
        given = _given(form, PlaceForm)
        if "after" in form:
            given["after"] = str(form["after"])
        ordering, document = repository.dossier_work.ordering, str(form.get("document", ""))
        wanted = PlaceForm.model_validate(given)
        await ordering.place(request.state.actor, request.path_params["id"], document, wanted)

    return await _done(request, do, "ordered")


@page(Permission.KEEP_DOSSIERS)
async def take_out(request: Request) -> Response:
    """Đưa văn bản ra khỏi hồ sơ: only with a reason."""
    repository: Repository = request.state.repository

    async def do(form: FormData) -> None:
        reason = nfc(str(form.get("reason", ""))).strip()
        if not 3 <= len(reason) <= 500:
            told = [{"pointer": "/reason", "detail": "hãy nêu lý do đưa văn bản ra, từ 3 đến 500 ký tự"}]
            raise errors.Invalid(why="thiếu lý do", errors=told)
        ordering, document = repository.dossier_work.ordering, str(form.get("document", ""))
        await ordering.remove(request.state.actor, request.path_params["id"], document, reason)

    return await _done(request, do, "taken-out")


@page(Permission.KEEP_DOSSIERS)
async def closing(request: Request) -> Response:
    """The steps of closing on one page: what is weeded, how long it is kept, what is in the way."""
    asked = request.query_params
    typed = {name: value for name in _TYPED if (value := nfc(asked.get(name, "")).strip())}
    return await _closing(request, typed)


async def _closing(
    request: Request, typed: Row, *, alert: str = "", status: int = 200, chosen: set[str] | None = None
) -> Response:
    repository: Repository = request.state.repository
    row = await repository.dossiers.get(request.state.actor, request.path_params["id"])
    if row["state"] != "open":
        return RedirectResponse(f"/dossiers/{row['_id']}", 303)
    today = local_date(repository.clock.now())
    plan, wrong = await _plan(repository, row, typed)
    query = {"_id": {"$in": [one["document"] for one in plan["weeds"]]}}
    papers = {one["_id"]: one async for one in repository.database["documents"].find(query)}
    facts = {
        "dossier": row,
        "plan": plan,
        "papers": papers,
        "chosen": chosen if chosen is not None else {one["document"] for one in plan["weeds"]},
        "typed": {"ended_on": f"{today:%d/%m/%Y}"} | typed,
        "faults": wrong,
        "choices": [
            (one.id, f"{one.words} – {one.period}"[:140])
            for one in await repository.retention.schedules.choices(today)
        ],
        "alert": alert,
    }
    return answer(request, "dossier_close.html", facts, status=status)


async def _plan(repository: Repository, row: Row, typed: Row) -> tuple[Row, dict[str, str]]:
    """What closing would do with what was typed; without it where that cannot be understood."""
    closing = repository.dossier_work.closing
    try:
        given = {name: _day(name, value) if name in _DAYS else value for name, value in typed.items()}
        return await closing.plan(row, ClosingForm.model_validate(given)), {}
    except ValidationError as fault:
        wrong = {one["pointer"].strip("/"): one["detail"] for one in faults(fault)}
    except errors.Invalid as refused:
        wrong = {one["pointer"].strip("/"): one["detail"] for one in refused.errors}
        wrong = wrong or {"retention": str(refused.facts.get("why", refused))}
    return await closing.plan(row, ClosingForm()), wrong


@page(Permission.KEEP_DOSSIERS)
async def close(request: Request) -> Response:
    """Kết thúc hồ sơ."""
    repository: Repository = request.state.repository
    form = await request.form()
    dossier_id = request.path_params["id"]
    typed = {name: nfc(str(form.get(name, ""))).strip() for name in _TYPED if form.get(name)}
    chosen = {str(one) for one in form.getlist("weed")}
    try:
        wanted = ClosingForm.model_validate(_given(form, ClosingForm))
        await repository.dossiers.close(request.state.actor, dossier_id, wanted)
    except (ValidationError, errors.Invalid) as fault:
        return await _closing(request, typed, alert=_sentence(fault), status=422, chosen=chosen)
    except WouldShorten as refused:
        return await _closing(request, typed, alert=refused.sentence(), status=409, chosen=chosen)
    except errors.Conflict as refused:
        return await dossier_page(request, alert=refused.sentence(), status=409)
    return RedirectResponse(f"/dossiers/{dossier_id}?done=closed", 303)


@page(Permission.HAND_OVER_DOSSIERS)
async def transfer(request: Request) -> Response:
    """Nộp lưu, or a successor taking a dossier on."""
    custody = request.state.repository.dossier_work.custody

    async def do(form: FormData) -> None:
        wanted = TransferForm.model_validate(_given(form, TransferForm))
        await custody.transfer(request.state.actor, request.path_params["id"], wanted)

    return await _done(request, do, "handed-in")


@page(Permission.RECEIVE_DOSSIERS)
async def confirm_receipt(request: Request) -> Response:
    """Xác nhận đã nhận."""
    acceptance = request.state.repository.dossier_work.acceptance

    async def do(form: FormData) -> None:
        wanted = ReceiptForm.model_validate(_given(form, ReceiptForm))
        await acceptance.confirm(request.state.actor, request.path_params["id"], wanted)

    return await _done(request, do, "received")


@page(Permission.RECEIVE_DOSSIERS)
async def send_back(request: Request) -> Response:
    """Trả lại, with the reason; the archive no longer sees the dossier, so on to the list."""
    acceptance, dossier_id = request.state.repository.dossier_work.acceptance, request.path_params["id"]

    async def do(form: FormData) -> None:
        wanted = SendBackForm.model_validate(_given(form, SendBackForm))
        await acceptance.send_back(request.state.actor, dossier_id, wanted)

    answered = await _done(request, do, "sent-back")
    return RedirectResponse("/dossiers?done=sent-back", 303) if answered.status_code == 303 else answered


@page(Permission.HAND_OVER_DOSSIERS)
async def keep_back(request: Request) -> Response:
    """Giữ lại, with the approval."""
    custody = request.state.repository.dossier_work.custody

    async def do(form: FormData) -> None:
        wanted = KeepBackForm.model_validate(_given(form, KeepBackForm))
        await custody.keep_back(request.state.actor, request.path_params["id"], wanted)

    return await _done(request, do, "kept-back")


@page(Permission.KEEP_DOSSIERS)
async def determine(request: Request) -> Response:
    """Xác định lại thời hạn bảo quản."""
    repository: Repository = request.state.repository
    actor = request.state.actor

    async def do(form: FormData) -> None:
        row = await repository.dossiers.get(actor, request.path_params["id"])
        wanted = RetentionForm.model_validate(_given(form, RetentionForm))
        await repository.dossier_work.closing.determine(actor, row, wanted)

    return await _done(request, do, "retention")
