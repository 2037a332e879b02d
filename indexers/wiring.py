"""Settings in, opened indexers out: the engine that `TANGTHU_SEARCH_URL` names, texts, search and the
worker.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from indexers import texts as extracted
from indexers.search.engines import open_index
from indexers.search.index import SearchIndex
from indexers.search.rebuild import reindex
from indexers.searching import Searcher
from indexers.texts import Texts
from indexers.worker import NAME, Worker
from repository.lease import Lease
from repository.sandbox import Sandbox
from repository.wiring import Repository


@dataclass(frozen=True, kw_only=True)
class Indexers:
    """What can be rebuilt, opened."""

    repository: Repository
    index: SearchIndex
    texts: Texts
    searcher: Searcher
    worker: Worker

    async def reindex(self) -> int:
        """Makes the search index again; how many entries. A working worker steps aside meanwhile."""
        database = self.repository.database
        lease = Lease(database=database, name=NAME, clock=self.repository.clock)
        return await reindex(database=database, texts=self.texts, index=self.index, lease=lease)


@asynccontextmanager
async def open_indexers(repository: Repository) -> AsyncIterator[Indexers]:
    """Opened over an opened repository. Nothing is written until the worker runs."""
    settings, database, clock = repository.settings, repository.database, repository.clock
    async with (
        open_index(settings.search) as index,
        Sandbox(function=extracted.FUNCTION, size=2, limits=extracted.LIMITS) as reader,
    ):
        texts = Texts(
            database=database, blobs=repository.blobs, reader=reader, staging=settings.staging, clock=clock
        )
        yield Indexers(
            repository=repository,
            index=index,
            texts=texts,
            searcher=Searcher(database=database, outbox=repository.outbox, index=index, texts=texts),
            worker=Worker(repository=repository, texts=texts, index=index, clock=clock),
        )
