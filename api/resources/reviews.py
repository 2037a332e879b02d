"""The quarterly review of a unit's rights: the list, and its leader's confirmation."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.permit import permit
from repository.access.permissions import Permission
from repository.mongo import Row
from repository.organisation.rights.reviews import ReviewForm
from repository.wiring import Repository


@permit(
    Permission.REVIEW_RIGHTS,
    title="Rà soát quyền của đơn vị trong quý: ai có quyền gì, ai xác nhận, khi nào",
    answers="Review",
    query=["quarter"],
)
async def show_review(request: Request) -> Response:
    repository: Repository = request.state.repository
    unit, quarter = request.path_params["id"], request.query_params.get("quarter", "")
    return JSONResponse(_shown(await repository.reviews.show(request.state.actor, unit, quarter)))


@permit(
    Permission.REVIEW_RIGHTS,
    title="Lãnh đạo đơn vị xác nhận rà soát quyền quý này",
    body=ReviewForm,
    answers="Review",
)
async def confirm_review(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = ReviewForm.model_validate(await answers.body_of(request))
    row = await repository.reviews.confirm(request.state.actor, request.path_params["id"], form)
    return JSONResponse(_shown(row))


def _shown(row: Row) -> Row:
    confirmed = row["confirmed"]
    lines = [one | {"last_login_at": answers.moment(one["last_login_at"])} for one in row["lines"]]
    return {name: row[name] for name in ("unit", "quarter", "note")} | {
        "lines": lines,
        "confirmed": confirmed and confirmed | {"at": answers.moment(confirmed["at"])},
    }
