"""What is written: valid by the schemas that lie in the package, every file named once, nothing left dangling."""

import hashlib
import re
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from repository import errors
from repository.archive_packages.contents import Kind
from repository.archive_packages.describing import DoesNotFit, NothingInside, contents_of
from tests.repository.archive_packages.scene import MOMENT, PAPERS, RULES, Bent, accepted, by_hand, laid, rows

METS = "{http://www.loc.gov/METS/}"
HREF = "{http://www.w3.org/1999/xlink}href"


def trees(package: Bent) -> dict[str, etree._Element]:
    found = {
        "": package.find(f"{package.top}/METS.xml"),
        "representations/rep1/": package.find("rep1/METS.xml"),
    }
    return {within: etree.fromstring(package.files[name]) for within, name in found.items()}


def test_every_file_obeys_the_schemas_beside_it(package: Bent, tmp_path: Path) -> None:
    with zipfile.ZipFile(package.write(tmp_path / "x.zip")) as archive:
        archive.extractall(tmp_path / "x")
    schemas = tmp_path / "x" / package.top / "schemas"
    parser = etree.XMLParser(no_network=True)
    mets, one, each = (
        etree.XMLSchema(etree.parse(schemas / name, parser))
        for name in ("mets1_12.xsd", "ead.xsd", "ead_doc.xsd")
    )
    for tree in trees(package).values():
        mets.assertValid(tree)
    one.assertValid(etree.fromstring(package.files[package.find("EAD.xml")]))
    described = [name for name in package.files if "/EAD_doc_" in name]
    assert len(described) == 3
    for name in described:
        each.assertValid(etree.fromstring(package.files[name]))


def test_every_file_is_named_with_its_digest_and_nothing_else(package: Bent) -> None:
    told: dict[str, etree._Element] = {}
    for within, tree in trees(package).items():
        for one in tree.iter(f"{METS}file", f"{METS}mdRef"):
            place = one.find(f"{METS}FLocat") if one.tag == f"{METS}file" else one
            told[f"{package.top}/{within}{place.get(HREF)}"] = one
    assert set(told) == set(package.files) - {f"{package.top}/METS.xml"}
    for name, one in told.items():
        content = package.files[name]
        assert one.get("CHECKSUM") == hashlib.sha256(content).hexdigest().upper()
        assert one.get("SIZE") == str(len(content)) and one.get("CHECKSUMTYPE") == "SHA-256"
        assert re.fullmatch(r"2026-03-10T09:30:00\.000\+07:00", one.get("CREATED"))


def test_identifiers_are_single_and_references_lead_somewhere(package: Bent) -> None:
    for tree in trees(package).values():
        ids = [one.get("ID") for one in tree.iter() if one.get("ID")]
        assert len(ids) == len(set(ids))
        named = [
            word
            for one in tree.iter()
            for name in ("DMDID", "ADMID", "FILEID")
            for word in one.get(name, "").split()
        ]
        assert named and set(named) <= set(ids)
        assert all(re.fullmatch(r"(uuid|ID)-[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", one) for one in ids)


def test_premis_stands_in_an_aip_only(sip: Bent, aip: Bent) -> None:
    assert not [name for name in sip.files if "preservation" in name]
    root = trees(sip)[""]
    assert root.find(f"{METS}amdSec") is not None and len(root.find(f"{METS}amdSec")) == 0
    kept = [name for name in aip.files if "/preservation/" in name]
    assert [name.rpartition("/")[2] for name in sorted(kept)] == ["PREMIS.xml", "PREMIS_rep1.xml"]
    told = aip.files[aip.find("PREMIS_rep1.xml")].decode()
    assert told.count("<premis:object ") == 4 and told.count("virus check") == 4 and "phụ lục.csv" in told


def test_names_are_those_of_the_circular(sip: Bent, aip: Bent) -> None:
    assert re.fullmatch(r"uuid-[0-9A-F-]{36}", sip.top) and re.fullmatch(
        r"urn_P623_uuid_[0-9A-F-]{36}", aip.top
    )
    assert trees(aip)[""].get("OBJID") == aip.top.replace("_", ":")
    assert sip.find("data/H49.64.33.2026.05.VP.1.txt") and sip.find("data/H49.64.33.2026.05.VP.1_1.csv")
    ead = sip.files[sip.find("EAD.xml")].decode()
    assert "<fileCode>H49.64.33.2026.05.VP</fileCode>" in ead and "<maintenance>05</maintenance>" in ead
    assert "<arcFileCode>G09.H49.64.33.2026.05.VP</arcFileCode>" in aip.files[aip.find("EAD.xml")].decode()
    one = sip.files[sip.find("EAD_doc_H49.64.33.2026.05.VP.1.xml")].decode()
    for said in ("<docCode>H49.64.33.2026.05.VP.0000001<", "<codeNumber>71<", "<codeNotation>QĐ-UBND<",
                 "<issuedDate>16/01/2026<", "<typeName>02<", "<mode>02<", "<numberOfPage>4<"):  # fmt: skip
        assert said in one


def test_only_the_newest_main_file_goes_along() -> None:
    dossier, documents, _ = rows()
    first = documents[0]["versions"]
    first.append(first[0] | {"n": 3, "sha256": "ab" * 32})
    packed = contents_of(dossier, documents, "H49", RULES).documents[0]
    assert [one.sha256 for one in packed.files] == ["ab" * 32, first[1]["sha256"]]


def test_what_does_not_fit_is_named() -> None:
    papers = [PAPERS[1] | {"symbol": "15/" + "X" * 31}]
    dossier, documents, _ = rows(papers)
    with pytest.raises(DoesNotFit) as refused:
        contents_of(dossier, documents, "H49", RULES)
    assert refused.value.errors[0]["pointer"] == "/documents/1/codeNotation"


def test_what_is_open_empty_or_disposed_of_gives_none() -> None:
    dossier, documents, _ = rows()
    with pytest.raises(errors.Conflict):
        contents_of(dossier | {"state": "open"}, documents, "H49", RULES)
    with pytest.raises(NothingInside):
        contents_of(dossier, [], "H49", RULES)
    with pytest.raises(errors.Gone):
        contents_of(dossier | {"disposed": "th-1"}, documents, "H49", RULES)


async def test_another_state_is_another_package(tmp_path: Path) -> None:
    dossier, documents, held = rows()
    one = await laid(contents_of(dossier, documents, "H49", RULES), held, Kind.SIP, tmp_path)
    same = await laid(contents_of(dossier, documents, "H49", RULES), held, Kind.SIP, tmp_path)
    other = await laid(
        contents_of(dossier | {"title": "Khác"}, documents, "H49", RULES), held, Kind.SIP, tmp_path
    )
    assert one == same and Bent.of(one).top != Bent.of(other).top


async def test_what_was_written_is_read(tmp_path: Path) -> None:
    for kind in Kind:
        path = tmp_path / f"{kind}.zip"
        path.write_bytes(await by_hand(kind, tmp_path))
        found = accepted(path)
        assert (found.kind, found.warnings, found.fonds, found.agency) == (kind, [], "P623", "UBND quận")
        assert found.contents.created == MOMENT
        dossier, documents, _ = rows()
        wanted = contents_of(dossier, documents, "H49.64.33", RULES)
        got = found.contents.fields | {"fileCode": wanted.fields["fileCode"]}
        assert got == wanted.fields
        for one, other in zip(found.contents.documents, wanted.documents, strict=True):
            assert {name: one.fields[name] for name in other.fields} == other.fields
            assert [(f.sha256, f.filename, f.size) for f in one.files] == [
                (f.sha256, f.filename, f.size) for f in other.files
            ]
