"""Records get consecutive leaves, once; checkpoints say so; whatever is bent afterwards is found."""

import asyncio
from datetime import timedelta

import pytest

from repository import errors
from repository.access.actors import operator
from repository.audit import Action, Subject, make, merkle
from repository.audit.checkpoint import leaf_of, opened
from repository.audit.log import Filter, NotSealed
from repository.audit.parts import Parts
from repository.audit.sealer import RolledBack, Sealer
from repository.audit.tree import TreeBroken
from repository.clock import SystemClock
from repository.wiring import Repository

ACTOR = operator("test")


async def records(repository: Repository, count: int, *, ago: timedelta = timedelta()) -> list[str]:
    """Writes records by hand, as the journal writes them."""
    at = repository.clock.now() - ago
    rows = [
        make(at=at, actor=ACTOR.as_row(), action=Action.VERSION_READ, subject=Subject("document", f"doc-{n}"),
             detail={"n": n, "người": "Trần Văn Ất"}, also=[])
        for n in range(count)
    ]  # fmt: skip
    await repository.database["audit"].insert_many(rows)
    return [row["_id"] for row in rows]


def another(repository: Repository, *, batch: int = 1000) -> Sealer:
    log = repository.log
    parts = Parts(
        database=repository.database, tree=log.tree, checkpoints=log.checkpoints, keys=log.keys,
        origin=log.origin, memory=repository.settings.data / "log" / "last-checkpoint",
    )  # fmt: skip
    return Sealer(parts=parts, clock=SystemClock(), tell=log.tell, batch=batch)


async def leaves(repository: Repository) -> list[dict]:
    return await repository.database["audit"].find({}).sort("leaf", 1).to_list(None)


async def kinds(repository: Repository) -> set[str]:
    return {fault.kind for fault in (await repository.log.check.run(again=True)).faults}


async def test_records_get_consecutive_leaves_and_the_root_is_over_their_values(repository) -> None:
    await records(repository, 300)
    assert await another(repository, batch=70).catch_up() == 300
    await records(repository, 300)
    assert await repository.log.sealer.catch_up() == 300
    rows = await leaves(repository)
    assert [row["leaf"] for row in rows] == list(range(600))
    head = await repository.log.tree.head()
    assert head.root == merkle.root([leaf_of(row) for row in rows])
    assert await repository.log.sealer.seal() == 0


async def test_a_record_that_commits_late_is_sealed_behind_the_others(repository) -> None:
    early = make(at=repository.clock.now(), actor=ACTOR.as_row(), action=Action.VERSION_READ,
                 subject=Subject("document", "doc-x"), detail={}, also=[])  # fmt: skip
    await records(repository, 3)
    await repository.log.sealer.catch_up()
    await repository.database["audit"].insert_one(early)
    assert await repository.log.sealer.catch_up() == 1
    assert (await leaves(repository))[-1]["_id"] == early["_id"]
    assert await kinds(repository) == set()


async def test_every_leaf_is_proven_under_the_signed_checkpoint(repository) -> None:
    await records(repository, 270)
    await repository.log.sealer.catch_up()
    for leaf in (0, 1, 127, 255, 256, 269):
        proven = await repository.log.proof(leaf)
        checkpoint = opened(proven.checkpoint["note"].encode(), repository.log.keys.public())
        assert proven.proof.shows(leaf_of(proven.record), checkpoint)
        forged = proven.record | {"detail": {"n": -1}}
        assert not proven.proof.shows(leaf_of(forged), checkpoint)
    with pytest.raises(errors.NotFound):
        await repository.log.proof(270)
    [last] = await records(repository, 1)
    with pytest.raises(NotSealed):
        await repository.log.proof_of(last)


async def test_each_tree_extends_the_earlier_ones(repository) -> None:
    sizes = []
    for count in (1, 6, 256, 40, 300):
        await records(repository, count)
        await repository.log.sealer.catch_up()
        sizes.append((await repository.log.checkpoints.latest())["size"])
    assert sizes == [1, 7, 263, 303, 603]
    tree = repository.log.tree
    for old in sizes:
        for new in sizes:
            if old <= new:
                proof = await repository.log.consistency(old, new)
                assert merkle.extends(old, await tree.root_at(old), new, await tree.root_at(new), proof)
    with pytest.raises(errors.Invalid):
        await repository.log.consistency(5, 604)


async def test_two_sealers_at_once_never_fork(repository) -> None:
    await records(repository, 400)
    two = [another(repository, batch=37), another(repository, batch=50)]

    async def until_done(sealer: Sealer) -> int:
        total = 0
        while await repository.database["audit"].find_one({"leaf": None}):
            total += await sealer.seal()
        return total

    done = await asyncio.gather(*map(until_done, two))
    assert sum(done) == 400
    rows = await leaves(repository)
    assert [row["leaf"] for row in rows] == list(range(400))
    assert (await repository.log.tree.head()).root == merkle.root([leaf_of(row) for row in rows])


async def test_a_checkpoint_is_kept_locked_and_comes_back(repository) -> None:
    await records(repository, 5)
    await repository.log.sealer.catch_up()
    row = await repository.log.checkpoints.latest()
    assert (await repository.log.checkpoints.read(row["sha256"])).decode() == row["note"]
    from repository.blobs.digest import Digest

    stat = await repository.blobs.stat(Digest.parse(row["sha256"]), row["store_version"])
    assert stat.lock_mode == "COMPLIANCE"
    assert stat.locked_until > repository.clock.now() + timedelta(days=3000)


async def test_checkpoints_come_under_load_and_hourly(repository, fixed_clock) -> None:
    from repository.wiring import open_repository

    fixed_clock.moment = repository.clock.now()
    async with open_repository(repository.settings, clock=fixed_clock) as second:
        await records(second, 1)
        await second.log.sealer.seal()
        assert await second.log.sealer.issue_when_due() is not None
        await records(second, 1)
        await second.log.sealer.seal()
        assert await second.log.sealer.issue_when_due() is None
        fixed_clock.advance(timedelta(seconds=6))
        assert (await second.log.sealer.issue_when_due())["size"] == 2
        fixed_clock.advance(timedelta(minutes=59))
        assert await second.log.sealer.issue_when_due() is None
        fixed_clock.advance(timedelta(minutes=2))
        assert (await second.log.sealer.issue_when_due())["size"] == 2


async def test_what_is_not_sealed_yet_has_a_number_and_an_age(repository) -> None:
    await records(repository, 3, ago=timedelta(seconds=40))
    status = await repository.log.sealer.status()
    assert (status.size, status.unsealed) == (0, 3)
    assert 40 <= status.age < 100
    await repository.log.sealer.catch_up()
    status = await repository.log.sealer.status()
    assert (status.size, status.unsealed, status.age) == (3, 0, 0.0)


async def test_a_changed_key_signs_beside_the_old_one_and_both_stay_known(repository) -> None:
    await records(repository, 2)
    await repository.log.sealer.catch_up()
    old = repository.log.keys.current().public
    row = await repository.log.sealer.rotate()
    fresh = repository.log.keys.current().public
    assert fresh != old
    for key in (old, fresh):
        assert opened(row["note"].encode(), [key]).size == 2
    await records(repository, 1)
    await repository.log.sealer.catch_up()
    latest = await repository.log.checkpoints.latest()
    assert opened(latest["note"].encode(), [fresh]).size == 3
    assert repository.log.keys.public() == [old, fresh]
    assert await kinds(repository) == set()
    kept = (repository.settings.data / "log" / "signing.key").read_text()
    assert "PRIVATE" not in kept


async def sealed(repository: Repository, count: int = 20) -> None:
    await records(repository, count)
    await repository.log.sealer.catch_up()


async def test_an_intact_log_has_no_fault(repository) -> None:
    await sealed(repository, 600)
    state = await repository.log.check.run()
    assert (state.faults, state.size) == ([], 600)
    assert state.checkpoints >= 2


async def edit(db) -> None:
    await db["audit"].update_one({"leaf": 7}, {"$set": {"detail.n": 99}})


async def edit_and_rehash(db) -> None:
    row = await db["audit"].find_one({"leaf": 7})
    row["actor"]["name"] = "người khác"
    from repository.audit import content_hash

    await db["audit"].replace_one({"_id": row["_id"]}, row | {"hash": content_hash(row)})


async def delete(db) -> None:
    await db["audit"].delete_one({"leaf": 7})


async def delete_the_last(db) -> None:
    await db["audit"].delete_one({"leaf": 19})


async def reorder(db) -> None:
    one, two = await db["audit"].find_one({"leaf": 3}), await db["audit"].find_one({"leaf": 4})
    await db["audit"].update_one({"_id": one["_id"]}, {"$set": {"leaf": 1000}})
    await db["audit"].update_one({"_id": two["_id"]}, {"$set": {"leaf": 3}})
    await db["audit"].update_one({"_id": one["_id"]}, {"$set": {"leaf": 4}})


async def duplicate(db) -> None:
    await db["audit"].drop_indexes()
    row = await db["audit"].find_one({"leaf": 3})
    await db["audit"].insert_one(row | {"_id": row["_id"][:-1] + ("1" if row["_id"].endswith("0") else "0")})


async def number_ahead(db) -> None:
    row = await db["audit"].find_one({"leaf": 3})
    other = "1" if row["_id"].endswith("0") else "0"
    await db["audit"].insert_one(row | {"_id": row["_id"][:-1] + other, "leaf": 500})


async def unnumber(db) -> None:
    await db["audit"].update_one({"leaf": 7}, {"$set": {"leaf": None}})


async def edit_a_tile(db) -> None:
    row = await db["tiles"].find_one({"_id": "0/0"})
    await db["tiles"].update_one({"_id": "0/0"}, {"$set": {"hashes": bytes(32) + row["hashes"][32:]}})


async def drop_the_tiles(db) -> None:
    await db["tiles"].delete_many({})


async def edit_the_head(db) -> None:
    await db["heads"].update_one({"_id": "head"}, {"$set": {"root": bytes(32)}})


async def shrink_the_head(db) -> None:
    await db["heads"].update_one({"_id": "head"}, {"$set": {"size": 12}})


async def replace_a_checkpoint(db) -> None:
    await db["checkpoints"].update_one({}, {"$set": {"root": "00" * 32}})


async def forge_a_checkpoint_note(db) -> None:
    row = await db["checkpoints"].find_one({})
    await db["checkpoints"].update_one({}, {"$set": {"note": row["note"].replace("20", "21", 1)}})


async def rewrite_history(db) -> None:
    """Everything made again, consistently: only what was signed outside tells."""
    rows = await db["audit"].find({}).sort("leaf", 1).to_list(None)
    from repository.audit import content_hash

    rows[5]["detail"] = {"n": 12345}
    rows[5]["hash"] = content_hash(rows[5])
    await db["audit"].replace_one({"_id": rows[5]["_id"]}, rows[5])
    hashes = [leaf_of(row) for row in rows]
    await db["tiles"].update_one({"_id": "0/0"}, {"$set": {"hashes": b"".join(hashes)}})
    await db["heads"].update_one({"_id": "head"}, {"$set": {"root": merkle.root(hashes)}})
    await db["checkpoints"].delete_many({})


TAMPERINGS = [
    (edit, "edited"), (edit_and_rehash, "edited"), (delete, "missing"), (delete_the_last, "missing"),
    (reorder, "edited"), (duplicate, "duplicate"), (number_ahead, "forged"), (unnumber, "missing"),
    (edit_a_tile, "edited"), (drop_the_tiles, "tree"), (edit_the_head, "tree"), (shrink_the_head, "rolledback"),
    (replace_a_checkpoint, "checkpoint"), (forge_a_checkpoint_note, "checkpoint"), (rewrite_history, "forked"),
]  # fmt: skip


@pytest.mark.clause("Đ14.2")
@pytest.mark.parametrize(("bend", "kind"), TAMPERINGS, ids=[one.__name__ for one, _ in TAMPERINGS])
async def test_whatever_is_bent_is_found(repository, bend, kind) -> None:
    await sealed(repository)
    await bend(repository.database)
    assert kind in await kinds(repository)


async def test_a_record_that_is_backdated_is_found(repository) -> None:
    await sealed(repository)
    await records(repository, 1, ago=timedelta(days=2))
    await repository.log.sealer.catch_up()
    assert await kinds(repository) == {"backdated"}


async def test_a_record_changed_before_it_is_sealed_is_told(repository) -> None:
    [one] = await records(repository, 1)
    await repository.database["audit"].update_one({"_id": one}, {"$set": {"detail.n": 5}})
    await repository.log.sealer.seal()
    [incident] = await repository.incidents.find(kind="log.altered")
    assert incident["subject"]["id"] == one
    assert "edited" in await kinds(repository)


async def test_a_database_set_back_a_day_is_found_and_sealing_stops(repository) -> None:
    await sealed(repository)
    db = repository.database
    kept = {
        name: await db[name].find({}).to_list(None) for name in ("audit", "tiles", "heads", "checkpoints")
    }
    await sealed(repository)
    for name, rows in kept.items():
        await db[name].delete_many({})
        await db[name].insert_many(rows)
    assert await kinds(repository) == {"rolledback"}
    await records(repository, 1)
    with pytest.raises(RolledBack):
        await repository.log.sealer.seal()
    await records(repository, 60)  # grown past the signed size again, with another history
    (repository.settings.data / "log" / "last-checkpoint").unlink()
    await another(repository).catch_up()
    assert "forked" in await kinds(repository)


async def test_the_sealer_refuses_a_tree_that_was_bent_and_people_are_told(repository) -> None:
    await sealed(repository)
    await edit_a_tile(repository.database)
    await records(repository, 1)
    with pytest.raises(TreeBroken):
        await repository.log.sealer.seal()
    stop = asyncio.Event()
    running = asyncio.create_task(repository.log.sealer.run(stop))
    while not await repository.incidents.find(kind="log.broken"):
        await asyncio.sleep(0.05)
    stop.set()
    await running
    assert (await repository.log.sealer.status()).unsealed > 0


async def test_a_check_that_was_stopped_goes_on_where_it_was(repository) -> None:
    await sealed(repository, 2100)
    await delete(repository.database)
    seen: list[int] = []

    class Stopped(Exception):
        pass

    def stop_at_the_second(done: int, size: int) -> None:
        seen.append(done)
        if len(seen) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        await repository.log.check.run(say=stop_at_the_second)
    state = await repository.log.check.run(say=lambda done, size: seen.append(done))
    assert seen == [1024, 2048, 2100]
    assert [fault.kind for fault in state.faults] == ["missing"]


async def test_a_running_sealer_seals_what_is_written_and_a_standby_takes_over(repository) -> None:
    stops = [asyncio.Event(), asyncio.Event()]
    running = [asyncio.create_task(another(repository).run(stop)) for stop in stops]
    await records(repository, 10)
    while (await repository.log.sealer.status()).unsealed:
        await asyncio.sleep(0.05)
    stops[0].set()
    await running[0]
    await records(repository, 10)
    while (await repository.log.sealer.status()).unsealed:
        await asyncio.sleep(0.05)
    stops[1].set()
    await running[1]
    assert [row["leaf"] for row in await leaves(repository)] == list(range(20))


async def test_records_are_found_by_who_what_and_when(repository) -> None:
    await records(repository, 5)
    log = repository.log
    assert len(await log.find(Filter(action="version.read"))) == 5
    assert len(await log.find(Filter(subject="doc-3"))) == 1
    assert await log.find(Filter(actor="nobody")) == []
    assert len(await log.find(Filter(unsealed=True))) == 5
    assert await log.find(Filter(until=repository.clock.now() - timedelta(hours=1))) == []
    first, *_ = await log.find(Filter(), limit=1)
    assert len(await log.find(Filter(), before=first["_id"])) == 4
