"""Hồ sơ: the unit's dossiers, one dossier's contents in order, opening, closing and reopening."""

from typing import Any, Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web.rendering import answer, unit_names
from repository import errors
from repository.access.permissions import Permission
from repository.documents.metadata import faults
from repository.dossiers.dossiers import DossierForm
from repository.text import nfc
from repository.wiring import Repository

_PAGE: Final = 50
_CONTENTS: Final = 50
_BLANK: Final = {"code": "", "title": "", "retention": "", "description": ""}


@page(Permission.READ_DOSSIERS)
async def dossiers(request: Request) -> Response:
    return await _list(request, _BLANK, {})


@page(Permission.KEEP_DOSSIERS)
async def open_dossier(request: Request) -> Response:
    """A new dossier, or the form again with what was typed and what is wrong."""
    repository: Repository = request.state.repository
    form = await request.form()
    typed = {name: nfc(str(form.get(name, ""))) for name in _BLANK}
    try:
        row = await repository.dossiers.open(request.state.actor, DossierForm.model_validate(typed))
    except ValidationError as fault:
        listed = {one["pointer"].strip("/"): one["detail"] for one in faults(fault)}
        return await _list(request, typed, listed, status=422)
    except errors.Conflict as fault:
        return await _list(request, typed, {"code": fault.sentence()}, status=409)
    return RedirectResponse(f"/dossiers/{row['_id']}?done=opened", 303)


async def _list(
    request: Request, typed: dict[str, str], found: dict[str, str], *, status: int = 200
) -> Response:
    repository: Repository = request.state.repository
    before = request.query_params.get("before", "")
    rows = await repository.dossiers.visible(request.state.actor, limit=_PAGE, before=before)
    facts = {
        "dossiers": rows,
        "units": await unit_names(request),
        "typed": typed,
        "faults": found,
        "later": f"/dossiers?before={rows[-1]['_id']}" if len(rows) == _PAGE else "",
        "begun": bool(before),
    }
    return answer(request, "dossiers.html", facts, status=status)


@page(Permission.READ_DOSSIERS)
async def dossier(request: Request) -> Response:
    return await _one(request)


@page(Permission.KEEP_DOSSIERS)
async def close(request: Request) -> Response:
    """Kết thúc hồ sơ."""
    repository: Repository = request.state.repository
    try:
        await repository.dossiers.close(request.state.actor, request.path_params["id"])
    except errors.Conflict as fault:
        return await _one(request, alert=fault.sentence(), status=409)
    return RedirectResponse(f"/dossiers/{request.path_params['id']}?done=closed", 303)


@page(Permission.KEEP_DOSSIERS)
async def reopen(request: Request) -> Response:
    """Mở lại hồ sơ: only with a reason."""
    repository: Repository = request.state.repository
    reason = nfc(str((await request.form()).get("reason", ""))).strip()
    if not reason or len(reason) > 500:
        fault = "hãy nêu lý do mở lại hồ sơ" if not reason else "dài quá 500 ký tự"
        return await _one(request, fault=fault, reason=reason, status=422)
    try:
        await repository.dossiers.reopen(request.state.actor, request.path_params["id"], reason)
    except errors.Conflict as refused:
        return await _one(request, alert=refused.sentence(), status=409)
    return RedirectResponse(f"/dossiers/{request.path_params['id']}?done=reopened", 303)


async def _one(
    request: Request, *, alert: str = "", fault: str = "", reason: str = "", status: int = 200
) -> Response:
    repository: Repository = request.state.repository
    actor, dossier_id = request.state.actor, request.path_params["id"]
    after = request.query_params.get("after", "")
    found = await repository.dossiers.contents(actor, dossier_id, limit=_CONTENTS, after=after)
    history: list[Any] = []
    if actor.may(Permission.READ_HISTORY):
        history = await repository.journal.history(dossier_id)
    facts = {
        "dossier": await repository.dossiers.get(actor, dossier_id),
        "contents": found,
        "first": _whole(request.query_params.get("from", "")) or 1,
        "later": found[-1]["_id"] if len(found) == _CONTENTS else "",
        "history": history,
        "units": await unit_names(request),
        "alert": alert,
        "fault": fault,
        "reason": reason,
    }
    return answer(request, "dossier.html", facts, status=status)


def _whole(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 8 else 0
