"""The Tantivy adapter: the contract, and what only a folder has: processes, killed writers, broken files."""

import signal
import subprocess
import sys

import pytest

from indexers.search.index import SearchQuery
from indexers.search.tantivy import TantivyIndex
from repository import errors
from tests.contracts.search_index import CORPUS, OFFICE, SearchIndexContract, entry


@pytest.fixture
async def index(tmp_path):
    index = TantivyIndex(folder=tmp_path / "search")
    yield index
    await index.close()


class TestTantivyIndex(SearchIndexContract):
    pass


async def test_another_reader_sees_each_commit_and_each_rebuild(index):
    reader = TantivyIndex(folder=index._folder)
    assert await reader.count() == 0
    await index.put([entry("a", "một")])
    assert await reader.count() == 0
    await index.commit()
    assert await reader.count() == 1

    async def none():
        return
        yield

    await index.rebuild(none())
    assert await reader.count() == 0
    await index.put([entry("b", "hai")])
    await index.commit()
    found = await reader.search(SearchQuery(text="hai", marks=(OFFICE,)))
    assert [hit.id for hit in found.hits] == ["b"]


async def test_two_writers_are_refused_and_the_first_goes_on(index):
    await index.put(CORPUS)
    second = TantivyIndex(folder=index._folder)
    with pytest.raises(errors.Unavailable):
        await second.put(CORPUS)
    await index.commit()
    assert await second.count() == len(CORPUS)


async def test_uncommitted_entries_of_a_dead_writer_are_dropped_and_its_lock_with_it(index):
    await index.put(CORPUS[:2])
    await index.commit()
    await index.put(CORPUS[2:])
    await index.close()
    after = TantivyIndex(folder=index._folder)
    await after.put([entry("x", "mới")])
    await after.commit()
    assert await after.count() == 3
    await after.close()


async def test_a_broken_index_is_begun_anew_by_the_writer_and_reported_by_readers(index):
    await index.put(CORPUS)
    await index.commit()
    await index.close()
    generation = index._folder / (index._folder / "current").read_text()
    (generation / "meta.json").write_text("{")
    fresh = TantivyIndex(folder=index._folder)
    with pytest.raises(errors.Unavailable):
        await fresh.count()
    await fresh.put([entry("x", "mới")])
    await fresh.commit()
    assert await fresh.count() == 1
    await fresh.close()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from indexers.search.tantivy import TantivyIndex
from tests.contracts.search_index import CORPUS, entry

async def main():
    index = TantivyIndex(folder=Path(sys.argv[1]))
    await index.put(CORPUS)
    await index.commit()
    await index.put([entry("late", "muộn")])
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_killed_writer_leaves_the_last_commit_and_no_lock(index):
    done = subprocess.run([sys.executable, "-c", KILLED, str(index._folder)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert await index.count() == len(CORPUS)
    await index.put([entry("x", "mới")])
    await index.commit()
    assert await index.count() == len(CORPUS) + 1
