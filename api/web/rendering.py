"""Templates into answers: one environment, autoescaped, and what every page's frame needs to know."""

from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.auth import csrf
from api.web import signature_words, words, written
from api.web.assets import address
from api.web.done import DONE
from repository import text
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.mongo import Row

_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("api.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(
    moment=written.moment,
    day=written.day,
    as_typed_day=written.as_typed_day,
    size=written.size,
    number=written.number,
    quarter=written.quarter,
    clause=written.clause,
    action=words.action,
    facts=words.facts,
    document_type=words.document_type,
    file_kind=words.kind_of_file,
    holder=signature_words.holder,
)
_ENVIRONMENT.globals.update(
    words=words, signature_words=signature_words, static=address, state_of=words.state_of, P=Permission
)


def title_of(document: Row) -> str:
    """Type and subject as a book writes them; the type is not said twice when the subject begins with it."""
    name = words.document_type(document["document_type"])
    subject = str(document["subject"])
    if document["document_type"] == "KHAC" or text.fold(subject).startswith(text.fold(name)):
        return subject
    return f"{name}: {subject}"


def _dossier_options(rows: list[Row]) -> list[tuple[str, str]]:
    return [(row["_id"], f"{row['code']} – {row['title']}"[:120]) for row in rows]


def _book_options(rows: list[Row]) -> list[tuple[str, str]]:
    return [
        (row["_id"], row["title"] if row["series"] == "chung" else f"{row['title']} ({row['series']})")
        for row in rows
    ]


_ENVIRONMENT.filters.update(title_of=title_of, dossier_options=_dossier_options, book_options=_book_options)


def answer(
    request: Request, template: str, facts: Mapping[str, Any] | None = None, *, status: int = 200
) -> HTMLResponse:
    """A page; private to its reader, so that no shared cache keeps it."""
    actor: Actor | None = getattr(request.state, "actor", None)
    frame: dict[str, Any] = {
        "request": request,
        "actor": actor,
        "path": request.url.path,
        "csrf_field": csrf.FIELD,
        "csrf_token": csrf.token(request),
        "contact": request.state.repository.settings.contact,
        "done": DONE.get(request.query_params.get("done", ""), ""),
        "alert": "",
        "query": "",
    }
    page = _ENVIRONMENT.get_template(template).render(frame | dict(facts or {}))
    return HTMLResponse(page, status, {"Cache-Control": "private, no-store"})


async def unit_names(request: Request) -> dict[str, str]:
    """All units by id, for lists that show whose a thing is."""
    return {row["_id"]: row["name"] for row in await request.state.repository.units.all()}
