"""Evidence packages: a zip that proves a document, a dossier or a disposal without us, made while it is sent."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.permit import page, permit
from repository import errors
from repository.access.permissions import Permission
from repository.wiring import Repository

_HEADERS = {"Content-Type": "application/zip", "Cache-Control": "private, no-store"}


@permit(
    Permission.MAKE_EVIDENCE,
    title="Gói chứng cứ của văn bản (zip; kiểm tra bằng tangthu verify). previous: cỡ của bản ký đã giữ",
    answers="bytes",
    query=["previous"],
)
async def document_evidence(request: Request) -> Response:
    return await _sent(request, "document")


@permit(
    Permission.MAKE_EVIDENCE,
    title="Gói chứng cứ của hồ sơ (zip; kiểm tra bằng tangthu verify). previous: cỡ của bản ký đã giữ",
    answers="bytes",
    query=["previous"],
)
async def dossier_evidence(request: Request) -> Response:
    return await _sent(request, "dossier")


@permit(
    Permission.MAKE_EVIDENCE,
    title="Gói chứng cứ của một lần tiêu hủy (zip; kiểm tra bằng tangthu verify). previous: cỡ của bản ký đã giữ",
    answers="bytes",
    query=["previous"],
)
async def disposal_evidence(request: Request) -> Response:
    return await _sent(request, "disposal")


@page(Permission.MAKE_EVIDENCE)
async def document_page(request: Request) -> Response:
    """The button on the document's page."""
    return await _sent(request, "document")


@page(Permission.MAKE_EVIDENCE)
async def dossier_page(request: Request) -> Response:
    """The button on the dossier's page."""
    return await _sent(request, "dossier")


@page(Permission.MAKE_EVIDENCE)
async def disposal_page(request: Request) -> Response:
    """The button on the page of a disposal that is done."""
    return await _sent(request, "disposal")


async def _sent(request: Request, kind: str) -> Response:
    """Opened before the status is sent, so that what cannot be proven is a problem and not a broken file."""
    repository: Repository = request.state.repository
    thing = request.path_params["id"]
    headers = _HEADERS | {"Content-Disposition": f'attachment; filename="chung-cu-{thing}.zip"'}
    if request.method == "HEAD":  # whether there would be one: nothing is made, nothing recorded
        await repository.evidence.get(request.state.actor, kind, thing)
        return Response(headers=headers)
    stack = AsyncExitStack()
    pieces = await stack.enter_async_context(
        repository.evidence.package(request.state.actor, kind, thing, previous=_previous(request))
    )

    async def body() -> AsyncIterator[bytes]:
        async with stack:
            async for piece in pieces:
                yield piece

    return StreamingResponse(body(), headers=headers)


def _previous(request: Request) -> int:
    """The size of a checkpoint. Raises Invalid."""
    given = request.query_params.get("previous", "") or "0"
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        told = [{"pointer": "/previous", "detail": "cần một số nguyên không âm"}]
        raise errors.Invalid(why="tham số previous chưa đúng", errors=told)
    return int(given)
