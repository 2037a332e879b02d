"""Each record of a change says how the rows it wrote stood afterwards; a row read back hashes the same."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from repository.access.actors import operator
from repository.audit import Action, binding, content_hash
from repository.journal import Change
from repository.mongo import Row
from repository.wiring import Repository

ACTOR = operator("test")
AT = datetime(2026, 11, 23, 1, 2, 3, 456_000, tzinfo=UTC)


async def bound(repository: Repository) -> dict[tuple[str, int], str]:
    """Row id and count of writes → hash, as all records say."""
    rows = [one async for one in repository.database["audit"].find({"rows": {"$exists": True}})]
    assert all(one["hash"] == content_hash(one) for one in rows)
    return {(state["id"], state["n"]): state["sha256"] for one in rows for state in one["rows"]}


async def written(repository: Repository, *steps: Row) -> None:
    async def insert(change: Change) -> None:
        await change.insert("units", {"_id": "x", "name": "Ủy ban", "at": AT, "list": [1, {"a": None}]})
        change.record("unit", "x")

    await repository.journal.change(ACTOR, Action.UNIT_CREATED, insert)
    for step in steps:

        async def update(change: Change, step: Row = step) -> None:
            act = change.take if step.pop("take", False) else change.update
            assert await act("units", {"_id": "x"}, {"$set": step})
            change.record("unit", "x")

        await repository.journal.change(ACTOR, Action.UNIT_EDITED, update)


async def test_what_is_stored_hashes_as_the_log_says(repository: Repository) -> None:
    await written(repository, {"name": "A", "when": AT}, {"name": "B", "take": True})
    row = await repository.database["units"].find_one({"_id": "x"})
    states = await bound(repository)
    assert row is not None and row["writes"] == 3
    assert states["x", 3] == binding.row_hash(row)
    assert set(states) == {("x", 1), ("x", 2), ("x", 3)} and len(set(states.values())) == 3


async def test_a_row_written_twice_in_a_change_is_bound_as_it_stood_at_the_end(
    repository: Repository,
) -> None:
    async def work(change: Change) -> None:
        await change.insert("units", {"_id": "x"})
        await change.update("units", {"_id": "x"}, {"$inc": {"n": 5}})
        await change.update("units", {"_id": "gone"}, {"$set": {"n": 1}})
        change.record("unit", "x")

    await repository.journal.change(ACTOR, Action.UNIT_CREATED, work)
    row = await repository.database["units"].find_one({"_id": "x"})
    assert row == {"_id": "x", "writes": 1, "n": 5}
    assert await bound(repository) == {("x", 1): binding.row_hash(row)}


async def test_what_forgets_by_itself_is_not_bound(repository: Repository) -> None:
    async def work(change: Change) -> None:
        await change.insert("idempotency", {"_id": "k", "at": change.now})
        change.record("unit", "x")

    await repository.journal.change(ACTOR, Action.UNIT_CREATED, work)
    assert await bound(repository) == {}


@pytest.mark.parametrize(
    "other",
    [
        {"name": "B"},
        {"at": AT + timedelta(milliseconds=1)},
        {"list": [2, 1]},
        {"list": [1]},
        {"n": "1"},
        {"more": None},
        {"writes": 2},
        {"bytes": b"\x01"},
    ],
)
def test_any_difference_changes_the_hash(other: Row) -> None:
    row: Row = {"_id": "x", "name": "A", "at": AT, "list": [1, 2], "n": 1, "writes": 1, "bytes": b"\x00"}
    assert binding.row_hash(row | other) != binding.row_hash(row)


def test_order_of_fields_zone_and_microseconds_do_not_matter() -> None:
    there = AT.astimezone(timezone(timedelta(hours=7))) + timedelta(microseconds=7)
    assert binding.row_hash({"a": 1, "at": AT}) == binding.row_hash({"at": there, "a": 1})


def test_what_cannot_be_bound_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        binding.row_hash({"a": {1, 2}})
