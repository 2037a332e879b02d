"""The codes of TT 05/2025: of a dossier, of a document in it, of a package and of its parts. Pure rules."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Final

from repository import text

_FILE_CODE: Final = re.compile(r"(?P<agency>.+?)\.(?P<year>(?:19|20|21)\d\d)\.(?P<notation>.+)", re.DOTALL)
_LONGEST_DOCUMENT_ID: Final = 25
_ORDINAL: Final = 7
_SPACE: Final = uuid.UUID("5f0a0d54-6a0b-5d0e-9d1c-05e2025b0b01")
"""Names in this space are ours alone: the same state of a dossier gives the same identifiers."""


@dataclass(frozen=True)
class FileCode:
    """Mã hồ sơ: the agency's identifier, the year the dossier was made, its number and notation."""

    agency: str
    year: int
    notation: str

    def __str__(self) -> str:
        return f"{self.agency}.{self.year}.{self.notation}"

    @classmethod
    def parse(cls, written: str) -> "FileCode | None":
        """The first group that looks like a year parts the agency from the notation; None without one."""
        found = _FILE_CODE.fullmatch(written.strip())
        return found and cls(found["agency"], int(found["year"]), found["notation"])


def document_code(file_code: str, n: int) -> str:
    """Mã lưu trữ của tài liệu: the dossier's code and seven digits."""
    return f"{file_code}.{n:0{_ORDINAL}d}"


def document_id(file_code: str, n: int) -> str:
    """Mã định danh tài liệu, which is also the name of its file: at most 25 plain letters, unique in its dossier.

    A dossier's code that leaves no room is cut, and a few letters of its hash keep it apart from others.
    """
    plain = re.sub(r"[^a-z0-9.-]+", "-", text.fold(file_code)).strip(".-").upper()
    whole = f"{plain}.{n}"
    if plain and len(whole) <= _LONGEST_DOCUMENT_ID and re.match(r"[A-Z0-9]", plain):
        return whole
    tail = f".{hashlib.sha256(file_code.encode()).hexdigest()[:4].upper()}.{n}"
    return (plain[: _LONGEST_DOCUMENT_ID - len(tail)].rstrip(".-") or "HS") + tail


def archive_code(archive: str, code: str) -> str:
    """Mã lưu trữ: the archive's own code before the dossier's; nothing is put before where there is none."""
    return f"{archive}.{code}" if archive else code


def folder(objid: str) -> str:
    """The name of a package's one folder."""
    return objid.replace(":", "_")


class Names:
    """The identifiers of one package: made of what is in it."""

    def __init__(self, state: str) -> None:
        self._root = uuid.uuid5(_SPACE, state)

    @property
    def package(self) -> str:
        return str(self._root).upper()

    def of(self, part: str) -> str:
        """`uuid-…` of a section."""
        return "uuid-" + str(uuid.uuid5(self._root, part)).upper()

    def file(self, path: str) -> str:
        """`ID-…` of a file."""
        return "ID-" + str(uuid.uuid5(self._root, path)).upper()
