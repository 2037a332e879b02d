"""One transaction for the business rows, the audit record and the outbox row: all of them or none."""

import asyncio

import pytest

from repository import errors
from repository.access.actors import operator
from repository.audit import Action, binding, content_hash
from repository.clock import SystemClock
from repository.journal import Change, Journal, KeyReused, Once
from repository.mongo import Database, DuplicateKeyError, close, connect
from repository.registers.lines import Line
from repository.settings import Settings
from repository.wiring import Repository
from tests.factories import District, metadata, stream

ACTOR = operator("test")


class BrokenError(Exception):
    """Something that goes wrong inside the work."""


async def counts(database: Database, *names: str) -> dict[str, int]:
    return {name: await database[name].count_documents({}) for name in names or ("units", "audit", "outbox")}


async def test_a_change_writes_its_rows_its_record_and_its_debt_together(repository: Repository) -> None:
    async def work(change: Change) -> str:
        await change.insert("units", {"_id": "x"})
        change.record("unit", "x", name="X", also=["y"])
        return "done"

    assert await repository.journal.change(ACTOR, Action.UNIT_CREATED, work) == "done"
    record = await repository.database["audit"].find_one({})
    assert record is not None
    assert record["action"] == "unit.created" and record["subject"] == {"kind": "unit", "id": "x"}
    assert record["actor"] == ACTOR.as_row() and record["detail"] == {"name": "X"} and record["also"] == ["y"]
    assert record["hash"] == content_hash(record) and record["leaf"] is None
    owed = await repository.outbox.pending(repository.clock.now(), 10)
    assert [(row["kind"], row["subject"]["id"]) for row in owed] == [("unit.created", "x")]


@pytest.mark.parametrize("when", ["after the insert", "no record", "refused"])
async def test_an_aborted_change_leaves_nothing(repository: Repository, when: str) -> None:
    async def work(change: Change) -> None:
        await change.insert("units", {"_id": "x"})
        assert await change.find_one("units", {"_id": "x"}), "a change reads its own writes"
        if when == "after the insert":
            raise BrokenError
        if when == "refused":
            change.record("unit", "x")
            raise errors.Conflict(why="không")

    with pytest.raises((BrokenError, RuntimeError, errors.Conflict)):
        await repository.journal.change(ACTOR, Action.UNIT_CREATED, work)
    assert await counts(repository.database) == {"units": 0, "audit": 0, "outbox": 0}


async def test_rows_of_an_open_change_are_not_seen_outside(repository: Repository) -> None:
    inside, seen = asyncio.Event(), asyncio.Event()

    async def work(change: Change) -> None:
        await change.insert("units", {"_id": "x"})
        inside.set()
        await seen.wait()
        change.record("unit", "x")

    changing = asyncio.create_task(repository.journal.change(ACTOR, Action.UNIT_CREATED, work))
    await inside.wait()
    before = await counts(repository.database)
    seen.set()
    await changing
    assert before == {"units": 0, "audit": 0, "outbox": 0}
    assert await counts(repository.database) == {"units": 1, "audit": 1, "outbox": 1}


async def test_a_cancelled_change_leaves_nothing(repository: Repository) -> None:
    inside = asyncio.Event()

    async def work(change: Change) -> None:
        await change.insert("units", {"_id": "x"})
        change.record("unit", "x")
        inside.set()
        await asyncio.sleep(60)

    changing = asyncio.create_task(repository.journal.change(ACTOR, Action.UNIT_CREATED, work))
    await inside.wait()
    changing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await changing
    assert await counts(repository.database) == {"units": 0, "audit": 0, "outbox": 0}


async def test_a_change_that_loses_a_race_runs_again(repository: Repository) -> None:
    """Two processes rewrite one row without a queue between them: nothing is lost."""
    await repository.database["leases"].insert_one({"_id": "n", "value": 0})
    other = Journal(database=repository.database, clock=repository.clock)
    runs = 0

    async def work(change: Change) -> None:
        nonlocal runs
        runs += 1
        row = await change.find_one("leases", {"_id": "n"})
        await asyncio.sleep(0.005)
        await change.update("leases", {"_id": "n"}, {"$set": {"value": row["value"] + 1 if row else 0}})
        change.record("unit", "n", owes=False)

    journals = [repository.journal, other]
    await asyncio.gather(*(journals[n % 2].change(ACTOR, Action.UNIT_CREATED, work) for n in range(6)))
    row = await repository.database["leases"].find_one({"_id": "n"})
    assert row is not None and row["value"] == 6 and runs > 6
    assert await counts(repository.database, "audit", "outbox") == {"audit": 6, "outbox": 0}


@pytest.mark.clause("PL2.II.1.2", "PL2.I.2")
async def test_thirty_two_takers_in_two_processes_get_each_number_once(
    repository: Repository, district: District, settings: Settings
) -> None:
    """Two journals over two connections, as two processes have them."""
    from repository.documents.documents import Documents
    from repository.registers.registers import Registers

    second = connect(settings.mongo_url, settings.mongo_database)
    try:
        journal = Journal(database=second, clock=SystemClock())
        books = Registers(database=second, journal=journal)
        services = [repository.documents, Documents(database=second, journal=journal, registers=books)]
        file = await repository.intake.receive(district.clerk, stream(b"van ban"), filename="a.txt")
        wanted = metadata(register_id=district.incoming["_id"])
        made = await asyncio.gather(
            *(services[n % 2].store(district.clerk, wanted, [file]) for n in range(32))
        )
    finally:
        await close(second)
    assert sorted(row["number"] for row in made) == list(range(1, 33))
    lines = await repository.registers.entries(district.clerk, district.incoming["_id"], limit=50)
    assert [one["number"] for one in lines] == list(range(1, 33))
    assert {one["document"] for one in lines} == {row["_id"] for row in made}
    book = await repository.registers.get(district.clerk, district.incoming["_id"])
    assert book["last"] == 32


async def test_an_aborted_taker_gives_its_number_back(repository: Repository, district: District) -> None:
    book = district.incoming

    async def broken(change: Change) -> None:
        assert (await repository.registers.enter(change, book, Line(document="doc-x", columns={})))[
            "number"
        ] == 1
        raise BrokenError

    with pytest.raises(BrokenError):
        await repository.journal.change(district.clerk, Action.ENTRY_MADE, broken)

    async def good(change: Change) -> int:
        return (await repository.registers.enter(change, book, Line(document="doc-y", columns={})))["number"]

    assert await repository.journal.change(district.clerk, Action.ENTRY_MADE, good) == 1


async def test_the_same_promise_sent_eight_times_at_once_is_kept_once(
    repository: Repository, district: District
) -> None:
    file = await repository.intake.receive(district.clerk, stream(b"mot lan"), filename="a.txt")
    once = Once("k", "body")
    wanted = metadata(register_id=district.incoming["_id"])
    sent = (repository.documents.store(district.clerk, wanted, [file], once) for _ in range(8))
    answers = await asyncio.gather(*sent, return_exceptions=True)
    made = [one for one in answers if isinstance(one, dict)]
    assert len(made) == 1, answers
    assert all(isinstance(one, DuplicateKeyError) for one in answers if not isinstance(one, dict)), answers
    assert await repository.journal.answered(district.clerk, once) == made[0]["_id"]
    assert await counts(repository.database, "documents", "entries") == {"documents": 1, "entries": 1}
    book = await repository.registers.get(district.clerk, district.incoming["_id"])
    assert book["last"] == 1


async def test_a_promise_belongs_to_its_maker_and_to_its_body(
    repository: Repository, district: District
) -> None:
    async def work(change: Change) -> None:
        await change.once(Once("k", "one"), "answer")
        change.record("unit", "x")

    await repository.journal.change(district.clerk, Action.UNIT_CREATED, work)
    assert await repository.journal.answered(district.clerk, Once("k", "one")) == "answer"
    assert await repository.journal.answered(district.foreign_clerk, Once("k", "one")) is None
    assert await repository.journal.answered(district.clerk, Once("other", "one")) is None
    with pytest.raises(KeyReused):
        await repository.journal.answered(district.clerk, Once("k", "two"))


async def test_history_is_in_order_and_pages(repository: Repository) -> None:
    for n in range(5):
        also = ["doc-1"] if n % 2 else []
        subject = "doc-1" if n % 2 == 0 else "hs-1"
        await repository.journal.note(ACTOR, Action.VERSION_READ, "document", subject, also=also, n=n)
    first = await repository.journal.history("doc-1", limit=3)
    rest = await repository.journal.history("doc-1", limit=3, after=first[-1]["_id"])
    assert [one["detail"]["n"] for one in [*first, *rest]] == [0, 1, 2, 3, 4]
    assert len(await repository.journal.history("hs-1")) == 2
    assert await counts(repository.database, "outbox") == {"outbox": 0}


async def test_a_row_is_counted_once_a_change_however_it_is_named(repository: Repository) -> None:
    """By its id, by another field or by a pattern: the count in the log is the count in the row."""

    async def work(change: Change) -> None:
        await change.insert("units", {"_id": "mot", "name": "Một"})
        for query in ({"_id": "mot"}, {"name": "Một"}, {"_id": {"$regex": "^mo"}}):
            assert await change.update("units", query, {"$set": {"code": str(query)}})
        change.record("unit", "mot")

    async def again(change: Change) -> None:
        assert await change.update("units", {"_id": {"$regex": "^mo"}}, {"$set": {"code": ""}})
        assert not await change.update("units", {"_id": {"$regex": "^hai"}}, {"$set": {"code": ""}})
        change.record("unit", "mot")

    await repository.journal.change(ACTOR, Action.UNIT_CREATED, work)
    await repository.journal.change(ACTOR, Action.UNIT_EDITED, again)
    row = await repository.database["units"].find_one({"_id": "mot"})
    assert row is not None and row[binding.COUNTER] == 2


async def test_a_commit_is_told_to_the_worker_of_the_same_process(repository: Repository) -> None:
    repository.journal.committed.clear()

    async def work(change: Change) -> None:
        change.record("unit", "x")

    await repository.journal.change(ACTOR, Action.UNIT_CREATED, work)
    assert repository.journal.committed.is_set()
