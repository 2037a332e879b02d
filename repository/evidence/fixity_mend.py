"""Puts a lost or damaged file back from the backup copy, when there is one and its hash is right."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, Protocol

from repository import errors
from repository.access.actors import Actor
from repository.audit import Action
from repository.blobs import Digest
from repository.evidence.fixity import Claim, Finding
from repository.evidence.fixity_objects import Store
from repository.journal import Change, Journal

MENDABLE: Final = frozenset({"object.missing", "object.changed", "object.short", "object.unreadable"})


class BackupCopies(Protocol):
    """What the backup offers to fixity."""

    def open(self, digest: Digest) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The copy's bytes; entering raises NotFound where there is none."""
        ...


class Mender:
    """Writes the copy over the damage as a new version, locks it as before, and says so in the record."""

    def __init__(self, *, blobs: Store, journal: Journal, copies: BackupCopies, staging: Path) -> None:
        self._blobs = blobs
        self._journal = journal
        self._copies = copies
        self._staging = staging

    async def mend(self, actor: Actor, finding: Finding, claims: list[Claim]) -> bool:
        """True when the file was put back; False when there is no copy, or not the right one."""
        digest = Digest.parse(finding.sha256)
        documents = [one for one in claims if one.kind == "documents"]
        if not documents or not (path := await self._fetched(digest)):
            return False
        try:
            size = await asyncio.to_thread(lambda: path.stat().st_size)
            stat = await self._blobs.replace(digest, path, size, documents[0].media_type)
        finally:
            await asyncio.to_thread(path.unlink)
        until = max((one.until for one in claims if one.until), default=None)
        if until:
            await self._blobs.retain(digest, stat.version, until)
        if any(one.held for one in claims):
            await self._blobs.hold(digest, stat.version, True)
        for claim in documents:
            await self._record(actor, claim, stat.version)
        return True

    async def _record(self, actor: Actor, claim: Claim, version: str) -> None:
        async def work(change: Change) -> None:
            place = f"versions.{claim.n - 1}"
            query = {"_id": claim.owner, f"{place}.n": claim.n, f"{place}.store_version": claim.version}
            old = {"store_version": claim.version, "at": change.now}
            update = {"$set": {f"{place}.store_version": version}, "$push": {f"{place}.replaced": old}}
            if not await change.update("documents", query, update):
                raise errors.Stale
            change.record(
                "document",
                claim.owner,
                n=claim.n,
                sha256=claim.sha256,
                was=claim.version,
                now=version,
                owes=False,
            )

        await self._journal.change(actor, Action.VERSION_RESTORED, work)

    async def _fetched(self, digest: Digest) -> Path | None:
        """The copy in a file of its own; None when there is none or its hash is wrong."""
        sha256 = hashlib.sha256()
        try:
            async with self._copies.open(digest) as pieces:
                path = await asyncio.to_thread(self._drafted)
                with path.open("wb") as out:
                    async for piece in pieces:
                        sha256.update(piece)
                        await asyncio.to_thread(out.write, piece)
        except errors.NotFound:
            return None
        if sha256.hexdigest() != digest.hex:
            await asyncio.to_thread(path.unlink)
            return None
        return path

    def _drafted(self) -> Path:
        self._staging.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._staging, prefix="mend-", delete=False) as out:
            return Path(out.name)
