"""Nothing is lost or done twice when the database is killed: in the middle of many commits, and between a
commit and its answer.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from indexers.search.index import SearchQuery
from indexers.wiring import open_indexers
from ops.stack import EngineAddresses, Stack
from ops.stack.folder import Folder
from repository import audit, errors, mongo, schema
from repository.access.actors import operator
from repository.audit import Action
from repository.clock import SystemClock
from repository.journal import Change, Journal
from repository.outbox import Outbox
from repository.settings import from_environment
from repository.wiring import open_repository
from tests.factories import make_district, stored

ME = operator("test")


class Wire:
    """A TCP relay before the database. Once `losing` names a command, the next answer to it never arrives:
    it is dropped, `after` runs (it kills the server), and the connection breaks."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.losing = b""
        self.lost = 0
        self.after = lambda: None

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        try:
            port = server.sockets[0].getsockname()[1]
            yield f"mongodb://127.0.0.1:{port}/?directConnection=true&retryWrites=false"
        finally:
            server.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:  # an accepted connection that breaks at once would make the driver back off for long
            try:
                there, back = await asyncio.open_connection("127.0.0.1", self._port)
                break
            except OSError:
                await asyncio.sleep(0.05)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await asyncio.gather(self._requests(reader, back), self._answers(there, writer, back))
        for one in (writer, back):
            one.close()

    async def _requests(self, reader: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        while True:
            message = await self._message(reader)
            if self.losing and self.losing in message:
                self.losing, self.lost = b"", self.lost + 1
                back.transport.losing = True
            back.write(message)

    async def _answers(
        self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        while True:
            answer = await self._message(there)
            if getattr(back.transport, "losing", False):
                self.after()
                raise ConnectionAbortedError
            writer.write(answer)

    @staticmethod
    async def _message(reader: asyncio.StreamReader) -> bytes:
        head = await reader.readexactly(4)
        return head + await reader.readexactly(int.from_bytes(head, "little") - 4)


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[EngineAddresses, Folder]]:
    """Engines of this test's own, because it kills them."""
    async with Stack(tmp_path, say=print) as addresses:
        yield addresses, Folder(tmp_path)


def kill(folder: Folder, engine: str) -> None:
    os.kill(folder.read().engines[engine].pid, signal.SIGKILL)


async def take_number(journal: Journal, name: str) -> int:
    """What the product does with a book, in small: a number, a line, an audit record and an outbox row."""

    async def work(change: Change) -> int:
        after = await change.take("registers", {"_id": "so"}, {"$inc": {"last": 1}})
        assert after is not None
        await change.insert(
            "entries", {"_id": f"{name}-{after['last']}", "register": "so", "number": after["last"]}
        )
        change.record("document", name, number=after["last"])
        return int(after["last"])

    return await journal.change(ME, Action.DOCUMENT_REGISTERED, work, hot="so")


async def written(database: mongo.Database) -> tuple[list[int], list[str], int]:
    """Numbers in the book, subjects of valid audit records, outbox rows."""
    numbers = [row["number"] async for row in database["entries"].find().sort("number", 1)]
    records = await database["audit"].find({"action": Action.DOCUMENT_REGISTERED}).to_list(None)
    assert all(one["hash"] == audit.content_hash(one) for one in records)
    return (
        numbers,
        sorted(one["subject"]["id"] for one in records),
        await database["outbox"].count_documents({}),
    )


async def test_a_commit_whose_answer_was_lost_is_found_out_and_not_repeated(own):
    _, folder = own
    wire = Wire(folder.read().ports["mongo.port"])
    wire.after = lambda: kill(folder, "SecantusDB")
    async with wire.open() as url:
        database = mongo.connect(url, "faults")
        try:
            await schema.ensure_indexes(database)
            await database["registers"].insert_one({"_id": "so", "last": 0})
            journal = Journal(database=database, clock=SystemClock())
            assert await take_number(journal, "a") == 1
            wire.losing = b"commitTransaction"
            assert await take_number(journal, "b") == 2
            assert await take_number(journal, "c") == 3
            assert wire.lost == 1
            assert await written(database) == ([1, 2, 3], ["a", "b", "c"], 3)
        finally:
            await mongo.close(database)


async def test_a_note_whose_answer_was_lost_is_in_the_log_once(own):
    _, folder = own
    wire = Wire(folder.read().ports["mongo.port"])
    async with wire.open() as url:
        database = mongo.connect(url, "faults")
        try:
            journal = Journal(database=database, clock=SystemClock())
            await journal.note(ME, Action.VERSION_READ, "document", "a")
            wire.losing = b"insert"
            await journal.note(ME, Action.VERSION_READ, "document", "b")
            assert wire.lost == 1
            noted = [one["subject"]["id"] async for one in database["audit"].find().sort("_id", 1)]
            assert noted == ["a", "b"]
        finally:
            await mongo.close(database)


async def test_a_database_killed_among_many_commits_loses_and_doubles_nothing(own):
    addresses, folder = own
    database = mongo.connect(addresses.mongo_url, "faults")
    try:
        await schema.ensure_indexes(database)
        await database["registers"].insert_one({"_id": "so", "last": 0})
        journals = [Journal(database=database, clock=SystemClock()) for _ in range(3)]
        names = [[f"{client}-{n:03}" for n in range(40)] for client in range(len(journals))]

        async def client(journal: Journal, mine: list[str]) -> None:
            for name in mine:
                await take_number(journal, name)

        async def killer() -> None:
            for _ in range(2):
                before = await database["registers"].find_one({"_id": "so"})
                while (await database["registers"].find_one({"_id": "so"}))["last"] < before["last"] + 20:
                    await asyncio.sleep(0.01)
                kill(folder, "SecantusDB")

        await asyncio.gather(*map(client, journals, names), killer())
        everyone = sorted(name for mine in names for name in mine)
        assert await written(database) == (list(range(1, 121)), everyone, 120)
    finally:
        await mongo.close(database)


async def test_a_worker_outlives_the_engines_and_parks_nothing(own, tmp_path):
    addresses, folder = own
    settings = from_environment(addresses.as_environment(), data=tmp_path)
    async with open_repository(settings) as repository, open_indexers(repository) as indexers:
        district = await make_district(repository)
        for n in range(12):
            await stored(repository, district.clerk, f"Nội dung thứ {n}".encode(), subject=f"Văn bản thứ {n}")
        stop = asyncio.Event()
        working = asyncio.create_task(indexers.worker.run(stop))
        owed = await repository.outbox.behind()
        for engine in ("SecantusDB", "SeaweedFS"):
            while owed == await owed_now(repository.outbox) > 0:
                await asyncio.sleep(0.01)
            kill(folder, engine)
            owed = await owed_now(repository.outbox)
        while await owed_now(repository.outbox):
            await asyncio.sleep(0.05)
        stop.set()
        await working
        assert await repository.outbox.count_parked() == 0
        assert [one["failures"] async for one in repository.database["outbox"].find()] == []
        found = await indexers.index.search(SearchQuery(marks=("all",), text="nội dung thứ", limit=0))
        assert found.total == 12


async def owed_now(outbox: Outbox) -> int:
    """As soon as the database can say."""
    while True:
        with contextlib.suppress(mongo.DatabaseFault):
            return await outbox.behind()


async def test_a_read_while_the_database_is_away_is_told_as_unavailable():
    with pytest.raises(errors.Unavailable), mongo.told_as_away():
        raise mongo.DatabaseFault
