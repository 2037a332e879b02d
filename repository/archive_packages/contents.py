"""What a package holds, whoever wrote it: the fields of the dossier and of each document, and the files."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class Kind(StrEnum):
    """SIP is handed in to another system, AIP is what an archive keeps."""

    SIP = "sip"
    AIP = "aip"


TOOL: Final = "Tang Thu"


@dataclass(frozen=True, kw_only=True)
class PackedFile:
    """One file of a document: where its bytes come from, and what is known of it."""

    sha256: str
    size: int
    media_type: str
    filename: str
    created: datetime
    version: str = ""
    """Its version in the store; empty for a file that lies in another package."""
    member: str = ""
    """Its name in the package that was read."""
    scan: dict[str, str] = field(default_factory=dict)
    """The malware scan: verdict, engine, at."""


@dataclass(frozen=True, kw_only=True)
class PackedDocument:
    """A document: its fields by the names of the SIP, and its files, the main one first."""

    fields: dict[str, str]
    files: tuple[PackedFile, ...]
    process: tuple[dict[str, str], ...] = ()
    """How it was handled in the system it comes from, step by step."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """A dossier as it goes into a package, or came out of one; documents stand in their order."""

    fields: dict[str, str]
    documents: tuple[PackedDocument, ...]
    created: datetime
    """When what is described was last changed."""
    origin: str = ""
    """The package that it came from."""

    @property
    def state(self) -> str:
        """A digest of all that is said and held: equal for equal dossiers."""
        told: list[Any] = [self.fields, self.origin]
        told += [
            [one.fields, [[f.sha256, f.filename] for f in one.files], one.process] for one in self.documents
        ]
        written = json.dumps(told, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is asked of a package besides its contents."""

    kind: Kind
    fonds: str
    """Mã phông."""
    archive: str = ""
    """Mã cơ quan lưu trữ, before the codes of an AIP."""
    agency: str = ""
    """Whose dossier it is, by name."""
    version: str = ""
    """Of this program."""
    made_at: datetime


@dataclass
class Found:
    """A package as it was read: its contents, and what about it deserves a word."""

    kind: Kind
    objid: str
    contents: Contents
    warnings: list[str]
    fonds: str = ""
    """Mã phông and the agency's name, as its METS says them."""
    agency: str = ""


def as_json(found: Found) -> dict[str, Any]:
    """For the way out of the sandbox."""
    told = asdict(found)
    return dict(json.loads(json.dumps(told, default=datetime.isoformat)))


def from_json(told: dict[str, Any]) -> Found:
    """What came out of the sandbox."""
    inner = told["contents"]
    documents = tuple(
        PackedDocument(
            fields=one["fields"],
            files=tuple(_file(each) for each in one["files"]),
            process=tuple(one["process"]),
        )
        for one in inner["documents"]
    )
    contents = Contents(
        fields=inner["fields"], documents=documents, created=datetime.fromisoformat(inner["created"]),
        origin=inner["origin"],
    )  # fmt: skip
    return Found(
        Kind(told["kind"]), told["objid"], contents, list(told["warnings"]), told["fonds"], told["agency"]
    )


def _file(told: dict[str, Any]) -> PackedFile:
    return PackedFile(**told | {"created": datetime.fromisoformat(told["created"])})
