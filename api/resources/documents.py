"""Documents: stored with their files, read, described, issued; their history."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api import answers, forms, seeing
from api.conditional import unchanged, wanted_revision
from api.once import answer_once, promise_of
from api.permit import permit
from repository.access.permissions import Permission
from repository.documents.issuing import IssueForm
from repository.documents.metadata import Metadata, MetadataChange
from repository.documents.paper import PaperForm
from repository.mongo import Row
from repository.wiring import Repository


@permit(
    Permission.STORE_DOCUMENTS,
    title="Lưu văn bản mới cùng tệp",
    multipart=Metadata,
    answers="Document",
    status=201,
)
async def store_document(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor = request.state.actor
    form = await forms.read_document(request)
    assert form.metadata is not None
    metadata, promise = form.metadata, promise_of(request, form.asked)

    async def do() -> Row:
        return await repository.documents.store(actor, metadata, form.files, promise)

    async def again(answer: str) -> Row:
        return await repository.documents.get(actor, answer)

    row = await answer_once(request, promise, again, do)
    return answers.created(f"/api/v1/documents/{row['_id']}", answers.document(row), row["revision"])


@permit(
    Permission.READ_DOCUMENTS, title="Văn bản mới nhất", answers="DocumentList", query=["limit", "cursor"]
)
async def list_documents(request: Request) -> Response:
    repository: Repository = request.state.repository
    limit = answers.limit_of(request)
    rows = await repository.documents.newest(
        request.state.actor, limit=limit, before=request.query_params.get("cursor", "")
    )
    following = rows[-1]["_id"] if len(rows) == limit else None
    return answers.listed([answers.document(row) for row in rows], following=following)


@permit(Permission.READ_DOCUMENTS, title="Một văn bản", answers="Document")
async def show_document(request: Request) -> Response:
    repository: Repository = request.state.repository
    row = await repository.documents.get(request.state.actor, request.path_params["id"])
    answer = answers.shown(answers.document(row), row["revision"])
    if unchanged(request, answer.headers["etag"]):
        return Response(status_code=304, headers={"ETag": answer.headers["etag"]})
    await seeing.document_seen(request, row, "metadata")
    return answer


@permit(
    Permission.DESCRIBE_DOCUMENTS,
    title="Sửa thông tin mô tả",
    body=MetadataChange,
    answers="Document",
    conditional=True,
)
async def describe_document(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, document_id = request.state.actor, request.path_params["id"]
    await repository.documents.get(actor, document_id)
    revision = wanted_revision(request) or 0
    change = MetadataChange.model_validate(await answers.body_of(request))
    row = await repository.documents.describe(actor, document_id, change, revision)
    return answers.shown(answers.document(row), row["revision"])


@permit(Permission.ISSUE_DOCUMENTS, title="Phát hành văn bản đi", answers="Document", body=IssueForm)
async def issue_document(request: Request) -> Response:
    """The body may be left out: only a unit that could sign and did not has something to say (Đ10.1)."""
    repository: Repository = request.state.repository
    given = await answers.body_of(request) if await request.body() else {}
    form = IssueForm.model_validate(given)
    row = await repository.documents.issue(request.state.actor, request.path_params["id"], form)
    return answers.shown(answers.document(row), row["revision"])


@permit(Permission.MAKE_ENTRIES, title="Ghi nhận bản giấy kèm theo", answers="Document", body=PaperForm)
async def settle_paper(request: Request) -> Response:
    """The paper copy of a document for reference came or went (Đ7.2)."""
    repository: Repository = request.state.repository
    document_id = request.path_params["id"]
    await repository.documents.get(request.state.actor, document_id)
    form = PaperForm.model_validate(await answers.body_of(request))
    row = await repository.papers.settle(request.state.actor, document_id, form)
    return answers.shown(answers.document(row), row["revision"])


@permit(
    Permission.READ_HISTORY, title="Lịch sử của văn bản", answers="HistoryList", query=["limit", "cursor"]
)
async def document_history(request: Request) -> Response:
    repository: Repository = request.state.repository
    limit = answers.limit_of(request, default=200)
    rows = await repository.documents.history(
        request.state.actor,
        request.path_params["id"],
        limit=limit,
        after=request.query_params.get("cursor", ""),
    )
    following = rows[-1]["_id"] if len(rows) == limit else None
    return answers.listed([answers.audit_record(row) for row in rows], following=following)


class CheckAnswer(BaseModel):
    """One version read back from the store."""

    n: int
    sha256: str
    intact: bool
    finding: str
    lock_mode: str
    locked_until: str | None
    held: bool


@permit(Permission.VERIFY, title="Kiểm tra toàn vẹn ngay", answers="CheckList")
async def check_document(request: Request) -> Response:
    repository: Repository = request.state.repository
    found = await repository.versions.check(request.state.actor, request.path_params["id"])
    items = [
        CheckAnswer(**(vars(one) | {"locked_until": answers.moment(one.locked_until)})).model_dump()
        for one in found
    ]
    return answers.listed(items, total=len(items))


@permit(Permission.STORE_DOCUMENTS, title="Quét lại mã độc", answers="Document")
async def rescan_document(request: Request) -> Response:
    repository: Repository = request.state.repository
    row = await repository.versions.rescan(request.state.actor, request.path_params["id"])
    return answers.shown(answers.document(row), row["revision"])
