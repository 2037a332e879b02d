"""Who saw what leaves a record too (Đ5.2): pages looked at, papers of limited spread read or found."""

from starlette.requests import Request

from indexers.searching import Found
from repository.access.rules import Classification
from repository.audit import Action
from repository.mongo import Row
from repository.wiring import Repository


async def document_seen(request: Request, document: Row, what: str) -> None:
    """Notes that somebody read a paper of limited spread (hạn chế); `what` of it was read."""
    if document.get("classification") == Classification.RESTRICTED:
        await _note(request, Action.DOCUMENT_READ, "document", document["_id"], what=what)


async def page_seen(request: Request, document: Row, version: Row, page: int) -> None:
    """Notes that a page of a version was looked at: as good as having the file."""
    await _note(request, Action.VERSION_VIEWED, "document", document["_id"], n=version["n"], page=page)


async def found(request: Request, text: str, hits: list[Found]) -> None:
    """Notes a search that showed papers of limited spread, and which ones."""
    seen = [one.row["_id"] for one in hits if one.row.get("classification") == Classification.RESTRICTED]
    if seen:
        repository: Repository = request.state.repository
        await repository.journal.note(
            request.state.actor, Action.SEARCH_MADE, "search", "documents", also=seen, asked=text[:300]
        )


async def _note(request: Request, action: Action, kind: str, subject: str, **detail: object) -> None:
    repository: Repository = request.state.repository
    await repository.journal.note(request.state.actor, action, kind, subject, also=None, **detail)
