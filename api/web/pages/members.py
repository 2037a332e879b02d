"""Thành viên hồ sơ: named people, mostly of other units, who see the dossier; taken in and let go with a reason."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web.rendering import answer, unit_names
from repository import errors
from repository.access.permissions import Permission
from repository.dossiers.members import MemberForm
from repository.text import nfc
from repository.wiring import Repository


@page(Permission.READ_DOSSIERS)
async def members(request: Request) -> Response:
    return await _page(request, {})


@page(Permission.SHARE_DOCUMENTS)
async def add(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()
    typed = {name: nfc(str(form.get(name, ""))).strip() for name in ("person", "reason")}

    async def do(dossier_id: str) -> Any:
        try:
            wanted = MemberForm.model_validate(typed)
        except ValidationError as fault:
            raise errors.Invalid(why="hãy ghi tên đăng nhập và nêu lý do") from fault
        return await repository.members.add(request.state.actor, dossier_id, wanted)

    return await _carried_out(request, do, "member-added", typed)


@page(Permission.SHARE_DOCUMENTS)
async def end(request: Request) -> Response:
    repository: Repository = request.state.repository
    reason = nfc(str((await request.form()).get("reason", ""))).strip()

    async def do(dossier_id: str) -> Any:
        if not 3 <= len(reason) <= 500:
            raise errors.Invalid(why="hãy nêu lý do kết thúc")
        person = request.path_params["person"]
        return await repository.members.end(request.state.actor, dossier_id, person, reason)

    return await _carried_out(request, do, "member-ended", {})


async def _carried_out(
    request: Request, do: Callable[[str], Awaitable[Any]], done: str, typed: dict[str, str]
) -> Response:
    repository: Repository = request.state.repository
    dossier_id = request.path_params["id"]
    await repository.dossiers.get(request.state.actor, dossier_id)  # one that is not there stays a 404
    try:
        await do(dossier_id)
    except (errors.Conflict, errors.Invalid) as fault:
        said = "; ".join(one["detail"] for one in fault.errors) if isinstance(fault, errors.Invalid) else ""
        return await _page(request, typed, alert=f"{fault.sentence()} {said}".strip(), status=422)
    return RedirectResponse(f"/dossiers/{dossier_id}/members?done={done}", 303)


async def _page(request: Request, typed: dict[str, str], *, alert: str = "", status: int = 200) -> Response:
    repository: Repository = request.state.repository
    actor = request.state.actor
    dossier = await repository.dossiers.get(actor, request.path_params["id"])
    listed = dossier.get("members", [])
    facts = {
        "dossier": dossier,
        "present": [one for one in listed if one["ended"] is None],
        "past": [one for one in listed if one["ended"] is not None],
        "units": await unit_names(request),
        "may_change": actor.may(Permission.SHARE_DOCUMENTS) and dossier["unit"] == actor.unit,
        "typed": typed,
        "alert": alert,
    }
    return answer(request, "members.html", facts, status=status)
