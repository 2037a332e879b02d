"""Where incoming bytes rest before they are judged: a locked temporary file, hashed while it grows.

A small file that comes in one piece may be held in memory until somebody wants its path. The file disappears on
every way out. What a killed process left is swept at the next start: an advisory lock tells the files of living
processes from leftovers, so several processes can share the folder.
"""

import asyncio
import fcntl
import hashlib
import io
import os
import secrets
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, Literal

from repository import errors
from repository.blobs.digest import Digest

_SUFFIX: Final = ".part"


class Staged:
    """A file that is being received; others in this process may read it until it is closed (a `blobs.Source`)."""

    def __init__(self, folder: Path, *, hold: int = 0) -> None:
        self.size = 0
        self.head = b""
        """The first bytes, for whoever need not open the file to know that it is no archive."""
        self._path = folder / f"{secrets.token_hex(12)}{_SUFFIX}"
        self._hold = hold
        self._held: bytes | None = None
        self._descriptor: int | None = None
        self._closed = False
        self._writing = threading.Lock()
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> Digest:
        """Of what was written so far."""
        return Digest(self._hash.hexdigest())

    @property
    def path(self) -> Path:
        """Where it lies on the disk; a file that was held in memory is written there now."""
        with self._writing, _disk():
            self._spill()
        return self._path

    def __fspath__(self) -> str:
        return str(self.path)

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        """The bytes from their beginning, wherever they are."""
        held = self._held  # once: another thread may be writing it to the disk
        return self._path.open(mode) if held is None else io.BytesIO(held)

    async def write(self, piece: bytes) -> None:
        """Add the piece. Raises Unavailable when the disk does not take it."""
        self.head = self.head or piece[:8]
        with _disk():
            await asyncio.to_thread(self._write, piece)

    def _write(self, piece: bytes) -> None:
        with self._writing:
            if self._closed:
                return  # the receiver was cancelled meanwhile
            self._hash.update(piece)
            if self.size == 0 and len(piece) <= self._hold:
                self._held = piece
            else:
                self._spill()
                self._append(piece)
            self.size += len(piece)

    def _spill(self) -> None:
        if self._held is not None and not self._closed:
            self._append(self._held)
            self._held = None

    def _append(self, piece: bytes) -> None:
        if self._descriptor is None:
            self._descriptor = self._create()
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def _create(self) -> int:
        """The file is made with its first piece: one turn in a thread less for each upload."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return descriptor
            os.close(descriptor)  # a sweeper was quicker than our lock

    def close(self) -> None:
        """Remove the file; waits for a write under way, whose descriptor number must not be reused."""
        with self._writing:
            self._closed = True
            self._held = None
            if self._descriptor is not None:
                self._path.unlink(missing_ok=True)
                os.close(self._descriptor)
            self._descriptor = None


class Staging:
    """The folder of staged files."""

    def __init__(self, *, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def open(self, *, hold: int = 0) -> AsyncIterator[Staged]:
        """A file of what is written to it, gone when the block ends; a first piece of at most `hold` bytes stays in
        memory while it is the only one.
        """
        staged = Staged(self._folder, hold=hold)
        try:
            yield staged
        finally:
            staged.close()

    async def sweep(self) -> int:
        """Remove what dead processes left; answers how many files."""
        return await asyncio.to_thread(self._sweep)

    def _sweep(self) -> int:
        swept = 0
        for path in self._folder.glob(f"*{_SUFFIX}"):
            with suppress(FileNotFoundError), path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue  # its writer lives
                path.unlink(missing_ok=True)
                swept += 1
        return swept


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise errors.Unavailable(what=f"vùng tạm ({errors.reason(fault)})") from fault
