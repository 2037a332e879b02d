"""The whole index made again from MongoDB: a new index is filled beside the old one and takes its place."""

from collections.abc import AsyncIterator
from typing import Any, Final

from indexers.search import projection
from indexers.search.index import SearchEntry, SearchIndex
from indexers.texts import Texts
from repository.lease import Lease
from repository.mongo import Database

_PAGE: Final = 100


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


async def all_entries(database: Database, texts: Texts) -> AsyncIterator[SearchEntry]:
    """Everything that is findable, from the stored rows."""
    registers = {row["_id"]: row async for row in database["registers"].find({})}
    async for document in _rows(database, "documents"):
        if document.get("disposed"):
            continue
        digests = [one["sha256"] for one in projection.searched_versions(document)]
        found = await texts.many(digests)
        yield projection.of_document(document, [found[one] for one in digests if one in found])
    async for dossier in _rows(database, "dossiers"):
        yield projection.of_dossier(dossier)
    async for line in _rows(database, "entries"):
        named = await database["documents"].find_one({"_id": line["document"]}, {"symbol": 1})
        if line["register"] in registers:
            yield projection.of_register_entry(line, registers[line["register"]], named)


async def _rows(database: Database, name: str) -> AsyncIterator[dict[str, Any]]:
    """All rows in order of their ids, page by page: a cursor held open for an hour would be lost."""
    last = ""
    while (
        page := await database[name].find({"_id": {"$gt": last}}).sort("_id", 1).limit(_PAGE).to_list(_PAGE)
    ):
        for row in page:
            yield row
        last = page[-1]["_id"]
