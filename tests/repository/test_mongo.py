"""The database: indexes that can be made twice, unique where a number must be, honest when nobody answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import bson
import pytest

from repository import errors, mongo, schema
from repository.mongo import DuplicateKeyError
from repository.wiring import Repository


async def test_indexes_are_made_once_and_may_be_asked_for_again(repository: Repository) -> None:
    before = {name: await repository.database[name].index_information() for name in schema.INDEXES}
    await schema.ensure_indexes(repository.database)
    assert {name: await repository.database[name].index_information() for name in schema.INDEXES} == before
    assert all(len(found) == len(schema.INDEXES[name]) + 1 for name, found in before.items())


@pytest.mark.parametrize(
    ("collection", "row"),
    [
        ("entries", {"register": "so-1", "number": 1}),
        ("registers", {"unit": "u", "year": 2026, "direction": "incoming", "series": "chung"}),
        ("people", {"username": "a"}),
        ("dossiers", {"unit": "u", "code": "01"}),
    ],
)
async def test_the_database_itself_refuses_a_double(
    repository: Repository, collection: str, row: dict
) -> None:
    await repository.database[collection].insert_one({"_id": "1"} | row)
    with pytest.raises(DuplicateKeyError):
        await repository.database[collection].insert_one({"_id": "2"} | row)


async def never() -> bool:
    return False


async def test_an_error_of_the_work_passes_through_untouched(repository: Repository) -> None:
    async def work(session):
        raise errors.Stale

    with pytest.raises(errors.Stale):
        await mongo.transact(repository.database, work, never)


async def test_a_server_that_does_not_answer_is_unavailable() -> None:
    database = mongo.connect("mongodb://127.0.0.1:9/", "nothing")
    try:
        with pytest.raises(errors.Unavailable):
            await mongo.ping(database)
    finally:
        await mongo.close(database)


async def test_rows_of_several_collections_go_in_together_or_not_at_all(repository: Repository) -> None:
    database = repository.database
    await database["audit"].insert_one({"_id": "known"})

    async def together(first: str, rows: list[tuple[str, mongo.Row]]) -> None:
        async def work(session: mongo.Session) -> None:
            await database["audit"].insert_one({"_id": first}, session=session)
            await mongo.insert_together(database, rows, session)

        await mongo.transact(database, work, never)

    await together("1", [("audit", {"_id": "2"}), ("outbox", {"_id": "2"})])
    assert await database["outbox"].find_one({"_id": "2"}) == {"_id": "2"}
    with pytest.raises(DuplicateKeyError):
        await together("3", [("outbox", {"_id": "3"}), ("audit", {"_id": "known"})])
    assert await database["outbox"].find_one({"_id": "3"}) is None
    assert await database["audit"].count_documents({}) == 3


async def test_a_moment_is_one_moment_over_all_collections_while_others_write(repository: Repository) -> None:
    """A page of each collection is read, and between the pages the same change is made in all of them."""
    database, names = repository.database, ("a", "b", "c")
    for name in names:
        await database[name].insert_many([{"_id": n, "v": 0} for n in range(1500)])

    async def change() -> None:
        async def work(session) -> None:
            for name in names:
                await database[name].update_many(
                    {"_id": {"$in": [0, 1499]}}, {"$inc": {"v": 1}}, session=session
                )
                await database[name].insert_one({"v": 1}, session=session)

        await mongo.transact(database, work, never)

    async with mongo.one_moment(database) as moment:
        seen: dict[str, list[int]] = {}
        for name in names:
            await change()
            async for raw in moment.rows(name):
                seen.setdefault(name, []).append(bson.decode(raw)["v"])
                if len(seen[name]) == 1000:
                    await change()
    assert seen == dict.fromkeys(names, [0] * 1500)


async def test_a_server_that_keeps_no_moment_is_not_read_from(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the local engine's snapshot sessions: they name a moment and read on past it."""

    @asynccontextmanager
    async def reading_on(database: mongo.Database) -> AsyncIterator[mongo.Session]:
        async with database.client.start_session() as session:
            yield session

    monkeypatch.setattr(mongo, "_snapshot", reading_on)
    monkeypatch.setattr(mongo, "_transaction", reading_on)
    with pytest.raises(mongo.NoMoment, match="Chưa đọc gì"):
        async with mongo.one_moment(repository.database):
            pytest.fail("it was believed")
