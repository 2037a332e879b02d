"""Search as the API offers it: rights twice, highlights, completeness."""

from dataclasses import replace

import pytest

from indexers.search.index import Kind, SearchQuery, Sort
from indexers.searching import Searcher
from indexers.worker import Worker
from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Role

CLERK = Actor(id="p-1", name="Lan", kind="person", unit="van-phong", roles=frozenset({Role.CLERK}))
STRANGER = replace(CLERK, id="p-2", unit="phuong-1")
AUDITOR = replace(STRANGER, id="p-3", roles=frozenset({Role.AUDITOR}))


@pytest.fixture
def worker(office, texts, search_index):
    return Worker(repository=office, texts=texts, index=search_index, clock=office.clock)


@pytest.fixture
def searcher(office, texts, search_index):
    return Searcher(database=office.database, outbox=office.outbox, index=search_index, texts=texts)


async def test_found_with_row_highlights_and_completeness(office, worker, searcher):
    stored = await office.store("Quyết định về đền bù", "Căn cứ Luật Đất đai, quyết định đền bù như sau.")
    before = await searcher.search(CLERK, SearchQuery(text="quyet dinh den bu"))
    assert (before.items, before.complete) == ([], False)
    await worker.drain()
    after = await searcher.search(CLERK, SearchQuery(text="quyet dinh den bu"))
    assert after.complete
    (found,) = after.items
    assert (found.id, found.row["subject"]) == (stored, "Quyết định về đền bù")
    assert found.subject.as_html() == "<em>Quyết định</em> về <em>đền bù</em>"
    assert "<em>quyết định đền bù</em>" in found.snippets[0].as_html()


async def test_the_actor_decides_what_is_seen_whatever_the_query_says(office, worker, searcher):
    stored = await office.store("Nội bộ")
    await worker.drain()
    smuggled = SearchQuery(text="nội bộ", marks=("unit:van-phong", "all"))
    assert (await searcher.search(STRANGER, smuggled)).items == []
    assert (await searcher.search(STRANGER, smuggled)).total == 0
    assert [one.id for one in (await searcher.search(AUDITOR, smuggled)).items] == [stored]


async def test_a_right_lost_since_the_index_was_written_is_lost_at_once(office, worker, searcher):
    stored = await office.store("Nội bộ")
    await worker.drain()
    await office.change(stored, {"readers": ["unit:phuong-1"]})
    assert (await searcher.search(CLERK, SearchQuery(text="nội bộ"))).items == []


async def test_without_the_permission_nothing_is_searched(searcher):
    nobody = replace(CLERK, roles=frozenset({Role.UNIT_ADMIN}))
    with pytest.raises(errors.Forbidden):
        await searcher.search(nobody, SearchQuery(text="x"))


async def test_pages_are_walked_by_offset(office, worker, searcher):
    stored = {await office.store(f"Báo cáo tháng {n}") for n in range(5)}
    await worker.drain()
    seen, offset = [], 0
    while offset is not None:
        answer = await searcher.search(CLERK, SearchQuery(sort=Sort.NEWEST, limit=2, offset=offset))
        seen += [one.id for one in answer.items]
        offset = answer.next_offset
    assert (len(seen), set(seen)) == (5, stored)


async def test_lines_of_books_are_found_by_those_who_may_see_the_book(office, worker, searcher):
    stored = await office.store("Giấy mời họp", symbol="12/GM-UBND")
    await office.database["registers"].insert_one({"_id": "so-1", "unit": "van-phong"})
    line = {
        "_id": "vs-1", "register": "so-1", "number": 12, "document": stored, "annulled": None,
        "entered_at": office.clock.now(),
        "columns": {"subject": "Giấy mời họp", "recipients": ["UBND phường 1"]},
    }  # fmt: skip
    await office.database["entries"].insert_one(line)
    await worker.drain()
    query = SearchQuery(text="12/GM-UBND", kind=Kind.REGISTER_ENTRY)
    assert [one.id for one in (await searcher.search(CLERK, query)).items] == ["vs-1"]
    assert (await searcher.search(STRANGER, query)).items == []
    await office.database["entries"].update_one(
        {"_id": "vs-1"}, {"$set": {"annulled": {"reason": "nhầm ngày"}}}
    )
    assert [one.row["number"] for one in (await searcher.search(CLERK, query)).items] == [12]
