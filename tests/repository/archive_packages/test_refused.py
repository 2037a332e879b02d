"""Packages that were bent, by accident or on purpose: refused by name, or told and tolerated."""

import re
import struct
import zipfile
from pathlib import Path

import pytest

from repository.archive_packages import reading
from repository.archive_packages.contents import Kind
from repository.archive_packages.importing import PackageRefused, read_package
from tests.repository.archive_packages.scene import OPTIONS, Bent, accepted, by_hand, refusal

DATA = "data/H49.64.33.2026.05.VP.2.txt"
XXE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def test_a_byte_that_changed(package: Bent, tmp_path: Path) -> None:
    name = package.find(DATA)
    package.files[name] = package.files[name][:-1] + b"9"
    assert f"{DATA}: mã băm không khớp METS" in refusal(package.write(tmp_path / "x.zip"))


@pytest.mark.parametrize("ending", ["EAD.xml", "VP.1.xml", "rep1/METS.xml", "ead_doc.xsd", "noi-dung.txt"])
def test_a_description_that_changed(package: Bent, tmp_path: Path, ending: str) -> None:
    name = package.find(ending)
    package.files[name] = package.files[name].replace(b">", b"> ", 1)
    assert ending in refusal(package.write(tmp_path / "x.zip"))


@pytest.mark.parametrize("ending", [DATA, "EAD.xml", "rep1/METS.xml", "VP.3.xml", "mets1_12.xsd"])
def test_a_file_that_is_missing(package: Bent, tmp_path: Path, ending: str) -> None:
    del package.files[package.find(ending)]
    found = refusal(package.write(tmp_path / "x.zip"))
    assert "thiếu tệp" in found and ending in found


def test_no_mets_at_all(sip: Bent, tmp_path: Path) -> None:
    del sip.files[f"{sip.top}/METS.xml"]
    assert refusal(sip.write(tmp_path / "x.zip")) == "thiếu tệp METS.xml"


def test_a_file_that_was_added(package: Bent, tmp_path: Path) -> None:
    package.files[f"{package.top}/documentation/them.txt"] = b"x"
    found = accepted(package.write(tmp_path / "x.zip"))
    assert found.warnings == ["tệp không được METS kể tới: documentation/them.txt"]
    package.files[f"{package.top}/representations/rep1/data/la.pdf"] = b"x"
    assert "tệp lạ, METS không kể tới: representations/rep1/data/la.pdf" in refusal(
        package.write(tmp_path / "y.zip")
    )


def test_another_objid(package: Bent, tmp_path: Path) -> None:
    other = re.sub(r"[0-9A-F](?=[0-9A-F]{11}$)", "0", package.top.replace("9", "1"))
    package.files = {name.replace(package.top, other, 1): content for name, content in package.files.items()}
    assert "không khớp tên thư mục gốc" in refusal(package.write(tmp_path / "x.zip"))


def test_two_folders(package: Bent, tmp_path: Path) -> None:
    package.files["khac/x.txt"] = b"x"
    assert "đúng một thư mục gốc" in refusal(package.write(tmp_path / "x.zip"))


def test_an_aip_without_premis(sip: Bent, tmp_path: Path) -> None:
    name = f"{sip.top}/METS.xml"
    sip.files[name] = sip.files[name].replace(b'OAISPACKAGETYPE="SIP"', b'OAISPACKAGETYPE="AIP"')
    assert "AIP không có PREMIS" in refusal(sip.write(tmp_path / "x.zip"))
    sip.files[name] = sip.files[name].replace(b'OAISPACKAGETYPE="AIP"', b'OAISPACKAGETYPE="DIP"')
    assert "loại gói «DIP»" in refusal(sip.write(tmp_path / "x.zip"))


def test_premis_that_says_otherwise(aip: Bent, tmp_path: Path) -> None:
    name = aip.find("PREMIS_rep1.xml")
    content = re.sub(rb"(<premis:messageDigest>)..", rb"\g<1>00", aip.files[name], count=1)
    found = refusal(aip.resealed(name, content).write(tmp_path / "x.zip"))
    assert "data/" in found and "khác mã băm của tệp" in found


def test_a_package_of_nothing(sip: Bent, tmp_path: Path) -> None:
    name = sip.find("rep1/METS.xml")
    content = re.sub(rb"<fileSec.*</fileSec>|<div [^>]*MetadataLink.*</div>(?=\s*</div>\s*</structMap>)", b"",
                     sip.files[name], flags=re.DOTALL)  # fmt: skip
    bent = sip.resealed(name, content)
    bent.files = {one: held for one, held in bent.files.items() if "/data/" not in one}
    assert "gói không có tài liệu nào" in refusal(bent.write(tmp_path / "x.zip"))


def test_a_package_of_parts_elsewhere(sip: Bent, tmp_path: Path) -> None:
    name = sip.find("rep1/METS.xml")
    content = sip.files[name].replace(b'LABEL="MetadataLink/File"', b'LABEL="MetadataLink/Holey"', 1)
    assert "tài liệu liên kết" in refusal(sip.resealed(name, content).write(tmp_path / "x.zip"))


@pytest.mark.parametrize("ending", ["/METS.xml", "rep1/METS.xml", "EAD.xml", "VP.2.xml"])
def test_no_document_types_in_xml(sip: Bent, tmp_path: Path, ending: str) -> None:
    name = f"{sip.top}/METS.xml" if ending == "/METS.xml" else sip.find(ending)
    content = sip.files[name].replace(b"?>", b"?>" + XXE, 1).replace(b"</title>", b"&a;</title>")
    found = refusal(sip.resealed(name, content).write(tmp_path / "x.zip"))
    assert "DOCTYPE" in found or "không phải XML đọc được" in found
    assert "root:" not in found


@pytest.mark.parametrize(
    "name",
    ["../../etc/x.txt", "/etc/x.txt", "GOC/../x.txt", "GOC\\..\\x.txt", "C:/x.txt", "GOC//x.txt", "GOC/./x"],
)
def test_paths_that_lead_outside(sip: Bent, tmp_path: Path, name: str) -> None:
    sip.files[name.replace("GOC", sip.top)] = b"x"
    found = refusal(sip.write(tmp_path / "x.zip"))
    assert "ra ngoài gói" in found
    assert not (tmp_path / "etc").exists()


@pytest.mark.parametrize(
    "href", ["../../../etc/passwd", "/etc/passwd", "http://x/y", "..%2F..%2Fetc%2Fpasswd"]
)
def test_a_mets_that_points_outside(sip: Bent, tmp_path: Path, href: str) -> None:
    name = sip.find("rep1/METS.xml")
    content = sip.files[name].replace(DATA.encode(), href.encode(), 1)
    assert "METS trỏ ra ngoài gói" in refusal(sip.resealed(name, content).write(tmp_path / "x.zip"))


def test_links_and_special_files(sip: Bent, tmp_path: Path) -> None:
    def link(info: zipfile.ZipInfo) -> None:
        if info.filename.endswith(DATA):
            info.create_system, info.external_attr = 3, 0o120777 << 16

    assert "là liên kết" in refusal(sip.write(tmp_path / "x.zip", link))


def test_the_same_name_twice(sip: Bent, tmp_path: Path) -> None:
    sip.files[sip.find("EAD.xml").replace("EAD.xml", "ead.XML")] = b"x"
    assert "hai tệp trùng tên" in refusal(sip.write(tmp_path / "x.zip"))


def test_bombs(sip: Bent, tmp_path: Path) -> None:
    sip.files[f"{sip.top}/documentation/x.txt"] = bytes(20 * 1024 * 1024)
    path = sip.write(tmp_path / "x.zip")
    assert "dài quá" in refusal(path)
    assert "bom nén" in reading.read(str(path), OPTIONS | {"largest": 1 << 40})["refused"]


def test_members_that_share_their_bytes(sip: Bent, tmp_path: Path) -> None:
    content = bytearray(sip.write(tmp_path / "x.zip").read_bytes())
    entries = [found.start() for found in re.finditer(rb"PK\x01\x02", content)]
    content[entries[1] + 42 : entries[1] + 46] = struct.pack("<L", 0)
    (tmp_path / "x.zip").write_bytes(content)
    assert "chồng lên tệp khác" in refusal(tmp_path / "x.zip")


def test_passwords_and_strange_packing(sip: Bent, tmp_path: Path) -> None:
    content = bytearray(sip.write(tmp_path / "x.zip").read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    (tmp_path / "x.zip").write_bytes(content)
    assert "mật khẩu" in refusal(tmp_path / "x.zip")

    def packed(info: zipfile.ZipInfo) -> None:
        info.compress_type = zipfile.ZIP_BZIP2

    assert "nén theo cách không nhận" in refusal(sip.write(tmp_path / "y.zip", packed))


@pytest.mark.parametrize("content", [b"", b"PK", b"%PDF-1.4", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_zip(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    assert refusal(tmp_path / "x.zip")


def test_a_package_that_was_cut(sip: Bent, tmp_path: Path) -> None:
    whole = sip.write(tmp_path / "x.zip").read_bytes()
    for share in (3, 2):
        (tmp_path / "x.zip").write_bytes(whole[: len(whole) // share])
        assert "không phải tệp ZIP" in refusal(tmp_path / "x.zip")


def test_weak_digests_are_none(sip: Bent, tmp_path: Path) -> None:
    name = sip.find("rep1/METS.xml")
    content = sip.files[name].replace(b'CHECKSUMTYPE="SHA-256"', b'CHECKSUMTYPE="MD5"')
    assert "không ghi mã băm SHA-256" in refusal(sip.resealed(name, content).write(tmp_path / "x.zip"))


# --- told and tolerated: the defects of packages in use


def test_a_wrong_year_in_the_codes_of_documents(sip: Bent, tmp_path: Path) -> None:
    name = sip.find("VP.1.xml")
    content = sip.files[name].replace(b"2026.05.VP.0000001", b"1994.05.VP.0000001")
    found = accepted(sip.resealed(name, content).write(tmp_path / "x.zip"))
    assert len(found.warnings) == 1 and "ghi năm 1994, hồ sơ năm 2026" in found.warnings[0]


def test_fields_in_any_order_and_by_the_other_name(sip: Bent, tmp_path: Path) -> None:
    name = sip.find("VP.1.xml")
    lines = sip.files[name].replace(b"docCode>", b"arcDocCode>").splitlines()
    content = b"\n".join([*lines[:2], *reversed(lines[2:-1]), lines[-1]])
    found = accepted(sip.resealed(name, content).write(tmp_path / "x.zip"))
    assert not found.warnings and found.contents.documents[0].fields["docCode"].endswith("0000001")


def test_totals_that_do_not_match(sip: Bent, tmp_path: Path) -> None:
    name = sip.find("EAD.xml")
    content = sip.files[name].replace(b"<totalDoc>3<", b"<totalDoc>137<")
    found = accepted(sip.resealed(name, content).write(tmp_path / "x.zip"))
    assert found.warnings == ["EAD ghi 137 tài liệu, gói có 3"]


def test_descriptions_are_matched_by_name_where_the_map_says_nothing(sip: Bent, tmp_path: Path) -> None:
    bent = Bent({name: content for name, content in sip.files.items() if "VP.1_1.csv" not in name})
    name = bent.find("rep1/METS.xml")
    content = bent.files[name].replace(b"MetadataLink/File", b"Khac")
    content = re.sub(rb"<file [^>]*>\s*<FLocat[^>]*_1\.csv[^>]*>\s*</file>", b"", content)
    found = accepted(bent.resealed(name, content).write(tmp_path / "x.zip"))
    assert [len(one.files) for one in found.contents.documents] == [1, 1, 1]
    assert [one.fields["docId"][-1] for one in found.contents.documents] == ["1", "2", "3"]


def test_folders_and_a_prefix_in_paths(sip: Bent, tmp_path: Path) -> None:
    name = sip.find("rep1/METS.xml")
    content = sip.files[name].replace(b'href="data/', b'href="file://./data/')
    bent = sip.resealed(name, content)
    bent.files[f"{sip.top}/"] = b""
    assert not accepted(bent.write(tmp_path / "x.zip")).warnings


def test_a_package_as_the_sample_is(sip: Bent, tmp_path: Path) -> None:
    """Capital EAD_DOC, a fixed wrong year everywhere, no documentation, one group, the packer's account as agent."""
    drop = re.compile(rb"<fileGrp [^>]*USE=\"(Documentation|Representations)\".*?</fileGrp>\s*", re.DOTALL)
    bent = Bent({name.replace("EAD_doc_", "EAD_DOC_"): content for name, content in sip.files.items()})
    for n in (1, 2, 3):
        name = bent.find(f"VP.{n}.xml")
        bent = bent.resealed(
            name, bent.files[name].replace(b">H49.64.33.2026.05.VP.0", b">H49.64.33.1994.05.VP.0")
        )
    name = bent.find("rep1/METS.xml")
    content = bent.files[name].replace(b"EAD_doc_", b"EAD_DOC_")
    content = content.replace(
        b'ROLE="ARCHIVIST" TYPE="ORGANIZATION"', b'ROLE="CREATOR" TYPE="INDIVIDUAL" OTHERTYPE=""'
    )
    bent = bent.resealed(name, content)
    root = f"{bent.top}/METS.xml"
    bent.files[root] = drop.sub(b"", bent.files[root])
    del bent.files[bent.find("noi-dung.txt")]
    found = accepted(bent.write(tmp_path / "x.zip"))
    assert len(found.warnings) == 3 and all("ghi năm 1994" in one for one in found.warnings)
    assert [one.files[0].filename for one in found.contents.documents] == [
        f"văn bản {n}.TXT" for n in range(3)
    ]


async def test_the_sandbox_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(await by_hand(Kind.AIP, tmp_path))
    found = await read_package(path, **OPTIONS)
    assert found == accepted(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(PackageRefused, match="ZIP"):
        await read_package(path, **OPTIONS)
