"""Văn bản: what it is, whether it can be trusted, where it lies, what happened to it; its page images."""

import asyncio
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from api import downloads, seeing
from api.permit import page
from api.web.previews import Outline, Previews
from api.web.rendering import answer, unit_names
from indexers.texts import Texts
from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.access.rules import Grant
from repository.clock import local_date
from repository.documents import legal_value, model
from repository.documents.issuing import holds_certificate
from repository.documents.paper import paper_owed
from repository.documents.versions import Check
from repository.mongo import Row
from repository.wiring import Repository

_HISTORY: Final = 200
_LONGEST_TEXT: Final = 20_000
"""Characters of extracted text that the page shows instead of pictures."""
_UNREADABLE: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 200" width="600" height="200">'
    '<rect width="600" height="200" fill="#f3f4f6"/>'
    '<g font-family="sans-serif" font-size="18" text-anchor="middle" fill="#374151">'
    '<text x="300" y="92">Không dựng được hình trang này.</text>'
    '<text x="300" y="124">Bản gốc vẫn được giữ nguyên; hãy tải về để xem.</text></g></svg>'
)


@page(Permission.READ_DOCUMENTS)
async def show(request: Request) -> Response:
    repository: Repository = request.state.repository
    document = await repository.documents.get(request.state.actor, request.path_params["id"])
    await seeing.document_seen(request, document, "page")
    return await document_page(request, request.path_params["id"])


async def document_page(
    request: Request,
    document_id: str,
    *,
    alert: str = "",
    checks: list[Check] | None = None,
    status: int = 200,
) -> Response:
    """The page of a document, also as the answer to a form on it that could not be carried out."""
    repository: Repository = request.state.repository
    actor: Actor = request.state.actor
    document = await repository.documents.get(actor, document_id)
    if document.get("disposed"):
        history = await _history(repository, actor, document_id)
        return answer(request, "stub.html", {"document": document, "history": history}, status=status)
    version = model.numbered(document, _whole(request.query_params.get("v", "")) or _newest_main(document))
    outline, report, (filed, fileable), (book, books) = await asyncio.gather(
        _outline(request, version),
        repository.judge.shown(document, version),
        _dossiers(repository, actor, document),
        _books(repository, actor, document),
    )
    replies, history, twins, units = await asyncio.gather(
        _replies(repository, actor, document),
        _history(repository, actor, document_id),
        repository.documents.with_digest(actor, document["unit"], version["sha256"]),
        unit_names(request),
    )
    shown_page = min(max(1, _whole(request.query_params.get("page", "1"))), max(1, outline.pages))
    facts: dict[str, Any] = {
        "document": document,
        "version": version,
        "outline": outline,
        "shown_page": shown_page,
        "text": await _text(request, version) if not outline.pages else "",
        "report": report,
        "filed": filed,
        "fileable": fileable,
        "replies": replies,
        "history": history,
        "history_cut": len(history) == _HISTORY,
        "book": book,
        "books": books,
        "alike": await repository.documents.alike(actor, document),
        "twins": [one for one in twins if one != document_id],
        "units": units,
        "checks": checks,
        "owed": paper_owed(document),
        "must_sign": await _must_sign(repository, document),
        "alert": alert,
        "grants": await _grants(repository, actor, document),
        "running": {one["mark"] for one in document.get("shares", []) if one["ended"] is None},
        "unscanned": [v for v in document["versions"] if v["scan"]["verdict"] == "not_scanned"],
    }
    return answer(request, "document.html", facts, status=status)


@page(Permission.READ_DOCUMENTS)
async def preview(request: Request) -> Response:
    """One page of a version as a picture; a picture that says so when the page cannot be shown."""
    repository: Repository = request.state.repository
    n = _whole(request.path_params["n"])
    document, version = await repository.versions.get(request.state.actor, request.path_params["id"], n)
    number = _whole(request.path_params["page"])
    tag = f'"{version["sha256"]}-{number}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=600"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    previews: Previews = request.state.previews
    png = await previews.page(version, number)
    if png is None:
        return Response(_UNREADABLE, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})
    await seeing.page_seen(request, document, version, number)
    return Response(png, media_type="image/png", headers=headers)


@page(Permission.READ_DOCUMENTS)
async def content(request: Request) -> Response:
    """The bytes, as under /api/v1; here a visitor whose session has ended is led to the login."""
    repository: Repository = request.state.repository
    n = _whole(request.path_params["n"])
    document, version = await repository.versions.get(request.state.actor, request.path_params["id"], n)
    return await downloads.content(request, document, version)


async def _outline(request: Request, version: Row) -> Outline:
    """A store that does not answer, or bytes that are gone, must not take the whole page with them."""
    previews: Previews = request.state.previews
    try:
        return await previews.outline(version)
    except (errors.Unavailable, errors.Corrupt, errors.NotFound) as fault:
        return Outline(0, fault.sentence())


async def _text(request: Request, version: Row) -> str:
    texts: Texts = request.state.texts
    row = await texts.get(version["sha256"])
    return row["text"][:_LONGEST_TEXT] if row else ""


async def _dossiers(repository: Repository, actor: Actor, document: Row) -> tuple[list[Row], list[Row]]:
    """The dossiers it lies in that the actor may know, and the open ones it could be filed in."""
    if not actor.may(Permission.READ_DOSSIERS):
        return [], []
    filed = []
    for dossier_id in document["dossiers"]:
        try:
            filed.append(await repository.dossiers.get(actor, dossier_id))
        except errors.NotFound:
            continue
    if not actor.may(Permission.KEEP_DOSSIERS):
        return filed, []
    seen = await repository.dossiers.visible(actor, limit=200)
    return filed, [one for one in seen if one["state"] == "open" and one["_id"] not in document["dossiers"]]


async def _replies(repository: Repository, actor: Actor, document: Row) -> list[Row]:
    """What this document answers; of a document out of the reader's sight only that it exists."""
    found = []
    for answered in document["replies_to"]:
        try:
            found.append(await repository.documents.get(actor, answered))
        except errors.NotFound:
            found.append({"_id": "", "subject": "văn bản ngoài phạm vi được xem", "symbol": ""})
    return found


async def _history(repository: Repository, actor: Actor, document_id: str) -> list[Row]:
    if not actor.may(Permission.READ_HISTORY):
        return []
    return await repository.documents.history(actor, document_id, limit=_HISTORY)


async def _books(repository: Repository, actor: Actor, document: Row) -> tuple[Row | None, list[Row]]:
    """The book it stands in, and the books it could be entered in."""
    if not actor.may(Permission.READ_REGISTERS):
        return None, []
    seen = await repository.registers.visible(actor)
    book = next((one for one in seen if one["_id"] == document["register"]), None)
    if document["register"] or not actor.may(Permission.MAKE_ENTRIES):
        return book, []
    fits = [
        one for one in seen
        if one["unit"] == document["unit"] and one["direction"] == document["direction"] and not one["closed"]
    ]  # fmt: skip
    return book, fits


async def _grants(repository: Repository, actor: Actor, document: Row) -> list[Grant]:
    """Who sees it and why, for those who may ask."""
    own = document["unit"] == actor.unit or actor.may(Permission.READ_EVERYTHING)
    if not own or not actor.may(Permission.EXPLAIN_ACCESS):
        return []
    return await repository.sharing.grants(actor, document["_id"])


async def _must_sign(repository: Repository, document: Row) -> bool:
    """Whether issuing asks why nobody signed (Đ10.1)."""
    if document["direction"] != "outgoing" or document["legal_value"]["status"] == legal_value.VALID:
        return False
    unit = await repository.units.get(document["unit"])
    return holds_certificate(unit, local_date(repository.clock.now()))


def _newest_main(document: Row) -> int:
    return max(int(one["n"]) for one in document["versions"] if one["role"] == "main")


def _whole(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 7 else 0


def address(document_id: str, done: str = "") -> str:
    """Where a document's page is, with a word on what was just done."""
    return f"/documents/{quote(document_id)}" + (f"?done={done}" if done else "")
