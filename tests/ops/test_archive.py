"""`tangthu archive`: out, in, again, and a SIP turned into an AIP; each says what it did and exits by it."""

from pathlib import Path

from repository.archive_packages.contents import Kind
from repository.wiring import Repository
from tests.factories import District
from tests.repository.archive_packages.scene import Bent, accepted, by_hand, closed_dossier, refusal


async def test_out_and_in(tangthu, repository: Repository, district: District, tmp_path: Path) -> None:
    dossier = await closed_dossier(repository, district.clerk)
    status, out, _ = await tangthu(
        "archive", "export", dossier["_id"], "--fonds", "P623", "--out", str(tmp_path)
    )
    [path] = tmp_path.glob("uuid-*.zip")
    assert status == 0 and str(path) in out and not list(tmp_path.glob("*.part"))
    status, out, _ = await tangthu("archive", "import", str(path), "--unit", "phuong-a", "--dry-run")
    assert status == 0 and out.count("sẽ lưu  ") == 3 and "chưa lưu gì" in out
    status, out, _ = await tangthu("archive", "import", str(path), "--unit", "phuong-a", "--level", "noi_bo")
    assert status == 0 and "(đã kết thúc); đã lưu: 3" in out
    status, out, _ = await tangthu("archive", "import", str(path), "--unit", "phuong-a")
    assert status == 0 and "trùng: 3" in out
    status, _, err = await tangthu(
        "archive", "export", "hs-00000000000000000000000000", "--out", str(tmp_path)
    )
    assert status == 1 and "Không tìm thấy hồ sơ" in err


async def test_what_is_refused(tangthu, repository: Repository, district: District, tmp_path: Path) -> None:
    bent = Bent.of(await by_hand(Kind.SIP, tmp_path))
    bent.files[bent.find("VP.2.txt")] += b"x"
    path = bent.write(tmp_path / "x.zip")
    status, _, err = await tangthu("archive", "import", str(path), "--unit", "van-phong")
    assert status == 1 and "Không nhận gói lưu trữ" in err and "VP.2.txt" in err
    status, _, err = await tangthu("archive", "import", str(tmp_path / "khong-co.zip"), "--unit", "van-phong")
    assert status == 1 and "không có tệp" in err


async def test_a_sip_becomes_an_aip(tangthu, tmp_path: Path) -> None:
    """No engine, no database: the bytes are the same, the codes follow from the dossier's, PREMIS names the source."""
    bent = Bent.of(await by_hand(Kind.SIP, tmp_path))
    name = bent.find("VP.1.xml")
    source = bent.resealed(name, bent.files[name].replace(b"2026.05.VP.0000001", b"1994.05.VP.0000001"))
    path = source.write(tmp_path / "sip.zip")
    given = accepted(path)
    out = tmp_path / "aip.zip"
    status, said, _ = await tangthu("archive", "convert", str(path), "--archive", "G09", "--out", str(out))
    assert status == 0 and "ghi năm 1994" in said and "urn:P623:uuid:" in said
    found = accepted(out)
    assert found.kind is Kind.AIP and not found.warnings
    made = Bent.of(out.read_bytes())
    told = made.files[made.find("metadata/preservation/PREMIS.xml")].decode()
    assert "information package creation" in told and f">{given.objid}<" in told
    for one, other in zip(found.contents.documents, given.contents.documents, strict=True):
        assert [(f.sha256, f.filename) for f in one.files] == [(f.sha256, f.filename) for f in other.files]
        kept = set(other.fields) - {"docCode"}
        assert {name: one.fields[name] for name in kept} == {name: other.fields[name] for name in kept}
    status, _, err = await tangthu("archive", "convert", str(out), "--out", str(tmp_path / "y.zip"))
    assert status == 1 and "gói này là AIP" in err
    assert not refusal(out) and not (tmp_path / "y.zip").exists()
