"""Bytes out: whole or in part, with their digest, under a safe name (RFC 9110, 9530, 6266)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from api.conditional import Span, unchanged, wanted_range
from repository.blobs.digest import Digest
from repository.mongo import Row
from repository.wiring import Repository

_SHOWN_INLINE: Final = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})


async def content(request: Request, document: Row, version: Row) -> Response:
    """The answer to a request for a version's bytes; a download is recorded before its first byte leaves."""
    repository: Repository = request.state.repository
    digest = Digest.parse(version["sha256"])
    tag = f'"{digest.hex}"'
    headers = {
        "ETag": tag,
        "Repr-Digest": digest.repr_digest,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(version, inline=request.query_params.get("inline") == "1"),
    }
    if unchanged(request, tag):
        return Response(status_code=304, headers=headers)
    span = wanted_range(request, version["size"], tag)
    if request.method == "HEAD":
        return Response(
            headers=headers | {"Content-Length": str(version["size"]), "Content-Type": version["media_type"]}
        )
    if repository.settings.downloads == "redirect":
        # Side by side; the answer leaves when both are done.
        address, _ = await asyncio.gather(
            repository.versions.address(version), _record(request, document, version, span)
        )
        return RedirectResponse(address, 307)
    await _record(request, document, version, span)
    return await _stream(repository, version, span, headers)


async def _record(request: Request, document: Row, version: Row, span: Span | None) -> None:
    """The download in the log, once: whoever reads on from the middle has begun before."""
    if span is None or span.start == 0:
        await request.state.repository.versions.note_read(request.state.actor, document, version)


async def _stream(
    repository: Repository, version: Row, span: Span | None, headers: dict[str, str]
) -> Response:
    """Opens the store before the status is sent, so that a missing object is a problem, not a broken file."""
    size = version["size"]
    whole = span or Span(0, size)
    stack = AsyncExitStack()
    chunks = await stack.enter_async_context(
        repository.versions.content(version, start=whole.start, end=whole.end)
    )

    async def body() -> AsyncIterator[bytes]:
        async with stack:
            async for chunk in chunks:
                yield chunk

    headers["Content-Length"] = str(whole.end - whole.start)
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{size}"
    headers["Content-Type"] = version["media_type"]
    return StreamingResponse(body(), 200 if span is None else 206, headers)


def disposition(version: Row, *, inline: bool) -> str:
    """`Content-Disposition` with an ASCII stand-in and the true name; only harmless types go inline."""
    name = version["filename"]
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    kind = "inline" if inline and version["media_type"] in _SHOWN_INLINE else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
