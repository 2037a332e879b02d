"""The one shape of zip that a package has: nothing compressed, nothing between, before or behind the members.

Whatever could be read in two ways is refused by the reader: the writer never makes it. So there is no bomb to go
off (what is read is never longer than the file) and no member that another program would see differently.
"""

import io
import re
import struct
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

FORMAT: Final = "tangthu-evidence/1"
TAGS: Final = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")
"""What the tag manifest lists; `request.json` is left out of it, because it names the tag manifest."""
MANIFEST: Final = "manifest-sha256.txt"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
REQUEST: Final = "request.json"
SUBJECT: Final = "data/subject.json"
RECORDS: Final = "data/log/records.jsonl"
PROOFS: Final = "data/log/proofs.jsonl"
UNSEALED: Final = "data/log/unsealed.jsonl"
CHECKPOINT: Final = "data/log/checkpoint.txt"
TIMESTAMP: Final = "data/log/checkpoint.tst"
KEYS: Final = "data/log/public-keys.txt"
WITNESS: Final = "data/log/witness.txt"
BAGIT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

_MOST_MEMBERS: Final = 200_000
_LARGEST_DIRECTORY: Final = 64 * 1024 * 1024
_PIECE: Final = 1024 * 1024
_WHEN: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16
_STREAMED: Final = 0x08
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_END: Final = struct.Struct("<4s4H2LH")
_EXTRA64: Final = struct.pack("<2H2Q", 1, 16, 0, 0)
_LOCATOR: Final = struct.Struct("<4sLQL")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_MOST16: Final = 0xFFFF
_MOST32: Final = 0xFFFFFFFF
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,5}")


class Refused(ValueError):
    """The file is no package, or was altered; the words say what."""


class Sink(io.RawIOBase):
    """Takes what the zip writer writes, until somebody sends it on."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        held = bytes(data)  # type: ignore[call-overload]
        self._held.append(held)
        return len(held)

    def take(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


def entry(name: str, size: int) -> zipfile.ZipInfo:
    """How every member is described: no time, no owner, no compression."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a member's name: {name}")
    found = zipfile.ZipInfo(name, _WHEN)
    found.create_system, found.external_attr, found.file_size = 3, _MODE, size
    return found


def write(members: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """A package of members that are at hand."""
    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members:
            with archive.open(entry(name, len(content)), "w") as out:
                out.write(content)
            yield sink.take()
    yield sink.take()


class Package:
    """An opened package: its members by name."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.members = {one.filename: one for one in archive.infolist()}

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a member. Raises Refused, naming it, when they are not whole or not there."""
        if name not in self.members:
            raise Refused(f"thiếu tệp {name}")
        try:
            with self._archive.open(self.members[name]) as file:
                while piece := file.read(_PIECE):
                    yield piece
        except (zipfile.BadZipFile, EOFError) as fault:
            raise Refused(f"{name}: nội dung bị sửa (sai mã kiểm của ZIP)") from fault

    def read(self, name: str, most: int = 16 * _PIECE) -> bytes:
        """A small member as a whole."""
        if name in self.members and self.members[name].file_size > most:
            raise Refused(f"{name} dài quá {most} byte")
        return b"".join(self.pieces(name))

    def lines(self, name: str, most: int = 4 * _PIECE) -> Iterator[bytes]:
        """The lines of a member, without their ends, one at a time."""
        rest = b""
        for piece in self.pieces(name):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
            if len(rest) > most:
                raise Refused(f"{name}: có dòng dài quá {most} byte")
        if rest:
            raise Refused(f"{name}: dòng cuối bị cắt")


@contextmanager
def opened(path: Path) -> Iterator[Package]:
    """The package in a file. Raises Refused for anything that the writer would not have written."""
    with path.open("rb") as file:
        begins, ends = _directory(file)
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as fault:
            raise Refused(f"không phải gói ZIP đọc được ({fault})") from fault
        with archive:
            at = 0
            _check_names(archive.infolist())
            for one in archive.infolist():
                at = _check_member(file, one, at)
            if at != begins:
                raise Refused("có dữ liệu lạ giữa các tệp và mục lục của ZIP")
            file.seek(ends)
            if file.read() != _ending(len(archive.infolist()), begins, ends):
                raise Refused(
                    "phần cuối của ZIP không khớp mục lục: chương trình khác sẽ đọc gói này khác đi"
                )
            yield Package(archive)


def _directory(file: BinaryIO) -> tuple[int, int]:
    """Where the central directory begins and ends; looked at before any library reads it, however long it says."""
    size = file.seek(0, io.SEEK_END)
    if size < _END.size:
        raise Refused("không phải tệp ZIP")
    end = size - _END.size
    file.seek(end)
    magic, disk, first, here, count, length, begins, comment = _END.unpack(file.read(_END.size))
    if magic != b"PK\5\6" or (disk, first, comment) != (0, 0, 0) or here != count:
        raise Refused("không phải tệp ZIP trọn vẹn: bị cắt, hoặc có phần thêm ở cuối")
    if end >= _LOCATOR.size + _END64.size:
        file.seek(end - _LOCATOR.size)
        if file.read(4) == b"PK\6\7":
            end -= _LOCATOR.size + _END64.size
            file.seek(end)
            magic, *_, count, length, begins = _END64.unpack(file.read(_END64.size))
            if magic != b"PK\6\6":
                raise Refused("mục lục ZIP64 bị sửa")
    if count > _MOST_MEMBERS or length > _LARGEST_DIRECTORY:
        raise Refused(f"quá nhiều tệp ({count}); gói có không quá {_MOST_MEMBERS}")
    if begins + length != end:
        raise Refused("mục lục của ZIP không liền với phần cuối")
    return int(begins), end


def _ending(count: int, begins: int, ends: int) -> bytes:
    """What the writer puts behind a directory. It is said twice in a large file, and not every program believes the
    same of the two; not every program counts the members.
    """
    length, large = ends - begins, b""
    if count > _MOST16 or max(begins, length) > zipfile.ZIP64_LIMIT:
        large = _END64.pack(b"PK\6\6", _END64.size - 12, 45, 45, 0, 0, count, count, length, begins)
        large += _LOCATOR.pack(b"PK\6\7", 0, ends, 1)
    told = (min(count, _MOST16), min(count, _MOST16), min(length, _MOST32), min(begins, _MOST32))
    return large + _END.pack(b"PK\5\6", 0, 0, *told, 0)


def _check_names(listed: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for one in listed:
        name = one.filename
        if not _NAME.fullmatch(name) or len(name) > 255 or one.orig_filename != name:
            raise Refused(f"tên tệp không hợp lệ: {name[:100]!r}")
        if name.casefold() in seen:
            raise Refused(f"hai tệp trùng tên: {name}")
        seen.add(name.casefold())


def _check_member(file: BinaryIO, one: zipfile.ZipInfo, at: int) -> int:
    """Whether a member stands exactly where the one before it ends; where it ends itself."""
    name = one.filename
    if one.compress_type != zipfile.ZIP_STORED or one.compress_size != one.file_size:
        raise Refused(f"{name}: bị nén lại; gói gốc không nén")
    plain = (one.flag_bits, one.external_attr, one.create_system, one.date_time, one.comment)
    made = (one.create_version, one.extract_version, one.reserved, one.internal_attr, one.volume)
    if plain != (_STREAMED, _MODE, 3, _WHEN, b"") or made not in ((20, 20, 0, 0, 0), (45, 45, 0, 0, 0)):
        raise Refused(
            f"{name}: không phải tệp thường do Tàng Thư ghi (liên kết, mật khẩu hoặc thuộc tính lạ)"
        )
    numbers = [n for n in (one.file_size, one.compress_size, at) if n > zipfile.ZIP64_LIMIT]
    if one.extra != (struct.pack(f"<2H{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""):
        raise Refused(f"{name}: mục lục của ZIP ghi thêm điều khác, như một tên khác của tệp")
    if one.header_offset != at:
        raise Refused(f"{name}: không đứng liền sau tệp trước nó trong ZIP")
    file.seek(at)
    head = file.read(_LOCAL.size)
    if len(head) != _LOCAL.size:
        raise Refused(f"{name}: bị cắt")
    magic, needs, flags, method, hour, day, *told, named, extra = _LOCAL.unpack(head)
    whole = (magic, needs, flags, method, hour, day, file.read(named))
    if whole != (b"PK\3\4", 45 if extra else 20, _STREAMED, 0, 0, 0x21, name.encode()) or any(
        one not in (0, 0xFFFFFFFF if extra else 0) for one in told
    ):
        raise Refused(f"{name}: phần đầu tệp không khớp mục lục của ZIP")
    if extra not in (0, 20) or file.read(extra) != (_EXTRA64 if extra else b""):
        raise Refused(f"{name}: phần đầu tệp không khớp mục lục của ZIP")
    at += _LOCAL.size + named + extra + one.file_size
    shape = "<4sLQQ" if extra else "<4sLLL"
    expected = struct.pack(shape, b"PK\7\x08", one.CRC, one.file_size, one.file_size)
    file.seek(at)
    if file.read(len(expected)) != expected:
        raise Refused(f"{name}: phần cuối tệp không khớp mục lục của ZIP")
    return at + len(expected)
