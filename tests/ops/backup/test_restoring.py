"""What was saved comes back: every byte, number, dossier, account and record, into an empty system and nowhere else."""

import dataclasses
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from indexers.wiring import Indexers, open_indexers
from ops.backup import returning, running
from ops.backup.refusals import NoSuchSet, SetDamaged, WouldLose
from ops.backup.selection import Selection
from ops.backup.sets import Sets
from ops.backup.snapshot import Facts
from ops.stack import Stack
from repository.access.actors import operator
from repository.audit import binding
from repository.blobs.digest import Digest
from repository.settings import Settings, from_environment
from repository.wiring import Repository, open_repository
from tests.factories import District, stored

ROOT = operator("test")


@pytest.fixture
def empty_machine(settings: Settings):
    """Engines of its own in a folder, and the program over them; database and log keep their names."""
    return partial(_machine, database=settings.mongo_database, log=settings.log_origin)


@asynccontextmanager
async def _machine(data: Path, *, database: str, log: str) -> AsyncIterator[Indexers]:
    async with Stack(data, say=lambda _: None) as engines:
        settings = from_environment(
            {**engines.as_environment(), "TANGTHU_CLAMD_URL": "", "TANGTHU_LOG_ORIGIN": log},
            data=data, mongo_database=database,
        )  # fmt: skip
        async with open_repository(settings) as repository, open_indexers(repository) as indexers:
            yield indexers


def wish(manifest, data: Path, **fields) -> returning.Wish:
    return returning.Wish(manifest=manifest, data=data, **fields)


async def put_back(asked: returning.Wish, sets: Sets, opening) -> returning.Returned:
    return await returning.restore(ROOT, asked, sets=sets, open_system=opening, say=lambda *_: None)


@pytest.mark.clause("Đ10.5")
async def test_a_whole_set_comes_back_on_an_empty_machine_and_its_log_still_fits(
    repository: Repository, office: District, sets: Sets, tmp_path: Path, empty_machine
) -> None:
    held = await repository.database["documents"].find_one({"unit": "phuong-a"})
    await repository.blobs.hold(
        Digest(held["versions"][0]["sha256"]), held["versions"][0]["store_version"], True
    )
    manifest = await running.back_up(repository, ROOT)
    data = tmp_path / "new"
    returned = await put_back(wish(manifest, data), sets, empty_machine)
    assert returned.findings == [] and returned.outcome.objects == manifest.objects["count"]
    assert (data / "account.key").read_bytes() == (repository.settings.data / "account.key").read_bytes()
    async with empty_machine(data) as indexers:
        target = indexers.repository
        for row in await repository.database["documents"].find({}).to_list(None):
            found = await target.database["documents"].find_one({"_id": row["_id"]})
            for version in found["versions"]:
                async with target.blobs.open(Digest(version["sha256"]), version["store_version"]) as pieces:
                    content = b"".join([piece async for piece in pieces])
                assert Digest.of(content).hex == version["sha256"]
            assert found["number"] == row["number"] and found["dossiers"] == row["dossiers"]
        stat = await target.blobs.stat(Digest(held["versions"][0]["sha256"]))
        assert stat is not None and stat.held and stat.lock_mode == "COMPLIANCE"
        assert await indexers.index.count() == returned.entries == 4 + 1 + 3
        await target.log.sealer.catch_up()
        state = await target.log.verify()
        assert state.faults == [], state
        assert await target.backups.of(manifest.set) is not None
        assert await _latest_states_fit(target)


async def _latest_states_fit(target: Repository) -> bool:
    """Each row is as the last record about it says."""
    said: dict[tuple[str, str], dict] = {}
    async for record in target.database["audit"].find({}):
        for state in record.get("rows", []):
            known = said.get((state["in"], state["id"]))
            if known is None or known["n"] < state["n"]:
                said[state["in"], state["id"]] = state
    for (name, row_id), state in said.items():
        row = await target.database[name].find_one({"_id": row_id})
        if row is not None and binding.row_hash(row) != state["sha256"]:
            return False
    return len(said) > 10


async def test_yesterday_comes_back_and_a_living_system_is_not_overwritten_unasked(
    repository: Repository, office: District, sets: Sets, tmp_path: Path, empty_machine
) -> None:
    yesterday = await running.back_up(repository, ROOT)
    late = await stored(repository, office.clerk, "Văn bản hôm nay".encode())
    today = await running.back_up(repository, ROOT)
    assert (await sets.at(yesterday.moment)).set == yesterday.set
    assert (await sets.at(today.moment)).set == today.set
    with pytest.raises(NoSuchSet):
        await sets.at(yesterday.moment.replace(year=2020))
    data = tmp_path / "new"
    await put_back(wish(today, data), sets, empty_machine)
    with pytest.raises(WouldLose) as refused:
        await put_back(wish(yesterday, data), sets, empty_machine)
    assert "1 văn bản" in str(refused.value)
    with pytest.raises(WouldLose):
        await put_back(wish(yesterday, data, yes_lose="1000000"), sets, empty_machine)
    returned = await put_back(
        wish(yesterday, data, yes_lose=str(refused.value.facts["word"])), sets, empty_machine
    )
    assert returned.findings == []
    async with empty_machine(data) as indexers:
        database = indexers.repository.database
        assert await database["documents"].count_documents({}) == 4
        assert await database["documents"].find_one({"_id": late["_id"]}) is None
        await indexers.repository.log.sealer.catch_up()


async def test_one_unit_or_one_dossier_comes_back_with_the_whole_log(
    repository: Repository, office: District, sets: Sets, tmp_path: Path, empty_machine
) -> None:
    manifest = await running.back_up(repository, ROOT)
    dossier = await repository.database["dossiers"].find_one({})
    await put_back(
        wish(manifest, tmp_path / "unit", selection=Selection(unit="phuong-a")), sets, empty_machine
    )
    await put_back(
        wish(manifest, tmp_path / "dossier", selection=Selection(dossier=dossier["_id"])), sets, empty_machine
    )
    async with empty_machine(tmp_path / "unit") as indexers:
        database = indexers.repository.database
        assert {row["unit"] async for row in database["documents"].find({})} == {"phuong-a"}
        assert await database["people"].count_documents({}) == 3
        assert await database["audit"].count_documents({"leaf": {"$gte": 0}}) == manifest.head["size"]
        assert await database["dossiers"].count_documents({}) == 0
    async with empty_machine(tmp_path / "dossier") as indexers:
        database = indexers.repository.database
        rows = await database["documents"].find({}).to_list(None)
        assert len(rows) == 3 and {one for row in rows for one in row["dossiers"]} == {dossier["_id"]}
        assert await database["entries"].count_documents({}) == 3


async def test_a_killed_restore_is_simply_run_again(
    repository: Repository, office: District, sets: Sets, tmp_path: Path, empty_machine, monkeypatch
) -> None:
    manifest = await running.back_up(repository, ROOT)

    class Killed(BaseException):
        pass

    def dying(self, collection: str, raw: bytes) -> None:
        raise Killed

    monkeypatch.setattr(Facts, "add", dying)
    with pytest.raises(Killed):
        await put_back(wish(manifest, tmp_path / "new"), sets, empty_machine)
    monkeypatch.undo()
    returned = await put_back(wish(manifest, tmp_path / "new"), sets, empty_machine)
    assert returned.findings == []


async def test_a_missing_file_is_found_before_anything_is_touched(
    repository: Repository, office: District, sets: Sets, tmp_path: Path, empty_machine
) -> None:
    manifest = await running.back_up(repository, ROOT)
    next(Path(sets.place.name).rglob("*/content/*.age")).unlink()
    with pytest.raises(SetDamaged):
        await put_back(wish(manifest, tmp_path / "new"), sets, empty_machine)
    assert not (tmp_path / "new").exists()


def test_the_settings_of_a_set_hold_no_secret(settings: Settings) -> None:
    from ops.backup import secrets

    told = secrets.configuration(dataclasses.replace(settings, secret="RAT-BI-MAT")).decode()
    assert "RAT-BI-MAT" not in told and settings.s3_secret_key not in told and settings.mongo_url not in told
    assert settings.s3_bucket in told and os.fspath(settings.data) in told
