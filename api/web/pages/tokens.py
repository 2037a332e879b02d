"""Mã truy cập: how other systems are known; issued with the secret shown this once, listed, revoked at once."""

from datetime import timedelta
from typing import Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.resources.tokens import TokenForm
from api.web import words
from api.web.rendering import answer, unit_names
from repository import errors
from repository.access.permissions import Permission, Role, permissions_of
from repository.documents.metadata import faults
from repository.mongo import Row
from repository.text import nfc
from repository.wiring import Repository

_ON_THE_MACHINE_ONLY: Final = frozenset({Permission.READ_EVERYTHING})
GIVEN: Final = sorted(
    permissions_of((Role.SYSTEM, Role.CLERK)) - _ON_THE_MACHINE_ONLY - {Permission.OWN_ACCOUNT}
)
"""What a page lets another system do; more is given by command on the machine."""


@page(Permission.ADMINISTER_TOKENS)
async def tokens(request: Request) -> Response:
    """The list, and the form for a new one."""
    if request.method != "POST":
        return await _list(request, {"days": "365"}, [], {})
    repository: Repository = request.state.repository
    form = await request.form()
    typed = {name: nfc(str(form.get(name, ""))).strip() for name in ("system", "unit", "days")}
    scopes = [str(one) for one in form.getlist("scopes")]
    try:
        wanted = TokenForm.model_validate(typed | {"scopes": scopes})
        secret, row = await repository.credentials.issue_token(
            request.state.actor,
            system=wanted.system,
            unit=wanted.unit,
            scopes=wanted.scopes,
            lasts=timedelta(days=wanted.days),
        )
    except ValidationError as fault:
        told = {one["pointer"].strip("/").partition("/")[0]: one["detail"] for one in faults(fault)}
        if not scopes:
            told["scopes"] = "hãy chọn ít nhất một quyền"
        return await _list(request, typed, scopes, told, status=422)
    except errors.Invalid as fault:
        told = {one["pointer"].strip("/"): one["detail"] for one in fault.errors}
        return await _list(request, typed, scopes, told, status=422)
    return await _list(request, {"days": "365"}, [], {}, issued=row | {"secret": secret})


async def _list(
    request: Request, typed: dict[str, str], scopes: list[str], found: dict[str, str], *,
    issued: Row | None = None, status: int = 200,
) -> Response:  # fmt: skip
    """The secret stands in the answer to the form only: never in an address, never again."""
    repository: Repository = request.state.repository
    now = repository.clock.now()
    rows = await repository.credentials.tokens()
    names = {row["_id"]: row["full_name"] for row in await repository.people.all()}
    facts = {
        "tokens": [(row, words.token_state(row, now)) for row in rows],
        "units": await unit_names(request),
        "people": names,
        "unit_options": [
            (row["_id"], row["name"]) for row in await repository.units.all() if not row.get("closed_on")
        ],
        "rights": [(one.value, words.PERMISSIONS.get(one.value, one.value)) for one in GIVEN],
        "typed": typed,
        "chosen": scopes,
        "faults": found,
        "issued": issued,
        "alert": "Chưa cấp được: xem chỗ ghi ở từng ô." if found else "",
    }
    return answer(request, "tokens.html", facts, status=status)


@page(Permission.ADMINISTER_TOKENS)
async def revoke(request: Request) -> Response:
    repository: Repository = request.state.repository
    await repository.credentials.revoke(request.state.actor, request.path_params["id"])
    return RedirectResponse("/tokens?done=token-revoked", 303)
