"""An increment reads only what the log proves to have changed, and holds the same as if all had been read."""

import subprocess
from datetime import timedelta
from pathlib import Path

import bson
import pytest

from ops.backup import layout, running
from ops.backup.checking import Checker
from ops.backup.facts import Facts
from ops.backup.increments import CONTINUED, LASTING, STAMPED
from ops.backup.sets import Manifest, Sets
from repository import audit
from repository.access.actors import operator
from repository.audit import Action, Subject
from repository.documents.metadata import MetadataChange
from repository.mongo import one_moment
from repository.settings import Settings
from repository.wiring import Repository
from tests.factories import District, stored

ROOT = operator("test")


async def dump(repository: Repository) -> dict[str, list[bytes]]:
    async with one_moment(repository.database) as moment:
        names = sorted(await repository.database.list_collection_names())
        return {name: [raw async for raw in moment.rows(name)] for name in names}


def facts_over(rows: dict[str, list[bytes]]) -> dict:
    facts = Facts()
    for name, found in rows.items():
        for raw in found:
            facts.add(name, raw)
    return facts.as_json()


async def holds_exactly(sets: Sets, manifest: Manifest, before: dict[str, list[bytes]], folder: Path) -> None:
    """The set against the database as it was read whole right before."""
    expected, told = facts_over(before), await sets.facts(manifest)
    for name in CONTINUED:
        found = [raw async for page in sets.pages(manifest, name, folder) for raw in page]
        assert sorted(found) == sorted(before.get(name, [])), name
        assert told["collections"].get(name) == expected["collections"].get(
            name, {"rows": 0, "digest": f"{0:064x}"}
        )
        assert manifest.rows.get(name, 0) == len(before.get(name, []))
    for name in ("registers", "dossiers", "closings", "sealed", "unsealed"):
        assert told[name] == expected[name], name
    named = {
        part["sha256"]
        for name in ("documents", "checkpoints")
        for raw in before[name]
        for part in (bson.decode(raw).get("versions") or [bson.decode(raw)])
    }
    assert {line.sha256 async for lines in sets.lines(manifest, folder) for line in lines} == named
    assert await Checker(sets=sets).check(manifest) == []


async def own_rows(sets: Sets, manifest: Manifest, name: str, settings: Settings) -> int:
    """How many rows the set's own file holds: by age and zstd."""
    path = Path(settings.backup_to) / manifest.folder / layout.metadata(name)
    plain = subprocess.run(
        f"age -d -i {settings.backup_key} {path} | zstd -dc", shell=True, check=True, capture_output=True
    ).stdout
    return len(bson.decode_all(plain))


@pytest.mark.clause("Đ10.5")
async def test_a_chain_of_increments_holds_what_a_full_read_holds(
    repository: Repository, office: District, sets: Sets, settings: Settings, tmp_path: Path
) -> None:
    await repository.database["texts"].insert_one({"_id": "0" * 64, "at": repository.clock.now()})
    full = await running.back_up(repository, ROOT)
    assert full.earlier == {}
    documents = [row["_id"] async for row in repository.database["documents"].find({"number": {"$gt": 0}})]
    chain = [full]

    async def one_more(sealed: bool) -> None:
        if sealed:
            await repository.log.sealer.catch_up()
        before = await dump(repository)
        manifest = await running.back_up(repository, ROOT)
        assert manifest.kind == "incremental" and set(manifest.earlier) == CONTINUED
        assert [name for name, _ in manifest.earlier["audit"]] == [one.set for one in chain]
        await holds_exactly(sets, manifest, before, tmp_path)
        chain.append(manifest)

    fresh = await stored(repository, office.clerk, "Văn bản đến sau".encode())
    await repository.documents.register(office.clerk, fresh["_id"])
    await one_more(sealed=True)
    assert await own_rows(sets, chain[-1], "documents", settings) == 1
    row = await repository.documents.get(office.clerk, documents[0])
    change = MetadataChange.model_validate({"subject": "Trích yếu khác"})
    await repository.documents.describe(office.clerk, row["_id"], change, row["revision"])
    await repository.registers.annul(office.clerk, office.incoming["_id"], 2, "vào nhầm sổ")
    await one_more(sealed=False)
    assert await own_rows(sets, chain[-1], "documents", settings) == 1
    assert await own_rows(sets, chain[-1], "entries", settings) == 1
    await one_more(sealed=True)
    dossier = await repository.database["dossiers"].find_one({})
    await repository.dossiers.file(office.clerk, dossier["_id"], fresh["_id"])
    await repository.closings.close_day(office.clerk, office.incoming["_id"])
    await one_more(sealed=True)
    assert chain[-1].rows["audit"] > 2 * await own_rows(sets, chain[-1], "audit", settings)


async def test_what_no_row_names_any_longer_is_not_in_the_next_set(
    repository: Repository, office: District, sets: Sets, tmp_path: Path
) -> None:
    await running.back_up(repository, ROOT)
    row = await repository.database["documents"].find_one({"unit": "phuong-a"})

    async def work(change) -> None:
        await change.update("documents", {"_id": row["_id"]}, {"$set": {"versions": []}})
        change.record("document", row["_id"], owes=False)

    await repository.journal.change(ROOT, Action.DOCUMENT_DESCRIBED, work)
    second = await running.back_up(repository, ROOT)
    assert set(second.earlier) == LASTING | {"verdicts"}
    assert row["versions"][0]["sha256"] not in {
        line.sha256 async for lines in sets.lines(second, tmp_path) for line in lines
    }


async def _record_taken_away(repository: Repository) -> None:
    await repository.database["audit"].delete_one({"leaf": None})


async def _leaf_taken_away(repository: Repository) -> None:
    await repository.log.sealer.catch_up()
    last = await repository.database["heads"].find_one({})
    await repository.database["audit"].delete_one({"leaf": last["size"] - 1})


async def _row_taken_away(repository: Repository) -> None:
    await repository.database["documents"].delete_one({"unit": "phuong-a"})


async def _another_log(repository: Repository) -> None:
    await repository.database["heads"].update_one({}, {"$inc": {"size": -1}})


@pytest.mark.parametrize("happened", [_record_taken_away, _leaf_taken_away, _row_taken_away, _another_log])
async def test_where_the_log_proves_nothing_everything_is_read(
    repository: Repository, office: District, sets: Sets, happened, tmp_path: Path
) -> None:
    await stored(repository, office.clerk, "chưa niêm phong".encode())
    first = await running.back_up(repository, ROOT)
    assert first.head["unsealed"] > 0
    await stored(repository, office.foreign_clerk, "sau bản đầu".encode())
    await happened(repository)
    if happened is _row_taken_away:
        record = audit.make(
            at=repository.clock.now(), actor=ROOT.as_row(), action=Action.DOCUMENT_DESCRIBED,
            subject=Subject(kind="document", id="doc-x"), detail={}, also=[],
        )  # fmt: skip
        await repository.database["audit"].insert_one(
            record | {"rows": [{"in": "documents", "id": "doc-x", "n": 2, "sha256": ""}]}
        )
    before = await dump(repository)
    second = await running.back_up(repository, ROOT)
    assert second.earlier == {} and second.set != first.set
    found = [raw async for page in sets.pages(second, "documents", tmp_path) for raw in page]
    assert sorted(found) == sorted(before["documents"])


@pytest.mark.parametrize("harm", ["flipped", "missing"])
async def test_a_damaged_beginning_of_the_chain_is_noticed_and_a_new_area_begun(
    repository: Repository, office: District, sets: Sets, settings: Settings, harm: str
) -> None:
    first = await running.back_up(repository, ROOT)
    await stored(repository, office.clerk, "mới".encode())
    second = await running.back_up(repository, ROOT)
    path = Path(settings.backup_to) / first.folder / layout.metadata("audit")
    if harm == "flipped":
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    else:
        path.unlink()
    [why] = await Checker(sets=sets).check(second, quick=True)
    assert first.set in why and "metadata/audit" in why
    third = await running.back_up(repository, ROOT)
    assert third.kind == "full" and third.earlier == {} and third.area != second.area
    [incident] = await repository.incidents.find(kind="backup.damaged")
    assert first.set in incident["found"]


@pytest.mark.parametrize(("name", "field"), STAMPED.items())
async def test_of_what_bears_its_time_only_rows_with_another_are_saved_again(
    repository: Repository, office: District, sets: Sets, settings: Settings, tmp_path: Path, name: str,
    field: str,
) -> None:  # fmt: skip
    for one in STAMPED:
        await repository.database[one].insert_one({"_id": "f" * 64, STAMPED[one]: repository.clock.now()})
    rows = repository.database[name]
    for number in range(3):
        await rows.insert_one({"_id": f"{number:064x}", "pages": [], field: repository.clock.now()})
    first = await running.back_up(repository, ROOT)
    assert await own_rows(sets, first, name, settings) == 4
    later = repository.clock.now() + timedelta(seconds=1)
    await rows.update_one({"_id": f"{1:064x}"}, {"$set": {"note": "đọc lại", field: later}})
    await rows.insert_one({"_id": f"{9:064x}", "pages": [], field: later})
    before = await dump(repository)
    second = await running.back_up(repository, ROOT)
    await holds_exactly(sets, second, before, tmp_path)
    assert await own_rows(sets, second, name, settings) == 2
    await rows.delete_one({"_id": f"{2:064x}"})
    before = await dump(repository)
    third = await running.back_up(repository, ROOT)
    assert name not in third.earlier and set(third.earlier) >= LASTING, "something is gone: all is read"
    await holds_exactly(sets, third, before, tmp_path)
    before = await dump(repository)
    fourth = await running.back_up(repository, ROOT)
    assert [one for one, _ in fourth.earlier[name]] == [third.set]
