"""Delegations of the one who asks: those given and those received; made and ended, never removed."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.permit import permit
from api.resources.registers import ReasonForm
from repository.access.permissions import Permission
from repository.mongo import Row
from repository.organisation.rights.delegations import DelegationForm
from repository.wiring import Repository


@permit(Permission.OWN_ACCOUNT, title="Ủy quyền của tôi: đã giao và được giao", answers="DelegationList")
async def list_delegations(request: Request) -> Response:
    repository: Repository = request.state.repository
    rows = await repository.delegations.of(request.state.actor)
    return answers.listed([_shown(row) for row in rows], total=len(rows))


@permit(
    Permission.OWN_ACCOUNT,
    title="Ủy quyền cho đồng nghiệp cùng đơn vị (có thời hạn)",
    body=DelegationForm,
    answers="Delegation",
    status=201,
)
async def make_delegation(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = DelegationForm.model_validate(await answers.body_of(request))
    row = await repository.delegations.make(request.state.actor, form)
    return answers.created(f"/api/v1/delegations/{row['_id']}", _shown(row), 1)


@permit(Permission.OWN_ACCOUNT, title="Kết thúc ủy quyền (nêu lý do)", body=ReasonForm, answers="Delegation")
async def end_delegation(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = ReasonForm.model_validate(await answers.body_of(request))
    row = await repository.delegations.end(request.state.actor, request.path_params["id"], form.reason)
    return JSONResponse(_shown(row))


def _shown(row: Row) -> Row:
    ended = row["ended"]
    plain = ("unit", "giver", "receiver", "scopes", "since", "until", "reason")
    return {"id": row["_id"]} | {name: row[name] for name in plain} | {
        "in_force": row.get("in_force"),
        "created_at": answers.moment(row["created_at"]),
        "ended": ended and ended | {"at": answers.moment(ended["at"])},
    }  # fmt: skip
