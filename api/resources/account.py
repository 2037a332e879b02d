"""One's own account: password, sessions, login history. For people only; a token has no account."""

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.auth.identify import OWED
from api.permit import permit
from repository.access.permissions import Permission
from repository.mongo import Row
from repository.wiring import Repository


class PasswordForm(BaseModel):
    """The password in use and the one to come."""

    model_config = ConfigDict(extra="forbid")

    old_password: str = Field(max_length=200)
    new_password: str = Field(max_length=1000)


@permit(Permission.OWN_ACCOUNT, owing=True, title="Tài khoản của tôi", answers="Account")
async def show_account(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, standing = request.state.actor, request.state.standing
    factor = await repository.own_account.factor_since(actor)
    owed = OWED[standing.owes][1] if standing.owes else ""
    body: Row = {"id": actor.id, "name": actor.name, "unit": actor.unit, "title": actor.title}
    body |= {
        "roles": sorted(actor.roles),
        "owes": owed,
        "used_elsewhere_at": answers.moment(standing.elsewhere),
    }
    return JSONResponse(body | {"factor_since": answers.moment(factor["since"]) if factor else None})


@permit(
    Permission.OWN_ACCOUNT, owing=True, title="Đổi mật khẩu", body=PasswordForm, answers="nothing", status=204
)
async def change_password(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = PasswordForm.model_validate(await answers.body_of(request))
    session = request.state.standing.session
    await repository.own_account.change_password(
        request.state.actor, session, form.old_password, form.new_password
    )
    return Response(status_code=204)


@permit(Permission.OWN_ACCOUNT, title="Các phiên đăng nhập đang mở của tôi", answers="SessionList")
async def list_sessions(request: Request) -> Response:
    repository: Repository = request.state.repository
    rows = await repository.own_account.sessions(request.state.actor)
    present = request.state.standing.session
    return answers.listed([_session(row, present) for row in rows], total=len(rows))


@permit(Permission.OWN_ACCOUNT, title="Kết thúc một phiên của tôi", answers="nothing", status=204)
async def end_session(request: Request) -> Response:
    repository: Repository = request.state.repository
    await repository.own_account.end_session(request.state.actor, request.path_params["id"])
    return Response(status_code=204)


@permit(Permission.OWN_ACCOUNT, title="Lịch sử đăng nhập của tôi", answers="HistoryList")
async def list_logins(request: Request) -> Response:
    repository: Repository = request.state.repository
    rows = await repository.own_account.logins(request.state.actor, limit=answers.limit_of(request))
    return answers.listed([answers.audit_record(row) for row in rows])


def _session(row: Row, present: str) -> Row:
    times = {name: answers.moment(row[name]) for name in ("created_at", "expires_at")}
    where = {name: row[name] for name in ("address", "agent", "via")}
    return {"id": row["_id"][:16]} | times | where | {"present": row["_id"] == present}
