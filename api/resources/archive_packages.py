"""A closed dossier as SIP or AIP (TT 05/2025): a zip made while it is sent, for those who hand dossiers over."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.permit import page, permit
from repository import errors
from repository.access.permissions import Permission
from repository.archive_packages.contents import Kind
from repository.archive_packages.packing import Asked
from repository.wiring import Repository

_HEADERS = {"Content-Type": "application/zip", "Cache-Control": "private, no-store"}


@permit(
    Permission.HAND_OVER_DOSSIERS,
    title="Gói lưu trữ của hồ sơ đã kết thúc (zip). kind: sip, aip; fonds: mã phông; archive: mã cơ quan lưu trữ",
    answers="bytes",
    query=["kind", "fonds", "archive"],
)
async def dossier_package(request: Request) -> Response:
    return await _sent(request)


@page(Permission.HAND_OVER_DOSSIERS)
async def dossier_package_page(request: Request) -> Response:
    """The buttons on the dossier's page."""
    return await _sent(request)


async def _sent(request: Request) -> Response:
    """Opened before the status is sent, so that what cannot be packed is a problem and not a broken file."""
    repository: Repository = request.state.repository
    packing, dossier = repository.archive_packages.packing, request.path_params["id"]
    asked = _asked(request)
    if request.method == "HEAD":  # whether there would be one: nothing is made, nothing recorded
        await packing.may(request.state.actor, dossier)
        return Response(headers=_HEADERS)
    stack = AsyncExitStack()
    ready = await stack.enter_async_context(packing.package(request.state.actor, dossier, asked))

    async def body() -> AsyncIterator[bytes]:
        async with stack:
            async for piece in ready.pieces:
                yield piece

    named = {"Content-Disposition": f'attachment; filename="{ready.filename}"'}
    return StreamingResponse(body(), headers=_HEADERS | named)


def _asked(request: Request) -> Asked:
    """Raises Invalid."""
    given = request.query_params
    kind = given.get("kind", Kind.SIP)
    if kind not in list(Kind):
        told = [{"pointer": "/kind", "detail": f"chỉ nhận: {', '.join(Kind)}"}]
        raise errors.Invalid(why="không có loại gói này", errors=told)
    return Asked(
        kind=Kind(kind), fonds=given.get("fonds", ""), archive=given.get("archive", "")
    ).checked()  # fmt: skip
