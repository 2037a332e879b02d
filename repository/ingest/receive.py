"""The one front door for bytes: staged, hashed and scanned in one pass, then judged and stored."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from repository import errors, text
from repository.blobs import BlobStore, Digest
from repository.clock import Clock
from repository.ingest.refusals import BadFilename, DigestMismatch, EmptyFile, MalwareFound
from repository.ingest.scanner import Scan, Scanner, Scanning
from repository.ingest.sniff import ARCHIVE, Sniffed, refuse_bomb, sniff
from repository.ingest.staging import Staged, Staging
from repository.policy.formats import Formats

__all__ = [
    "BadFilename",
    "DigestMismatch",
    "EmptyFile",
    "MalwareFound",
    "ReceivedFile",
    "Receiver",
    "clean_filename",
]

_PIECE: Final = 1 << 20
_HELD: Final = 2 * _PIECE
"""A file that came whole in one piece this small is judged and stored from memory: it never needs the disk."""
_LONGEST_NAME: Final = 255
_RESERVED: Final = re.compile(r'[<>:"|?*]')


@dataclass(frozen=True, kw_only=True)
class ReceivedFile:
    """A file that is stored and locked for a day: its record must follow."""

    digest: Digest
    size: int
    media_type: str
    filename: str
    store_version: str
    locked_until: datetime | None
    scan: Scan
    warnings: list[str]


class Receiver:
    """Takes files in; memory stays at a few pieces however large they are."""

    def __init__(
        self,
        *,
        staging: Staging,
        blobs: BlobStore,
        scanner: Scanner,
        formats: Formats,
        clock: Clock,
        max_size: int,
    ) -> None:
        self._staging = staging
        self._blobs = blobs
        self._scanner = scanner
        self._formats = formats
        self._clock = clock
        self._max_size = max_size

    async def receive(
        self, chunks: AsyncIterator[bytes], *, filename: str, expected: Digest | None = None, on: date
    ) -> ReceivedFile:
        """Store the file if it may be kept by the rules of the day `on`; otherwise nothing of it remains.

        Raises BadFilename, TooLarge (without reading further), EmptyFile, DigestMismatch, MalwareFound,
        FormatRefused; Unavailable or Corrupt from the store. Equal bytes stored already are not an error.
        """
        filename = clean_filename(filename)
        policy = self._formats.on(on)
        async with self._staging.open(hold=_HELD) as staged, self._scanner.open() as scanning:
            await self._take_in(chunks, staged, scanning, filename)
            if staged.size == 0:
                raise EmptyFile(filename=filename)
            if expected is not None and staged.digest != expected:
                raise DigestMismatch(filename=filename, expected=expected.hex, found=staged.digest.hex)
            if staged.head.startswith(ARCHIVE):
                await refuse_bomb(staged, staged.size, filename, policy)
            # Side by side: the scanner is another process. What it finds is told before what the format is.
            scan, found = await asyncio.gather(
                scanning.verdict(), sniff(staged, staged.size, filename, policy), return_exceptions=True
            )
            if isinstance(scan, BaseException):
                raise scan
            if scan.verdict == "infected":
                facts = {"digest": staged.digest, "size": staged.size, "scan": scan}
                raise MalwareFound(filename=filename, signature=scan.signature, **facts)
            if isinstance(found, BaseException):
                raise found
            return await self._store(staged, found, filename, scan)

    async def _take_in(
        self, chunks: AsyncIterator[bytes], staged: Staged, scanning: Scanning, filename: str
    ) -> None:
        total = 0
        async for piece in _pieces(chunks, most=self._max_size + 1):
            total += len(piece)
            if total > self._max_size:
                raise errors.TooLarge(filename=filename, limit=self._max_size)
            await asyncio.gather(staged.write(piece), scanning.feed(piece))

    async def _store(self, staged: Staged, found: Sniffed, filename: str, scan: Scan) -> ReceivedFile:
        stat = await self._blobs.put(staged.digest, staged, staged.size, found.format.media_type)
        return ReceivedFile(
            digest=staged.digest, size=staged.size, media_type=found.format.media_type, filename=filename,
            store_version=stat.version, locked_until=stat.locked_until, scan=scan,
            warnings=list(found.warnings),
        )  # fmt: skip


async def _pieces(chunks: AsyncIterator[bytes], *, most: int) -> AsyncIterator[bytes]:
    """The chunks gathered to about a mebibyte each: one turn in a thread costs more than a small chunk."""
    waiting: list[bytes] = []
    size = seen = 0
    async for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        seen += len(chunk)
        if size >= _PIECE or seen >= most:
            yield b"".join(waiting)
            waiting, size = [], 0
    if size:
        yield b"".join(waiting)


def clean_filename(filename: str) -> str:
    """The last component of whatever path was sent, in NFC, without control characters, at most 255 bytes.

    Raises BadFilename when nothing usable is left.
    """
    base = text.nfc(filename).replace("\\", "/").rpartition("/")[2]
    # Cc control, Cf invisible and direction marks (a reversed "fdp.exe"), Cs surrogates, Zl/Zp line breaks.
    shown = "".join(c for c in base if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    name = _RESERVED.sub("_", shown).strip().strip(".").strip()
    if not name:
        raise BadFilename(filename=filename[:80])
    return _shortened(name)


def _shortened(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        stem, dot, extension = name, "", ""
    room = _LONGEST_NAME - len((dot + extension).encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + extension
