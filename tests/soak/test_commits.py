"""The database killed again and again in the middle of many commits by several clients."""

import asyncio
import random
from collections import Counter

import pytest

from repository import errors, mongo, schema
from repository.clock import SystemClock
from repository.journal import Journal
from tests.repository.test_faults import kill, own, take_number, written

__all__ = ["own"]

CLIENTS = 6
KILLS = 6
"""Several more in a row, and the stack's pause before a restart outlasts what a write waits."""


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(4))
async def test_no_commit_is_lost_or_done_twice(own, caplog, seed):
    chance = random.Random(seed)
    addresses, folder = own
    database = mongo.connect(addresses.mongo_url, "faults")
    await schema.ensure_indexes(database)
    await database["registers"].insert_one({"_id": "so", "last": 0})
    journals = [Journal(database=database, clock=SystemClock()) for _ in range(CLIENTS)]
    acknowledged: dict[str, int] = {}
    unknown: set[str] = set()
    refused: set[str] = set()
    ending = asyncio.Event()

    async def client(number: int) -> None:
        n = 0
        while not ending.is_set():
            n += 1
            name = f"{number}-{n}"
            try:
                acknowledged[name] = await take_number(journals[number], name)
            except mongo.OutcomeUnknown:
                unknown.add(name)
            except errors.Unavailable:
                refused.add(name)

    async def killer() -> None:
        for _ in range(KILLS):
            before = len(acknowledged)
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            while len(acknowledged) < before + 10:
                await asyncio.sleep(0.01)
            kill(folder, "SecantusDB")
        ending.set()

    try:
        await asyncio.gather(*map(client, range(CLIENTS)), killer())
    except BaseException:
        await mongo.close(database)
        raise
    await back(database)
    numbers, subjects, owed = await written(database)
    lost = Counter(record.getMessage() for record in caplog.records if record.name == "repository.mongo")
    await mongo.close(database)
    print(f"{KILLS} kills, {len(acknowledged)} commits, {len(refused)} refused, {len(unknown)} left unknown")
    print(dict(lost))
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(subjects) == len(set(subjects)) == len(numbers) == owed
    assert acknowledged.keys() <= set(subjects) <= acknowledged.keys() | unknown
    assert len(set(acknowledged.values())) == len(acknowledged)


async def back(database: mongo.Database) -> None:
    """Returns when the last kill is over."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await mongo.ping(database)
            except errors.Unavailable:
                await asyncio.sleep(0.2)
