"""A package laid out in a draft: each file by its place, then the METS files that name them all. No store is asked.

OBJID/METS.xml
OBJID/metadata/descriptive/EAD.xml
OBJID/metadata/preservation/PREMIS.xml                             AIP only
OBJID/representations/rep1/METS.xml
OBJID/representations/rep1/metadata/descriptive/EAD_doc_DOCID.xml  one a document
OBJID/representations/rep1/metadata/preservation/PREMIS_rep1.xml   AIP only
OBJID/representations/rep1/data/DOCID.pdf                          attachments: DOCID_1.xlsx
OBJID/schemas/*.xsd, OBJID/documentation/noi-dung.txt
"""

import hashlib
import mimetypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import PurePosixPath
from typing import Final

from repository import errors, text
from repository.archive_packages import codes, ead, mets, premis, process
from repository.archive_packages.contents import Contents, Kind, PackedDocument, PackedFile, Plan
from repository.archive_packages.mets import REPRESENTATION, Described, Ref, Sheet
from repository.clock import local
from repository.evidence.draft import Draft
from repository.policy.archive_packages import PackageRules

_XML: Final = "application/xml"
_XSD: Final = "application/octet-stream"
_ATTACHED: Final = "_{}"
_PLAIN: Final = re.compile(r"[A-Za-z0-9]{1,10}")
_SHIPPED: Final = ("mets1_12.xsd", "xlink.xsd", "DILCISExtensionMETS.xsd", "DILCISExtensionSIPMETS.xsd")
DOCUMENTATION: Final = "documentation/noi-dung.txt"


@dataclass
class Laying:
    """One package while it is laid out."""

    draft: Draft
    contents: Contents
    plan: Plan
    rules: PackageRules
    names: codes.Names = field(init=False)
    objid: str = field(init=False)
    folder: str = field(init=False)
    _made: list[premis.Kept] = field(default_factory=list)
    """Files of documents that are written here."""

    def __post_init__(self) -> None:
        asked = f"{self.plan.kind} {self.plan.fonds} {self.plan.archive} {self.contents.state}"
        self.names = codes.Names(asked)
        shape = self.rules.objid[self.plan.kind]
        self.objid = shape.format(uuid=self.names.package, fonds=self.plan.fonds)
        self.folder = codes.folder(self.objid)

    def lay(self) -> str:
        """Everything into the draft; the package's OBJID. Raises Invalid for codes that do not fit."""
        code = self._code()
        described, kept = self._documents(code), list(self._kept())
        title = self.contents.fields["title"]
        inner = Sheet(self.plan, self.names, self.contents.created, f"{REPRESENTATION}/")
        preserved: list[Ref] = []
        if self.plan.kind is Kind.AIP:
            content = premis.representation(self.contents, self.plan, kept)
            preserved = [self._add("metadata/preservation/PREMIS_rep1.xml", content, within=REPRESENTATION)]
        rep = mets.representation(inner, described, preserved, title)
        top = mets.Top(
            objid=self.objid, label=title, code=self.contents.fields["fileCode"],
            ead=self._add("metadata/descriptive/EAD.xml", self._ead()), premis=tuple(self._premis()),
            schemas=tuple(self._schemas()),
            documentation=(self._add(DOCUMENTATION, self._told(), "text/plain"),),
            representation=self._add(f"{REPRESENTATION}/METS.xml", rep),
        )  # fmt: skip
        outer = Sheet(self.plan, self.names, self.contents.created, "")
        self._add("METS.xml", mets.package(outer, top))
        return self.objid

    @property
    def mets(self) -> str:
        """The name of the root METS, whose digest stands for the whole package."""
        return f"{self.folder}/METS.xml"

    def _code(self) -> str:
        """The dossier's code in this package."""
        code = self.contents.fields["fileCode"]
        if self.plan.kind is Kind.AIP:
            code = codes.archive_code(self.plan.archive, code)
        if len(code) > (most := self.rules.dossier_fields["sip"]["fileCode"]):
            raise errors.Invalid(why=f"mã hồ sơ lưu trữ dài quá {most} ký tự: {code}")
        return code

    def _ead(self) -> bytes:
        return ead.dossier(self.contents.fields, self.plan.kind, self.rules, self.plan.archive)

    def _premis(self) -> Iterator[Ref]:
        if self.plan.kind is Kind.AIP:
            yield self._add(
                "metadata/preservation/PREMIS.xml", premis.package(self.contents, self.plan, self.objid)
            )

    def _documents(self, code: str) -> list[Described]:
        found = []
        for n, one in enumerate(self.contents.documents, start=1):
            fields = one.fields | {"process": "1" if one.process else "0"}
            content = ead.document(fields, self.plan.kind, self.rules, (code, n))
            name = f"metadata/descriptive/EAD_doc_{one.fields['docId']}.xml"
            described = self._add(name, content, within=REPRESENTATION)
            files = [self._data(name, file) for name, file in named(one)]
            if one.process:
                files.append(self._handled(one))
            found.append(Described(ead=described, files=tuple(files)))
        return found

    def _handled(self, one: PackedDocument) -> Ref:
        """The file that tells how a document was handled; it stands among what is preserved, too."""
        name, content = f"data/{one.fields['docId']}{process.ENDING}", process.file(one.process)
        ref = self._add(name, content, process.MEDIA_TYPE, within=REPRESENTATION)
        file = PackedFile(
            sha256=ref.sha256, size=ref.size, media_type=ref.media_type, filename=process.FILENAME,
            created=ref.created,
        )  # fmt: skip
        self._made.append(premis.Kept(name=name, file=file))
        return replace(ref, title=process.FILENAME)

    def _data(self, name: str, file: PackedFile) -> Ref:
        whole = f"{self.folder}/{REPRESENTATION}/data/{name}"
        if file.version:
            self.draft.stored(whole, file.sha256, file.size, file.version)
        return Ref(
            path=f"data/{name}", sha256=file.sha256, size=file.size, media_type=file.media_type,
            created=file.created, title=file.filename,
        )  # fmt: skip

    def _kept(self) -> Iterator[premis.Kept]:
        for one in self.contents.documents:
            for name, file in named(one):
                yield premis.Kept(name=f"data/{name}", file=file)
        yield from self._made

    def _schemas(self) -> list[Ref]:
        folder = resources.files("repository.archive_packages") / "schemas"
        found = {name: (folder / name).read_bytes() for name in _SHIPPED}
        found["ead.xsd"] = ead.schema(self.rules.dossier_fields[self.plan.kind])
        found["ead_doc.xsd"] = ead.schema(self.rules.document_fields[self.plan.kind])
        return [self._add(f"schemas/{name}", content, _XSD) for name, content in sorted(found.items())]

    def _told(self) -> bytes:
        """What is in the package, for people."""
        said = self.contents.fields
        head = [
            f"Gói {self.plan.kind.upper()} {self.objid}", f"Hồ sơ {said['fileCode']}: {said['title']}",
            f"Cơ quan: {self.plan.agency or self.plan.fonds}. Theo {self.rules.source}.",
            f"Trạng thái ngày {local(self.contents.created):%d/%m/%Y}; {len(self.contents.documents)} văn bản:", "",
        ]  # fmt: skip
        lines = [_line(n, one) for n, one in enumerate(self.contents.documents, start=1)]
        return ("\n".join([*head, *lines]) + "\n").encode()

    def _add(self, name: str, content: bytes, media_type: str = _XML, *, within: str = "") -> Ref:
        """A small file into the draft; its reference from the METS of its own folder."""
        whole = "/".join(part for part in (self.folder, within, name) if part)
        self.draft.add(whole, content)
        return Ref(
            path=name, sha256=hashlib.sha256(content).hexdigest(), size=len(content), media_type=media_type,
            created=self.contents.created,
        )  # fmt: skip


def named(document: PackedDocument) -> list[tuple[str, PackedFile]]:
    """The files of a document by the names they bear in `data/`."""
    stem = document.fields["docId"]
    return [
        (f"{stem}{_ATTACHED.format(n) if n else ''}.{_ending(one)}", one)
        for n, one in enumerate(document.files)
    ]


def _ending(file: PackedFile) -> str:
    """The ending of its own name when that is plain, else the usual one of its media type."""
    own = text.fold(PurePosixPath(file.filename).suffix.lstrip("."))
    guessed = (mimetypes.guess_extension(file.media_type) or ".bin").lstrip(".")
    return own if _PLAIN.fullmatch(own) else guessed


def _line(n: int, document: PackedDocument) -> str:
    files: Sequence[str] = [f"data/{name} (SHA-256 {one.sha256.upper()})" for name, one in named(document)]
    return f"{n}. {document.fields['subject']}: {', '.join(files)}"
