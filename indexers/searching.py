"""Search as the API offers it: the actor's rights inside the query, rows and highlights beside the hits.

The index only finds. What is shown comes from the truth, read with the same rights again, so an index that
is behind can at worst omit a thing, never show one to somebody who lost the right to see it.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Any, Final

from indexers.search import highlight
from indexers.search.highlight import Snippet
from indexers.search.index import Kind, SearchIndex, SearchQuery
from indexers.search.projection import searched_versions
from indexers.texts import Texts
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.mongo import Database
from repository.outbox import Outbox

Row = dict[str, Any]

_COLLECTIONS: Final = {
    Kind.DOCUMENT: "documents",
    Kind.DOSSIER: "dossiers",
    Kind.REGISTER_ENTRY: "entries",
}


@dataclass(frozen=True, kw_only=True)
class Found:
    """A hit with its row and where the words stand in it."""

    id: str
    score: float
    row: Row
    subject: Snippet
    snippets: list[Snippet]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A page of what was found."""

    items: list[Found]
    total: int
    facets: dict[str, dict[str, int]]
    complete: bool
    """False while the index still owes changes to what is stored."""
    next_offset: int | None
    """Where the next page begins; None on the last."""


class Searcher:
    """The service behind the search routes and pages."""

    def __init__(self, *, database: Database, outbox: Outbox, index: SearchIndex, texts: Texts) -> None:
        self._database = database
        self._outbox = outbox
        self._index = index
        self._texts = texts

    async def search(self, actor: Actor, query: SearchQuery) -> Answer:
        """What the actor may see of what answers the query; the query's own marks are ignored."""
        actor.require(Permission.SEARCH)
        behind = await self._outbox.behind()
        results = await self._index.search(replace(query, marks=tuple(actor.marks)))
        rows = await self._rows(actor, query.kind, [hit.id for hit in results.hits])
        texts = await self._texts_of(rows) if query.kind is Kind.DOCUMENT and query.text else {}
        shown = [(hit, rows[hit.id]) for hit in results.hits if hit.id in rows]
        lit = await asyncio.to_thread(
            lambda: [_lit(row, texts.get(hit.id, ""), query.text) for hit, row in shown]
        )
        seen = query.offset + len(results.hits)
        return Answer(
            items=[
                Found(id=hit.id, score=hit.score, row=row, subject=subject, snippets=snippets)
                for (hit, row), (subject, snippets) in zip(shown, lit, strict=True)
            ],
            total=results.total,
            facets=results.facets,
            complete=behind == 0,
            next_offset=seen if results.hits and seen < results.total else None,
        )

    async def ping(self) -> None:
        """Raises Unavailable when the index does not answer."""
        await self._index.count()

    async def _rows(self, actor: Actor, kind: Kind, found: list[str]) -> dict[str, Row]:
        query: Row = {"_id": {"$in": found}}
        if kind is Kind.REGISTER_ENTRY:
            books = await self._database["registers"].find({}, {"unit": 1}).to_list(None)
            marks = set(actor.marks)
            seen = [one["_id"] for one in books if marks & {"all", f"unit:{one['unit']}"}]
            query["register"] = {"$in": seen}
        else:
            query["readers"] = {"$in": actor.marks}
        return {row["_id"]: row async for row in self._database[_COLLECTIONS[kind]].find(query)}

    async def _texts_of(self, rows: dict[str, Row]) -> dict[str, str]:
        wanted = {id: [one["sha256"] for one in searched_versions(row)] for id, row in rows.items()}
        texts = await self._texts.many({digest for digests in wanted.values() for digest in digests})
        return {
            id: "\n".join(texts[one] for one in digests if one in texts) for id, digests in wanted.items()
        }


def _lit(row: Row, text: str, query: str) -> tuple[Snippet, list[Snippet]]:
    subject = row.get("subject") or row.get("title") or (row.get("columns") or {}).get("subject", "")
    return highlight.whole(subject, query), highlight.snippets(text, query)
