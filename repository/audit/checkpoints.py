"""Where checkpoints rest: the signed bytes in the locked bucket, a row each in `checkpoints` to find them by.

The row may be lost or forged; the bytes may not: their signature, their lock and the walk over the bucket decide.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from repository import errors, ids
from repository.audit import note
from repository.audit.checkpoint import Checkpoint
from repository.blobs.away import unless_away
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStore
from repository.mongo import Database, Row

MEDIA_TYPE: Final = "text/vnd.tangthu.checkpoint"
TOKEN_TYPE: Final = "application/vnd.etsi.timestamp-token"
KEPT: Final = timedelta(days=3653)
"""Ten years: longer than any inquiry; the oldest are locked again by whoever keeps the service."""
_LARGEST: Final = 4096


class Checkpoints:
    """Rows {_id, size, root, sha256, store_version, note, at, timestamp, cosignatures}."""

    def __init__(self, *, database: Database, blobs: BlobStore, staging: Path) -> None:
        self._rows = database["checkpoints"]
        self._blobs = blobs
        self._staging = staging

    async def keep(self, checkpoint: Checkpoint, raw: bytes, at: datetime) -> Row:
        """Stores a signed checkpoint: first the locked object, then the row."""
        digest, version = await self._store(raw, MEDIA_TYPE, at)
        row: Row = {
            "_id": ids.new("cp"),
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "sha256": digest.hex,
            "store_version": version,
            "bytes": len(raw),
            "note": raw.decode(),
            "at": at,
            "timestamp": None,
            "cosignatures": [],
        }
        await self._rows.insert_one(row)
        return row

    async def latest(self) -> Row | None:
        found: Row | None = await self._rows.find_one({}, sort=[("_id", -1)])
        return found

    async def covering(self, leaf: int) -> Row | None:
        """The first checkpoint whose tree has the leaf."""
        found: Row | None = await self._rows.find_one({"size": {"$gt": leaf}}, sort=[("size", 1), ("_id", 1)])
        return found

    async def best_covering(self, leaf: int) -> Row | None:
        """The first over the leaf that somebody else vouches for: an authority, a witness; else the first at all."""
        more: tuple[Row, ...] = ({"timestamp": {"$ne": None}}, {"cosignatures.0": {"$exists": True}})
        for wanted in more:
            query = {"size": {"$gt": leaf}} | wanted
            if found := await self._rows.find_one(query, sort=[("size", 1), ("_id", 1)]):
                return dict(found)
        return await self.covering(leaf)

    async def of_size(self, size: int) -> Row | None:
        found: Row | None = await self._rows.find_one({"size": size}, sort=[("_id", 1)])
        return found

    async def all(self) -> AsyncIterator[Row]:
        async for row in self._rows.find({}).sort("_id", 1):
            yield row

    async def cosigned(self, checkpoint_id: str, line: str, at: datetime) -> None:
        """Adds a witness's signature line."""
        change = {"$push": {"cosignatures": {"line": line, "at": at}}}
        await self._rows.update_one({"_id": checkpoint_id}, change)

    async def stamped(self, checkpoint_id: str, token: bytes, *, stamped_at: datetime, at: datetime) -> None:
        """Keeps an RFC 3161 token of the checkpoint's bytes in the bucket."""
        digest, version = await self._store(token, TOKEN_TYPE, at)
        told = {"sha256": digest.hex, "store_version": version, "bytes": len(token), "at": stamped_at}
        await self._rows.update_one({"_id": checkpoint_id}, {"$set": {"timestamp": told}})

    async def last_stamped(self) -> Row | None:
        found: Row | None = await self._rows.find_one({"timestamp.at": {"$exists": True}}, sort=[("_id", -1)])
        return found

    async def last_cosigned(self) -> Row | None:
        found: Row | None = await self._rows.find_one(
            {"cosignatures.0": {"$exists": True}}, sort=[("_id", -1)]
        )
        return found

    async def read(self, sha256: str, version: str | None = None) -> bytes:
        """The bytes of a checkpoint or token as the bucket holds them. Raises NotFound; Corrupt for what does not
        come while other files do.
        """
        digest = Digest.parse(sha256)
        try:
            return await self._bytes(digest, version)
        except errors.Unavailable:
            await self._blobs.stat(digest, version)  # a store that is away raises here
            await unless_away(self._blobs, digest)
        try:
            return await self._bytes(digest, version)
        except errors.Unavailable as fault:
            raise errors.Corrupt(what=f"tệp {digest.short} trong kho") from fault

    async def in_bucket(self, origin: str) -> AsyncIterator[bytes]:
        """Every object that reads as a checkpoint of this log, whatever the database knows of it. What cannot be
        read is told by its row, or by fixity.
        """
        async for stat in self._blobs.walk():
            if stat.marker or not 100 <= stat.size <= _LARGEST:
                continue
            try:
                raw = await self.read(stat.digest.hex, stat.version)
                if Checkpoint.read(note.parse(raw).text).origin == origin:
                    yield raw
            except (note.Malformed, errors.NotFound, errors.Corrupt):
                continue

    async def _bytes(self, digest: Digest, version: str | None) -> bytes:
        async with self._blobs.open(digest, version) as chunks:
            return b"".join([chunk async for chunk in chunks])

    async def _store(self, raw: bytes, media_type: str, at: datetime) -> tuple[Digest, str]:
        digest = Digest.of(raw)
        path = await asyncio.to_thread(self._drafted, raw)
        try:
            stat = await self._blobs.put(digest, path, len(raw), media_type)
        finally:
            await asyncio.to_thread(path.unlink)
        await self._blobs.retain(digest, stat.version, at + KEPT)
        return digest, stat.version

    def _drafted(self, raw: bytes) -> Path:
        self._staging.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._staging, prefix="checkpoint-", delete=False) as out:
            out.write(raw)
        return Path(out.name)
