"""Legal holds: placed with a reason, lifted by two people; and how keeping stands now."""

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.permit import permit
from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.documents.metadata import Text
from repository.mongo import Row
from repository.retention.holding import HoldForm
from repository.retention.holds import Holds
from repository.retention.standing import standing
from repository.wiring import Repository


class LiftForm(BaseModel):
    """A step of lifting: `ask`, then another person's `confirm` or `refuse`."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    act: str = Field(pattern="^(ask|confirm|refuse)$")
    reason: Text = Field(default="", max_length=500)


@permit(Permission.READ_RETENTION, title="Tình hình khóa lưu giữ, phong tỏa, tiêu hủy", answers="object")
async def show_keeping(request: Request) -> Response:
    repository: Repository = request.state.repository
    now = await standing(repository.database, repository.clock)
    counts = {name: getattr(now, name) for name in ("held", "holds", "disposed", "waiting")}
    runs = [
        one
        | {
            "at": answers.moment(one["at"]),
            "failed": len(one["failed"]),
            "refused": len(one.get("refused", [])),
        }
        for one in now.runs
    ]
    return JSONResponse({"at": answers.moment(now.at), "locked": now.spans, "runs": runs} | counts)


@permit(
    Permission.READ_RETENTION,
    title="Các lệnh phong tỏa",
    answers="HoldList",
    query=["state", "after", "limit"],
)
async def list_holds(request: Request) -> Response:
    """`state`: in_force, lifting or lifted."""
    repository: Repository = request.state.repository
    state = request.query_params.get("state", "")
    if state not in ("", "in_force", "lifting", "lifted"):
        raise errors.Invalid(
            why="state không đúng", errors=[{"pointer": "/state", "detail": "in_force, lifting, lifted"}]
        )
    limit = answers.limit_of(request)
    rows = await repository.retention.holds.find(
        request.state.actor, state=state, limit=limit, before=request.query_params.get("after", "")[:60]
    )
    following = rows[-1]["_id"] if len(rows) == limit else None
    return answers.listed([hold(row) for row in rows], following=following)


@permit(Permission.HOLD_DOCUMENTS, title="Phong tỏa", body=HoldForm, answers="Hold", status=201)
async def place_hold(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = HoldForm.model_validate(await answers.body_of(request))
    row = await repository.retention.holds.place(request.state.actor, form)
    return answers.created(f"/api/v1/holds/{row['_id']}", hold(row), row["writes"])


@permit(Permission.READ_RETENTION, title="Một lệnh phong tỏa", answers="Hold")
async def show_hold(request: Request) -> Response:
    repository: Repository = request.state.repository
    row = await repository.retention.holds.get(request.state.actor, request.path_params["id"])
    return answers.shown(hold(row), row["writes"])


@permit(
    Permission.HOLD_DOCUMENTS, title="Gỡ phong tỏa: đề nghị, người khác xác nhận hoặc bác", body=LiftForm,
    answers="Hold",
)  # fmt: skip
async def lift_hold(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = LiftForm.model_validate(await answers.body_of(request))
    row = await lifted(repository.retention.holds, request.state.actor, request.path_params["id"], form)
    return answers.shown(hold(row), row["writes"])


async def lifted(holds: Holds, actor: Actor, hold_id: str, form: LiftForm) -> Row:
    """The step that was asked for. Raises Invalid without a reason where one is due."""
    if form.act == "confirm":
        return await holds.confirm_lift(actor, hold_id)
    if len(form.reason) < 3:
        told = [{"pointer": "/reason", "detail": "nêu lý do"}]
        raise errors.Invalid(why="thiếu lý do", errors=told)
    step = holds.ask_lift if form.act == "ask" else holds.refuse_lift
    return await step(actor, hold_id, form.reason)


def hold(row: Row) -> Row:
    told = {name: row[name] for name in ("kind", "target", "query", "title", "reason", "authority", "state")}
    steps = {name: _at(row[name]) for name in ("placed", "lift", "lifted")}
    return {"id": row["_id"]} | told | steps | {"refusals": [_at(one) for one in row["refusals"]]}


def _at(step: Row | None) -> Row | None:
    if step is None:
        return None
    shown = step | {"at": answers.moment(step["at"])}
    return shown | {"asked": _at(step["asked"])} if "asked" in step else shown
