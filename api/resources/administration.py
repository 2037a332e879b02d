"""Units, people and tokens: read and created. People are disabled, never deleted: there is no DELETE."""

import secrets
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.permit import permit
from api.resources.registers import ReasonForm
from repository import errors
from repository.access.permissions import Permission
from repository.documents.metadata import Text
from repository.mongo import Row
from repository.organisation.credentials import hash_password
from repository.organisation.people import PersonForm
from repository.organisation.units import UnitForm
from repository.wiring import Repository


class TokenForm(BaseModel):
    """A token for another system: for one unit, with named permissions, for a time."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    system: Text = Field(min_length=2, max_length=60)
    unit: str = Field(max_length=40)
    scopes: list[Permission] = Field(min_length=1)
    days: int = Field(default=365, ge=1, le=730)


def _unit(row: Row) -> Row:
    return {"id": row["_id"]} | {name: value for name, value in row.items() if name != "_id"}


def _person(row: Row) -> Row:
    shown = {name: row[name] for name in ("username", "full_name", "unit", "title", "roles")}
    return {"id": row["_id"]} | shown | {"disabled_at": answers.moment(row["disabled_at"])}


@permit(Permission.READ_DOCUMENTS, title="Các đơn vị", answers="UnitList")
async def list_units(request: Request) -> Response:
    repository: Repository = request.state.repository
    rows = await repository.units.all()
    return answers.listed([_unit(row) for row in rows], total=len(rows))


@permit(Permission.ADMINISTER_UNITS, title="Tạo đơn vị", body=UnitForm, answers="Unit", status=201)
async def create_unit(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = UnitForm.model_validate(await answers.body_of(request))
    row = await repository.units.create(request.state.actor, form)
    return answers.created(f"/api/v1/units/{row['_id']}", _unit(row), 1)


@permit(Permission.ADMINISTER_PEOPLE, title="Người dùng", answers="PersonList")
async def list_people(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor = request.state.actor
    own = None if actor.may(Permission.ADMINISTER_UNITS) else actor.unit
    rows = await repository.people.all(own)
    return answers.listed([_person(row) for row in rows], total=len(rows))


@permit(Permission.ADMINISTER_PEOPLE, title="Tạo tài khoản", body=PersonForm, answers="Person", status=201)
async def create_person(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor = request.state.actor
    form = PersonForm.model_validate(await answers.body_of(request))
    if form.unit != actor.unit and not actor.may(Permission.ADMINISTER_UNITS):
        raise errors.Forbidden(permission="tạo tài khoản cho đơn vị khác")
    first = secrets.token_urlsafe(12)
    row = await repository.people.create(actor, form, await hash_password(first))
    return answers.created(f"/api/v1/people/{row['_id']}", _person(row) | {"first_password": first}, 1)


@permit(Permission.ADMINISTER_PEOPLE, title="Ngừng tài khoản", body=ReasonForm, answers="Person")
async def disable_person(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, person_id = request.state.actor, request.path_params["id"]
    form = ReasonForm.model_validate(await answers.body_of(request))
    person = await repository.people.get(person_id)
    if person["unit"] != actor.unit and not actor.may(Permission.ADMINISTER_UNITS):
        raise errors.NotFound(what="người dùng")
    await repository.people.disable(actor, person_id, form.reason)
    return JSONResponse(_person(await repository.people.get(person_id)))


@permit(Permission.ADMINISTER_TOKENS, title="Mã truy cập của các hệ thống", answers="TokenList")
async def list_tokens(request: Request) -> Response:
    repository: Repository = request.state.repository
    rows = await repository.credentials.tokens()
    return answers.listed([_token(row) for row in rows], total=len(rows))


@permit(Permission.ADMINISTER_TOKENS, title="Cấp mã truy cập", body=TokenForm, answers="Token", status=201)
async def create_token(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = TokenForm.model_validate(await answers.body_of(request))
    secret, row = await repository.credentials.issue_token(
        request.state.actor,
        system=form.system,
        unit=form.unit,
        scopes=form.scopes,
        lasts=timedelta(days=form.days),
    )
    return answers.created(f"/api/v1/tokens/{row['_id'][:16]}", _token(row) | {"token": secret}, 1)


@permit(Permission.ADMINISTER_TOKENS, title="Thu hồi mã truy cập", answers="nothing", status=204)
async def revoke_token(request: Request) -> Response:
    repository: Repository = request.state.repository
    await repository.credentials.revoke(request.state.actor, request.path_params["id"])
    return Response(status_code=204)


def _token(row: Row) -> Row:
    times = {name: answers.moment(row[name]) for name in ("created_at", "expires_at", "revoked_at")}
    return {
        "id": row["_id"][:16],
        "system": row["system"],
        "unit": row["unit"],
        "scopes": row["scopes"],
    } | times
