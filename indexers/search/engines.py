"""The engine that an address names; the only place that chooses one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from indexers.search.index import SearchIndex
from indexers.search.tantivy import TantivyIndex

if TYPE_CHECKING:
    from indexers.search.elastic import ElasticIndex


@asynccontextmanager
async def open_index(url: str) -> AsyncIterator[SearchIndex]:
    """`tantivy:FOLDER`, or the address of an Elasticsearch cluster."""
    scheme, _, rest = url.partition(":")
    index = TantivyIndex(folder=Path(rest)) if scheme == "tantivy" else _elastic(url)
    try:
        yield index
    finally:
        await index.close()


def _elastic(url: str) -> "ElasticIndex":
    from indexers.search.elastic import ElasticIndex  # its client is a quarter of every command's start

    return ElasticIndex(url=url)
