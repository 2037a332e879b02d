"""The register of incidents: read by those who keep the system and who audit it, told by anybody who is known."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import answers
from api.permit import permit
from repository import errors
from repository.access.permissions import Permission
from repository.incidents.incidents import OPEN, SETTLED, Report, Settlement
from repository.mongo import Row
from repository.wiring import Repository


@permit(
    Permission.READ_INCIDENTS,
    title="Sổ sự cố",
    answers="IncidentList",
    query=["state", "kind", "after", "limit"],
)
async def list_incidents(request: Request) -> Response:
    repository: Repository = request.state.repository
    state = request.query_params.get("state", "")
    if state not in ("", OPEN, SETTLED):
        raise errors.Invalid(
            why="state là open hoặc settled", errors=[{"pointer": "/state", "detail": state[:40]}]
        )
    rows = await repository.incidents.find(
        state=state, kind=request.query_params.get("kind", "")[:60],
        after=request.query_params.get("after", "")[:60], limit=answers.limit_of(request),
    )  # fmt: skip
    return answers.listed([incident(row) for row in rows], total=await repository.incidents.count_open())


@permit(Permission.REPORT_INCIDENTS, title="Báo sự cố", body=Report, answers="Incident", status=201)
async def tell_incident(request: Request) -> Response:
    repository: Repository = request.state.repository
    report = Report.model_validate(await answers.body_of(request))
    row = await repository.incidents.tell(request.state.actor, report, context(request))
    return answers.created(f"/api/v1/incidents/{row['_id']}", incident(row), 1)


@permit(Permission.SETTLE_INCIDENTS, title="Kết thúc sự cố", body=Settlement, answers="Incident")
async def settle_incident(request: Request) -> Response:
    repository: Repository = request.state.repository
    done = Settlement.model_validate(await answers.body_of(request))
    row = await repository.incidents.settle(request.state.actor, request.path_params["id"], done.why)
    return answers.shown(incident(row), 1)


def context(request: Request, page: str = "") -> Row:
    """What the service knows of the moment by itself: never what was typed into other forms."""
    return {
        "page": page[:300],
        "browser": request.headers.get("user-agent", "")[:300],
        "request": str(getattr(request.state, "request_id", ""))[:60],
    }


def incident(row: Row) -> Row:
    times = {name: answers.moment(row.get(name)) for name in ("seen_at", "seen_last", "settled_at")}
    told: dict[str, Any] = {
        name: row.get(name) for name in ("kind", "subject", "found", "todo", "state", "seen", "why", "reach")
    }
    people = {name: row.get(name) for name in ("told_by", "settled_by")}
    return {"id": row["_id"]} | told | times | people
