"""Hồ sơ: the unit's dossiers, one dossier's contents in order, opening, closing and reopening."""

from typing import Any, Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web import written
from api.web.rendering import answer, unit_names
from indexers.prints.dossiers import maintenance
from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.clock import local_date
from repository.documents.metadata import faults
from repository.dossiers.dossiers import DossierForm
from repository.mongo import Row
from repository.text import nfc
from repository.wiring import Repository

_PAGE: Final = 50
_CONTENTS: Final = 50
_BLANK: Final = {
    "code": "",
    "title": "",
    "retention": "",
    "started_on": "",
    "description": "",
    "incoming": "",
}


@page(Permission.READ_DOSSIERS)
async def dossiers(request: Request) -> Response:
    return await _list(request, _BLANK | {"incoming": request.query_params.get("incoming", "")}, {})


@page(Permission.KEEP_DOSSIERS)
async def open_dossier(request: Request) -> Response:
    """A new dossier, or the form again with what was typed and what is wrong."""
    repository: Repository = request.state.repository
    form = await request.form()
    typed = {name: nfc(str(form.get(name, ""))) for name in _BLANK}
    try:
        begun = written.typed_day(typed["started_on"]) if typed["started_on"] else None
    except ValueError:
        return await _list(request, typed, {"started_on": written.DAY_WANTED}, status=422)
    try:
        wanted = DossierForm.model_validate(typed | {"started_on": begun})
        row = await repository.dossiers.open(request.state.actor, wanted)
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
    before, due = request.query_params.get("before", ""), _whole(request.query_params.get("due", ""))
    if due:
        rows = await repository.dossier_work.custody.due(request.state.actor, limit=_PAGE - 1, days=due)
    else:
        rows = await repository.dossiers.visible(request.state.actor, limit=_PAGE, before=before)
    facts = {
        "dossiers": rows,
        "units": await unit_names(request),
        "typed": typed,
        "faults": found,
        "later": f"/dossiers?before={rows[-1]['_id']}" if len(rows) == _PAGE else "",
        "begun": bool(before),
        "due_view": bool(due),
        "kept": maintenance,
    }
    return answer(request, "dossiers.html", facts, status=status)


@page(Permission.READ_DOSSIERS)
async def dossier(request: Request) -> Response:
    return await dossier_page(request)


@page(Permission.KEEP_DOSSIERS)
async def reopen(request: Request) -> Response:
    """Mở lại hồ sơ: only with a reason."""
    repository: Repository = request.state.repository
    reason = nfc(str((await request.form()).get("reason", ""))).strip()
    if not reason or len(reason) > 500:
        fault = "hãy nêu lý do mở lại hồ sơ" if not reason else "dài quá 500 ký tự"
        return await dossier_page(request, fault=fault, reason=reason, status=422)
    try:
        await repository.dossiers.reopen(request.state.actor, request.path_params["id"], reason)
    except errors.Conflict as refused:
        return await dossier_page(request, alert=refused.sentence(), status=409)
    return RedirectResponse(f"/dossiers/{request.path_params['id']}?done=reopened", 303)


async def dossier_page(
    request: Request, *, alert: str = "", fault: str = "", reason: str = "", status: int = 200,
    typed: dict[str, str] | None = None, doing: str = "",
) -> Response:  # fmt: skip
    """The dossier with its papers in order; what a form that was refused leaves on it: `alert`, `fault`, and what was
    `typed` into the form of this `doing`.
    """
    repository: Repository = request.state.repository
    actor, dossier_id = request.state.actor, request.path_params["id"]
    asked = request.query_params
    row = await repository.dossiers.get(actor, dossier_id)
    found = await repository.dossiers.contents(
        actor, dossier_id, limit=_CONTENTS, after=asked.get("after", "")
    )
    history: list[Any] = []
    if actor.may(Permission.READ_HISTORY):
        history = await repository.journal.history(dossier_id)
    facts = _standing(repository, actor, row) | {
        "dossier": row,
        "contents": found,
        "first": _whole(asked.get("from", "")) or 1,
        "before": asked.get("before", ""),
        "later": found[-1]["filing"]["order"] if len(found) == _CONTENTS else "",
        "take": next((one for one in found if one["_id"] == asked.get("take")), None),
        "history": history,
        "units": await unit_names(request),
        "unit_options": await _units(request),
        "alert": alert,
        "fault": fault,
        "reason": reason,
        "typed": typed or {},
        "doing": doing,
    }
    return answer(request, "dossier.html", facts, status=status)


def _standing(repository: Repository, actor: Actor, row: Row) -> Row:
    """How long it is kept, until when it is handed over, and what the reader may do with it."""
    kept, due = row["retention"], row.get("handover")
    back, handed = (due or {}).get("kept_back"), row.get("handed") or {}
    own = actor.unit == row["unit"] or (row["unit"] in actor.inherits and row["state"] == "closed")
    return {
        "kept": maintenance(row),
        "ends_on": kept["ends_on"] if isinstance(kept, dict) else None,
        "due_on": (back["until"] if back else due["due_on"]) if due else "",
        "today": local_date(repository.clock.now()).isoformat(),
        "own": own,
        "may_order": actor.unit == row["unit"]
        and row["state"] == "open"
        and actor.may(Permission.KEEP_DOSSIERS),
        "may_hand": own and actor.may(Permission.HAND_OVER_DOSSIERS),
        "may_receive": bool(handed)
        and handed["to"] in actor.units
        and not handed.get("received")
        and not row.get("disposed")
        and actor.may(Permission.RECEIVE_DOSSIERS),
        "holds": bool(handed) and handed["to"] in actor.units,
    }


async def _units(request: Request) -> list[tuple[str, str]]:
    rows = await request.state.repository.units.all()
    return [(row["_id"], row["name"]) for row in rows if not row.get("closed_on")]


def _whole(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 8 else 0
