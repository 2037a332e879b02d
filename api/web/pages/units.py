"""Đơn vị: the tree for everybody; names, codes, rules, certificates and closing for those who administer it."""

from typing import Any, Final

from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web import written
from api.web.rendering import answer
from repository import errors
from repository.access.permissions import Permission
from repository.clock import local_date
from repository.documents.metadata import faults
from repository.mongo import Row
from repository.organisation.certificates import LARGEST
from repository.organisation.units.settings import UnitSettings, policy_for
from repository.organisation.units.units import ClosingForm, RenameForm, UnitChange, UnitForm
from repository.signatures.preservation.notices import NOTICED, ending
from repository.text import nfc
from repository.wiring import Repository

_FIELDS: Final = ("id", "name", "symbol", "organ_id", "kind", "parent")
_RULES: Final = ("password_length", "password_kinds", "tries", "idle_days", "session_hours", "totp")


@page(Permission.READ_UNITS)
async def units(request: Request) -> Response:
    return await _tree(request, {}, {})


@page(Permission.ADMINISTER_UNITS)
async def create(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()
    typed = {name: nfc(str(form.get(name, ""))).strip() for name in _FIELDS}
    try:
        row = await repository.units.create(request.state.actor, UnitForm.model_validate(typed))
    except ValidationError as fault:
        return await _tree(request, typed, _told(faults(fault)), status=422)
    except errors.Invalid as fault:
        return await _tree(request, typed, _told(fault.errors), status=422)
    except errors.Conflict as fault:
        return await _tree(request, typed, {}, alert=fault.sentence(), status=409)
    return RedirectResponse(f"/units/{row['_id']}?done=unit", 303)


async def _tree(
    request: Request, typed: dict[str, str], found: dict[str, str], *, alert: str = "", status: int = 200
) -> Response:
    repository: Repository = request.state.repository
    rows = await repository.units.all()
    facts = {
        "tree": list(_ordered(rows)),
        "headless": {row["_id"] for row in await repository.units.headless()},
        "people": {row["username"]: row["full_name"] for row in await repository.people.all()},
        "unit_options": _options(rows),
        "names": {row["_id"]: row["name"] for row in rows},
        "typed": typed,
        "faults": found,
        "alert": alert,
    }
    return answer(request, "units.html", facts, status=status)


@page(Permission.READ_UNITS)
async def unit(request: Request) -> Response:
    return await _one(request)


async def _one(request: Request, *, alert: str = "", status: int = 200) -> Response:
    repository: Repository = request.state.repository
    row = await repository.units.get(request.path_params["id"])
    rows = await repository.units.all()
    day = local_date(repository.clock.now())
    people = await repository.people.all(row["_id"])
    facts = {
        "unit": row,
        "names": {one["_id"]: one["name"] for one in rows},
        "unit_options": [one for one in _options(rows) if one[0] != row["_id"]],
        "heads": [(one["username"], one["full_name"]) for one in people if not one["disabled_at"]],
        "policy": await policy_for(repository.database, row["_id"], day),
        "above": await policy_for(repository.database, row["parent"], day),
        "certificates": [(one, repository.certificates.validity(one)) for one in row.get("certificates", [])],
        "ending": [(one, (local_date(one["not_after"]) - day).days) for one in ending(row, NOTICED, day)],
        "history": await repository.journal.history(row["_id"]) if _administers(request) else [],
        "today": f"{day:%d/%m/%Y}",
        "alert": alert,
    }
    return answer(request, "unit.html", facts, status=status)


@page(Permission.ADMINISTER_UNITS)
async def edit(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()

    async def do() -> None:
        aliases = [one for one in str(form.get("aliases", "")).replace(",", " ").split() if one]
        given = {name: str(form.get(name, "")) for name in ("organ_id", "parent", "head")}
        wanted = UnitChange.model_validate(given | {"aliases": aliases})
        await repository.units.edit(request.state.actor, _id(request), wanted, revision=_revision(form))

    return await _done(request, do, "edited")


@page(Permission.ADMINISTER_UNITS)
async def rename(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()

    async def do() -> None:
        given: Row = {name: nfc(str(form.get(name, ""))) for name in ("name", "symbol", "reason")}
        wanted = RenameForm.model_validate(given | {"since": written.typed_day(str(form.get("since", "")))})
        await repository.units.rename(request.state.actor, _id(request), wanted, revision=_revision(form))

    return await _done(request, do, "renamed")


@page(Permission.ADMINISTER_UNITS)
async def rules(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()

    async def do() -> None:
        given = {name: str(form.get(name, "")).strip() or None for name in _RULES}
        wanted = UnitSettings.model_validate(given)
        await repository.units.set_rules(request.state.actor, _id(request), wanted, revision=_revision(form))

    return await _done(request, do, "rules")


@page(Permission.ADMINISTER_UNITS)
async def certificate(request: Request) -> Response:
    """A file or pasted text; only the certificate's facts are kept."""
    repository: Repository = request.state.repository
    form = await request.form(max_files=1, max_fields=5, max_part_size=LARGEST * 2)
    file, pasted = form.get("file"), str(form.get("pasted", ""))
    content = pasted.encode()
    if isinstance(file, UploadFile) and file.filename:
        content = await file.read(LARGEST + 1)

    async def do() -> None:
        await repository.certificates.add(request.state.actor, _id(request), content)

    return await _done(request, do, "certificate")


@page(Permission.ADMINISTER_UNITS)
async def close(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()

    async def do() -> None:
        given: Row = {name: nfc(str(form.get(name, ""))) for name in ("successor", "reason")}
        wanted = ClosingForm.model_validate(given | {"on": written.typed_day(str(form.get("on", "")))})
        await repository.units.close(request.state.actor, _id(request), wanted, revision=_revision(form))

    return await _done(request, do, "unit-closed")


async def _done(request: Request, do: Any, done: str) -> Response:
    """The unit's page again: with what was done, or with why not."""
    try:
        await do()
    except ValidationError as fault:
        said = "; ".join(f"{one['pointer'].strip('/')}: {one['detail']}" for one in faults(fault))
        return await _one(request, alert=f"Chưa thực hiện được: {said}", status=422)
    except ValueError:
        return await _one(request, alert=f"Chưa thực hiện được: {written.DAY_WANTED}.", status=422)
    except errors.Invalid as fault:
        said = "; ".join(f"{one['pointer'].strip('/')}: {one['detail']}" for one in fault.errors)
        return await _one(request, alert=f"{fault.sentence()} {said}".strip(), status=422)
    except errors.Conflict as fault:
        return await _one(request, alert=fault.sentence(), status=409)
    return RedirectResponse(f"/units/{_id(request)}?done={done}", 303)


def _ordered(rows: list[Row], parent: str = "", depth: int = 0) -> Any:
    """(depth, unit), each unit after the one it belongs to; what points nowhere comes at the top."""
    known = {row["_id"] for row in rows}
    for row in sorted(rows, key=lambda one: one["name"]):
        above = row["parent"] if row["parent"] in known else ""
        if above == parent and depth < 12:
            yield depth, row
            yield from _ordered(rows, row["_id"], depth + 1)


def _options(rows: list[Row]) -> list[tuple[str, str]]:
    return [(row["_id"], row["name"]) for row in rows if not row.get("closed_on")]


def _administers(request: Request) -> bool:
    return bool(request.state.actor.may(Permission.ADMINISTER_UNITS))


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _revision(form: Any) -> int:
    return written.whole(str(form.get("revision", "")))


def _told(listed: list[dict[str, str]]) -> dict[str, str]:
    return {one["pointer"].strip("/").partition("/")[0]: one["detail"] for one in listed}
