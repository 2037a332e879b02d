"""What a row says of objects, and what of a row must be equal after a restore: pure, over BSON.

A row names an object wherever a part of it holds both `sha256` and `store_version`: versions of documents, checkpoints
and their timestamps, whatever features add. The version id is the store's own and differs in another store; so does the
count of writes, since putting rows back under new ids is a write. Everything else must be equal.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions

from ops.backup.ledger import Named
from repository.audit.binding import COUNTER

Row = dict[str, Any]
OPTIONS: Final[CodecOptions[Row]] = CodecOptions(tz_aware=True)
_MARK: Final = b"store_version\x00"
_LEAF: Final = (b"\x10leaf\x00", b"\x12leaf\x00")
_MODULUS: Final = 1 << 256


def decoded(raw: bytes) -> Row:
    return bson.decode(raw, OPTIONS)


def mentions(raw: bytes) -> bool:
    """Whether it is worth decoding the row: a quick look."""
    return _MARK in raw


def parts(value: object) -> Iterator[Row]:
    """Every part of a row that names an object."""
    if isinstance(value, dict):
        if isinstance(value.get("sha256"), str) and isinstance(value.get("store_version"), str):
            yield value
        for one in value.values():
            yield from parts(one)
    elif isinstance(value, list):
        for one in value:
            yield from parts(one)


def named(row: Row) -> Iterator[Named]:
    for part in parts(row):
        lock = part.get("lock") or {}
        until = lock.get("until")
        size = part.get("bytes", part.get("size", 0))  # the size of a checkpoint is its tree's
        yield Named(
            sha256=part["sha256"], size=int(size or 0), version=part["store_version"],
            media_type=str(part.get("media_type") or "application/octet-stream"),
            until=stamp(until) if isinstance(until, datetime) else "", held=bool(lock.get("hold")),
        )  # fmt: skip


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def unstamped(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def remapped(row: Row, versions: dict[str, str]) -> bool:
    """Points the row at the versions of another store, in place; whether something changed."""
    changed = False
    for part in parts(row):
        fresh = versions.get(part["sha256"])
        if fresh is not None and fresh != part["store_version"]:
            part["store_version"], changed = fresh, True
    if changed and isinstance(row.get(COUNTER), int):
        row[COUNTER] += 1
    return changed


def essence(raw: bytes) -> int:
    """The SHA-256, as a number, of what must be equal in every copy of the row."""
    if mentions(raw):
        row = decoded(raw)
        for part in parts(row):
            del part["store_version"]
        row.pop(COUNTER, None)
        raw = bson.encode(row, codec_options=OPTIONS)
    return int.from_bytes(hashlib.sha256(raw).digest())


def identity(raw: bytes) -> str:
    """The row's id, as a rule without decoding the row."""
    if raw[4:9] == b"\x02_id\x00":
        size = int.from_bytes(raw[9:13], "little")
        return raw[13 : 12 + size].decode()
    return str(decoded(raw)["_id"])


def stamp_of(raw: bytes, field: str) -> int:
    """A time in the row, in milliseconds; 0 where it has none."""
    found = decoded(raw).get(field)
    return int(found.timestamp() * 1000) if isinstance(found, datetime) else 0


def sealed(raw: bytes) -> bool:
    """Whether a record of the log has its leaf: a quick look, which whoever relies on it counts again."""
    return any(mark in raw for mark in _LEAF)


class Tally:
    """Count and digest of a set of rows, whatever their order: the sum of their essences."""

    def __init__(self, known: Row | None = None) -> None:
        self.rows = known["rows"] if known else 0
        self._sum = int(known["digest"], 16) if known else 0

    def add(self, one: int, sign: int = 1) -> None:
        """Takes in a row by its essence, or, with a sign of -1, takes it out."""
        self.rows += sign
        self._sum = (self._sum + sign * one) % _MODULUS

    def as_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "digest": f"{self._sum:064x}"}


def read_all(content: bytes, rest: bytes = b"") -> tuple[list[bytes], bytes]:
    """Whole BSON documents at the front of a stream of them, and what is left over."""
    buffer = rest + content
    found, at = [], 0
    while len(buffer) - at >= 4:
        size = int.from_bytes(buffer[at : at + 4], "little")
        if size < 5 or len(buffer) - at < size:
            break
        found.append(buffer[at : at + size])
        at += size
    return found, buffer[at:]
