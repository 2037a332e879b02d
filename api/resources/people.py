"""People: made, read, corrected, moved, disabled and reinstated. There is no DELETE: history keeps its names."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.conditional import wanted_revision
from api.permit import permit
from repository.access.permissions import Permission
from repository.mongo import Row
from repository.organisation.accounts.passwords import hash_password, one_time
from repository.organisation.people.people import PersonChange, PersonForm, oversees_all
from repository.organisation.people.postings import TransferForm
from repository.organisation.rights.requests import TrainingForm
from repository.wiring import Repository

Reason = Annotated[str, Field(min_length=1, max_length=500)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class DisablingForm(_Form):
    """Why an account ends, and who takes over its open work."""

    reason: Reason
    successor: str = Field(default="", max_length=40)
    urgent: bool = False
    """Ends it at once even though open work has no successor yet (a stolen password)."""


class ReasonedForm(_Form):
    """Why."""

    reason: Reason


class ResetForm(_Form):
    """A new first password; `factor` also takes a lost second factor off."""

    reason: Reason
    factor: bool = False


class HandoverForm(_Form):
    """Who takes the open work over, and why."""

    successor: str = Field(min_length=1, max_length=40)
    reason: Reason


def shown(row: Row) -> Row:
    """A person as JSON: never a secret."""
    names = (
        "username",
        "full_name",
        "unit",
        "title",
        "roles",
        "staff_code",
        "email",
        "positions",
        "idle_ends_on",
    )
    fields: Row = {"id": row["_id"]} | {name: row.get(name) for name in names}
    times = ("disabled_at", "locked_until", "last_login_at", "created_at", "idle_warned_at")
    fields |= {name: answers.moment(row.get(name)) for name in times}
    return fields | {"disabled_why": row.get("disabled_why", ""), "must_change": bool(row.get("must_change"))}


@permit(Permission.ADMINISTER_PEOPLE, title="Người dùng", answers="PersonList", query=["unit"])
async def list_people(request: Request) -> Response:
    """A unit's administrator sees the own unit only."""
    repository: Repository = request.state.repository
    actor = request.state.actor
    unit = request.query_params.get("unit", "") if oversees_all(actor) else actor.unit
    rows = await repository.people.all(unit or None)
    return answers.listed([shown(row) for row in rows], total=len(rows))


@permit(Permission.ADMINISTER_PEOPLE, title="Tạo tài khoản", body=PersonForm, answers="Person", status=201)
async def create_person(request: Request) -> Response:
    """The answer holds the first password, this once; it must be changed at the first login."""
    repository: Repository = request.state.repository
    form = PersonForm.model_validate(await answers.body_of(request))
    first = one_time()
    row = await repository.people.create(request.state.actor, form, await hash_password(first))
    return answers.created(f"/api/v1/people/{row['_id']}", shown(row) | {"first_password": first}, 1)


@permit(Permission.ADMINISTER_PEOPLE, title="Một người dùng", answers="Person")
async def show_person(request: Request) -> Response:
    repository: Repository = request.state.repository
    person = request.path_params["id"]
    return _answer(await repository.people.within(request.state.actor, person, changing=False))


@permit(
    Permission.ADMINISTER_PEOPLE, title="Sửa thông tin người dùng", body=PersonChange, answers="Person",
    conditional=True,
)  # fmt: skip
async def edit_person(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = PersonChange.model_validate(await answers.body_of(request))
    revision = wanted_revision(request)
    assert revision is not None
    person = request.path_params["id"]
    return _answer(await repository.people.edit(request.state.actor, person, form, revision=revision))


@permit(
    Permission.ADMINISTER_PEOPLE, title="Điều chuyển, đổi chức vụ hoặc vai trò từ một ngày", body=TransferForm,
    answers="Person",
)  # fmt: skip
async def transfer_person(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = TransferForm.model_validate(await answers.body_of(request))
    return _answer(await repository.postings.transfer(request.state.actor, request.path_params["id"], form))


@permit(Permission.ADMINISTER_PEOPLE, title="Công việc đang mở của một người", answers="WorkList")
async def list_work(request: Request) -> Response:
    repository: Repository = request.state.repository
    pieces = await repository.people.work_of(request.state.actor, request.path_params["id"])
    return answers.listed(pieces, total=len(pieces))


@permit(Permission.ADMINISTER_PEOPLE, title="Bàn giao công việc đang mở", body=HandoverForm)
async def hand_over_work(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = HandoverForm.model_validate(await answers.body_of(request))
    person = request.path_params["id"]
    count = await repository.postings.hand_over(request.state.actor, person, form.successor, form.reason)
    return JSONResponse({"handed_over": count})


@permit(
    Permission.ADMINISTER_PEOPLE, title="Ngừng tài khoản (không xóa)", body=DisablingForm, answers="Person"
)
async def disable_person(request: Request) -> Response:
    """Sessions and tokens end at once; open work goes to the successor in the same transaction."""
    repository: Repository = request.state.repository
    form = DisablingForm.model_validate(await answers.body_of(request))
    actor, person = request.state.actor, request.path_params["id"]
    await repository.people.disable(actor, person, form.reason, successor=form.successor, urgent=form.urgent)
    return _answer(await repository.people.get(person))


@permit(Permission.ADMINISTER_PEOPLE, title="Mở lại tài khoản", body=ReasonedForm, answers="Person")
async def reinstate_person(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = ReasonedForm.model_validate(await answers.body_of(request))
    person, first = request.path_params["id"], one_time()
    await repository.people.reinstate(request.state.actor, person, form.reason, await hash_password(first))
    return JSONResponse(shown(await repository.people.get(person)) | {"first_password": first})


@permit(Permission.ADMINISTER_PEOPLE, title="Cấp lại mật khẩu, mở khóa", body=ResetForm, answers="Person")
async def reset_person(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = ResetForm.model_validate(await answers.body_of(request))
    person, first = request.path_params["id"], one_time()
    hashed = await hash_password(first)
    await repository.people.reset(request.state.actor, person, form.reason, hashed, factor=form.factor)
    return JSONResponse(shown(await repository.people.get(person)) | {"first_password": first})


@permit(
    Permission.ADMINISTER_PEOPLE, title="Ghi nhận tập huấn của một người", body=TrainingForm, answers="Person"
)
async def add_training(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = TrainingForm.model_validate(await answers.body_of(request))
    return _answer(await repository.requests.train(request.state.actor, request.path_params["id"], form))


def _answer(row: Row) -> Response:
    return answers.shown(shown(row), row.get("revision", 1))
