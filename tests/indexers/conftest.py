"""Fixtures of the indexer tests: a database of its own and an index in a folder, per test."""

import pytest

from indexers.search.tantivy import TantivyIndex
from indexers.texts import Texts
from repository import ids, mongo, schema
from tests.engines import engines  # noqa: F401  the session's engines
from tests.indexers.office import Office


@pytest.fixture
async def office(engines):  # noqa: F811
    database = mongo.connect(engines.mongo_url, ids.new("db"))
    await schema.ensure_indexes(database)
    yield Office(database)
    await database.client.drop_database(database.name)
    await mongo.close(database)


@pytest.fixture
def texts(office, tmp_path):
    return Texts(
        database=office.database,
        blobs=office.blobs,
        reader=office.reader,
        staging=tmp_path,
        clock=office.clock,
    )


@pytest.fixture
async def search_index(tmp_path):
    index = TantivyIndex(folder=tmp_path / "search")
    yield index
    await index.close()
