"""Tìm kiếm: words with or without marks, narrowed by facets; the address of a page is the whole question."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from api import seeing
from api.permit import page
from api.web import words, written
from api.web.rendering import answer, unit_names
from indexers.search.index import LARGEST_WINDOW, SearchQuery, Sort
from repository import errors
from repository.access.permissions import Permission
from repository.registers import numbering
from repository.text import nfc

PAGE: Final = 20
LONGEST: Final = 300
_FILTERS: Final = ("q", "type", "unit", "from", "to", "dossier", "legal", "sort")


@dataclass(frozen=True)
class Choice:
    """One line of a facet: its words, how many, and the address that takes or drops it."""

    words: str
    count: int
    address: str
    chosen: bool


@page(Permission.SEARCH)
async def search(request: Request) -> Response:
    """The results, or the empty form."""
    wanted = {name: request.query_params.get(name, "").strip() for name in _FILTERS}
    wanted["q"] = nfc(wanted["q"])[:LONGEST]
    faults: dict[str, str] = {}
    offset = _whole(request.query_params.get("p", ""))
    asked = SearchQuery(
        text=wanted["q"],
        document_type=_type(wanted["type"]),
        unit=wanted["unit"][:40],
        date_from=_day(wanted["from"], "from", faults),
        date_to=_day(wanted["to"], "to", faults),
        dossier=wanted["dossier"][:40],
        legal_value=wanted["legal"][:20],
        sort=Sort(wanted["sort"]) if wanted["sort"] in list(Sort) else Sort.RELEVANCE,
        limit=PAGE,
        offset=min(offset, LARGEST_WINDOW - PAGE),
    )
    found = await request.state.searcher.search(request.state.actor, asked)
    await seeing.found(request, asked.text, found.items)
    units = await unit_names(request)
    facts: dict[str, Any] = {
        "wanted": wanted,
        "query": wanted["q"],
        "faults": faults,
        "found": found,
        "units": units,
        "types": numbering.TYPES,
        "facets": _facets(found.facets, wanted, units),
        "narrowed": any(wanted[name] for name in _FILTERS if name not in ("q", "sort")),
        "dossier": await _dossier(request, wanted["dossier"]),
        "first": asked.offset + 1,
        "earlier": _address(wanted, p=str(max(0, asked.offset - PAGE))) if asked.offset else "",
        "later": _address(wanted, p=str(found.next_offset)) if found.next_offset is not None else "",
        "html": lambda snippet: Markup(snippet.as_html()),  # as_html escapes all but its own <em>
    }
    return answer(request, "search.html", facts)


async def _dossier(request: Request, dossier_id: str) -> str:
    """The title of the dossier that is searched in, if the reader may know it."""
    if not dossier_id:
        return ""
    try:
        return str((await request.state.repository.dossiers.get(request.state.actor, dossier_id))["title"])
    except errors.NotFound:
        return dossier_id


def _facets(
    counts: dict[str, dict[str, int]], wanted: dict[str, str], units: dict[str, str]
) -> list[tuple[str, list[Choice]]]:
    """Each facet with its lines, the most frequent first."""
    tables: tuple[tuple[str, str, str, Any], ...] = (
        ("Tên loại", "document_type", "type", words.document_type),
        ("Giá trị pháp lý", "legal_value", "legal", lambda v: words.state_of(words.LEGAL, v).words),
        ("Đơn vị", "unit", "unit", lambda v: units.get(v, v)),
    )
    shown = []
    for title, facet, name, told in tables:
        lines = []
        for value, count in _most(counts.get(facet, {})):
            chosen = wanted[name] == value
            there = _address(wanted, **{name: "" if chosen else value})
            lines.append(Choice(told(value), count, there, chosen))
        shown.append((title, lines))
    shown.append(("Năm", [_year(value, count, wanted) for value, count in _most(counts.get("year", {}))]))
    return [(title, lines) for title, lines in shown if lines]


def _most(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(((v, n) for v, n in counts.items() if v), key=lambda one: (-one[1], one[0]))[:12]


def _year(value: str, count: int, wanted: dict[str, str]) -> Choice:
    first, last = f"{value}-01-01", f"{value}-12-31"
    chosen = (wanted["from"], wanted["to"]) == (first, last)
    span = {"from": "", "to": ""} if chosen else {"from": first, "to": last}
    return Choice(value, count, _address(wanted, **span), chosen)


def _address(wanted: dict[str, str], **changed: str) -> str:
    """The same question with something changed; a changed question starts on its first page."""
    return "/search?" + urlencode({name: value for name, value in (wanted | changed).items() if value})


def _type(value: str) -> str:
    try:
        return numbering.type_of(value) if value else ""
    except errors.Invalid:
        return ""


def _day(value: str, name: str, faults: dict[str, str]) -> date | None:
    """A date as people write it or as a facet's link has it; what is neither is said beside the field."""
    if not value:
        return None
    try:
        return written.typed_day(value)
    except ValueError:
        faults[name] = written.DAY_WANTED
        return None


def _whole(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0
