"""What ZIP and OLE containers hold, told from their directories alone: nothing is unpacked.

ZIP: APPNOTE 6.3.10. OLE: [MS-CFB]; read here and not with a library, since a hostile directory chain must not
be followed into gigabytes.
"""

import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from repository.blobs.store import Source
from repository.policy.formats import ZipLimits

_TAIL: Final = 22 + 0xFFFF
_ENTRY: Final = 128
_MOST_SECTORS: Final = 2048  # of an OLE directory: at least 8,192 entries
_END: Final = 0xFFFFFFFA  # and above: not a sector


class Damaged(Exception):
    """The directory cannot be read."""


class Bomb(Exception):
    """The directory promises more than a document ever would; the message says what."""


@dataclass(frozen=True, kw_only=True)
class ZipDirectory:
    """Names in order, and what the stored `mimetype` member of OpenDocument says."""

    names: tuple[str, ...]
    encrypted: bool
    mimetype: str


def zip_directory(source: Source, size: int, limits: ZipLimits) -> ZipDirectory:
    """Raises Damaged or Bomb."""
    with source.open("rb") as file:
        members, directory = _announced(file, size)
        if members > limits.members or directory > limits.directory_bytes:
            raise Bomb(f"{members} tệp con")
        try:
            with zipfile.ZipFile(file) as archive:
                found = archive.infolist()
                _weigh(found, size, limits)
                return ZipDirectory(
                    names=tuple(one.filename for one in found),
                    encrypted=any(one.flag_bits & 1 for one in found),
                    mimetype=_mimetype(archive, found),
                )
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            ValueError,
            struct.error,
            EOFError,
            RuntimeError,
        ) as fault:
            raise Damaged from fault


def _announced(file: BinaryIO, size: int) -> tuple[int, int]:
    """Members and bytes of the directory by the end record, found in the way that `zipfile` finds it."""
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    at = len(tail) - 22
    if at < 0 or tail[at : at + 4] != b"PK\5\6" or tail[-2:] != b"\0\0":
        at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22:
        raise Damaged
    members, directory = struct.unpack("<HL", tail[at + 10 : at + 16])
    if at >= 20 and tail[at - 20 : at - 16] == b"PK\6\7":  # ZIP64
        file.seek(min(size, struct.unpack("<Q", tail[at - 12 : at - 4])[0]))
        record = file.read(56)
        if len(record) < 56 or record[:4] != b"PK\6\6":
            raise Damaged
        members, directory = struct.unpack("<QQ", record[32:48])
    return members, directory


def _weigh(found: list[zipfile.ZipInfo], size: int, limits: ZipLimits) -> None:
    if len(found) > limits.members:
        raise Bomb(f"{len(found)} tệp con")
    if sum(one.compress_size for one in found) > size:
        raise Bomb("các tệp con chồng lên nhau")
    expanded = sum(one.file_size for one in found)
    if expanded > limits.expanded_bytes and expanded > limits.ratio * size:
        raise Bomb(f"bung ra {expanded // 1024**2} MiB từ {size} byte")


def _mimetype(archive: zipfile.ZipFile, found: list[zipfile.ZipInfo]) -> str:
    first = next((one for one in found[:1] if one.filename == "mimetype"), None)
    if first is None or first.file_size > 200 or first.flag_bits & 1:
        return ""
    with archive.open(first) as member:
        return member.read(200).decode("ascii", "replace").strip()


@dataclass(frozen=True, kw_only=True)
class OleDirectory:
    """Names of the streams and storages, at the root and anywhere."""

    root: frozenset[str]
    anywhere: frozenset[str]


def ole_directory(source: Source) -> OleDirectory:
    """Raises Damaged or Bomb."""
    with source.open("rb") as file:
        entries = b"".join(_directory_sectors(file))
    if len(entries) < _ENTRY:
        raise Damaged
    names, links = [], []
    for at in range(0, len(entries) - _ENTRY + 1, _ENTRY):
        length, kind = struct.unpack_from("<HB", entries, at + 64)
        used = kind and 2 <= length <= 64
        names.append(entries[at : at + length - 2].decode("utf-16-le", "replace") if used else "")
        links.append(struct.unpack_from("<LLL", entries, at + 68))  # left, right, child
    root, waiting = set(), [links[0][2]]
    while waiting:
        one = waiting.pop()
        if one < len(names) and one not in root:
            root.add(one)
            waiting.extend(links[one][:2])
    return OleDirectory(root=frozenset(names[one] for one in root), anywhere=frozenset(names) - {""})


def _directory_sectors(file: BinaryIO) -> Iterator[bytes]:
    header = file.read(512)
    if len(header) < 512:
        raise Damaged
    shift = struct.unpack_from("<H", header, 30)[0]
    if shift not in (9, 12):
        raise Damaged
    sector_size = 1 << shift
    sector = struct.unpack_from("<L", header, 48)[0]
    fat = _fat_sectors(file, header, sector_size)
    for _ in range(_MOST_SECTORS):
        if sector >= _END:
            return
        content = _sector(file, sector, sector_size)
        yield content
        place, offset = divmod(sector, sector_size // 4)
        if place >= len(fat):
            raise Damaged
        sector = struct.unpack_from("<L", _sector(file, fat[place], sector_size), offset * 4)[0]
    raise Bomb("mục lục OLE quá dài")


def _fat_sectors(file: BinaryIO, header: bytes, sector_size: int) -> list[int]:
    found = list(struct.unpack_from("<109L", header, 76))
    sector, count = struct.unpack_from("<LL", header, 68)
    per_sector = sector_size // 4 - 1
    for _ in range(min(count, _MOST_SECTORS)):
        if sector >= _END:
            break
        *more, sector = struct.unpack(f"<{per_sector + 1}L", _sector(file, sector, sector_size))
        found.extend(more)
    return found


def _sector(file: BinaryIO, number: int, sector_size: int) -> bytes:
    file.seek((number + 1) * sector_size)
    content = file.read(sector_size)
    if len(content) < sector_size:  # the last sector of a file may be cut short by its writer
        content += bytes(sector_size - len(content)) if content else b""
    if not content:
        raise Damaged
    return content
