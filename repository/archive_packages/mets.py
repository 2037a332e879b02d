"""METS files of a package: what lies in it, with digest, size and day; the root's and the representation's.

Two readings of CSIP are served at once: the circular's own group `Representations/rep1` with a pointer, and the plain
group `Representations` that the E-ARK validator asks for; both name the same file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from lxml import etree

from repository.archive_packages.codes import Names
from repository.archive_packages.contents import TOOL, Kind, Plan
from repository.archive_packages.xml import CSIP, METS, SIP, XLINK, XSI, Element, moment, written

PROFILE: Final = "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml"
REPRESENTATION: Final = "representations/rep1"
_MAP: Final = {None: METS, "xsi": XSI, "xlink": XLINK, "csip": CSIP, "sip": SIP}
_SCHEMAS: Final = {
    METS: "mets1_12.xsd", XLINK: "xlink.xsd", CSIP: "DILCISExtensionMETS.xsd", SIP: "DILCISExtensionSIPMETS.xsd",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Ref:
    """A file of the package as METS speaks of it; `path` from the METS file's own folder."""

    path: str
    sha256: str
    size: int
    media_type: str
    created: datetime
    title: str = ""
    """The name it had before it was packed."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """A document in the representation: its EAD_doc and its files, the main one first."""

    ead: Ref
    files: tuple[Ref, ...]


@dataclass
class Sheet:
    """One METS file while it is written."""

    plan: Plan
    names: Names
    created: datetime
    prefix: str
    """Its folder in the package; identifiers are made of whole paths."""
    root: Element = field(init=False)

    def begin(self, objid: str, label: str, *, made_at: datetime, code: str = "") -> None:
        """`mets`, its header and who made it."""
        depth = "../../" if self.prefix else ""
        told = " ".join(f"{space} {depth}schemas/{name}" for space, name in _SCHEMAS.items())
        self.root = etree.Element(
            f"{{{METS}}}mets", nsmap=_MAP, OBJID=objid, LABEL=label, TYPE="Mixed", PROFILE=PROFILE,
        )  # fmt: skip
        self.root.set(f"{{{CSIP}}}CONTENTINFORMATIONTYPE", "MIXED")
        self.root.set(f"{{{XSI}}}schemaLocation", told)
        when = moment(made_at)
        head = self._in(self.root, "metsHdr", CREATEDATE=when, LASTMODDATE=when, RECORDSTATUS="NEW")
        head.set(f"{{{CSIP}}}OAISPACKAGETYPE", self.plan.kind.upper())
        self._agent(
            head, {"ROLE": "CREATOR", "TYPE": "OTHER", "OTHERTYPE": "SOFTWARE"}, TOOL,
            ("SOFTWARE VERSION", self.plan.version),
        )  # fmt: skip
        self._agent(
            head, {"ROLE": "ARCHIVIST", "TYPE": "ORGANIZATION"}, self.plan.agency or self.plan.fonds,
            ("IDENTIFICATIONCODE", self.plan.fonds),
        )  # fmt: skip
        if code:
            self._in(head, "altRecordID", TYPE="SUBMISSIONAGREEMENT").text = code

    def _agent(self, head: Element, who: dict[str, str], name: str, note: tuple[str, str]) -> None:
        agent = self._in(head, "agent", **who)
        self._in(agent, "name").text = name
        said = self._in(agent, "note")
        said.set(f"{{{CSIP}}}NOTETYPE", note[0])
        said.text = note[1]

    def describes(self, ref: Ref) -> str:
        """A `dmdSec`; its identifier."""
        section = self._in(
            self.root, "dmdSec", ID=self.id(f"dmd:{ref.path}"), CREATED=moment(ref.created), STATUS="CURRENT"
        )
        self._md_ref(section, ref, "DC", MDTYPEVERSION="1.0.0")
        return str(section.get("ID"))

    def preserves(self, refs: Sequence[Ref]) -> list[str]:
        """The `amdSec`: empty in a SIP, PREMIS in an AIP; the identifiers in it."""
        section = self._in(self.root, "amdSec", ID=self.id("amd"))
        found = []
        for ref in refs:
            one = self._in(section, "digiprovMD", ID=self.id(f"amd:{ref.path}"), STATUS="CURRENT")
            one.set("CREATED", moment(ref.created))
            self._md_ref(one, ref, "PREMIS", MDTYPEVERSION="3.0")
            found.append(str(one.get("ID")))
        return found

    def group(self, section: Element, use: str, refs: Sequence[Ref]) -> str:
        """A `fileGrp`; its identifier."""
        found = self._in(section, "fileGrp", ID=self.id(f"grp:{use}"), USE=use)
        if use.startswith("Representations"):
            found.set(f"{{{CSIP}}}CONTENTINFORMATIONTYPE", "MIXED")
        for ref in refs:
            one = self._in(
                found, "file", ID=self.file_id(ref, use), MIMETYPE=ref.media_type, SIZE=str(ref.size),
                CREATED=moment(ref.created), CHECKSUM=ref.sha256.upper(), CHECKSUMTYPE="SHA-256",
            )  # fmt: skip
            self._in(one, "FLocat", LOCTYPE="URL", **_link(ref.path, ref.title))
        return str(found.get("ID"))

    def files(self) -> Element:
        return self._in(self.root, "fileSec", ID=self.id("files"))

    def map(self, label: str, kind: str) -> Element:
        """The structural map's one division."""
        made = self._in(self.root, "structMap", ID=self.id("map"), TYPE="PHYSICAL", LABEL="CSIP")
        return self._in(made, "div", ID=self.id("top"), LABEL=label, TYPE=kind)

    def part(self, above: Element, label: str, key: str = "", **more: str) -> Element:
        """A division; empty attributes are left out."""
        said = {name: value for name, value in more.items() if value}
        return self._in(above, "div", ID=self.id(f"div:{key or label}"), LABEL=label, **said)

    def pointer(self, above: Element, file_id: str) -> None:
        self._in(above, "fptr", FILEID=file_id)

    def mets_pointer(self, above: Element, path: str, group: str) -> None:
        self._in(above, "mptr", LOCTYPE="URL", **_link(path, group))

    def id(self, part: str) -> str:
        return self.names.of(f"{self.prefix}|{part}")

    def file_id(self, ref: Ref, use: str = "") -> str:
        return self.names.file(f"{self.prefix}|{use}|{ref.path}")

    def _md_ref(self, above: Element, ref: Ref, kind: str, **more: str) -> None:
        self._in(
            above, "mdRef", LOCTYPE="URL", MDTYPE=kind, MIMETYPE=ref.media_type, SIZE=str(ref.size),
            CREATED=moment(ref.created), CHECKSUM=ref.sha256.upper(), CHECKSUMTYPE="SHA-256", **more,
            **_link(ref.path),
        )  # fmt: skip

    @staticmethod
    def _in(above: Element, name: str, **attributes: str) -> Element:
        return etree.SubElement(above, f"{{{METS}}}{name}", attributes)


def representation(
    sheet: Sheet, documents: Sequence[Described], premis: Sequence[Ref], label: str
) -> bytes:  # fmt: skip
    """representations/rep1/METS.xml: which description belongs to which file."""
    sheet.begin("rep1", label, made_at=sheet.created)
    described = [sheet.describes(one.ead) for one in documents]
    kept = sheet.preserves(premis)
    sheet.group(sheet.files(), "Data", [ref for one in documents for ref in one.files])
    top = sheet.map("rep1", "ORIGINAL" if sheet.plan.kind is Kind.SIP else "NORMALIZED")
    sheet.part(top, "Metadata", DMDID=" ".join(described), ADMID=" ".join(kept))
    data = sheet.part(top, "Data")
    for one in documents:
        for ref in one.files:
            sheet.pointer(data, sheet.file_id(ref, "Data"))
    links = sheet.part(top, "MetadataLink")
    for one, dmd in zip(documents, described, strict=True):
        link = sheet.part(links, "MetadataLink/File", one.ead.path, DMDID=dmd)
        sheet.pointer(link, sheet.file_id(one.files[0], "Data"))
        if len(one.files) > 1:
            more = sheet.part(link, "AttachmentFile", f"more:{one.ead.path}")
            for ref in one.files[1:]:
                sheet.pointer(more, sheet.file_id(ref, "Data"))
    return written(sheet.root)


@dataclass(frozen=True, kw_only=True)
class Top:
    """What the root METS speaks of."""

    objid: str
    label: str
    code: str
    ead: Ref
    premis: tuple[Ref, ...]
    schemas: tuple[Ref, ...]
    documentation: tuple[Ref, ...]
    representation: Ref


def package(sheet: Sheet, top: Top) -> bytes:
    """METS.xml at the root of a package."""
    sheet.begin(top.objid, top.label, made_at=sheet.plan.made_at, code=top.code)
    described, kept = sheet.describes(top.ead), sheet.preserves(top.premis)
    files, rep = sheet.files(), [top.representation]
    groups = {
        "Documentation": sheet.group(files, "Documentation", top.documentation),
        "Schemas": sheet.group(files, "Schemas", top.schemas),
        "Representations": sheet.group(files, "Representations", rep),
        "Representations/rep1": sheet.group(files, "Representations/rep1", rep),
    }
    division = sheet.map(top.objid, "ORIGINAL" if sheet.plan.kind is Kind.SIP else "NORMALIZED")
    sheet.part(division, "Metadata", DMDID=described, ADMID=" ".join(kept))
    for label in ("Documentation", "Schemas", "Representations"):
        sheet.pointer(sheet.part(division, label), groups[label])
    pointing = sheet.part(division, "Representations/rep1")
    sheet.mets_pointer(pointing, top.representation.path, groups["Representations/rep1"])
    return written(sheet.root)


def _link(path: str, title: str = "") -> dict[str, Any]:
    found = {f"{{{XLINK}}}type": "simple", f"{{{XLINK}}}href": path}
    return found | ({f"{{{XLINK}}}title": title} if title else {})
