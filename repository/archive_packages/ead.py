"""The descriptive files of a package: EAD of the dossier, EAD_doc of each document, and the schemas they obey.

The circular calls them EAD; what it draws is a flat `<simpledc>` without a namespace, whose fields come in any order.
"""

from collections.abc import Mapping
from typing import Final

from lxml import etree

from repository import text
from repository.archive_packages import codes
from repository.archive_packages.contents import Kind
from repository.archive_packages.xml import local_name, parsed, written
from repository.policy.archive_packages import PackageRules

_ROOT: Final = "simpledc"
_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema"
_OTHER_NAMES: Final = {"arcFileCode": "fileCode", "arcDocCode": "docCode"}
"""Names of the AIP, and of the sample's own schema → those we go by."""


def dossier(fields: Mapping[str, str], kind: Kind, rules: PackageRules, archive: str) -> bytes:
    """EAD.xml."""
    said = dict(fields)
    if kind is Kind.AIP:
        said["arcFileCode"] = codes.archive_code(archive, said["fileCode"])
    return _file(said, rules.dossier_fields[kind])


def document(
    fields: Mapping[str, str], kind: Kind, rules: PackageRules, place: tuple[str, int]
) -> bytes:  # fmt: skip
    """EAD_doc_….xml; `place` is the code of its dossier in this package, and its number there."""
    said = dict(fields)
    if kind is Kind.AIP:
        said["arcFileCode"], said["docOrdinal"] = place[0], str(place[1])
    return _file(said, rules.document_fields[kind])


def read(content: bytes, name: str) -> dict[str, str]:
    """The fields of either file by the names of the SIP; order and namespace do not matter. Raises NotXml."""
    found: dict[str, str] = {}
    for one in parsed(content, name):
        said = text.nfc("".join(one.itertext())).strip()
        found[local_name(one)] = said
    for other, usual in _OTHER_NAMES.items():
        if other in found:
            found.setdefault(usual, found.pop(other))
    return found


def too_long(fields: Mapping[str, str], allowed: Mapping[str, int]) -> list[tuple[str, int]]:
    """Fields that are longer than the circular allows, each with its most."""
    return [(name, most) for name, most in allowed.items() if len(fields.get(name, "")) > most]


def schema(allowed: Mapping[str, int]) -> bytes:
    """The XSD of one of the files: every field once, in any order, no longer than allowed."""
    xs = f"{{{_SCHEMA}}}"
    root = etree.Element(f"{xs}schema", nsmap={"xs": _SCHEMA}, elementFormDefault="qualified")
    top = etree.SubElement(root, f"{xs}element", name=_ROOT)
    group = etree.SubElement(etree.SubElement(top, f"{xs}complexType"), f"{xs}all")
    for name, most in allowed.items():
        one = etree.SubElement(group, f"{xs}element", name=name)
        limit = etree.SubElement(
            etree.SubElement(one, f"{xs}simpleType"), f"{xs}restriction", base="xs:string"
        )
        etree.SubElement(limit, f"{xs}maxLength", value=str(most))
    return written(root)


def _file(said: Mapping[str, str], allowed: Mapping[str, int]) -> bytes:
    root = etree.Element(_ROOT)
    for name in allowed:
        etree.SubElement(root, name).text = said.get(name, "")
    return written(root)
