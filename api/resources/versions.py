"""Versions: added, shown, downloaded; their signatures and text."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers, downloads, forms, seeing
from api.conditional import wanted_revision
from api.once import answer_once, promise_of
from api.permit import permit
from repository import errors
from repository.access.permissions import Permission
from repository.documents.model import numbered
from repository.mongo import Row
from repository.wiring import Repository


def version_number(request: Request) -> int:
    given = request.path_params["n"]
    if not given.isascii() or not given.isdigit() or len(given) > 6:
        raise errors.NotFound(what=f"phiên bản {given[:20]}")
    return int(given)


async def _found(request: Request) -> tuple[Row, Row]:
    repository: Repository = request.state.repository
    return await repository.versions.get(
        request.state.actor, request.path_params["id"], version_number(request)
    )


@permit(Permission.STORE_DOCUMENTS, title="Thêm phiên bản mới", multipart=None, answers="Version", status=201)
async def add_version(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, document_id = request.state.actor, request.path_params["id"]
    await repository.documents.get(actor, document_id)
    revision = wanted_revision(request, required=False)
    form = await forms.read_file(request)
    if len(form.files) != 1:
        raise errors.Invalid(why="mỗi lần chỉ thêm một phiên bản: gửi đúng một tệp")
    promise = promise_of(request, form.asked)

    async def do() -> Row:
        return await repository.versions.add(actor, document_id, form.files[0], revision, promise)

    async def again(answer: str) -> Row:
        row = await repository.documents.get(actor, document_id)
        return row | {"versions": [numbered(row, int(answer.split()[1]))]}

    row = await answer_once(request, promise, again, do)
    version = row["versions"][-1]
    path = f"/api/v1/documents/{document_id}/versions/{version['n']}"
    return answers.created(path, answers.version(version), row["revision"])


@permit(Permission.READ_DOCUMENTS, title="Một phiên bản", answers="Version")
async def show_version(request: Request) -> Response:
    document, version = await _found(request)
    return answers.shown(answers.version(version), document["revision"])


@permit(Permission.READ_DOCUMENTS, title="Nội dung của phiên bản (hỗ trợ Range)", answers="bytes")
async def version_content(request: Request) -> Response:
    document, version = await _found(request)
    return await downloads.content(request, document, version)


@permit(Permission.READ_DOCUMENTS, title="Chữ ký số của phiên bản", answers="SignatureReport")
async def version_signatures(request: Request) -> Response:
    repository: Repository = request.state.repository
    document, version = await _found(request)
    report = await repository.judge.shown(document, version)
    signatures = report.get("signatures", []) if report else []
    status = version["signatures"]["status"]
    return JSONResponse(
        {"status": status, "count": version["signatures"]["count"], "items": signatures, "report": report}
    )


@permit(Permission.READ_DOCUMENTS, title="Chữ trích từ phiên bản", answers="Text")
async def version_text(request: Request) -> Response:
    document, version = await _found(request)
    await seeing.document_seen(request, document, "text")
    text = await request.state.texts.get(version["sha256"])
    if text is None:
        return JSONResponse({"state": "pending", "pages": [], "text": "", "note": "chưa đọc chữ"})
    return JSONResponse({"state": "read"} | {name: text[name] for name in ("pages", "text", "note")})
