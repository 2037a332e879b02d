"""Đề nghị vị trí, quyền, tập huấn: asked for by the person, decided by the administrator on the same page."""

from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web import written
from api.web.rendering import answer, unit_names
from repository import errors
from repository.access.permissions import FOR_PEOPLE, ROLE_WORDS, Permission
from repository.documents.metadata import faults
from repository.mongo import Row
from repository.organisation.rights.requests import DecisionForm, RequestForm
from repository.text import nfc
from repository.wiring import Repository


@page(Permission.OWN_ACCOUNT)
async def requests(request: Request) -> Response:
    """One's own requests and the form; for administrators also what waits for them."""
    if request.method != "POST":
        return await _page(request, {}, [], {})
    repository: Repository = request.state.repository
    form = await request.form()
    typed = {name: nfc(str(form.get(name, ""))).strip() for name in ("unit", "title", "since", "reason")}
    roles = [str(one) for one in form.getlist("roles")]
    wrong: dict[str, str] = {}
    try:
        since = written.typed_day(typed["since"]) if typed["since"] else None
    except ValueError:
        since, wrong = None, {"since": written.DAY_WANTED}
    try:
        given: dict[str, Any] = typed | {
            "roles": roles,
            "since": since,
            "training": bool(form.get("training")),
        }
        wanted = RequestForm.model_validate(given)
        if wrong:
            return await _page(request, typed, roles, wrong, status=422)
        await repository.requests.ask(request.state.actor, wanted)
    except ValidationError as fault:
        told = {one["pointer"].strip("/").partition("/")[0]: one["detail"] for one in faults(fault)}
        told |= {} if roles else {"roles": "hãy chọn ít nhất một vai trò"}
        return await _page(request, typed, roles, told | wrong, status=422)
    except errors.Invalid as fault:
        told = {one["pointer"].strip("/"): one["detail"] for one in fault.errors}
        return await _page(request, typed, roles, told, status=422)
    except errors.Conflict as fault:
        return await _page(request, typed, roles, {}, alert=fault.sentence(), status=409)
    return RedirectResponse("/requests?done=asked", 303)


@page(Permission.OWN_ACCOUNT)
async def withdraw(request: Request) -> Response:
    repository: Repository = request.state.repository
    try:
        await repository.requests.withdraw(request.state.actor, request.path_params["id"])
    except errors.Conflict as fault:
        return await _page(request, {}, [], {}, alert=fault.sentence(), status=409)
    return RedirectResponse("/requests?done=withdrawn", 303)


@page(Permission.ADMINISTER_PEOPLE)
async def decide(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()
    given = {name: nfc(str(form.get(name, ""))).strip() for name in ("reason", "successor")}
    try:
        wanted = DecisionForm.model_validate(given | {"approved": form.get("outcome") == "approve"})
        await repository.requests.decide(request.state.actor, request.path_params["id"], wanted)
    except ValidationError:
        return await _page(request, {}, [], {}, alert="Hãy nêu lý do quyết định.", status=422)
    except errors.Invalid as fault:
        said = "; ".join(one["detail"] for one in fault.errors)
        return await _page(request, {}, [], {}, alert=f"{fault.sentence()} {said}".strip(), status=422)
    except errors.Conflict as fault:
        return await _page(request, {}, [], {}, alert=fault.sentence(), status=409)
    return RedirectResponse("/requests?done=decided", 303)


async def _page(
    request: Request, typed: dict[str, str], roles: list[str], wrong: dict[str, str], *, alert: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    repository: Repository = request.state.repository
    actor = request.state.actor
    administers = actor.may(Permission.ADMINISTER_PEOPLE)
    waiting = await repository.requests.waiting(actor) if administers else []
    facts = {
        "own": await repository.requests.of(actor),
        "waiting": [(one, await _colleagues(repository, one)) for one in waiting],
        "administers": administers,
        "units": await unit_names(request),
        "unit_options": [
            (row["_id"], row["name"]) for row in await repository.units.all() if not row.get("closed_on")
        ],
        "role_options": [(one.value, ROLE_WORDS[one]) for one in FOR_PEOPLE],
        "role_words": ROLE_WORDS,
        "typed": {"unit": actor.unit} | typed,
        "roles": roles,
        "faults": wrong,
        "alert": alert or ("Chưa gửi được: xem chỗ ghi ở từng ô." if wrong else ""),
    }
    return answer(request, "requests.html", facts, status=status)


async def _colleagues(repository: Repository, row: Row) -> list[tuple[str, str]]:
    """Who could take over the work that is left behind; only a move to another unit leaves any."""
    if row["unit"] == row["wanted"]["unit"]:
        return []
    return [
        (one["_id"], f"{one['full_name']} ({one['username']})")
        for one in await repository.people.all(row["unit"])
        if one["_id"] != row["person"] and not one["disabled_at"]
    ]
