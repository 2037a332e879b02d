"""Ủy quyền khi vắng mặt: given and received; standing in for a colleague until laid down (Đ5.3)."""

from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web import words, written
from api.web.rendering import answer
from repository import errors
from repository.access.permissions import Permission, Role
from repository.clock import local_date
from repository.documents.metadata import faults
from repository.mongo import Row
from repository.organisation.rights.delegations import (
    ADMINISTERING,
    WORKING_ROLES,
    DelegationForm,
    NotDelegable,
    NotInForce,
    lendable,
)
from repository.text import nfc
from repository.wiring import Repository


@page(Permission.OWN_ACCOUNT)
async def show(request: Request) -> Response:
    return await _page(request, {}, None, {})


@page(Permission.OWN_ACCOUNT)
async def make(request: Request) -> Response:
    """A colleague stands in, from day to day, with the rights that were ticked."""
    repository: Repository = request.state.repository
    form = await request.form()
    typed = {name: nfc(str(form.get(name, ""))).strip() for name in ("receiver", "since", "until", "reason")}
    scopes = [str(one) for one in form.getlist("scopes")]
    days, wrong = _days(typed)
    try:
        wanted = DelegationForm.model_validate(typed | days | {"scopes": scopes})
        await repository.delegations.make(request.state.actor, wanted)
    except ValidationError as fault:
        told = {one["pointer"].strip("/").partition("/")[0]: one["detail"] for one in faults(fault)}
        if not scopes:
            told["scopes"] = "hãy chọn ít nhất một quyền"
        return await _page(request, typed, scopes, told | wrong, status=422)
    except errors.Invalid as fault:
        told = {one["pointer"].strip("/"): one["detail"] for one in fault.errors}
        return await _page(request, typed, scopes, told, alert=fault.sentence(), status=422)
    except NotDelegable as fault:
        said = words.permission_told(fault.sentence())
        return await _page(request, typed, scopes, {}, alert=said, status=403)
    return RedirectResponse("/delegations?done=delegated", 303)


@page(Permission.OWN_ACCOUNT)
async def end(request: Request) -> Response:
    repository: Repository = request.state.repository
    reason = nfc(str((await request.form()).get("reason", ""))).strip()
    if not 3 <= len(reason) <= 500:
        return await _page(request, {}, None, {}, alert="Hãy nêu lý do kết thúc ủy quyền.", status=422)
    try:
        await repository.delegations.end(request.state.actor, request.path_params["id"], reason)
    except errors.Conflict as fault:
        return await _page(request, {}, None, {}, alert=fault.sentence(), status=409)
    return RedirectResponse("/delegations?done=delegation-ended", 303)


@page(Permission.OWN_ACCOUNT)
async def act(request: Request) -> Response:
    """Làm thay: this session acts in the colleague's name until one stops."""
    repository: Repository = request.state.repository
    session = request.state.standing.session
    try:
        await repository.delegations.take(request.state.actor, session, request.path_params["id"])
    except NotInForce as fault:
        return await _page(request, {}, None, {}, alert=fault.sentence(), status=403)
    return RedirectResponse("/?done=standing-in", 303)


@page(Permission.OWN_ACCOUNT)
async def stop(request: Request) -> Response:
    repository: Repository = request.state.repository
    await repository.delegations.lay_down(request.state.actor, request.state.standing.session)
    return RedirectResponse("/?done=stood-down", 303)


async def _page(
    request: Request, typed: Row, scopes: list[str] | None, wrong: dict[str, str], *, alert: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    repository: Repository = request.state.repository
    actor = request.state.actor
    rights = [] if actor.roles & ADMINISTERING else sorted(one.value for one in lendable(actor.roles))
    rows = await repository.delegations.of(actor)
    facts = {
        "given": [row for row in rows if row["giver"]["id"] == actor.id],
        "received": [row for row in rows if row["receiver"]["id"] == actor.id],
        "acting": request.state.standing.acting,
        "rights": [(one, words.PERMISSIONS.get(one, one)) for one in rights],
        "chosen": rights if scopes is None else scopes,
        "colleagues": await _colleagues(repository, actor.unit, actor.id) if rights else [],
        "typed": {"since": f"{local_date(repository.clock.now()):%d/%m/%Y}"} | typed,
        "faults": wrong,
        "alert": alert or ("Chưa ủy quyền được: xem chỗ ghi ở từng ô." if wrong else ""),
    }
    return answer(request, "delegations.html", facts, status=status)


async def _colleagues(repository: Repository, unit: str, own: str) -> list[tuple[str, str]]:
    """Whom one may delegate to: those who work in the unit and administer nothing."""
    return [
        (row["_id"], f"{row['full_name']} ({row['username']})")
        for row in await repository.people.all(unit)
        if row["_id"] != own and not row["disabled_at"] and not ADMINISTERING & _roles(row)
        and WORKING_ROLES & _roles(row)
    ]  # fmt: skip


def _roles(row: Row) -> set[Role]:
    return {Role(one) for one in row["roles"]}


def _days(typed: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The two days as dates, and which of them are none."""
    days, wrong = {}, {}
    for name in ("since", "until"):
        try:
            days[name] = written.typed_day(typed[name])
        except ValueError:
            wrong[name] = written.DAY_WANTED
    return days, wrong
