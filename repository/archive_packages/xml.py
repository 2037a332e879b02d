"""XML as packages have it: written the same way each time, read without entities, network or huge trees."""

from datetime import datetime
from typing import Any, Final

from lxml import etree

from repository.clock import local

METS: Final = "http://www.loc.gov/METS/"
XLINK: Final = "http://www.w3.org/1999/xlink"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
CSIP: Final = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
SIP: Final = "https://DILCIS.eu/XML/METS/SIPExtensionMETS"
PREMIS: Final = "http://www.loc.gov/premis/v3"

Element = Any


class NotXml(ValueError):
    """What was to be XML is none, or bears what no package needs: a document type, entities."""


def moment(at: datetime) -> str:
    """`2026-06-12T11:45:37.690+07:00`, as the sample package writes it."""
    return local(at).isoformat(timespec="milliseconds")


def written(root: Element) -> bytes:
    """The bytes of a tree."""
    etree.indent(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def parsed(content: bytes, name: str) -> Element:
    """The root of a document that came from elsewhere. Raises NotXml, naming the file."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as fault:
        raise NotXml(f"{name}: không phải XML đọc được ({fault.msg})") from fault
    if root.getroottree().docinfo.doctype:
        raise NotXml(f"{name}: có khai báo DOCTYPE, có thể kèm thực thể ngoài (XXE)")
    return root


def local_name(element: Element) -> str:
    return str(etree.QName(element).localname)


def at(value: str | None, otherwise: datetime) -> datetime:
    """A moment as a package writes it; one without a zone is local. What cannot be read is `otherwise`."""
    try:
        found = datetime.fromisoformat(value or "")
    except ValueError:
        return otherwise
    return found if found.tzinfo else found.replace(tzinfo=local(otherwise).tzinfo)
