"""The engine that an address names; the only place that chooses one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from indexers.search.elastic import ElasticIndex
from indexers.search.index import SearchIndex
from indexers.search.tantivy import TantivyIndex


@asynccontextmanager
async def open_index(url: str) -> AsyncIterator[SearchIndex]:
    """`tantivy:FOLDER`, or the address of an Elasticsearch cluster."""
    scheme, _, rest = url.partition(":")
    index = TantivyIndex(folder=Path(rest)) if scheme == "tantivy" else ElasticIndex(url=url)
    try:
        yield index
    finally:
        await index.close()
