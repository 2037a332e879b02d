"""PREMIS 3 files of an AIP: what is preserved, with its digest, and what was done to it by whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from repository.archive_packages.contents import TOOL, Contents, PackedFile, Plan
from repository.archive_packages.xml import PREMIS, XSI, Element, at, moment, written

CREATION: Final = "information package creation"
"""The circular's word for making an AIP, of a SIP or of what lies in the same system."""
SCAN: Final = "virus check"
_MAP: Final = {"premis": PREMIS, "xsi": XSI}
_LOCAL: Final = "local"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A file of the representation: its name there, and what is known of it."""

    name: str
    file: PackedFile


def package(contents: Contents, plan: Plan, objid: str) -> bytes:
    """metadata/preservation/PREMIS.xml: the package, how it came to be, and of what."""
    root = _root()
    _object(root, "premis:intellectualEntity", ("package", objid), contents.fields.get("title", ""))
    _creation(root, contents, plan, objid)
    _agent(root, plan)
    return written(root)


def representation(contents: Contents, plan: Plan, kept: Sequence[Kept]) -> bytes:
    """PREMIS_rep1.xml: every file with its digest, and its malware scan."""
    root = _root()
    for one in kept:
        found = _object(root, "premis:file", ("File", one.name))
        told = _in(found, "objectCharacteristics")
        fixity = _in(told, "fixity")
        _in(fixity, "messageDigestAlgorithm", "SHA-256")
        _in(fixity, "messageDigest", one.file.sha256.upper())
        _in(told, "size", str(one.file.size))
        _in(_in(_in(told, "format"), "formatDesignation"), "formatName", one.file.media_type)
        _in(found, "originalName", one.file.filename)
    for one in kept:
        if one.file.scan.get("verdict") == "clean":
            _scan(root, one, contents.created)
    _agent(root, plan)
    return written(root)


def _creation(root: Element, contents: Contents, plan: Plan, objid: str) -> None:
    event = _event(root, f"{objid}#creation", CREATION, plan.made_at)
    from_sip = (
        f"Made from {contents.origin}" if contents.origin else "Made from the records of the same system"
    )
    _in(_in(event, "eventDetailInformation"), "eventDetail", from_sip)
    _outcome(event, "success")
    agent = _in(event, "linkingAgentIdentifier")
    _in(agent, "linkingAgentIdentifierType", "software")
    _in(agent, "linkingAgentIdentifierValue", _tool(plan))
    _in(agent, "linkingAgentRole", "executing program")
    if contents.origin:
        _linked(event, contents.origin, "source")
    _linked(event, objid, "outcome")


def _scan(root: Element, one: Kept, otherwise: datetime) -> None:
    scan = one.file.scan
    event = _event(root, f"{one.name}#scan", SCAN, at(scan.get("at"), otherwise))
    if scan.get("engine"):
        _in(_in(event, "eventDetailInformation"), "eventDetail", scan["engine"])
    _outcome(event, "success")
    _linked(event, one.name, "source", "File")


def _event(root: Element, name: str, kind: str, when: datetime) -> Element:
    event = _in(root, "event")
    key = _in(event, "eventIdentifier")
    _in(key, "eventIdentifierType", _LOCAL)
    _in(key, "eventIdentifierValue", name)
    _in(event, "eventType", kind)
    _in(event, "eventDateTime", moment(when))
    return event


def _outcome(event: Element, said: str) -> None:
    _in(_in(event, "eventOutcomeInformation"), "eventOutcome", said)


def _linked(event: Element, name: str, role: str, kind: str = "package") -> None:
    linked = _in(event, "linkingObjectIdentifier")
    _in(linked, "linkingObjectIdentifierType", kind)
    _in(linked, "linkingObjectIdentifierValue", name)
    _in(linked, "linkingObjectRole", role)


def _object(root: Element, kind: str, key: tuple[str, str], named: str = "") -> Element:
    found = _in(root, "object")
    found.set(f"{{{XSI}}}type", kind)
    told = _in(found, "objectIdentifier")
    _in(told, "objectIdentifierType", key[0])
    _in(told, "objectIdentifierValue", key[1])
    if named:
        _in(found, "originalName", named)
    return found


def _agent(root: Element, plan: Plan) -> None:
    agent = _in(root, "agent")
    key = _in(agent, "agentIdentifier")
    _in(key, "agentIdentifierType", "software")
    _in(key, "agentIdentifierValue", _tool(plan))
    _in(agent, "agentName", TOOL)
    _in(agent, "agentType", "software")
    _in(agent, "agentVersion", plan.version)


def _tool(plan: Plan) -> str:
    return f"{TOOL} {plan.version}"


def _root() -> Element:
    return etree.Element(f"{{{PREMIS}}}premis", nsmap=_MAP, version="3.0")


def _in(above: Element, name: str, said: str | None = None) -> Element:
    found = etree.SubElement(above, f"{{{PREMIS}}}{name}")
    found.text = said
    return found
