"""What becomes of packages that are read: nothing half done, nothing twice, nothing wider than it was."""

from pathlib import Path

import pytest

from repository import errors
from repository.access.rules import Classification
from repository.archive_packages.contents import Kind
from repository.archive_packages.describing import contents_of
from repository.archive_packages.importing import DUPLICATE, FILED, STORED, PackageRefused
from repository.archive_packages.taking import Intent, SecretInPackage, forms
from repository.dossiers.dossiers import DossierForm
from repository.ingest.refusals import FormatRefused
from repository.mongo import Row
from tests.factories import stored
from tests.repository.archive_packages.scene import PAPERS, RULES, Bent, accepted, by_hand, laid, rows


async def counted(repository) -> dict[str, int]:
    names = ("documents", "dossiers", "filings", "audit", "outbox")
    return {name: await repository.database[name].count_documents({}) for name in names}


async def package(
    tmp_path: Path, name: str = "x.zip", papers: list[Row] | None = None, **fields: object
) -> Path:
    dossier, documents, held = rows(PAPERS if papers is None else papers, **fields)
    path = tmp_path / name
    path.write_bytes(await laid(contents_of(dossier, documents, "H49", RULES), held, Kind.SIP, tmp_path))
    return path


async def test_a_bent_package_leaves_nothing(repository, district, tmp_path) -> None:
    bent = Bent.of(await by_hand(Kind.SIP, tmp_path))
    bent.files[bent.find("VP.2.txt")] += b"x"
    before = await counted(repository)
    with pytest.raises(PackageRefused, match=r"VP\.2\.txt"):
        await repository.archive_packages.importing.take(district.clerk, bent.write(tmp_path / "x.zip"))
    assert await counted(repository) == before


async def test_a_file_that_may_not_be_kept_stops_all_of_it(repository, district, tmp_path) -> None:
    bent = Bent.of(await by_hand(Kind.SIP, tmp_path))
    path = bent.resealed(bent.find("VP.3.txt"), b"MZ" + bytes(200)).write(tmp_path / "x.zip")
    before = await counted(repository)
    with pytest.raises(FormatRefused):
        await repository.archive_packages.importing.take(district.clerk, path)
    assert await counted(repository) == before


@pytest.mark.clause("Đ1.p1")
async def test_classified_papers_do_not_come_in(repository, district, tmp_path) -> None:
    bent = Bent.of(await by_hand(Kind.AIP, tmp_path))
    name = bent.find("VP.2.xml")
    path = bent.resealed(name, bent.files[name].replace(b"<mode>01<", b"<mode>03<")).write(tmp_path / "x.zip")
    before = await counted(repository)
    for dry in (True, False):
        with pytest.raises(SecretInPackage, match="thứ 2"):
            await repository.archive_packages.importing.take(district.clerk, path, dry_run=dry)
    assert await counted(repository) == before


async def test_what_was_cut_off_goes_on(repository, district, tmp_path, monkeypatch) -> None:
    path, importing = await package(tmp_path), repository.archive_packages.importing
    store, seen = repository.documents.store, []

    async def cut(*args: object, **more: object) -> Row:
        if len(seen) == 2:
            raise errors.Unavailable(what="cơ sở dữ liệu")
        seen.append(args)
        return await store(*args, **more)

    monkeypatch.setattr(repository.documents, "store", cut)
    with pytest.raises(errors.Unavailable):
        await importing.take(district.clerk, path)
    monkeypatch.undo()
    [row] = await repository.database["dossiers"].find({}).to_list(None)
    assert row["state"] == "open" and row["package"]["objid"].startswith("uuid-")
    taken = await importing.take(district.clerk, path)
    assert [one.outcome for one in taken.lines] == [DUPLICATE, DUPLICATE, STORED]
    assert taken.dossier == row["_id"] and taken.closed


async def test_papers_with_equal_files_stay_papers_of_their_own(repository, district, tmp_path) -> None:
    path = await package(tmp_path)
    other = tmp_path / "y.zip"
    twins = [PAPERS[2], PAPERS[2] | {"subject": "Giấy tờ khác"}, PAPERS[2]]
    dossier, documents, _ = rows(twins, code="09")
    documents[1]["versions"] = documents[2]["versions"] = documents[0]["versions"][:1]
    documents[0]["versions"] = documents[0]["versions"][:1]
    held = {documents[0]["versions"][0]["sha256"]: "Văn bản thứ 0".encode()}
    other.write_bytes(await laid(contents_of(dossier, documents, "H49", RULES), held, Kind.SIP, tmp_path))
    importing = repository.archive_packages.importing
    await importing.take(district.clerk, path)
    taken = await importing.take(district.clerk, other)
    assert [one.outcome for one in taken.lines] == [STORED] * 3
    again = await importing.take(district.clerk, other)
    assert [one.outcome for one in again.lines] == [DUPLICATE] * 3
    assert len({one.document for one in again.lines}) == 3


async def test_a_paper_that_is_here_already_is_filed_and_not_copied(repository, district, tmp_path) -> None:
    row = await stored(repository, district.clerk, "Văn bản thứ 2".encode(), subject=PAPERS[2]["subject"])
    taken = await repository.archive_packages.importing.take(district.clerk, await package(tmp_path))
    assert [one.outcome for one in taken.lines] == [STORED, STORED, FILED]
    assert taken.lines[2].document == row["_id"]


async def test_another_dossier_of_the_same_code_takes_nothing_and_stays_open(
    repository, district, tmp_path
) -> None:
    """The code's agency is another's: what the unit keeps under the same notation is no part of the package."""
    form = DossierForm(code="05.VP", year=2026, title="Hồ sơ của chính đơn vị này")
    own = await repository.dossiers.open(district.clerk, form)
    paper = await stored(repository, district.clerk, b"cua don vi", subject="Giấy của đơn vị")
    await repository.dossiers.file(district.clerk, own["_id"], paper["_id"])
    path, before = await package(tmp_path), await counted(repository)
    for dry in (True, False):
        with pytest.raises(errors.Conflict, match="Hồ sơ của chính đơn vị này"):
            await repository.archive_packages.importing.take(district.clerk, path, dry_run=dry)
    assert await counted(repository) == before
    assert (await repository.database["dossiers"].find_one({"_id": own["_id"]}))["state"] == "open"


async def test_a_paper_that_is_here_without_its_attachment_comes_in_with_it(
    repository, district, tmp_path
) -> None:
    first = {name: PAPERS[0][name] for name in ("subject", "symbol", "issued_on")}
    bare = await stored(repository, district.clerk, "Văn bản thứ 0".encode(), **first)
    path, importing = await package(tmp_path), repository.archive_packages.importing
    taken = await importing.take(district.clerk, path)
    assert taken.lines[0].outcome == STORED and taken.lines[0].document != bare["_id"]
    row = await repository.database["documents"].find_one({"_id": taken.lines[0].document})
    assert [one["role"] for one in row["versions"]] == ["main", "attachment"]
    again = await importing.take(district.clerk, path)
    assert [one.outcome for one in again.lines] == [DUPLICATE] * 3


async def test_a_closed_dossier_takes_no_more(repository, district, tmp_path) -> None:
    importing = repository.archive_packages.importing
    await importing.take(district.clerk, await package(tmp_path))
    more = await package(tmp_path, "y.zip", [*PAPERS, PAPERS[2] | {"subject": "Thêm"}])
    before = await counted(repository)
    with pytest.raises(errors.Conflict, match="1 văn bản chưa có trong đó"):
        await importing.take(district.clerk, more)
    assert await counted(repository) == before


async def test_what_is_not_known_is_told_and_left_open(repository, district, tmp_path) -> None:
    path = await package(tmp_path, ended_on=None, retention={"kind": "years", "years": 15})
    taken = await repository.archive_packages.importing.take(district.clerk, path, level="noi_bo")
    assert not taken.closed and len(taken.warnings) == 2
    assert "thời hạn bảo quản «07»" in taken.warnings[0] and "không ghi ngày kết thúc" in taken.warnings[1]
    row = await repository.dossiers.get(district.clerk, taken.dossier)
    assert row["state"] == "open" and row["maintenance"] == ""
    found = await repository.dossiers.contents(district.clerk, taken.dossier)
    assert [one["classification"] for one in found] == ["noi_bo", "cong_khai", "noi_bo"]


async def test_only_into_ones_own_unit(repository, district, tmp_path) -> None:
    path = await package(tmp_path)
    with pytest.raises(errors.Forbidden):
        await repository.archive_packages.importing.take(district.foreign_clerk, path, unit="van-phong")
    with pytest.raises(errors.Forbidden):
        await repository.archive_packages.importing.take(district.auditor, path)


async def test_fields_of_others(tmp_path) -> None:
    """What a foreign system writes: names for codes, short dates, too long titles, fields without a place."""
    path = tmp_path / "x.zip"
    path.write_bytes(await by_hand(Kind.SIP, tmp_path))
    found = accepted(path)
    said = found.contents.documents[0].fields
    said |= {
        "typeName": "Kế hoạch",
        "issuedDate": "01/2026",
        "numberOfPage": "không rõ",
        "autograph": "Đồng ý",
    }
    fields = found.contents.fields
    fields |= {"title": "T" * 900, "language": "0102", "fileCode": "H49.64.33.2001.160"}
    made = forms(found, Intent(unit="van-phong", level=Classification.INTERNAL), RULES)
    assert (made.dossier.year, made.dossier.code, len(made.dossier.title)) == (2001, "160", 500)
    one = made.documents[0]
    assert (one.document_type, one.issued_on, one.page_amount, one.direction) == (
        "KH",
        None,
        None,
        "incoming",
    )
    assert len(made.warnings) == 3 and "autograph" in made.warnings[-1]
    said["subject"] = "x" * 501
    with pytest.raises(errors.Invalid) as refused:
        forms(found, Intent(unit="van-phong"), RULES)
    assert refused.value.errors[0]["pointer"] == "/documents/1/subject"
    fields["fileCode"] = "160"
    fields["startDate"] = ""
    with pytest.raises(errors.Invalid, match="không cho biết năm"):
        forms(found, Intent(unit="van-phong"), RULES)
