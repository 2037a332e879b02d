"""Người dùng: the accounts that one administers; made, corrected, moved, ended with a successor. No delete."""

from typing import Any, Final
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web import written
from api.web.rendering import answer, unit_names
from repository import errors
from repository.access.permissions import FOR_PEOPLE, GRANTED_BY_IT_ONLY, ROLE_WORDS, Permission
from repository.documents.metadata import faults
from repository.organisation.accounts.passwords import hash_password, one_time
from repository.organisation.people.people import PersonChange, PersonForm, oversees_all
from repository.organisation.people.postings import TransferForm
from repository.organisation.rights.requests import TrainingForm
from repository.text import nfc
from repository.wiring import Repository

_PAGE: Final = 100
_FIELDS: Final = ("username", "full_name", "unit", "title", "staff_code", "email")


@page(Permission.ADMINISTER_PEOPLE)
async def people(request: Request) -> Response:
    """The list, and the form for a new account."""
    if request.method != "POST":
        return await _list(request, {}, [], {})
    repository: Repository = request.state.repository
    form = await request.form()
    typed = {name: nfc(str(form.get(name, ""))).strip() for name in _FIELDS}
    typed["unit"] = typed["unit"] or request.state.actor.unit
    roles = [str(one) for one in form.getlist("roles")]
    first = one_time()
    try:
        wanted = PersonForm.model_validate(typed | {"roles": roles})
        row = await repository.people.create(request.state.actor, wanted, await hash_password(first))
    except ValidationError as fault:
        return await _list(request, typed, roles, _told(faults(fault)), status=422)
    except errors.Invalid as fault:
        return await _list(request, typed, roles, _told(fault.errors), alert=fault.sentence(), status=422)
    except errors.Conflict as fault:
        return await _list(request, typed, roles, {}, alert=fault.sentence(), status=409)
    return await _first_password(request, row["username"], first)


async def _list(
    request: Request, typed: dict[str, str], roles: list[str], found: dict[str, str], *, alert: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    repository: Repository = request.state.repository
    actor = request.state.actor
    unit = request.query_params.get("unit", "") if oversees_all(actor) else actor.unit
    sought = nfc(request.query_params.get("q", "")).strip()[:60]
    asked = {
        name: value
        for name, value in (("unit", unit), ("q", sought))
        if value and name in request.query_params
    }
    after = request.query_params.get("after", "")[:60]
    rows = await repository.people.page(unit or None, words=sought, limit=_PAGE + 1, after=after)
    facts = {
        "people": rows[:_PAGE],
        "total": await repository.people.count(unit or None),
        "later": f"/people?{urlencode(asked | {'after': rows[_PAGE - 1]['username']})}"
        if rows[_PAGE:]
        else "",
        "sought": sought,
        "units": await unit_names(request),
        "unit": unit,
        "all_units": oversees_all(actor),
        "unit_options": await _open_units(request),
        "grantable": _grantable(request),
        "typed": {"unit": actor.unit} | typed,
        "roles": roles,
        "faults": found,
        "alert": alert,
        "role_words": ROLE_WORDS,
    }
    return answer(request, "people.html", facts, status=status)


@page(Permission.ADMINISTER_PEOPLE)
async def person(request: Request) -> Response:
    return await _one(request)


async def _one(request: Request, *, alert: str = "", status: int = 200) -> Response:
    repository: Repository = request.state.repository
    actor, person_id = request.state.actor, request.path_params["id"]
    row = await repository.people.within(actor, person_id, changing=False)
    colleagues = [
        (one["_id"], f"{one['full_name']} ({one['username']})")
        for one in await repository.people.all(row["unit"])
        if one["_id"] != person_id and not one["disabled_at"]
    ]
    facts = {
        "person": row,
        "units": await unit_names(request),
        "unit_options": await _open_units(request),
        "grantable": _grantable(request),
        "colleagues": colleagues,
        "work": await repository.people.work_of(actor, person_id),
        "history": [
            one for one in await repository.journal.history(person_id) if one["subject"]["id"] == person_id
        ],
        "role_words": ROLE_WORDS,
        "alert": alert,
        "own": actor.id == person_id,
        "all_units": oversees_all(actor),
    }
    return answer(request, "person.html", facts, status=status)


@page(Permission.ADMINISTER_PEOPLE)
async def edit(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()
    typed = {name: nfc(str(form.get(name, ""))) for name in ("full_name", "staff_code", "email")}

    async def do() -> None:
        wanted = PersonChange.model_validate(typed)
        revision = written.whole(str(form.get("revision", "")))
        await repository.people.edit(
            request.state.actor, request.path_params["id"], wanted, revision=revision
        )

    return await _done(request, do, "edited")


@page(Permission.ADMINISTER_PEOPLE)
async def transfer(request: Request) -> Response:
    """Điều chuyển, đổi chức vụ hoặc vai trò."""
    repository: Repository = request.state.repository
    form = await request.form()
    given = {name: nfc(str(form.get(name, ""))) for name in ("unit", "title", "successor", "reason")}
    given["unit"] = given["unit"] or request.state.actor.unit

    async def do() -> None:
        since = str(form.get("since", "")).strip()
        day = written.typed_day(since) if since else None
        wanted = TransferForm.model_validate(given | {"roles": form.getlist("roles"), "since": day})
        await repository.postings.transfer(request.state.actor, request.path_params["id"], wanted)

    return await _done(request, do, "transferred")


@page(Permission.ADMINISTER_PEOPLE)
async def train(request: Request) -> Response:
    """Ghi nhận tập huấn (Đ9.2)."""
    repository: Repository = request.state.repository
    form = await request.form()

    async def do() -> None:
        day, about = written.typed_day(str(form.get("on", ""))), nfc(str(form.get("about", "")))
        wanted = TrainingForm.model_validate({"on": day, "about": about})
        await repository.requests.train(request.state.actor, request.path_params["id"], wanted)

    return await _done(request, do, "trained")


@page(Permission.ADMINISTER_PEOPLE)
async def disable(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()
    reason, successor = _reason(form), str(form.get("successor", ""))

    async def do() -> None:
        await repository.people.disable(
            request.state.actor, request.path_params["id"], _required(reason), successor=successor,
            urgent=bool(form.get("urgent")),
        )  # fmt: skip

    return await _done(request, do, "disabled")


@page(Permission.ADMINISTER_PEOPLE)
async def hand_over(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()

    async def do() -> None:
        person_id, successor = request.path_params["id"], str(form.get("successor", ""))
        await repository.postings.hand_over(
            request.state.actor, person_id, successor, _required(_reason(form))
        )

    return await _done(request, do, "handed-over")


@page(Permission.ADMINISTER_PEOPLE)
async def renew(request: Request) -> Response:
    """A new first password: for an account that is reset, or opened again."""
    repository: Repository = request.state.repository
    actor, person_id = request.state.actor, request.path_params["id"]
    form = await request.form()
    row = await repository.people.within(actor, person_id)
    first = one_time()
    try:
        reason, hashed = _required(_reason(form)), await hash_password(first)
        if row["disabled_at"]:
            await repository.people.reinstate(actor, person_id, reason, hashed)
        else:
            factor = bool(form.get("factor"))
            await repository.people.reset(actor, person_id, reason, hashed, factor=factor)
    except (errors.Conflict, errors.Invalid) as fault:
        return await _one(request, alert=fault.sentence(), status=422)
    return await _first_password(request, row["username"], first)


async def _first_password(request: Request, username: str, first: str) -> Response:
    """Shown this once, in the answer to the form: never in an address, never again."""
    return answer(request, "first_password.html", {"username": username, "first": first})


async def _done(request: Request, do: Any, done: str) -> Response:
    """The person's page again: with what was done, or with why not."""
    try:
        await do()
    except ValidationError as fault:
        said = "; ".join(f"{one['pointer'].strip('/')}: {one['detail']}" for one in faults(fault))
        return await _one(request, alert=f"Chưa thực hiện được: {said}", status=422)
    except ValueError:
        return await _one(request, alert=f"Chưa thực hiện được: {written.DAY_WANTED}.", status=422)
    except errors.Invalid as fault:
        said = "; ".join(one["detail"] for one in fault.errors)
        return await _one(request, alert=f"{fault.sentence()} {said}".strip(), status=422)
    except errors.Conflict as fault:
        return await _one(request, alert=fault.sentence(), status=409)
    return RedirectResponse(f"/people/{request.path_params['id']}?done={done}", 303)


def _grantable(request: Request) -> list[tuple[str, str]]:
    """The roles that this administrator may give."""
    everything = oversees_all(request.state.actor)
    return [(one.value, ROLE_WORDS[one]) for one in FOR_PEOPLE if everything or one not in GRANTED_BY_IT_ONLY]


async def _open_units(request: Request) -> list[tuple[str, str]]:
    rows = await request.state.repository.units.all()
    everything = oversees_all(request.state.actor)
    own = request.state.actor.unit
    return [(r["_id"], r["name"]) for r in rows if not r.get("closed_on") and (everything or r["_id"] == own)]


def _told(listed: list[dict[str, str]]) -> dict[str, str]:
    return {one["pointer"].strip("/").partition("/")[0]: one["detail"] for one in listed}


def _reason(form: Any) -> str:
    return nfc(str(form.get("reason", ""))).strip()


def _required(reason: str) -> str:
    if not reason or len(reason) > 500:
        raise errors.Invalid(why="hãy nêu lý do, không quá 500 ký tự")
    return reason
