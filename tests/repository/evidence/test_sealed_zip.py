"""What one program would read of a package and another would not: refused, though each byte of each member is true."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from repository.evidence import sealed_zip as layout

TRUE, OTHER = "data/files/a/1/that.txt", "data/files/a/2/gia.txt"
WHOLE = b"".join(layout.write([(TRUE, b"that"), (OTHER, b"gia")]))
_END = struct.Struct("<4s4H2LH")


def told(whole: bytes) -> tuple[int, int]:
    """Where the directory begins, and how long it is."""
    *_, length, begins, _ = _END.unpack(whole[-_END.size :])
    return begins, length


def with_extras(extra: Callable[[str], bytes]) -> bytes:
    """The directory with a field more at each name."""
    begins, length = told(WHOLE)
    at, bent = begins, b""
    while at < begins + length:
        head = bytearray(WHOLE[at : at + 46])
        name = WHOLE[at + 46 : at + 46 + struct.unpack("<H", head[28:30])[0]]
        more = extra(name.decode())
        head[30:32] = struct.pack("<H", len(more))
        bent, at = bent + bytes(head) + name + more, at + 46 + len(name)
    return WHOLE[:begins] + bent + _END.pack(b"PK\5\6", 0, 0, 2, 2, len(bent), begins, 0)


def unicode_path(name: str) -> bytes:
    """Info-ZIP's field that names a file anew: `unzip` shows the two files under each other's name."""
    other = {TRUE: OTHER, OTHER: TRUE}[name].encode()
    body = b"\1" + struct.pack("<L", zlib.crc32(name.encode())) + other
    return struct.pack("<2H", 0x7075, len(body)) + body


def with_count(count: int) -> bytes:
    begins, length = told(WHOLE)
    return WHOLE[: -_END.size] + _END.pack(b"PK\5\6", 0, 0, count, count, length, begins, 0)


def said_twice(second: int) -> bytes:
    """Two ends: that of 64 bits tells of the true directory, the plain one of a directory elsewhere."""
    begins, length = told(WHOLE)
    large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 2, 2, length, begins)
    large += struct.pack("<4sLQL", b"PK\6\7", 0, begins + length, 1)
    return WHOLE[: -_END.size] + large + _END.pack(b"PK\5\6", 0, 0, 2, 2, length, second, 0)


BENT = {
    "a file's other name": (with_extras(unicode_path), "ghi thêm điều khác"),
    "any field more": (with_extras(lambda _: struct.pack("<2H", 0xCAFE, 0)), "ghi thêm điều khác"),
    "fewer members than there are": (with_count(1), "không khớp mục lục"),
    "more members than there are": (with_count(3), "không khớp mục lục"),
    "two directories": (said_twice(7), "không khớp mục lục"),
    "one directory told twice": (said_twice(told(WHOLE)[0]), "không khớp mục lục"),
}


@pytest.mark.parametrize("name", BENT)
def test_what_could_be_read_in_two_ways_is_refused(tmp_path: Path, name: str) -> None:
    bent, says = BENT[name]
    path = tmp_path / "goi.zip"
    path.write_bytes(bent)
    with pytest.raises(layout.Refused, match=says), layout.opened(path):
        pass


def test_more_members_than_a_plain_end_can_count(tmp_path: Path) -> None:
    """The ends of a large package are said twice too, and alike."""
    path = tmp_path / "goi.zip"
    with path.open("wb") as out:
        for piece in layout.write((f"data/f/{n}", b"") for n in range(0x10001)):
            out.write(piece)
    with layout.opened(path) as package:
        assert len(package.members) == 0x10001
