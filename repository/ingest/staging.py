"""Where incoming bytes rest before they are judged: a locked temporary file, hashed while it grows.

The file disappears on every way out. What a killed process left is swept at the next start: an advisory lock
tells the files of living processes from leftovers, so several processes can share the folder.
"""

import asyncio
import fcntl
import hashlib
import os
import secrets
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

from repository import errors
from repository.blobs.digest import Digest

_SUFFIX: Final = ".part"


class Staged:
    """A file that is being received; `path` may be read by others in this process until it is closed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{secrets.token_hex(12)}{_SUFFIX}"
        self.size = 0
        self.head = b""
        """The first bytes, for whoever need not open the file to know that it is no archive."""
        self._descriptor: int | None = None
        self._closed = False
        self._writing = threading.Lock()
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> Digest:
        """Of what was written so far."""
        return Digest(self._hash.hexdigest())

    async def write(self, piece: bytes) -> None:
        self.head = self.head or piece[:8]
        with _disk():
            await asyncio.to_thread(self._write, piece)

    def _write(self, piece: bytes) -> None:
        with self._writing:
            if self._closed:
                return  # the receiver was cancelled meanwhile
            if self._descriptor is None:
                self._descriptor = self._create()
            self._hash.update(piece)
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            self.size += len(piece)

    def _create(self) -> int:
        """The file is made with its first piece: one turn in a thread less for each upload."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            descriptor = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return descriptor
            os.close(descriptor)  # a sweeper was quicker than our lock

    def close(self) -> None:
        """Remove the file; waits for a write under way, whose descriptor number must not be reused."""
        with self._writing:
            self._closed = True
            if self._descriptor is not None:
                self.path.unlink(missing_ok=True)
                os.close(self._descriptor)
            self._descriptor = None


class Staging:
    """The folder of staged files."""

    def __init__(self, *, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Staged]:
        """A file of what is written to it, gone when the block ends. Writing raises Unavailable when the disk does
        not take more.
        """
        staged = Staged(self._folder)
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
        raise errors.Unavailable(what=f"vùng tạm ({fault.strerror or fault})") from fault
