"""The whole index made again from MongoDB: a new index is filled beside the old one and takes its place."""

import logging
from collections.abc import AsyncIterator, Callable
from typing import Final

from indexers.search import projection
from indexers.search.index import SearchEntry, SearchIndex
from indexers.texts import Texts
from repository.evidence.fixity import UNFIT
from repository.lease import Lease
from repository.mongo import Database, Row

_LOG: Final = logging.getLogger(__name__)
_PAGE: Final = 2000
"""Rows; few looks, since the local engine passes through the whole collection for each range of ids."""
_TOGETHER: Final = 200
"""Ids in one question; the local engine compares each answer with all of them."""
Bent = Callable[[str, str, Exception], None]
"""Is told the collection and the id of a row that no entry can be made of."""


def _logged(name: str, row_id: str, fault: Exception) -> None:
    _LOG.error("no entry can be made of %s/%s (%r): run tangthu fixity", name, row_id, fault)


async def rebuild(*, database: Database, texts: Texts, index: SearchIndex) -> int:
    """Fills and swaps; how many entries. The caller holds the worker's lease, so nothing changes the index
    meanwhile.
    """
    return await index.rebuild(all_entries(database, texts))


async def reindex(*, database: Database, texts: Texts, index: SearchIndex, lease: Lease) -> int:
    """The same from outside the worker: the leading worker steps aside until it is done."""
    await lease.demand()
    try:
        async with lease.kept():
            return await rebuild(database=database, texts=texts, index=index)
    finally:
        await lease.release()


async def all_entries(database: Database, texts: Texts, bent: Bent = _logged) -> AsyncIterator[SearchEntry]:
    """Everything that is findable, from the stored rows. A row that somebody bent is told and left out: it is no
    reason that nothing else should be found.
    """
    registers = {row["_id"]: row async for row in database["registers"].find({})}

    async def of_document(row: Row) -> SearchEntry | None:
        if row.get("disposed"):
            return None
        digests = [one["sha256"] for one in projection.searched_versions(row)]
        found = await texts.many(digests)
        return projection.of_document(row, [found[one] for one in digests if one in found])

    async def of_dossier(row: Row) -> SearchEntry | None:
        return projection.of_dossier(row)

    named: dict[str, Row] = {}

    async def of_line(row: Row) -> SearchEntry | None:
        register = registers.get(row["register"])
        return projection.of_register_entry(row, register, named.get(row["document"])) if register else None

    for name, made in {"documents": of_document, "dossiers": of_dossier, "entries": of_line}.items():
        async for page in _pages(database, name):
            if name == "entries":
                named = {one["_id"]: one async for one in _symbols(database, page)}
            for row in page:
                try:
                    entry = await made(row)
                except UNFIT as fault:
                    bent(name, str(row["_id"]), fault)
                    continue
                if entry is not None:
                    yield entry


async def _symbols(database: Database, lines: list[Row]) -> AsyncIterator[Row]:
    """Of the documents that the lines name."""
    for start in range(0, len(lines), _TOGETHER):
        asked = [row.get("document") for row in lines[start : start + _TOGETHER]]
        asked = [one for one in asked if isinstance(one, str)]  # what was bent into an operator is never sent
        async for row in database["documents"].find({"_id": {"$in": asked}}, {"symbol": 1}):
            yield row


async def _pages(database: Database, name: str) -> AsyncIterator[list[Row]]:
    """All rows in order of their ids: a cursor held open for an hour would be lost."""
    last = ""
    while (
        page := await database[name].find({"_id": {"$gt": last}}).sort("_id", 1).limit(_PAGE).to_list(_PAGE)
    ):
        yield page
        last = page[-1]["_id"]
