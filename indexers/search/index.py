"""What a search index promises, and the values that go in and out of it.

An entry is everything about one thing that can be searched, with the marks of those who may see it. The
rights filter is part of the query, so counts and facets never speak of what the asker may not see.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

from repository import errors

LARGEST_WINDOW: Final = 10_000
"""offset + limit may not pass this (Elasticsearch's own limit); whoever needs more narrows the question."""
FACETS: Final = ("document_type", "unit", "year", "legal_value")


class Kind(StrEnum):
    """What an entry is about."""

    DOCUMENT = "document"
    DOSSIER = "dossier"
    REGISTER_ENTRY = "register_entry"


class Sort(StrEnum):
    """Newest and oldest go by the entry's day."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, kw_only=True)
class SearchEntry:
    """One findable thing. Text may be in any normal form; the engine's analysis takes care of it."""

    id: str
    kind: Kind = Kind.DOCUMENT
    subject: str = ""
    symbol: str = ""
    issuer: str = ""
    body: str = ""
    document_type: str = ""
    unit: str = ""
    day: date | None = None
    """The document's own date; where it has none, the local date of receipt."""
    dossiers: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    """Marks such as `unit:van-phong`; an asker who holds any one of them may see the entry."""
    legal_value: str = ""
    register: str = ""


def stated(entry: SearchEntry) -> str:
    """What an entry states of itself: a hash over all its fields, kept beside them."""
    text = json.dumps(vars(entry), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    """A question. Every filter that is set must hold; `marks` are those the asker holds (none: nothing is
    found).
    """

    marks: tuple[str, ...] = ()
    text: str = ""
    """What was typed: words, "a phrase in quotes", numbers such as 71/QĐ-UBND. Nothing typed finds
    everything.
    """
    kind: Kind = Kind.DOCUMENT
    date_from: date | None = None
    date_to: date | None = None
    document_type: str = ""
    unit: str = ""
    dossier: str = ""
    register: str = ""
    legal_value: str = ""
    sort: Sort = Sort.RELEVANCE
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True)
class Hit:
    """A thing found; scores compare only within one answer."""

    id: str
    score: float


@dataclass(frozen=True, kw_only=True)
class Results:
    """A page of hits, how many there are in all, and the counts by facet over all of them."""

    hits: list[Hit]
    total: int
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


class IndexBroken(errors.Unavailable):
    """What is stored of the index cannot be read, and will not be later: it has to be made again."""


class SearchIndex(Protocol):
    """Where entries are found. What was put or removed shows after `commit`, all of it or none of it.

    One process writes at a time (the holder of the worker's lease); any number of processes search. An entry
    put again replaces the old one; removing what is not there is no error. No text raises: what cannot be
    understood is searched as words or finds nothing. An engine that does not answer raises
    `errors.Unavailable`.
    """

    async def put(self, entries: Iterable[SearchEntry]) -> None: ...

    async def remove(self, ids: Iterable[str]) -> None: ...

    async def commit(self) -> None: ...

    async def search(self, query: SearchQuery) -> Results: ...

    async def count(self) -> int:
        """How many entries are searchable. Raises IndexBroken where waiting does not help."""
        ...

    def holdings(self) -> AsyncIterator[tuple[str, str]]:
        """Every searchable entry's id and what it states of itself (`stated`), in no particular order."""
        ...

    async def rebuild(self, entries: AsyncIterator[SearchEntry]) -> int:
        """Fills a new index and puts it in the place of the old one in one step; how many entries it holds.

        Until then searches answer from the old one; a rebuild that fails leaves the old one as it was.
        """
        ...
