"""What people ask for on a new function, and the administrator's decision; never removed (Đ9.2)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.permit import permit
from repository.access.permissions import Permission
from repository.mongo import Row
from repository.organisation.rights.requests import DecisionForm, RequestForm
from repository.wiring import Repository


@permit(Permission.OWN_ACCOUNT, title="Đề nghị vị trí, quyền của tôi", answers="RequestList")
async def list_requests(request: Request) -> Response:
    repository: Repository = request.state.repository
    rows = await repository.requests.of(request.state.actor)
    return answers.listed([_shown(row) for row in rows], total=len(rows))


@permit(
    Permission.OWN_ACCOUNT,
    title="Đề nghị vị trí, quyền, tập huấn khi nhận nhiệm vụ mới",
    body=RequestForm,
    answers="Request",
    status=201,
)
async def make_request(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = RequestForm.model_validate(await answers.body_of(request))
    row = await repository.requests.ask(request.state.actor, form)
    return answers.created(f"/api/v1/requests/{row['_id']}", _shown(row), 1)


@permit(Permission.OWN_ACCOUNT, title="Rút đề nghị của mình", answers="Request")
async def withdraw_request(request: Request) -> Response:
    repository: Repository = request.state.repository
    row = await repository.requests.withdraw(request.state.actor, request.path_params["id"])
    return JSONResponse(_shown(row))


@permit(Permission.ADMINISTER_PEOPLE, title="Đề nghị chờ tôi duyệt", answers="RequestList")
async def list_waiting(request: Request) -> Response:
    repository: Repository = request.state.repository
    rows = await repository.requests.waiting(request.state.actor)
    return answers.listed([_shown(row) for row in rows], total=len(rows))


@permit(
    Permission.ADMINISTER_PEOPLE,
    title="Duyệt hoặc không duyệt đề nghị; duyệt là vị trí mới từ ngày đề nghị",
    body=DecisionForm,
    answers="Request",
)
async def decide_request(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = DecisionForm.model_validate(await answers.body_of(request))
    row = await repository.requests.decide(request.state.actor, request.path_params["id"], form)
    return JSONResponse(_shown(row))


def _shown(row: Row) -> Row:
    decided = row["decided"]
    plain = ("person", "name", "unit", "wanted", "training", "reason", "state")
    return {"id": row["_id"]} | {name: row[name] for name in plain} | {
        "asked_at": answers.moment(row["asked_at"]),
        "decided": decided and decided | {"at": answers.moment(decided["at"])},
    }  # fmt: skip
