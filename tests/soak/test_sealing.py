"""Two sealers that are cut down again and again never fork the tree; a large tree proves quickly; sealing keeps up.

TANGTHU_TRIAL_ROUNDS (1000) and TANGTHU_TRIAL_KILLS (50) change the trial. Figures are printed, not asserted.
"""

import asyncio
import os
import random
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from statistics import quantiles

import pytest

from ops.stack import EngineAddresses
from repository import errors, mongo, schema
from repository.access.actors import operator
from repository.audit import Action, Subject, make, merkle
from repository.audit.checkpoint import leaf_of
from repository.audit.tree import Head, Tree
from repository.clock import SystemClock
from repository.mongo import Database, transact
from tests.soak import sealing_child

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(1800),
    # a sealer that is cut down leaves its socket behind: that is the trial
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
ROUNDS = int(os.environ.get("TANGTHU_TRIAL_ROUNDS", "1000"))
KILLS = int(os.environ.get("TANGTHU_TRIAL_KILLS", "50"))
SEED = int(os.environ.get("TANGTHU_TRIAL_SEED", str(random.randrange(10**6))))


@pytest.fixture
async def database(engines: EngineAddresses) -> AsyncIterator[Database]:
    opened = mongo.connect(engines.mongo_url, f"t_seal_{secrets.token_hex(4)}")
    await schema.ensure_indexes(opened)
    yield opened
    await opened.client.drop_database(opened.name)
    await mongo.close(opened)


def some(count: int) -> list[dict]:
    now, who = SystemClock().now(), operator("trial").as_row()
    return [
        make(at=now, actor=who, action=Action.VERSION_READ, subject=Subject("document", "doc-1"),
             detail={"n": n, "ip": "10.0.0.1"}, also=[])
        for n in range(count)
    ]  # fmt: skip


async def judge(database: Database, written: int) -> int:
    """Every record has one leaf, no leaf is missing or given twice, the tree is over the values; the size."""
    hashes = []
    async for row in database["audit"].find({"leaf": {"$ne": None}}).sort("leaf", 1):
        assert row["leaf"] == len(hashes), f"leaf {row['leaf']} where {len(hashes)} is due"
        hashes.append(leaf_of(row))
    tree = Tree(database=database)
    head = await tree.head()
    assert (head.size, head.root) == (len(hashes), merkle.root(hashes))
    assert await tree.root_at(head.size) == head.root
    assert await database["audit"].count_documents({}) == written
    return head.size


async def test_two_sealers_cut_down_at_random_points(database, engines, tmp_path) -> None:
    chance, written, cut, seen = random.Random(SEED), 0, 0, [Head(0, merkle.EMPTY)]
    print(f"seed {SEED}")
    for number in range(ROUNDS):
        rows = some(chance.randint(1, 12))
        await database["audit"].insert_many(rows)
        written += len(rows)
        two = [
            sealing_child.sealer(engines.mongo_url, database.name, tmp_path, chance.choice((3, 7, 40)))
            for _ in range(2)
        ]
        tasks = [asyncio.create_task(one.seal()) for one in two]
        await asyncio.sleep(chance.uniform(0, 0.03))
        for task in chance.sample(tasks, chance.randint(0, 2)):
            cut += not task.done()
            task.cancel()
        for told in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(told, int | asyncio.CancelledError), told
        for one in two:
            await mongo.close(one._database)
        seen.append(await Tree(database=database).head())
        if number % 100 == 99:
            size = await judge(database, written)
            print(f"round {number + 1}: {size} of {written} sealed, {cut} cut down at work", flush=True)
    await prefixes(database, seen)


async def prefixes(database: Database, seen: list[Head]) -> None:
    """Each head that was ever seen is a beginning of the last tree."""
    tree = Tree(database=database)
    last = await tree.head()
    for head in {one.size: one for one in seen}.values():
        proof = await tree.consistency(head.size, last.size)
        assert merkle.extends(head.size, head.root, last.size, last.root, proof)


async def test_live_sealers_killed(database, engines, tmp_path) -> None:
    chance, written, seen = random.Random(SEED), 0, [Head(0, merkle.EMPTY)]
    stop = asyncio.Event()

    async def write() -> None:
        nonlocal written
        while not stop.is_set():
            rows = some(20)
            await database["audit"].insert_many(rows)
            written += len(rows)
            await asyncio.sleep(0.05)

    def start() -> subprocess.Popen[str]:
        command = [
            sys.executable,
            "-m",
            "tests.soak.sealing_child",
            engines.mongo_url,
            database.name,
            str(tmp_path),
        ]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        return child

    writing = asyncio.create_task(write())
    children = [await asyncio.to_thread(start) for _ in range(2)]
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.02, 0.6))
        place = chance.randrange(2)
        children[place].kill()
        await asyncio.to_thread(children[place].communicate)
        seen.append(await Tree(database=database).head())
        children[place] = await asyncio.to_thread(start)
    stop.set()
    await writing
    for child in children:
        child.kill()
        await asyncio.to_thread(child.communicate)
    last = sealing_child.sealer(engines.mongo_url, database.name, tmp_path, 1000)
    while await database["audit"].count_documents({"leaf": None}):
        # what they left behind, in large batches: on a busy machine theirs took an hour
        with suppress(errors.Unavailable):  # a killed one's open transaction holds its rows for a while
            await last.seal()
    await mongo.close(last._database)
    assert await judge(database, written) == written
    await prefixes(database, seen)
    print(
        f"{KILLS} kills, {written} records, all sealed once, {len({one.size for one in seen})} heads all prefixes"
    )


async def test_any_leaf_of_a_million_is_proven_without_the_tree(database) -> None:
    tree, size, step = Tree(database=database), 1_000_000, 25_000
    chance, kept = random.Random(SEED), {}
    for begin in range(0, size, step):
        hashes = [merkle.leaf_hash(n.to_bytes(8, "big")) for n in range(begin, begin + step)]
        head = await tree.head()

        async def work(session, head=head, hashes=hashes) -> None:
            await tree.grow(session, head, hashes, SystemClock().now(), "trial")

        async def happened(begin=begin) -> bool:
            return (await tree.head()).size > begin

        await transact(database, work, happened)
    head = await tree.head()
    assert head.size == size
    for leaf in [0, 1, size - 1, *(chance.randrange(size) for _ in range(500))]:
        began = time.perf_counter()
        proof = await tree.inclusion(leaf, size)
        kept[leaf] = (time.perf_counter() - began) * 1000
        assert proof.hashes and merkle.includes(
            merkle.leaf_hash(leaf.to_bytes(8, "big")), leaf, size, proof.hashes, head.root
        )
    times = sorted(kept.values())
    print(f"1,000,000 leaves: proof p50 {times[len(times) // 2]:.1f} ms, p99 {quantiles(times, n=100)[98]:.1f} ms, "
          f"most {times[-1]:.1f} ms; {await database['tiles'].count_documents({})} tiles")  # fmt: skip


async def test_sealing_keeps_up_with_five_hundred_a_second(database, engines, tmp_path) -> None:
    mine, stop, behind = (
        sealing_child.sealer(engines.mongo_url, database.name, tmp_path, 1000),
        asyncio.Event(),
        [],
    )
    seconds, rate = 20, 500

    async def seal() -> None:
        while not stop.is_set() or await database["audit"].find_one({"leaf": None}):
            if not await mine.seal():
                await asyncio.sleep(0.05)

    async def watch() -> None:
        while not stop.is_set():
            behind.append(await database["audit"].count_documents({"leaf": None}))
            await asyncio.sleep(1)

    sealing, watching = asyncio.create_task(seal()), asyncio.create_task(watch())
    began, written = time.perf_counter(), 0
    while written < seconds * rate:
        await database["audit"].insert_many(rows := some(25))
        written += len(rows)
        await asyncio.sleep(max(0.0, began + written / rate - time.perf_counter()))
    wrote = time.perf_counter() - began
    stop.set()
    await asyncio.gather(sealing, watching)
    took = time.perf_counter() - began
    assert await judge(database, written) == written
    print(f"{written} records in {wrote:.1f} s ({written / wrote:.0f}/s), all sealed after {took:.1f} s "
          f"({written / took:.0f}/s); unsealed at most {max(behind)}, last {behind[-1]}")  # fmt: skip
