"""Disposal: proposals, the council's votes, what came of each document, certificates. Nothing is erased over HTTP."""

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import answers
from api.permit import permit
from repository.access.permissions import Permission
from repository.documents.metadata import Text
from repository.mongo import Row
from repository.retention.certificates import JSON, PDF
from repository.retention.disposal import VoteForm
from repository.wiring import Repository


class ProposalForm(BaseModel):
    """What has expired in a unit's hands is listed by itself; nothing can be added to it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    unit: str = Field(default="", max_length=40)
    reason: Text = Field(default="", max_length=500)


@permit(
    Permission.READ_RETENTION, title="Các đề nghị, quyết định tiêu hủy", answers="DisposalList",
    query=["state", "after", "limit"],
)  # fmt: skip
async def list_disposals(request: Request) -> Response:
    repository: Repository = request.state.repository
    limit, asked = answers.limit_of(request), request.query_params
    rows = await repository.retention.disposals.find(
        request.state.actor,
        state=asked.get("state", "")[:20],
        limit=limit,
        before=asked.get("after", "")[:60],
    )
    following = rows[-1]["_id"] if len(rows) == limit else None
    return answers.listed([disposal(row) for row in rows], following=following)


@permit(
    Permission.PROPOSE_DISPOSALS, title="Đề nghị tiêu hủy tài liệu hết thời hạn", body=ProposalForm, answers="Disposal",
    status=201,
)  # fmt: skip
async def propose_disposal(request: Request) -> Response:
    repository: Repository = request.state.repository
    form, actor = ProposalForm.model_validate(await answers.body_of(request)), request.state.actor
    row = await repository.retention.disposals.propose(actor, form.unit or actor.unit, reason=form.reason)
    return answers.created(f"/api/v1/disposals/{row['_id']}", disposal(row), row["writes"])


@permit(Permission.READ_RETENTION, title="Một đề nghị, quyết định tiêu hủy", answers="Disposal")
async def show_disposal(request: Request) -> Response:
    row = await _row(request)
    return answers.shown(disposal(row), row["writes"])


@permit(
    Permission.READ_RETENTION, title="Danh sách văn bản của một đề nghị tiêu hủy", answers="DisposalItemList",
    query=["after", "limit"],
)  # fmt: skip
async def list_disposal_items(request: Request) -> Response:
    row, limit = await _row(request), answers.limit_of(request)
    after = request.query_params.get("after", "")[:80]
    repository: Repository = request.state.repository
    items = await repository.retention.disposals.items(row["_id"], limit=limit, after=after)
    following = items[-1]["_id"] if len(items) == limit else None
    return answers.listed([item(one) for one in items], following=following, total=row["documents"])


@permit(
    Permission.JUDGE_DISPOSALS,
    title="Ý kiến của thành viên hội đồng xét hủy",
    body=VoteForm,
    answers="Disposal",
)
async def vote_on_disposal(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = VoteForm.model_validate(await answers.body_of(request))
    row = await repository.retention.disposals.vote(request.state.actor, request.path_params["id"], form)
    return answers.shown(disposal(row), row["writes"])


@permit(
    Permission.READ_RETENTION,
    title="Chứng nhận tiêu hủy (format=json, pdf)",
    answers="object",
    query=["format"],
)
async def show_certificate(request: Request) -> Response:
    row = await _row(request)
    repository: Repository = request.state.repository
    wanted = PDF if request.query_params.get("format") == "pdf" else JSON
    file, content = await repository.retention.certificates.read(row, wanted)
    named = {"Content-Disposition": f'attachment; filename="{row["_id"]}-{file["name"]}"'}
    return Response(content, media_type=wanted, headers=named)


async def _row(request: Request) -> Row:
    repository: Repository = request.state.repository
    return await repository.retention.disposals.get(request.state.actor, request.path_params["id"])


def disposal(row: Row) -> Row:
    told = ("unit", "state", "reason", "dossiers", "documents", "bytes", "items")
    return {"id": row["_id"]} | {name: row[name] for name in told} | {
        "proposed": row["proposed"] | {"at": answers.moment(row["proposed"]["at"])},
        "votes": [one | {"at": answers.moment(one["at"])} for one in row["votes"]],
        "decided_at": answers.moment(row["decided_at"]),
        "done_at": answers.moment(row["done_at"]),
        "certificate": [
            {name: one[name] for name in ("name", "sha256", "size", "media_type")}
            for one in (row["certificate"] or {}).get("files", [])
        ],
    }  # fmt: skip


def item(row: Row) -> Row:
    told = ("document", "symbol", "issued_on", "subject", "dossiers", "kept_until", "state", "why")
    versions = [{name: one[name] for name in ("n", "role", "sha256", "size")} for one in row["objects"]]
    return {name: row[name] for name in told} | {"at": answers.moment(row["at"]), "versions": versions}
