"""Out of one unit, into another system: the same bytes, digests and descriptions; twice gives duplicates only."""

import os
from pathlib import Path

import pytest

from repository import errors
from repository.archive_packages.contents import Kind
from repository.archive_packages.importing import DUPLICATE, STORED, WOULD
from repository.archive_packages.packing import PartlyUnseen
from tests.repository.archive_packages.scene import Bent, closed_dossier, packed

SAME = (
    "subject",
    "symbol",
    "issued_on",
    "document_type",
    "language",
    "page_amount",
    "description",
    "direction",
)
DOSSIER = (
    "code",
    "year",
    "title",
    "rights",
    "language",
    "started_on",
    "ended_on",
    "medium",
    "description",
    "maintenance",
)


async def files_of(repository, dossier: str) -> list[list[tuple[str, int, str, str, str]]]:
    rows = await repository.database["filings"].find({"dossier": dossier}).sort("order", 1).to_list(None)
    found = [await repository.database["documents"].find_one({"_id": row["document"]}) for row in rows]
    return [
        [(v["sha256"], v["size"], v["filename"], v["media_type"], v["role"]) for v in one["versions"]]
        for one in found
    ]


@pytest.mark.parametrize("kind", list(Kind))
async def test_a_dossier_goes_out_and_comes_in_again(repository, district, tmp_path, kind) -> None:
    sent = await closed_dossier(repository, district.clerk)
    content = await packed(repository, district.clerk, sent["_id"], kind, fonds="P623", archive="G09")
    path = tmp_path / "goi.zip"
    path.write_bytes(content)
    if shots := os.environ.get("TANGTHU_PACKAGES"):
        (Path(shots) / f"{kind}.zip").write_bytes(content)
    importing, clerk = repository.archive_packages.importing, district.foreign_clerk

    before = await repository.database["documents"].count_documents({})
    planned = await importing.take(clerk, path, dry_run=True)
    assert [one.outcome for one in planned.lines] == [WOULD] * 3 and not planned.dossier
    assert await repository.database["documents"].count_documents({}) == before
    assert await repository.database["dossiers"].count_documents({}) == 1

    taken = await importing.take(clerk, path)
    assert [one.outcome for one in taken.lines] == [STORED] * 3 and taken.closed
    assert taken.warnings == []
    row = await repository.dossiers.get(clerk, taken.dossier)
    assert {name: row[name] for name in DOSSIER} == {name: sent[name] for name in DOSSIER}
    assert row["retention"]["years"] == 20 and row["state"] == "closed"
    assert row["package"]["objid"] == taken.found.objid
    assert await files_of(repository, taken.dossier) == await files_of(repository, sent["_id"])
    here = await repository.dossiers.contents(clerk, taken.dossier)
    there = await repository.dossiers.contents(district.clerk, sent["_id"])
    for one, other in zip(here, there, strict=True):
        expected = {name: other[name] for name in SAME}
        if one["subject"].startswith("Quyết định"):
            expected["direction"] = "incoming"  # the other unit did not issue it
        assert {name: one[name] for name in SAME} == expected
        assert (one["issuer"] or {}).get("name") == (other["issuer"] or {}).get("name")
    assert [one["classification"] for one in here] == ["han_che", "cong_khai", "han_che"]

    again = await importing.take(clerk, path)
    assert [one.outcome for one in again.lines] == [DUPLICATE] * 3 and again.dossier == taken.dossier
    query = {"action": "dossier.imported", "subject.kind": "dossier"}
    acts = await repository.database["audit"].find(query).to_list(None)
    assert len(acts) == 1 and acts[0]["detail"]["objid"] == taken.found.objid


async def test_the_same_state_gives_the_same_package_but_for_its_making(repository, district) -> None:
    sent = await closed_dossier(repository, district.clerk)
    one, other = [await packed(repository, district.clerk, sent["_id"], Kind.AIP) for _ in range(2)]
    first, second = Bent.of(one).files, Bent.of(other).files
    assert list(first) == list(second)
    differ = {name.partition("/")[2] for name in first if first[name] != second[name]}
    assert differ == {"METS.xml", "metadata/preservation/PREMIS.xml"}
    acts = await repository.database["audit"].find({"action": "dossier.packaged"}).to_list(None)
    assert len(acts) == 2 and acts[0]["detail"]["objid"] == acts[1]["detail"]["objid"]


async def test_what_was_imported_names_its_source_when_it_becomes_an_aip(
    repository, district, tmp_path
) -> None:
    sent = await closed_dossier(repository, district.clerk)
    path = tmp_path / "goi.zip"
    path.write_bytes(await packed(repository, district.clerk, sent["_id"]))
    taken = await repository.archive_packages.importing.take(district.foreign_clerk, path)
    content = await packed(repository, district.foreign_clerk, taken.dossier, Kind.AIP)
    bent = Bent.of(content)
    told = bent.files[bent.find("metadata/preservation/PREMIS.xml")].decode()
    assert "information package creation" in told and taken.found.objid in told and ">source<" in told


async def test_how_a_document_was_handled_goes_along(repository, district, tmp_path) -> None:
    """As a file of its own, marked in its description; taken in, it is part of the document's history."""
    sent = await closed_dossier(repository, district.clerk)
    path = tmp_path / "goi.zip"
    path.write_bytes(await packed(repository, district.clerk, sent["_id"], Kind.AIP))
    bent = Bent.of(path.read_bytes())
    told = bent.files[bent.find("VP.2_process.xml")].decode()
    assert 'words="Tiếp nhận văn bản"' in told and 'by="Người vt.vanphong"' in told
    assert "<process>1</process>" in bent.files[bent.find("VP.2.xml")].decode()
    assert "_process.xml" in bent.files[bent.find("PREMIS_rep1.xml")].decode()
    taken = await repository.archive_packages.importing.take(district.foreign_clerk, path)
    [step] = taken.found.contents.documents[1].process
    assert (step["act"], step["by"], step["unit"]) == ("document.stored", "Người vt.vanphong", "van-phong")
    history = await repository.documents.history(district.foreign_clerk, taken.lines[1].document)
    [record] = [one for one in history if one["action"] == "dossier.imported"]
    assert record["detail"]["process"] == [step] and record["also"] == [taken.dossier]
    again = Bent.of(await packed(repository, district.foreign_clerk, taken.dossier))
    said = again.files[again.find("VP.2_process.xml")].decode()
    assert said.index('by="Người vt.vanphong"') < said.index('by="Người vt.phuonga"')


async def test_pages_that_were_read_are_counted(repository, district) -> None:
    sent = await closed_dossier(repository, district.clerk)
    row = await repository.database["documents"].find_one({"subject": "Giấy tờ không số"})
    read = {
        "_id": row["versions"][0]["sha256"],
        "pages": [{"n": 1, "how": "layer"}, {"n": 2, "how": "layer"}],
    }
    await repository.database["texts"].insert_one(read)
    bent = Bent.of(await packed(repository, district.clerk, sent["_id"]))
    assert "<numberOfPage>2</numberOfPage>" in bent.files[bent.find("VP.3.xml")].decode()
    assert "<numberOfPage>7</numberOfPage>" in bent.files[bent.find("EAD.xml")].decode()


async def test_an_open_dossier_is_no_package(repository, district) -> None:
    sent = await closed_dossier(repository, district.clerk)
    await repository.dossiers.reopen(district.clerk, sent["_id"], "còn thiếu văn bản")
    with pytest.raises(errors.Conflict, match="đang mở"):
        await packed(repository, district.clerk, sent["_id"])


async def test_a_dossier_is_packed_whole_or_not_at_all(repository, district) -> None:
    sent = await closed_dossier(repository, district.clerk)
    await repository.database["documents"].update_one(
        {"subject": "Giấy tờ không số"}, {"$set": {"readers": []}}
    )
    with pytest.raises(PartlyUnseen):
        await packed(repository, district.clerk, sent["_id"])
    with pytest.raises(errors.NotFound):
        await packed(repository, district.foreign_clerk, sent["_id"])
