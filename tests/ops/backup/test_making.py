"""A set is made while people work, added to, finished after a kill, and never more than what is new."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import ocfl
import pytest

from ops.backup import layout, running
from ops.backup.checking import Checker
from ops.backup.copies import BackupCopies
from ops.backup.making import Maker
from ops.backup.refusals import Busy, NoKey, NoPlace
from ops.backup.sets import Sets
from repository import errors
from repository.access.actors import operator
from repository.blobs.digest import Digest
from repository.settings import Settings
from repository.wiring import Repository
from tests.factories import District, stored

ROOT = operator("test")


async def objects(sets: Sets, name: str, tmp_path: Path) -> set[str]:
    manifest = await sets.find(name)
    return {line.sha256 async for lines in sets.lines(manifest, tmp_path) for line in lines}


@pytest.mark.clause("Đ10.5")
async def test_a_set_holds_every_named_object_and_every_row(
    repository: Repository, office: District, sets: Sets, tmp_path: Path
) -> None:
    manifest = await running.back_up(repository, ROOT)
    assert manifest.kind == "full"
    rows = repository.database["documents"].find({})
    named = {one["sha256"] async for row in rows for one in row["versions"]}
    signed = {row["sha256"] async for row in repository.database["checkpoints"].find({})}
    assert len(signed) == 1 and await objects(sets, manifest.set, tmp_path) == named | signed
    assert manifest.rows["documents"] == 4 and manifest.rows["people"] == 3 and manifest.rows["entries"] == 3
    assert manifest.head["size"] > 10 and manifest.head["unsealed"] == 0
    found = [line async for lines in sets.lines(manifest, tmp_path) for line in lines]
    assert sum(line.size for line in found) == manifest.objects["bytes"]
    assert await Checker(sets=sets).check(manifest) == []
    row = await repository.backups.of(manifest.set)
    assert row is not None and row["state"] == "good" and row["objects"] == len(named | signed)


async def test_an_increment_copies_what_is_new_and_a_full_one_everything(
    repository: Repository, office: District, sets: Sets, tmp_path: Path
) -> None:
    first = await running.back_up(repository, ROOT)
    await stored(repository, office.clerk, "Văn bản đến sau".encode())
    second = await running.back_up(repository, ROOT)
    assert (second.kind, second.area) == ("incremental", first.area)
    assert second.objects["new"] == 1
    assert second.previous is not None and second.previous["set"] == first.set
    fresh = await objects(sets, second.set, tmp_path) - await objects(sets, first.set, tmp_path)
    assert fresh == {Digest.of("Văn bản đến sau".encode()).hex}
    third = await running.back_up(repository, ROOT, full=True)
    assert (
        third.kind == "full" and third.area != first.area and third.objects["new"] == third.objects["count"]
    )
    for manifest in (first, second, third):
        assert await Checker(sets=sets).check(manifest) == []


async def test_the_object_area_is_valid_ocfl_for_an_independent_validator(
    repository: Repository, office: District, sets: Sets, settings: Settings
) -> None:
    await running.back_up(repository, ROOT)
    await stored(repository, office.clerk, b"mot van ban nua")
    manifest = await running.back_up(repository, ROOT)
    root = ocfl.StorageRoot(root=str(Path(settings.backup_to) / layout.objects(manifest.area)))
    assert root.validate(validate_objects=True, check_digests=True)
    assert (root.num_objects, root.good_objects) == (2, 2)


async def test_what_was_backed_up_is_read_by_hand_with_age_and_zstd(
    repository: Repository, office: District, settings: Settings, tmp_path: Path
) -> None:
    manifest = await running.back_up(repository, ROOT)
    folder = Path(settings.backup_to) / manifest.folder
    found = subprocess.run(
        f"age -d -i {settings.backup_key} {folder}/objects.tsv.zst.age | zstd -dc",
        shell=True, check=True, capture_output=True,
    ).stdout.decode()  # fmt: skip
    sha256, size, bundle, *_ = found.splitlines()[0].split("\t")
    sealed = Path(settings.backup_to) / layout.content(manifest.area, bundle, sha256)
    plain = subprocess.run(
        ["age", "-d", "-i", settings.backup_key, sealed], check=True, capture_output=True
    ).stdout
    assert (Digest.of(plain).hex, len(plain)) == (sha256, int(size))


async def test_what_a_killed_run_finished_is_not_copied_again(
    repository: Repository, office: District, sets: Sets, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = Maker(repository=repository, place=sets.place, key=sets.key)
    publish, sent = sets.place.publish, []

    class Killed(BaseException):
        pass

    async def dying(draft: Path, name: str) -> None:
        if "/sets/" in name:
            raise Killed
        await publish(draft, name)
        sent.append(name)

    monkeypatch.setattr(sets.place, "publish", dying)
    with pytest.raises(Killed):
        await maker.make(ROOT)
    monkeypatch.undo()
    bundles = [one for one in sent if "-" in one.rpartition("/")[2]]
    assert len(bundles) == 1 and (await sets.names()) == []
    manifest = await running.back_up(repository, ROOT)
    assert manifest.kind == "full" and manifest.objects["new"] == 0
    assert len(await sets.areas()) == 1 and await Checker(sets=sets).check(manifest) == []
    assert not (Path(sets.place.name) / "drafts").exists()


async def test_clerks_work_while_it_runs(repository: Repository, office: District, sets: Sets) -> None:
    stop = asyncio.Event()

    async def clerk() -> int:
        count = 0
        while not stop.is_set():
            document = await stored(repository, office.clerk, f"trong lúc sao lưu {count}".encode())
            await repository.documents.register(office.clerk, document["_id"])
            count += 1
        return count

    working = asyncio.create_task(clerk())
    await asyncio.sleep(0.2)
    manifest = await running.back_up(repository, ROOT)
    stop.set()
    assert await working > 1
    documents, entries = manifest.rows["documents"], manifest.rows["entries"]
    assert documents > 4 and documents - entries in (1, 2), "one is never registered, one may be about to be"
    assert await Checker(sets=sets).check(manifest) == []


async def test_a_damaged_object_comes_back_from_the_copy(
    repository: Repository, office: District, sets: Sets
) -> None:
    manifest = await running.back_up(repository, ROOT)
    copies = BackupCopies(place=sets.place, key=sets.key)
    async with copies.open(Digest.of(b"x" * 5_000_000)) as pieces:
        assert b"".join([one async for one in pieces]) == b"x" * 5_000_000
    with pytest.raises(errors.NotFound):
        await copies.open(Digest.of(b"never stored")).__aenter__()
    small = Digest.of("Văn bản số 1".encode())
    [path] = Path(sets.place.name).rglob(f"{small.hex}.age")
    *kept, last = path.read_bytes()
    path.write_bytes(bytes([*kept, last ^ 1]))
    with pytest.raises(errors.NotFound):
        await copies.open(small).__aenter__()
    assert await Checker(sets=sets).check(manifest) != []


async def test_without_place_or_key_nothing_is_written_and_two_runs_do_not_meet(
    repository: Repository, office: District, settings: Settings
) -> None:
    import dataclasses

    from ops.backup.opening import sets_of

    with pytest.raises(NoPlace):
        sets_of(dataclasses.replace(settings, backup_to=""))
    with pytest.raises(NoKey):
        sets_of(dataclasses.replace(settings, backup_key=""))
    async with running.alone(repository):
        with pytest.raises(Busy):
            await running.back_up(repository, ROOT)
    assert not Path(settings.backup_to).exists()


async def test_the_oldest_goes_and_two_good_ones_always_stay(
    repository: Repository, office: District, sets: Sets
) -> None:
    made = [await running.back_up(repository, ROOT, full=True) for _ in range(2)]
    await repository.backups.judged(ROOT, made[1].set, damaged="hỏng")
    made.append(await running.back_up(repository, ROOT, full=True))
    assert await sets.areas() == [one.area for one in made], "only one good one beside the newest"
    made.append(await running.back_up(repository, ROOT, full=True))
    assert await sets.areas() == [made[2].area, made[3].area]
    states = {row["_id"]: row["state"] for row in await repository.backups.find()}
    assert [states[one.set] for one in made] == ["rotated", "rotated", "good", "good"]


async def test_a_place_that_was_emptied_is_told_and_begun_anew(
    repository: Repository, office: District, sets: Sets
) -> None:
    first = await running.back_up(repository, ROOT)
    shutil.rmtree(sets.place.name)
    second = await running.back_up(repository, ROOT)
    assert second.kind == "full" and second.set != first.set
    [incident] = await repository.incidents.find(kind="backup.damaged")
    assert first.set in incident["found"]


async def test_an_object_that_the_store_lost_is_told_and_the_others_are_saved(
    repository: Repository, office: District, sets: Sets
) -> None:
    row = await repository.database["documents"].find_one({"unit": "phuong-a"})
    gone = Digest.of(b"never stored").hex
    change = {"$set": {"versions.0.sha256": gone, "versions.0.store_version": "none"}}
    await repository.database["documents"].update_one({"_id": row["_id"]}, change)
    manifest = await running.back_up(repository, ROOT)
    assert manifest.objects["lost"] == 1 and manifest.objects["count"] == 4
    assert await Checker(sets=sets).check(manifest) == []
    [incident] = await repository.incidents.find(kind="backup.lost")
    assert gone in incident["found"]


async def test_a_bundle_that_lost_its_sidecar_is_told_and_never_thrown_away(
    repository: Repository, office: District, sets: Sets
) -> None:
    """A finished set relies on it: it is no bundle that a killed run left."""
    first = await running.back_up(repository, ROOT)
    gone = next(Path(sets.place.name).glob("areas/*/objects/*/inventory.json.sha512"))
    gone.unlink()
    await stored(repository, office.clerk, b"mai")
    await running.back_up(repository, ROOT)
    assert list(gone.parent.rglob("*.age"))
    found = await Checker(sets=sets).check(first)
    assert found and all("thiếu inventory.json" in one for one in found)


async def test_a_set_whose_run_was_killed_before_it_was_entered_is_entered_by_the_next(
    repository: Repository, office: District, sets: Sets, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    async def dying(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(Maker, "enter", dying)
    with pytest.raises(Killed):
        await running.back_up(repository, ROOT)
    monkeypatch.undo()
    second = await running.back_up(repository, ROOT)
    entered = {row["_id"] for row in await repository.backups.find()}
    assert len(entered) == 2 and entered == {name for _, name in await sets.names()}
    assert second.kind == "incremental"
