"""The twin of the store: the same rules in a dictionary, for tests. Proven by the same contract suite."""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import quote

from repository import errors
from repository.blobs import layout, locks
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStat, Reread, Source
from repository.clock import Clock

_PIECE: Final = 1 << 20


@dataclass
class _Version:
    stat: BlobStat
    content: bytes


class MemoryBlobs:
    """Versions of each object, oldest first."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._objects: dict[Digest, list[_Version]] = {}
        self._ids = itertools.count(1)
        self.strays: set[str] = set()
        """Keys outside the layout that a foreign client put there."""

    async def put(self, digest: Digest, source: Source, size: int, media_type: str) -> BlobStat:
        content = await asyncio.to_thread(_read, source)
        if len(content) != size or hashlib.sha256(content).hexdigest() != digest.hex:
            raise errors.Corrupt(what=f"{digest.short} (tệp tạm đổi nội dung trước khi lưu)")
        birth = locks.at_birth(self._clock.now())
        existing = await self.stat(digest)
        if existing is not None and not existing.marker:
            await self.retain(digest, existing.version, birth)
            return self._version(digest, existing.version).stat
        stat = BlobStat(
            digest=digest, size=size, version=f"v{next(self._ids)}", lock_mode=locks.MODE, locked_until=birth,
            latest=True,
        )  # fmt: skip
        self._append(digest, _Version(stat, content))
        return stat

    @asynccontextmanager
    async def open(
        self, digest: Digest, version: str | None, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        content = self._version(digest, version).content[start:end]

        async def pieces() -> AsyncIterator[bytes]:
            for at in range(0, len(content), _PIECE):
                yield content[at : at + _PIECE]

        yield pieces()

    async def stat(self, digest: Digest, version: str | None = None) -> BlobStat | None:
        versions = self._objects.get(digest, [])
        if version is None:
            return versions[-1].stat if versions else None
        found = [one.stat for one in versions if one.stat.version == version and not one.stat.marker]
        return replace(found[0], latest=None) if found else None

    async def walk(self) -> AsyncIterator[BlobStat]:
        for digest in sorted(self._objects):
            for one in reversed(self._objects[digest]):
                yield replace(one.stat, lock_mode=None, locked_until=None, held=False)

    async def survey(self, after: str = "") -> AsyncIterator[tuple[str, BlobStat | None]]:
        known = {layout.key_of(digest): digest for digest in self._objects}
        for key in sorted([*known, *self.strays]):
            if key <= after:
                continue
            if key in self.strays:
                yield key, None
                continue
            for one in reversed(self._objects[known[key]]):
                yield key, replace(one.stat, lock_mode=None, locked_until=None, held=False)

    async def reread(self, digest: Digest, version: str, pace: Callable[[int], float]) -> Reread:
        one = self._version(digest, version)
        await asyncio.sleep(pace(len(one.content)))
        sha256 = hashlib.sha256(one.content).hexdigest()
        return Reread(replace(one.stat, latest=None), sha256, len(one.content))

    async def replace(self, digest: Digest, source: Source, size: int, media_type: str) -> BlobStat:
        content = await asyncio.to_thread(_read, source)
        if len(content) != size or hashlib.sha256(content).hexdigest() != digest.hex:
            raise errors.Corrupt(what=f"{digest.short} (bản thay không đúng mã băm)")
        stat = BlobStat(
            digest=digest, size=size, version=f"v{next(self._ids)}", lock_mode=locks.MODE,
            locked_until=locks.at_birth(self._clock.now()), latest=True,
        )  # fmt: skip
        self._append(digest, _Version(stat, content))
        return stat

    async def retain(self, digest: Digest, version: str, until: datetime) -> None:
        one = self._version(digest, version)
        wanted = locks.due(self._clock.now(), one.stat.locked_until, until.replace(microsecond=0))
        if wanted is not None:
            one.stat = replace(one.stat, lock_mode=locks.MODE, locked_until=wanted)

    async def hold(self, digest: Digest, version: str, on: bool) -> None:
        one = self._version(digest, version)
        one.stat = replace(one.stat, held=on)

    async def address(self, digest: Digest, version: str, filename: str, media_type: str) -> str:
        self._version(digest, version)
        return f"memory:{layout.key_of(digest)}?versionId={version}&filename={quote(filename)}"

    def mark_deleted(self, digest: Digest) -> None:
        """What a foreign S3 client can do to any object: put a delete marker over it."""
        marker = BlobStat(digest=digest, size=0, version=f"v{next(self._ids)}", latest=True, marker=True)
        self._append(digest, _Version(marker, b""))

    def versions_of(self, digest: Digest) -> list[_Version]:
        """The live list: only the eraser's twin takes from it."""
        return self._objects.get(digest, [])

    def now(self) -> datetime:
        return self._clock.now()

    def _append(self, digest: Digest, one: _Version) -> None:
        versions = self._objects.setdefault(digest, [])
        for older in versions:
            older.stat = replace(older.stat, latest=False)
        versions.append(one)

    def _version(self, digest: Digest, version: str | None) -> _Version:
        for one in reversed(self._objects.get(digest, [])):
            if version in (None, one.stat.version) and not (one.stat.marker and version):
                if one.stat.marker:
                    break
                return one
        raise errors.NotFound(what=f"tệp {digest.short} trong kho")


class MemoryEraser:
    """The eraser's twin: refuses what is locked or held by the twin's clock, as the store does."""

    def __init__(self, *, blobs: MemoryBlobs, refusal: Callable[[str], Exception]) -> None:
        self._blobs = blobs
        self._refusal = refusal

    async def erase(self, digest: Digest, version: str) -> None:
        kept = self._blobs.versions_of(digest)
        for one in kept:
            if one.stat.version == version and not one.stat.marker:
                until = one.stat.locked_until
                if one.stat.held or (until is not None and until > self._blobs.now()):
                    raise self._refusal(digest.short)
                kept.remove(one)
                return


def _read(source: Source) -> bytes:
    with source.open("rb") as file:
        return file.read()
