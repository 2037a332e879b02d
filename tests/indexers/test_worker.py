"""The worker: what a committed change owes is done, only then its row goes, and nothing is lost between."""

import asyncio
from datetime import timedelta

import pytest

from indexers.search.index import SearchQuery
from indexers.search.rebuild import reindex
from indexers.worker import NAME, Worker
from repository import errors
from repository.audit import Action
from repository.lease import Lease
from repository.outbox import PATIENCE
from tests.indexers.office import AwayIndex


@pytest.fixture
def worker(office, texts, search_index):
    return Worker(repository=office, texts=texts, index=search_index, clock=office.clock)


async def found(index, text, **more):
    results = await index.search(SearchQuery(text=text, marks=("unit:van-phong",), **more))
    return [hit.id for hit in results.hits]


async def test_a_stored_document_is_locked_judged_read_and_found(office, worker, search_index):
    stored = await office.store("Kế hoạch tiếp công dân", "Nội dung: đối thoại định kỳ")
    assert await office.outbox.behind() == 1
    assert await worker.drain() == 1
    assert office.retention.done == office.judge.done == [stored]
    assert await found(search_index, "tiep cong dan") == [stored]
    assert await found(search_index, '"đối thoại định kỳ"') == [stored]
    assert await office.outbox.behind() == 0


async def test_equal_bytes_are_read_once(office, worker):
    await office.store("Một", "cùng nội dung")
    await office.store("Hai", "cùng nội dung")
    await worker.drain()
    assert office.reader.reads == 1


async def test_rows_of_one_subject_in_a_batch_are_one_work(office, worker):
    stored = await office.store("Cũ", "x")
    await office.change(stored, {"subject": "Mới"})
    assert await worker.drain() == 2
    assert office.judge.done == [stored]


async def test_two_turns_of_one_worker_do_each_row_once(office, worker):
    """The lease keeps only other workers out; the slower of two turns would write last what it had read first."""
    for n in range(6):
        await office.store(f"Công văn {n}", f"nội dung {n}")
    assert sum(await asyncio.gather(worker.drain(), worker.drain(), worker.drain())) == 6
    assert len(office.judge.done) == len(set(office.judge.done)) == 6


async def test_a_change_of_rights_is_followed(office, worker, search_index):
    stored = await office.store("Hồ sơ cán bộ")
    await worker.drain()
    await office.change(stored, {"readers": ["unit:phuong-1"]})
    await worker.drain()
    assert await found(search_index, "hồ sơ cán bộ") == []


async def test_a_vanished_document_leaves_the_index(office, worker, search_index):
    stored = await office.store("Tạm")
    await worker.drain()
    await office.change(stored, {"subject": "Tạm"})
    await office.database["documents"].delete_one({"_id": stored})
    await worker.drain()
    assert await search_index.count() == 0


async def test_a_failing_row_is_parked_after_patience_and_others_go_on(office, worker, search_index):
    office.judge.fault = ValueError("hỏng")
    bad = await office.store("Hỏng")
    for _ in range(PATIENCE):
        await worker.drain()
        office.clock.advance(timedelta(minutes=5))
    office.judge.fault = None
    good = await office.store("Lành")
    await worker.drain()
    assert await found(search_index, "lành") == [good]
    parked = await office.outbox.parked()
    assert [(row["subject"]["id"], row["why"]) for row in parked] == [(bad, "ValueError: hỏng")]
    await office.outbox.retry(office.clock.now())
    assert await worker.drain() == 1
    assert await found(search_index, "hỏng") == [bad]


async def test_a_dependency_that_is_away_delays_rows_and_parks_none(office, worker):
    office.judge.fault = errors.Unavailable(what="kho tệp")
    await office.store("Chờ")
    for _ in range(PATIENCE + 1):
        with pytest.raises(errors.Unavailable):
            await worker.drain()
    assert (await office.outbox.behind(), await office.outbox.count_parked()) == (1, 0)
    office.judge.fault = None
    assert await worker.drain() == 1


async def test_rows_stay_until_the_index_has_committed(office, texts, search_index):
    away = AwayIndex(search_index)
    worker = Worker(repository=office, texts=texts, index=away, clock=office.clock)
    await worker.drain()
    stored = await office.store("Chưa vào chỉ mục")
    away.away = True
    with pytest.raises(errors.Unavailable):
        await worker.drain()
    assert await office.outbox.behind() == 1
    away.away = False
    await worker.drain()
    assert await found(search_index, "chỉ mục") == [stored]


async def test_a_lost_index_is_made_again_at_the_start(office, worker, texts, tmp_path):
    from indexers.search.tantivy import TantivyIndex

    stored = await office.store("Quy chế", "nội dung quy chế")
    await worker.drain()
    empty = TantivyIndex(folder=tmp_path / "other")
    again = Worker(repository=office, texts=texts, index=empty, clock=office.clock)
    assert await again.drain() == 0
    assert await found(empty, '"nội dung quy chế"') == [stored]
    await empty.close()


@pytest.mark.parametrize("broken", ["meta.json", "segments"])
async def test_a_broken_index_is_made_again_at_the_start(
    office, worker, texts, search_index, tmp_path, broken
):
    from indexers.search.tantivy import TantivyIndex

    stored = await office.store("Quy chế", "nội dung quy chế")
    await worker.drain()
    await search_index.close()
    folder = tmp_path / "search"
    generation = folder / (folder / "current").read_text()
    if broken == "meta.json":
        (generation / broken).write_text("{")
    else:
        for one in generation.glob("*.store"):
            one.unlink()
    index = TantivyIndex(folder=folder)
    later = await office.store("Kế hoạch", "nội dung kế hoạch")
    again = Worker(repository=office, texts=texts, index=index, clock=office.clock)
    assert await again.drain() == 1
    assert await found(index, '"nội dung quy chế"') == [stored]
    assert await found(index, '"nội dung kế hoạch"') == [later]
    await index.close()


async def test_rows_read_ahead_are_let_go_when_another_worker_leads(
    office, worker, texts, search_index, monkeypatch
):
    monkeypatch.setattr("indexers.worker._BATCH", 2)
    stored = [await office.store(f"Công văn {n}", f"nội dung {n}") for n in range(7)]
    assert await worker._turn() == 2
    office.clock.advance(timedelta(minutes=1))  # it was held up, and its lease is over
    other = Worker(repository=office, texts=texts, index=search_index, clock=office.clock)
    lease = Lease(database=office.database, name=NAME, clock=office.clock)
    assert await lease.hold()
    assert await worker._turn() is None
    await lease.release()
    assert await other.drain() == 5
    assert await worker.drain() == 0
    assert sorted(office.judge.done) == sorted(stored)


async def test_kinds_that_owe_nothing_are_simply_done(office, worker, search_index):
    await worker.drain()
    await office.store("Chỉ ghi nhận", action=Action.PERSON_CREATED)
    assert await worker.drain() == 1
    assert await search_index.count() == 0


async def test_run_follows_commits_until_told_to_stop(office, worker, search_index):
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    stored = await office.store("Theo dõi")
    async with asyncio.timeout(20):
        while await office.outbox.behind():
            await asyncio.sleep(0.02)
    stop.set()
    await running
    assert await found(search_index, "theo dõi") == [stored]
    lease = await office.database["leases"].find_one({"_id": NAME})
    assert lease["holder"] == ""


class TestLease:
    @pytest.fixture
    def leases(self, office):
        return [Lease(database=office.database, name="x", clock=office.clock) for _ in range(2)]

    async def test_one_holds_until_it_dies(self, office, leases):
        first, second = leases
        assert await first.hold()
        assert await first.hold()
        assert not await second.hold()
        office.clock.advance(timedelta(seconds=14))
        assert not await second.hold()
        office.clock.advance(timedelta(seconds=2))
        assert await second.hold()
        assert not await first.hold()

    async def test_released_is_free_at_once(self, leases):
        first, second = leases
        await first.hold()
        await second.release()
        assert not await second.hold()
        await first.release()
        assert await second.hold()

    async def test_the_holder_steps_aside_for_who_demands_it_and_comes_back(self, leases):
        first, second = leases
        await first.hold()
        demanding = asyncio.create_task(second.demand())
        async with asyncio.timeout(10):
            while await first.hold():
                await asyncio.sleep(0.01)
            await demanding
        assert not await first.hold()
        await second.release()
        assert await first.hold()


async def test_reindex_from_outside_gives_the_same_entries(office, worker, texts, search_index):
    stored = [await office.store(f"Văn bản số {n}", f"thân {n}") for n in range(3)]
    await worker.drain()
    lease = Lease(database=office.database, name=NAME, clock=office.clock)
    assert await reindex(database=office.database, texts=texts, index=search_index, lease=lease) == 3
    assert sorted(await found(search_index, "văn bản")) == sorted(stored)


async def test_a_line_bent_into_a_question_does_not_stop_the_rebuild(office, worker, texts, search_index):
    stored = await office.store("Quy chế", "thân")
    await worker.drain()
    bent = {"_id": "ent-1", "register": "so", "number": 1, "document": {"$gt": ""}}
    await office.database["registers"].insert_one({"_id": "so", "unit": "van-phong"})
    await office.database["entries"].insert_one(bent)
    lease = Lease(database=office.database, name=NAME, clock=office.clock)
    assert await reindex(database=office.database, texts=texts, index=search_index, lease=lease) == 1
    assert await found(search_index, "quy chế") == [stored]
