"""The drill passes on a sound set and notices each of: one flipped byte, a missing file, an older head, a wrong key."""

import dataclasses
import shutil
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest

from ops.backup import layout, running
from ops.backup.drill import Drill, Report
from ops.backup.keys import Key, Unopened
from ops.backup.opening import sets_of
from ops.backup.refusals import NoRoom, SetDamaged
from ops.backup.sets import Sets
from repository.access.actors import operator
from repository.settings import Settings
from repository.wiring import Repository
from tests.factories import District, stored

ROOT = operator("test")


async def drilled(repository: Repository, sets: Sets, name: str = "latest") -> Report:
    return await Drill(living=repository, sets=sets).run(ROOT, name=name)


@pytest.mark.clause("Đ10.5")
async def test_a_sound_set_brings_everything_back_and_the_drill_is_on_record(
    repository: Repository, office: District, sets: Sets
) -> None:
    manifest = await running.back_up(repository, ROOT)
    await stored(repository, office.clerk, b"sau khi sao luu")
    await repository.log.sealer.catch_up()
    report = await drilled(repository, sets)
    assert report.findings == [] and report.set == manifest.set
    assert report.compared["objects"] == manifest.objects["count"] and report.compared["search"] == 8
    [row] = await repository.backups.drills()
    assert row["passed"] and (await repository.journal.history(row["_id"]))[0]["action"] == "drill.done"
    assert await repository.incidents.count_open() == 0


async def test_a_drill_that_finds_no_room_has_failed_and_is_on_record(
    repository: Repository, office: District, sets: Sets, tmp_path: Path
) -> None:
    await running.back_up(repository, ROOT)
    report = await Drill(living=repository, sets=sets, scratch=tmp_path / "not there").run(ROOT)
    assert not report.passed and not (await repository.backups.drills())[0]["passed"]
    assert await repository.incidents.find(kind="drill.failed")
    assert (await repository.backups.of(report.set))["state"] == "good", "nothing is wrong with the set"


def test_a_full_disk_is_not_taken_for_a_damaged_set(settings: Settings) -> None:
    key = Key.read(settings.backup_key)
    sealed = key.seal(b"x" * 200_000)
    with Path("/dev/full").open("wb") as full, suppress(OSError), pytest.raises(NoRoom):
        key.open_into(BytesIO(sealed), full)
    with pytest.raises(Unopened):
        key.open_into(BytesIO(sealed[:100_000]), BytesIO())


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "file",
    [
        "set.json", "set.json.mac", "objects.tsv.zst.age", "facts.json.zst.age", "secrets.tar.age",
        "metadata/documents.bson.zst.age", "object", "inventory.json",
    ],
)  # fmt: skip
async def test_one_flipped_byte_anywhere_is_noticed(
    repository: Repository, office: District, sets: Sets, file: str
) -> None:
    manifest = await running.back_up(repository, ROOT)
    place = Path(sets.place.name)
    objects = place / layout.objects(manifest.area)
    path = {
        "object": next(objects.rglob("*.age")), "inventory.json": next(objects.glob("*/inventory.json")),
    }.get(file, place / manifest.folder / file)  # fmt: skip
    flip(path)
    report = await drilled(repository, sets)
    assert not report.passed
    [incident] = await repository.incidents.find(kind="drill.failed")
    assert incident["found"] and not (await repository.backups.drills())[0]["passed"]


@pytest.mark.parametrize(
    ("file", "written"),
    [
        ("set.json.mac", b"\xff" * 64),
        ("set.json.mac", b""),
        ("set.json", b"[" * 100_000),
        ("set.json", b"\xff"),
    ],
)
async def test_whatever_bytes_are_written_over_a_manifest_the_next_backup_begins_anew(
    repository: Repository, office: District, sets: Sets, file: str, written: bytes
) -> None:
    manifest = await running.back_up(repository, ROOT)
    place = Path(sets.place.name)
    (place / manifest.folder / file).write_bytes(written)
    (place / layout.sets(manifest.area) / "20269999T999999999Z").mkdir()  # no day has that name
    with pytest.raises(SetDamaged):
        await sets.at(repository.clock.now())
    assert not (await drilled(repository, sets)).passed
    again = await running.back_up(repository, ROOT)
    assert again.kind == "full" and await repository.incidents.find(kind="backup.damaged")
    assert (await sets.at(repository.clock.now())).set == again.set


@pytest.mark.parametrize("file", ["metadata/audit.bson.zst.age", "object"])
async def test_a_missing_file_is_noticed_and_the_next_backup_is_a_full_one(
    repository: Repository, office: District, sets: Sets, file: str
) -> None:
    manifest = await running.back_up(repository, ROOT)
    place = Path(sets.place.name)
    content = next((place / layout.objects(manifest.area)).rglob("*.age"))
    (content if file == "object" else place / manifest.folder / file).unlink()
    report = await drilled(repository, sets)
    assert "thiếu" in report.findings[0]
    assert (await repository.backups.of(manifest.set))["state"] == "damaged"
    assert (await running.back_up(repository, ROOT)).kind == "full"
    assert (await drilled(repository, sets)).passed


async def test_an_older_head_is_noticed_whichever_way_it_comes(
    repository: Repository, office: District, sets: Sets
) -> None:
    first = await running.back_up(repository, ROOT)
    await stored(repository, office.clerk, "mới hơn".encode())
    await repository.log.sealer.catch_up()
    second = await running.back_up(repository, ROOT)
    place = Path(sets.place.name)
    aside = place.parent / "aside"
    (place / second.folder).rename(aside)
    report = await drilled(repository, sets)
    assert "lùi về quá khứ" in report.findings[0] and first.set in report.findings[0]
    shutil.copytree(place / first.folder, place / second.folder)
    report = await drilled(repository, sets)
    assert not report.passed and first.set in report.findings[0], "an older set under the newer one's name"


async def test_a_set_that_another_system_made_is_not_taken_for_ours(
    repository: Repository, office: District, sets: Sets
) -> None:
    manifest = await running.back_up(repository, ROOT)
    await repository.database["backups"].update_one({"_id": manifest.set}, {"$set": {"manifest": "0" * 64}})
    assert "không phải bản mà hệ thống đã lập" in (await drilled(repository, sets)).findings[0]


async def test_a_living_log_that_was_rolled_back_is_noticed(
    repository: Repository, office: District, sets: Sets
) -> None:
    await running.back_up(repository, ROOT)
    await repository.database["heads"].update_one({}, {"$inc": {"size": -1}})
    assert any("lùi về quá khứ" in one for one in (await drilled(repository, sets)).findings)


async def test_a_wrong_key_is_noticed(
    repository: Repository, office: District, settings: Settings, tmp_path: Path
) -> None:
    await running.back_up(repository, ROOT)
    Key.make(tmp_path / "other.key")
    other = sets_of(dataclasses.replace(settings, backup_key=str(tmp_path / "other.key")))
    report = await drilled(repository, other)
    assert "Sai khóa" in report.findings[0]
    [incident] = await repository.incidents.find(kind="drill.failed")
    assert "Sai khóa" in incident["found"]
