"""Reads objects through and compares them with what the records claim: both in order of hash, merged as they come."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final, Protocol

from repository import errors
from repository.blobs import BlobStat, BlobStore, Digest, Surveyed, layout
from repository.blobs.away import unless_away
from repository.clock import Clock
from repository.evidence import fixity
from repository.evidence.fixity import Claim, Finding, Read
from repository.evidence.fixity_ledger import Ledger

_BATCH: Final = 64
END: Final = "g"
"""Behind every hash."""


class Store(BlobStore, Surveyed, Protocol):
    """A store that can be looked through."""


@dataclass
class Pace:
    """Bounds how many bytes a second are read, by several threads together; nought means as fast as it goes."""

    bytes_a_second: float = 0
    _due: float = field(default=0, init=False)
    _counting: Lock = field(default_factory=Lock, init=False)

    def spend(self, size: int) -> float:
        """Counts these bytes; for how many seconds to rest now."""
        if self.bytes_a_second <= 0:
            return 0
        with self._counting:
            now = time.monotonic()
            self._due = max(self._due, now) + size / self.bytes_a_second
            rest = self._due - now
        return rest if rest > 0.02 else 0


@dataclass(frozen=True)
class Batch:
    """Some objects done: up to which hash, what was found."""

    cursor: str
    objects: int
    size: int
    findings: list[Finding]


@dataclass(frozen=True)
class _Object:
    key: str
    listed: list[BlobStat]
    claims: list[Claim]


class Objects:
    """Checks one object, a sample, or a span of hashes."""

    def __init__(
        self, *, blobs: Store, ledger: Ledger, clock: Clock, pace: Pace | None = None, parallel: int = 4
    ) -> None:
        self._blobs = blobs
        self._ledger = ledger
        self._clock = clock
        self._pace = pace or Pace()
        self._turns = asyncio.Semaphore(parallel)

    async def scan(self, after: str = "", upto: str = END) -> AsyncIterator[Batch]:
        """Every object of a span, those that only the store knows and those that only a record knows."""
        waiting: list[_Object] = []
        async for one in self._merged(after, upto):
            waiting.append(one)
            if len(waiting) == _BATCH:
                yield await self._batch(waiting)
                waiting = []
        if waiting:
            yield await self._batch(waiting)

    async def check(self, sha256: str, claims: list[Claim] | None = None) -> tuple[int, list[Finding]]:
        """One object as it is now; how many bytes were read, and what is wrong. Raises Unavailable when the store
        gives back no object at all: then nothing is wrong with this one.
        """
        digest = Digest.parse(sha256)
        key = layout.key_of(digest)
        listed = await self._listed(key)
        known = self._ledger.claims_on(sha256) if claims is None else claims
        return await self._one(_Object(key, listed, known), sure=True)

    async def _listed(self, key: str) -> list[BlobStat]:
        found = []
        async for one, stat in self._blobs.survey(key[:-1]):
            if one > key:
                break
            if one == key and stat is not None:
                found.append(stat)
        return found

    async def _merged(self, after: str, upto: str) -> AsyncIterator[_Object]:
        """Objects of the store and claims of the records, walked side by side."""
        claims = self._ledger.claims(after, upto)
        ahead = next(claims, None)
        async for key, listed in self._grouped(after):
            digest = layout.digest_of(key)
            if digest is None:
                yield _Object(key, [], [])
                continue
            if digest.hex >= upto:
                break
            while ahead is not None and ahead[0].sha256 < digest.hex:
                yield _absent(ahead)
                ahead = next(claims, None)
            if ahead is not None and ahead[0].sha256 == digest.hex:
                yield _Object(key, listed, ahead)
                ahead = next(claims, None)
            else:
                yield _Object(key, listed, [])
        while ahead is not None:
            yield _absent(ahead)
            ahead = next(claims, None)

    async def _grouped(self, after: str) -> AsyncIterator[tuple[str, list[BlobStat]]]:
        key, listed = "", list[BlobStat]()
        async for one, stat in self._blobs.survey(layout.key_of(Digest(after)) if after else ""):
            if one != key:
                if key:
                    yield key, listed
                key, listed = one, []
            if stat is not None:
                listed.append(stat)
        if key:
            yield key, listed

    async def _batch(self, objects: list[_Object]) -> Batch:
        async def turn(one: _Object) -> tuple[int, list[Finding]]:
            async with self._turns:
                return await self._one(one)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(turn(one)) for one in objects]
        except ExceptionGroup as several:  # a store that is away must be known as away to who runs this
            raise several.exceptions[0] from several
        done = [task.result() for task in tasks]
        hashes = [digest.hex for one in objects if (digest := layout.digest_of(one.key))]
        return Batch(
            cursor=max(hashes, default=""),
            objects=len(hashes),
            size=sum(size for size, _ in done),
            findings=[finding for _, findings in done for finding in findings],
        )

    async def _one(self, one: _Object, *, sure: bool = False) -> tuple[int, list[Finding]]:
        digest = layout.digest_of(one.key)
        if digest is None:
            return 0, [fixity.stray(one.key)]
        if not one.claims:
            return 0, [finding async for finding in self._unclaimed(one.listed)]
        retired = self._ledger.retired(digest.hex)
        findings = list(fixity.of_versions(one.listed, one.claims, retired))
        there = {stat.version for stat in one.listed if not stat.marker}
        size = 0
        for claims in _by_version(one.claims):
            if claims[0].version in there:
                read, more = await self._read(digest, claims, sure=sure)
                size += read
                findings += more
        return size, findings

    async def _unclaimed(self, listed: list[BlobStat]) -> AsyncIterator[Finding]:
        for one in listed:
            told = None if one.marker else await self._blobs.stat(one.digest, one.version)
            if told is not None and (found := fixity.unclaimed(told, self._clock.now())):
                yield found

    async def _read(self, digest: Digest, claims: list[Claim], *, sure: bool) -> tuple[int, list[Finding]]:
        """One version read through, against all claims on it. `sure`: what does not come is asked for again when
        others do.
        """
        try:
            seen = await self._blobs.reread(digest, claims[0].version, self._pace.spend)
        except errors.NotFound:
            return 0, [fixity.missing(claims[0])]
        except (errors.Corrupt, errors.Unavailable) as fault:
            await self._blobs.stat(digest)  # a store that is away raises here: that is no finding
            if sure:
                await unless_away(self._blobs, digest)  # nor is one whose bytes are all away
                return await self._read(digest, claims, sure=False)
            return 0, [fixity.unreadable(claims[0], str(fault.facts.get("what", "")))]
        read = Read(seen.stat, seen.sha256, seen.size)
        untils = [one.until for one in claims if one.until]
        whole = replace(
            claims[0], until=max(untils, default=None), held=any(one.held for one in claims),
            lapses=all(one.lapses for one in claims),
        )  # fmt: skip
        findings = list(fixity.of_content(whole, read, self._clock.now()))
        for other in claims[1:]:
            if other.size != whole.size:
                findings += fixity.of_content(
                    replace(other, until=None, held=seen.stat.held), read, self._clock.now()
                )
        return seen.size, findings


def _absent(claims: list[Claim]) -> _Object:
    try:
        return _Object(layout.key_of(Digest(claims[0].sha256)), [], claims)
    except errors.Invalid:  # a record whose hash was overwritten with something that is none
        return _Object(layout.key_of(Digest.of(claims[0].sha256.encode())), [], claims)


def _by_version(claims: list[Claim]) -> Iterator[list[Claim]]:
    versions = dict.fromkeys(one.version for one in claims)
    for version in versions:
        yield [one for one in claims if one.version == version]
