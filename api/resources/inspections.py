"""Fixity runs, drills and selfchecks over HTTP: when, of what, and what was found."""

from starlette.requests import Request
from starlette.responses import Response

from api import answers
from api.permit import permit
from repository.access.permissions import Permission
from repository.evidence.inspections import Inspection
from repository.mongo import Row
from repository.wiring import Repository


@permit(
    Permission.READ_INSPECTIONS,
    title="Các đợt kiểm tra toàn vẹn, diễn tập, tự kiểm tra (kind: fixity, attack, restore, selfcheck)",
    answers="InspectionList",
    query=["kind", "cursor", "limit"],
)
async def list_inspections(request: Request) -> Response:
    repository: Repository = request.state.repository
    limit = answers.limit_of(request)
    rows = await repository.inspections.find(
        request.state.actor, kind=request.query_params.get("kind", ""), limit=limit,
        before=request.query_params.get("cursor", "")[:60],
    )  # fmt: skip
    following = rows[-1].id if len(rows) == limit else None
    return answers.listed([inspection(one) for one in rows], following=following)


def inspection(one: Inspection) -> Row:
    """`id` is that of its record in the log: `/api/v1/audit/proof` proves it by its leaf."""
    found = [{"what": what, "times": times} for what, times in one.findings.items()]
    told = {"id": one.id, "kind": one.kind, "at": answers.moment(one.at), "by": one.by, "passed": one.passed}
    return told | {"findings": found, "measured": one.measured}
