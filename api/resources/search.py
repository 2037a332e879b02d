"""Search: one question over documents, dossiers or register lines, within the asker's rights."""

from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers, seeing
from api.permit import permit
from indexers.search.index import LARGEST_WINDOW, Kind, SearchQuery, Sort
from indexers.searching import Found
from repository import errors
from repository.access.permissions import Permission
from repository.mongo import Row

_KINDS = {"documents": Kind.DOCUMENT, "dossiers": Kind.DOSSIER, "register": Kind.REGISTER_ENTRY}


def query_of(request: Request) -> SearchQuery:
    """The question that the address asks. Raises Invalid naming each wrong parameter."""
    given = request.query_params
    faults: list[dict[str, str]] = []

    def one_of(name: str, choices: dict[str, Any], default: str) -> Any:
        value = given.get(name) or default
        if value not in choices:
            faults.append({"pointer": f"/{name}", "detail": f"chỉ nhận: {', '.join(choices)}"})
        return choices.get(value, choices[default])

    def day(name: str) -> date | None:
        try:
            return date.fromisoformat(given[name]) if given.get(name) else None
        except ValueError:
            faults.append({"pointer": f"/{name}", "detail": "ngày phải có dạng NĂM-THÁNG-NGÀY"})
            return None

    kind = one_of("kind", _KINDS, "documents")
    sort = one_of("sort", {one.value: one for one in Sort}, Sort.RELEVANCE.value)
    since, until = day("from"), day("to")
    limit = answers.limit_of(request, default=20, most=200)
    cursor = given.get("cursor", "")
    offset = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 7 else 0
    if offset + limit > LARGEST_WINDOW:
        faults.append(
            {
                "pointer": "/cursor",
                "detail": f"chỉ xem được {LARGEST_WINDOW} kết quả đầu; hãy thu hẹp câu hỏi",
            }
        )
    if faults:
        raise errors.Invalid(why="tham số tìm kiếm chưa đúng", errors=faults)
    return SearchQuery(
        marks=(),
        text=given.get("q", "")[:1000],
        kind=kind,
        date_from=since,
        date_to=until,
        document_type=given.get("type", ""),
        unit=given.get("unit", ""),
        dossier=given.get("dossier", ""),
        legal_value=given.get("legal_value", ""),
        sort=sort,
        limit=limit,
        offset=offset,
    )


@permit(
    Permission.SEARCH,
    title="Tìm kiếm",
    answers="SearchResults",
    query=["q", "kind", "from", "to", "type", "unit", "dossier", "legal_value", "sort", "limit", "cursor"],
)
async def search(request: Request) -> Response:
    query = query_of(request)
    found = await request.state.searcher.search(request.state.actor, query)
    await seeing.found(request, query.text, found.items)
    return JSONResponse(
        {
            "items": [_item(query.kind, one) for one in found.items],
            "next": None if found.next_offset is None else str(found.next_offset),
            "total": found.total,
            "complete": found.complete,
            "facets": found.facets,
        }
    )


_SHOWN = {Kind.DOCUMENT: answers.document, Kind.DOSSIER: answers.dossier, Kind.REGISTER_ENTRY: answers.entry}


def _item(kind: Kind, found: Found) -> Row:
    """A hit: its row as elsewhere, and where the words stand, as escaped HTML with <em> around them."""
    highlights = {"subject": found.subject.as_html(), "text": [one.as_html() for one in found.snippets]}
    return _SHOWN[kind](found.row) | {"id": found.id, "score": found.score, "highlights": highlights}
