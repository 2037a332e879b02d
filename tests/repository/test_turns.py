"""Who waits for one hot row is served together; one refusal spoils nobody else's answer."""

import asyncio

import pytest

from repository import errors
from repository.access.actors import operator
from repository.audit import Action
from repository.journal import Change
from repository.registers.lines import Line
from repository.turns import TOGETHER, Spoiled, Turns
from repository.wiring import Repository
from tests.factories import District, metadata, stream


class Refused(Exception):
    """What one of the jobs answers."""


class Server:
    """Serves whole numbers by doubling them; a negative one is refused."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = asyncio.Event()

    async def serve(self, jobs: list[int]) -> list[int]:
        self.batches.append(jobs)
        await self.open.wait()
        for place, job in enumerate(jobs):
            if job < 0:
                if len(jobs) > 1:
                    raise Spoiled(place)
                raise Refused(job)
        return [2 * job for job in jobs]


async def started(server: Server, jobs: list[int], name: str = "so") -> list[asyncio.Task[int]]:
    turns = Turns(serve=server.serve)
    tasks = [asyncio.create_task(turns.take(name, job)) for job in jobs]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_each_gets_its_own_answer_and_none_is_served_twice() -> None:
    server = Server()
    tasks = await started(server, list(range(40)))
    server.open.set()
    assert await asyncio.gather(*tasks) == [2 * n for n in range(40)]
    assert [one for batch in server.batches for one in batch] == list(range(40))
    assert max(len(batch) for batch in server.batches) == TOGETHER < 40


async def test_a_refused_one_takes_nobody_with_it() -> None:
    server = Server()
    tasks = await started(server, [1, -2, 3, -4, 5])
    server.open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [one for one in found if not isinstance(one, Refused)] == [2, 6, 10]
    assert [one.args for one in found if isinstance(one, Refused)] == [(-2,), (-4,)]


async def test_one_who_leaves_the_queue_is_passed_over() -> None:
    server = Server()
    tasks = await started(server, [*range(TOGETHER), 100, 101])
    tasks[TOGETHER].cancel()
    server.open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(found[TOGETHER], asyncio.CancelledError) and found[-1] == 202
    assert 100 not in [one for batch in server.batches for one in batch]


async def test_one_who_leaves_while_served_stops_nobody() -> None:
    server = Server()
    tasks = await started(server, [1, 2, 3])
    tasks[0].cancel()
    server.open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError) and found[1:] == [4, 6]


@pytest.mark.clause("PL2.II.3.2")
async def test_clerks_of_whom_some_are_refused_get_numbers_without_a_gap(
    repository: Repository, district: District
) -> None:
    """48 at once, every fourth one names a dossier that is closed or does not exist within the transaction."""
    file = await repository.intake.receive(district.clerk, stream(b"van ban"), filename="a.txt")
    book = district.incoming

    async def clerk(n: int) -> int:
        wanted = metadata(register_id=book["_id"])
        if n % 4:
            return int((await repository.documents.store(district.clerk, wanted, [file]))["number"])

        async def refused(change: Change) -> int:
            await repository.registers.enter(change, book, Line(document=f"doc-{n}", columns={}))
            raise errors.Conflict(why=f"không nhận {n}")

        await repository.journal.change(operator("test"), Action.ENTRY_MADE, refused, hot=book["_id"])
        raise AssertionError("it was not refused")

    found = await asyncio.gather(*(clerk(n) for n in range(48)), return_exceptions=True)
    refusals = [str(one.facts["why"]) for one in found if isinstance(one, errors.Conflict)]
    assert refusals == [f"không nhận {n}" for n in range(0, 48, 4)]
    assert sorted(one for one in found if isinstance(one, int)) == list(range(1, 37))
    assert await repository.database["entries"].count_documents({}) == 36
    assert await repository.database["audit"].count_documents({"action": "entry.made"}) == 36
