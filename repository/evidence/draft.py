"""A package while it is put together: small files in a folder of their own, and which stored bytes go between them.

Only names, sizes and hashes are held in memory; the bag's lists are made of them when everything is in.
"""

import asyncio
import hashlib
import itertools
import shutil
import tempfile
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from repository import errors
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStore
from repository.evidence import sealed_zip as layout

_PREFIX: Final = "evidence-"
_FORGOTTEN: Final = 24 * 3600
_PIECE: Final = 1024 * 1024


@dataclass(frozen=True)
class Member:
    """One file of the package: made here (`path`), or in the store (`version`)."""

    sha256: str
    size: int
    path: Path | None = None
    version: str = ""


@dataclass
class Draft:
    """The members so far."""

    folder: Path
    blobs: BlobStore
    spool: BinaryIO
    """For texts that are found in one order and written in another."""
    members: dict[str, Member] = field(default_factory=dict)
    _number: Iterator[int] = field(default_factory=itertools.count)

    def add(self, name: str, content: bytes) -> None:
        with self.file(name) as out:
            out.write(content)

    @contextmanager
    def file(self, name: str) -> Iterator[BinaryIO]:
        """A file to write a member to; hashed when it is done."""
        layout.entry(name, 0)  # a name that the zip would not take is refused here, not when half is sent
        path = self.folder / f"{next(self._number):06}"
        with path.open("w+b") as out:
            yield out
            out.seek(0)
            digest = hashlib.file_digest(out, "sha256").hexdigest()
            self.members[name] = Member(digest, out.tell(), path)

    def stored(self, name: str, sha256: str, size: int, version: str) -> None:
        """A file that lies in the store."""
        layout.entry(name, size)
        self.members[name] = Member(sha256, size, None, version)

    def bag(self, about: str) -> str:
        """Adds the lists of BagIt; the SHA-256 of the list that stands for all."""
        payload = dict(sorted(self.members.items()))
        oxum = f"{sum(one.size for one in payload.values())}.{len(payload)}"
        self.add("bagit.txt", layout.BAGIT)
        told = f"Bag-Software-Agent: tangthu\nExternal-Identifier: {about}\nPayload-Oxum: {oxum}\n"
        self.add("bag-info.txt", told.encode())
        self.add(layout.MANIFEST, _listed(payload))
        self.add(layout.TAG_MANIFEST, _listed({name: self.members[name] for name in sorted(layout.TAGS)}))
        return self.members[layout.TAG_MANIFEST].sha256

    async def stream(self) -> AsyncIterator[bytes]:
        """The package, in pieces. Raises Corrupt where the store does not give back what was stored."""
        sink = layout.Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
            for name, member in self._ordered():
                with archive.open(layout.entry(name, member.size), "w") as out:
                    async for piece in _pieces(self.blobs, member):
                        out.write(piece)
                        yield sink.take()
                yield sink.take()
        yield sink.take()

    def _ordered(self) -> list[tuple[str, Member]]:
        tags = [*layout.TAGS, layout.TAG_MANIFEST, layout.REQUEST]
        first = [name for name in tags if name in self.members]  # none where the package is no bag
        return [(name, self.members[name]) for name in [*first, *sorted(set(self.members) - set(first))]]


@dataclass(frozen=True)
class Bench:
    """Where packages are put together, and where the bytes lie that go into them."""

    staging: Path
    blobs: BlobStore

    @asynccontextmanager
    async def draft(self) -> AsyncIterator[Draft]:
        """An empty draft; its folder is removed on every way out, and what a killed process left after a day."""
        folder = await asyncio.to_thread(_folder, self.staging)
        try:
            with (folder / "spool").open("w+b") as spool:
                yield Draft(folder, self.blobs, spool)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder)


def _folder(staging: Path) -> Path:
    staging.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in staging.glob(f"{_PREFIX}*"):
        if time.time() - old.stat().st_mtime > _FORGOTTEN:
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=staging, prefix=_PREFIX))


def _listed(members: dict[str, Member]) -> bytes:
    return "".join(f"{one.sha256}  {name}\n" for name, one in members.items()).encode()


async def _pieces(blobs: BlobStore, member: Member) -> AsyncIterator[bytes]:
    """A member's bytes, hashed on their way: what is not what was listed never ends well."""
    digest = hashlib.sha256()
    if member.path is not None:
        with member.path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                digest.update(piece)
                yield piece
    else:
        async with blobs.open(Digest.parse(member.sha256), member.version) as chunks:
            async for piece in chunks:
                digest.update(piece)
                yield piece
    if digest.hexdigest() != member.sha256:
        raise errors.Corrupt(what=f"tệp có SHA-256 {member.sha256}")
