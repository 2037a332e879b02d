"""Owed work: kept until it is done, put back when it fails, parked when it keeps failing, never dropped."""

from datetime import timedelta

import pytest

from repository import outbox
from repository.clock import FixedClock
from repository.mongo import Row
from repository.wiring import Repository


@pytest.fixture
async def rows(repository: Repository, fixed_clock: FixedClock) -> list[Row]:
    made = [
        outbox.row(
            kind="document.stored", subject_kind="document", subject_id=f"doc-{n}", at=fixed_clock.now()
        )
        for n in range(3)
    ]
    await repository.database["outbox"].insert_many(made)
    return sorted(made, key=lambda one: one["_id"])


async def test_rows_come_oldest_first_until_they_are_done(repository, rows, fixed_clock) -> None:
    now = fixed_clock.now()
    assert [one["_id"] for one in await repository.outbox.pending(now, 2)] == [one["_id"] for one in rows[:2]]
    assert await repository.outbox.behind() == 3
    await repository.outbox.done([rows[0]["_id"]])
    await repository.outbox.done([rows[0]["_id"]])
    assert [one["_id"] for one in await repository.outbox.pending(now, 9)] == [one["_id"] for one in rows[1:]]


async def test_a_row_is_not_seen_before_its_time(repository, rows, fixed_clock) -> None:
    assert await repository.outbox.pending(fixed_clock.now() - timedelta(seconds=1), 9) == []


async def test_failures_wait_longer_each_time_and_are_parked_at_last(repository, rows, fixed_clock) -> None:
    waits = []
    for failure in range(1, outbox.PATIENCE + 1):
        (row,) = [
            one
            for one in await repository.outbox.pending(fixed_clock.now(), 9)
            if one["_id"] == rows[0]["_id"]
        ]
        parked = await repository.outbox.failed(row, "x" * 5000, fixed_clock.now())
        assert parked is (failure == outbox.PATIENCE)
        after = await repository.database["outbox"].find_one({"_id": rows[0]["_id"]})
        assert after is not None and len(after["why"]) == 2000
        waits.append((after["not_before"] - fixed_clock.now()).total_seconds())
        fixed_clock.moment = after["not_before"]
    assert waits == sorted(set(waits))
    assert [one["_id"] for one in await repository.outbox.parked()] == [rows[0]["_id"]]
    assert await repository.outbox.count_parked() == 1 and await repository.outbox.behind() == 2


async def test_parked_work_is_tried_again_on_demand(repository, rows, fixed_clock) -> None:
    await repository.database["outbox"].update_many({}, {"$set": {"state": "parked", "failures": 5}})
    assert await repository.outbox.retry(fixed_clock.now()) == 3
    assert {one["failures"] for one in await repository.outbox.pending(fixed_clock.now(), 9)} == {0}
    assert await repository.outbox.retry(fixed_clock.now()) == 0
