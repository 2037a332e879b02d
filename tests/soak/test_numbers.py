"""Sixty-four clerks, one book, service and worker killed with -9 and started again: each number exactly once.

TANGTHU_TRIAL_DOCUMENTS (5,000) changes the size, TANGTHU_TRIAL_SEED the moments.
"""

import asyncio
import json
import os
import random
import time

import httpx
import pytest

from ops.demo.children import free_port
from repository.access.actors import operator
from repository.registers.lines import Filter
from repository.settings import from_environment
from repository.wiring import open_repository
from tests.factories import District, make_district
from tests.soak.site import Installation

CLERKS = 64
DOCUMENTS = int(os.environ.get("TANGTHU_TRIAL_DOCUMENTS", "5000"))


async def send(client: httpx.AsyncClient, site: Installation, district: District, n: int) -> int:
    """The number that document `n` was given; asked again with the same key until it is answered."""
    metadata = {"subject": f"Văn bản {n}", "register_id": district.incoming["_id"]}
    until = time.monotonic() + 300
    while time.monotonic() < until:
        try:
            answer = await client.post(
                f"{site.url}/api/v1/documents",
                headers={"Authorization": f"Bearer {district.token}", "Idempotency-Key": f"so-{n}"},
                data={"metadata": json.dumps(metadata)},
                files={"file": (f"{n}.txt", f"Nội dung {n}".encode(), "text/plain")},
            )
        except httpx.TransportError:
            await asyncio.sleep(0.5)
            continue
        if answer.status_code in (200, 201):
            return int(answer.json()["number"])
        assert answer.status_code == 503, answer.text
        await asyncio.sleep(0.5)
    raise AssertionError(f"document {n} was never answered")


async def hurt(site: Installation, chance: random.Random, done: asyncio.Event) -> int:
    """Kills service and worker in turn until everything was sent; how often."""
    kills = 0
    while not done.is_set():
        await asyncio.sleep(chance.uniform(4, 12))
        kills += site.kill(("service", "worker")[kills % 2])
        await asyncio.sleep(chance.uniform(0, 2))
        await asyncio.to_thread(site.start_missing)
    return kills


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_each_number_once_while_processes_die(tmp_path) -> None:
    chance = random.Random(int(os.environ.get("TANGTHU_TRIAL_SEED", "3")))
    site = Installation(tmp_path / "data", free_port("127.0.0.1", 0))
    site.start_missing()
    try:
        await asyncio.to_thread(site.wait_ready)
        settings = from_environment(site.addresses().as_environment(), data=site.data)
        async with open_repository(settings) as repository:
            district = await make_district(repository)
            began, left, done = time.monotonic(), iter(range(DOCUMENTS)), asyncio.Event()
            given: list[int] = []

            async def clerk(client: httpx.AsyncClient) -> None:
                for n in left:
                    given.append(await send(client, site, district, n))  # noqa: PERF401  kept one by one: it may be cut off

            limits = httpx.Limits(max_connections=CLERKS)
            hurting = asyncio.create_task(hurt(site, chance, done))
            async with httpx.AsyncClient(timeout=90, limits=limits) as client:
                await asyncio.gather(*(clerk(client) for _ in range(CLERKS)))
            done.set()
            kills = await hurting
            print(f"{DOCUMENTS} documents, {kills} kills, {time.monotonic() - began:.0f} s")
            assert kills >= 2 and sorted(given) == list(range(1, DOCUMENTS + 1))
            book, root = district.incoming["_id"], operator("test")
            lines = repository.database["entries"].find({"register": book}, {"number": 1})
            assert sorted([row["number"] async for row in lines]) == list(range(1, DOCUMENTS + 1))
            made = await repository.closings.close_day(root, book)
            assert sum(one["entries"] for one in made) == DOCUMENTS
            assert (await repository.closings.verify(root, book)).intact
            found, _ = await repository.registers.matching(root, book, Filter(number=DOCUMENTS))
            assert len(found) == 1
    finally:
        await asyncio.to_thread(site.stop)
