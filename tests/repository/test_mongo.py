"""The database: indexes that can be made twice, unique where a number must be, honest when nobody answers."""

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
