"""Zip files of others, opened with bounds: what reads two ways, leads outside or swells is refused by name."""

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MOST_MEMBERS: Final = 50_000
_MOST_BYTES: Final = 256 * 1024**3
_SUSPICIOUS: Final = 16 * 1024 * 1024
_RATIO: Final = 200
_LONGEST: Final = 1024
_PIECE: Final = 1024 * 1024
_HEAD: Final = 30
_ENCRYPTED: Final = 0x41
_FAULTS: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError)


class Refused(ValueError):
    """The package is not taken; the words say what is wrong with it, and where."""


class Members:
    """The files of an opened package by their names; folders are none."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.sizes = {one.filename: one.file_size for one in archive.infolist() if not one.is_dir()}

    def pieces(self, name: str) -> Generator[bytes, None, None]:
        """The bytes of a file. Raises Refused, naming it, when they are not whole."""
        try:
            with self._archive.open(name) as file:
                while piece := file.read(_PIECE):
                    yield piece
        except KeyError as fault:
            raise Refused(f"thiếu tệp {name}") from fault
        except _FAULTS as fault:
            raise Refused(f"{name}: nội dung trong ZIP bị sửa hoặc bị cắt ({fault})") from fault

    def read(self, name: str, most: int) -> bytes:
        """A small file as a whole."""
        if self.sizes.get(name, 0) > most:
            raise Refused(f"{name} dài quá {most} byte")
        return b"".join(self.pieces(name))

    def digest(self, name: str, algorithm: str) -> str:
        found = hashlib.new(algorithm)
        for piece in self.pieces(name):
            found.update(piece)
        return found.hexdigest()


@contextmanager
def opened(path: Path, *, largest: int) -> Iterator[Members]:
    """The files of a package. Raises Refused for a zip that nobody honest makes."""
    try:
        archive = zipfile.ZipFile(path)
    except _FAULTS as fault:
        raise Refused(f"không phải tệp ZIP đọc được ({fault})") from fault
    with archive:
        listed = archive.infolist()
        if len(listed) > MOST_MEMBERS:
            raise Refused(f"quá nhiều tệp ({len(listed)}); nhận nhiều nhất {MOST_MEMBERS}")
        seen: set[str] = set()
        for one in listed:
            _check_name(one, seen)
            _check_kind(one, largest)
        if sum(one.file_size for one in listed) > _MOST_BYTES:
            raise Refused("nội dung giải nén ra quá lớn")
        _check_places(listed)
        yield Members(archive)


def _check_name(one: zipfile.ZipInfo, seen: set[str]) -> None:
    name = one.filename
    parts = (name.removesuffix("/") if one.is_dir() else name).split("/")
    outside = name.startswith("/") or any(part in ("", ".", "..") for part in parts)
    if outside or "\\" in name or ":" in name:
        raise Refused(f"đường dẫn trong ZIP ra ngoài gói: {name[:200]!r}")
    if one.orig_filename != name or len(name) > _LONGEST or not name.isprintable():
        raise Refused(f"tên tệp trong ZIP không hợp lệ: {name[:200]!r}")
    if name.casefold() in seen:
        raise Refused(f"hai tệp trùng tên trong ZIP: {name}")
    seen.add(name.casefold())


def _check_kind(one: zipfile.ZipInfo, largest: int) -> None:
    name, kind = one.filename, stat.S_IFMT(one.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refused(f"{name}: là liên kết hoặc tệp đặc biệt, không phải tệp thường")
    if one.flag_bits & _ENCRYPTED:
        raise Refused(f"{name}: bị đặt mật khẩu")
    if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused(f"{name}: nén theo cách không nhận (chỉ nhận Deflate hoặc không nén)")
    if one.file_size > largest:
        raise Refused(f"{name}: dài quá {largest} byte")
    if one.file_size > max(_SUSPICIOUS, _RATIO * one.compress_size):
        raise Refused(f"{name}: tỷ lệ nén quá lớn (bom nén)")


def _check_places(listed: list[zipfile.ZipInfo]) -> None:
    """No two files share bytes: that is how a small zip swells without a great ratio."""
    at = 0
    for one in sorted(listed, key=lambda each: each.header_offset):
        if one.header_offset < at:
            raise Refused(f"{one.filename}: nằm chồng lên tệp khác trong ZIP (bom nén)")
        at = one.header_offset + _HEAD + one.compress_size
