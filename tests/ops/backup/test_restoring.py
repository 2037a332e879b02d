"""What was saved comes back: every byte, number, dossier, account and record, into an empty system and nowhere else."""

import dataclasses
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from indexers.wiring import Indexers, open_indexers
from ops.backup import returning, running
from ops.backup.checking import Checker
from ops.backup.place import FolderPlace
from ops.backup.refusals import NoSuchSet, SetDamaged, WouldLose
from ops.backup.selection import Selection
from ops.backup.sets import Sets
from ops.backup.snapshot import Facts
from ops.opening import _note
from ops.stack import Stack
from repository import errors
from repository.access.actors import operator
from repository.access.permissions import Role
from repository.audit import binding
from repository.blobs.digest import Digest
from repository.retention.holding import HoldForm, HoldKind
from repository.retention.schedules_import import ScheduleForm
from repository.settings import Settings, from_environment
from repository.wiring import Repository, open_repository
from tests.factories import District, make_person, stored

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


async def test_what_one_unit_cannot_be_without_comes_with_it(
    repository: Repository, office: District, sets: Sets, tmp_path: Path, empty_machine
) -> None:
    """An auditor's hold, the imported schedules, the verdicts, and every file that a row of the unit names."""
    database, paper = (
        repository.database,
        await repository.database["documents"].find_one({"unit": "phuong-a"}),
    )
    auditor = await make_person(repository, "ktv.quan", "van-phong", Role.AUDITOR)
    form = HoldForm(kind=HoldKind.DOCUMENT, target=paper["_id"], reason="Thanh tra yêu cầu")
    hold = await repository.retention.holds.place(auditor, form)
    await repository.retention.settle("hold", hold["_id"])
    table = "Mã dòng,Tên loại hồ sơ,Thời hạn bảo quản\n01,Hồ sơ,7 năm\n".encode()
    told = ScheduleForm(id="noi-bo", name="Bảng nội bộ", source="QĐ 5", in_force=date(2025, 1, 1))
    await repository.retention.imports.take_in(ROOT, told, table)
    verdict = {"_id": f"{paper['versions'][0]['sha256']}:1", "sha256": paper["versions"][0]["sha256"]}
    await database["verdicts"].insert_one(verdict)
    printed = await kept_file(repository, b"chung nhan")
    await database["disposals"].insert_one(
        {"_id": "th-1", "unit": "phuong-a", "dossiers": [], "certificate": {"files": [printed]}}
    )
    manifest = await running.back_up(repository, ROOT)
    returned = await put_back(
        wish(manifest, tmp_path / "unit", selection=Selection(unit="phuong-a")), sets, empty_machine
    )
    assert returned.findings == []
    async with empty_machine(tmp_path / "unit") as indexers:
        target = indexers.repository
        found = await target.database["documents"].find_one({"_id": paper["_id"]})
        assert [one["_id"] for one in await target.retention.holds.on(found)] == [hold["_id"]]
        await target.retention.settle("document", paper["_id"])
        version = found["versions"][0]
        stat = await target.blobs.stat(Digest(version["sha256"]), version["store_version"])
        assert stat is not None and stat.held
        assert await target.retention.schedules.find("noi-bo-01") is not None
        assert await target.database["verdicts"].count_documents({}) == 1
        certificate = (await target.database["disposals"].find_one({"_id": "th-1"}))["certificate"]["files"][
            0
        ]
        assert await target.blobs.stat(Digest(printed["sha256"]), certificate["store_version"]) is not None


async def kept_file(repository: Repository, content: bytes) -> dict:
    path = repository.settings.staging / "kept"
    path.write_bytes(content)
    stat = await repository.blobs.put(Digest.of(content), path, len(content), "application/json")
    return {"sha256": Digest.of(content).hex, "store_version": stat.version, "size": len(content)}


def living(repository: Repository):
    """The system that made the sets, opened once more as each command opens it, with its note in the log."""

    @asynccontextmanager
    async def again(_data: Path) -> AsyncIterator[Indexers]:
        async with open_indexers(repository) as indexers:
            await _note(indexers, ("restore", "latest", "--yes-lose"))
            yield indexers

    return again


async def test_the_number_to_be_typed_is_the_same_when_the_command_is_repeated(
    repository: Repository, office: District, sets: Sets, settings: Settings
) -> None:
    manifest = await running.back_up(repository, ROOT)
    late = await stored(repository, office.clerk, "Văn bản hôm nay".encode())
    opening = living(repository)
    with pytest.raises(WouldLose) as refused:
        await put_back(wish(manifest, settings.data), sets, opening)
    word = str(refused.value.facts["word"])
    returned = await put_back(wish(manifest, settings.data, yes_lose=word), sets, opening)
    assert returned.findings == []
    assert await repository.database["documents"].find_one({"_id": late["_id"]}) is None


async def test_a_part_put_over_a_living_system_is_told_to_cost_all_the_rest(
    repository: Repository, office: District, sets: Sets, settings: Settings
) -> None:
    manifest = await running.back_up(repository, ROOT)
    asked = wish(manifest, settings.data, selection=Selection(unit="phuong-a"))
    with pytest.raises(WouldLose, match=r"toàn bộ dữ liệu đang có \(4 văn bản, 3 số"):
        await put_back(asked, sets, living(repository))
    assert await repository.database["documents"].count_documents({}) == 4


async def test_another_system_s_set_is_told_to_cost_all_that_is_there(
    repository: Repository, office: District, sets: Sets, settings: Settings
) -> None:
    """All of it is older than the set."""
    manifest = await running.back_up(repository, ROOT)
    other = dataclasses.replace(manifest, head=manifest.head | {"root": "0" * 64})
    lost = await returning.losses(repository, wish(other, settings.data))
    assert lost is not None and (lost.documents, lost.since) == (4, None)


async def test_the_set_that_is_put_back_is_not_rotated_out_by_the_last_one(
    repository: Repository, office: District, sets: Sets, settings: Settings
) -> None:
    oldest = await running.back_up(repository, ROOT, full=True)
    late = await stored(repository, office.clerk, "Văn bản hôm nay".encode())
    newest = await running.back_up(repository, ROOT, full=True)
    (Path(sets.place.name) / newest.folder / "set.json").unlink()  # so that the next one is full
    word = str((await returning.losses(repository, wish(oldest, settings.data))).records)
    returned = await put_back(wish(oldest, settings.data, yes_lose=word), sets, living(repository))
    assert returned.findings == [] and len(await sets.areas()) == 3
    assert await repository.database["documents"].find_one({"_id": late["_id"]}) is None


async def test_nothing_is_overwritten_when_the_last_set_before_it_is_not_whole(
    repository: Repository, office: District, sets: Sets, settings: Settings, monkeypatch
) -> None:
    manifest = await running.back_up(repository, ROOT)
    late = await stored(repository, office.clerk, "Văn bản hôm nay".encode())
    publish = FolderPlace.publish

    async def losing(self, draft: Path, name: str) -> None:
        await publish(self, draft, name)
        for one in (Path(sets.place.name) / name).glob("metadata/people.*"):
            one.unlink()

    monkeypatch.setattr(FolderPlace, "publish", losing)
    word = str((await returning.losses(repository, wish(manifest, settings.data))).records)
    with pytest.raises(SetDamaged, match="trước khi ghi đè"):
        await put_back(wish(manifest, settings.data, yes_lose=word), sets, living(repository))
    assert await repository.database["documents"].find_one({"_id": late["_id"]}) is not None


async def test_a_note_that_a_full_disk_cut_does_not_stop_the_next_restore(
    repository: Repository, office: District, sets: Sets, tmp_path: Path, empty_machine
) -> None:
    manifest = await running.back_up(repository, ROOT)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / returning.MARKER).write_text("", "utf-8")
    assert (await put_back(wish(manifest, tmp_path / "new"), sets, empty_machine)).findings == []


async def test_what_a_file_manager_left_in_the_place_stops_no_restore(
    repository: Repository, office: District, sets: Sets, tmp_path: Path, empty_machine
) -> None:
    manifest = await running.back_up(repository, ROOT)
    content = next(Path(sets.place.name).rglob("*/content"))
    (content / ".DS_Store").write_bytes(b"x")
    (content / f"{'z' * 64}.age").write_bytes(b"x")
    assert (await put_back(wish(manifest, tmp_path / "new"), sets, empty_machine)).findings == []


@pytest.mark.parametrize(
    "forged", [b"[]", b"{", b"[" * 100_000, b'{"manifest": {"a": 1}}', b'{"manifest": []}']
)
async def test_an_inventory_that_somebody_wrote_with_its_sidecar_is_found(
    repository: Repository, office: District, sets: Sets, forged: bytes
) -> None:
    manifest = await running.back_up(repository, ROOT)
    path = next(Path(sets.place.name).rglob("inventory.json"))
    for folder in (path.parent, path.parent / "v1"):
        (folder / "inventory.json").write_bytes(forged)
        (folder / "inventory.json.sha512").write_text(
            f"{hashlib.sha512(forged).hexdigest()} inventory.json\n"
        )
    found = await Checker(sets=sets).check(manifest)
    assert found and all("inventory.json bị sửa" in one for one in found)


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


async def test_a_restore_that_broke_off_at_the_index_does_not_overwrite_later_work_unasked(
    repository: Repository, office: District, sets: Sets, settings: Settings, monkeypatch
) -> None:
    """The rows were back and people went on working; the mark of the restore still lay in the data folder."""
    manifest = await running.back_up(repository, ROOT)
    opening = living(repository)

    async def away(self, *_: object) -> int:
        raise errors.Unavailable(what="chỉ mục")

    monkeypatch.setattr(Indexers, "reindex", away)
    with pytest.raises(WouldLose) as refused:
        await put_back(wish(manifest, settings.data), sets, opening)
    word = str(refused.value.facts["word"])
    with pytest.raises(errors.Unavailable):
        await put_back(wish(manifest, settings.data, yes_lose=word), sets, opening)
    monkeypatch.undo()
    assert (settings.data / returning.MARKER).exists()
    late = await stored(repository, office.clerk, "Văn bản sau khi khôi phục".encode())
    with pytest.raises(WouldLose, match="1 văn bản"):
        await put_back(wish(manifest, settings.data), sets, opening)
    assert await repository.database["documents"].find_one({"_id": late["_id"]}) is not None


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
