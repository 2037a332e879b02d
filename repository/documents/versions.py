"""Versions: the immutable bytes of a document, how they are read, and how it is proven that they are still the same."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.blobs.away import unless_away
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStat, BlobStore
from repository.clock import Clock
from repository.documents import model
from repository.documents.documents import Documents
from repository.ingest.receive import ReceivedFile
from repository.ingest.scanner import Scanner
from repository.journal import Change, Journal, Once
from repository.mongo import Database, Row


@dataclass(frozen=True)
class Check:
    """The outcome of reading one version back from the store."""

    n: int
    sha256: str
    intact: bool
    finding: str
    """Empty when intact; otherwise what is wrong, in Vietnamese."""
    lock_mode: str = ""
    locked_until: datetime | None = None
    held: bool = False


class Versions:
    """Adds, reads, checks and re-scans versions."""

    def __init__(
        self, *, database: Database, journal: Journal, documents: Documents, blobs: BlobStore, scanner: Scanner,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._rows = database["documents"]
        self._journal = journal
        self._documents = documents
        self._blobs = blobs
        self._scanner = scanner
        self._clock = clock

    async def add(
        self,
        actor: Actor,
        document_id: str,
        file: ReceivedFile,
        revision: int | None,
        once: Once | None = None,
    ) -> Row:
        """The document with a new main version on top; earlier versions stay as they are."""
        actor.require(Permission.STORE_DOCUMENTS)
        await self._documents.own(actor, document_id, "thêm phiên bản vào văn bản")

        async def work(change: Change) -> Row:
            current = await change.find_one("documents", {"_id": document_id})
            if current is None or (revision is not None and current["revision"] != revision):
                raise errors.Stale
            if current["state"] == "issued":
                raise errors.Conflict(
                    why="văn bản đã phát hành không nhận phiên bản mới; hãy ban hành văn bản thay thế"
                )
            added = model.version_row(change, len(current["versions"]) + 1, file, role="main")
            update: Row = {
                "$push": {"versions": added},
                "$set": {"legal_value": {"status": "pending", "reasons": []}},
                "$inc": {"revision": 1},
            }
            after = await change.take(
                "documents", {"_id": document_id, "revision": current["revision"]}, update
            )
            if after is None:
                raise errors.Stale
            await change.once(once, f"{document_id} {added['n']}")
            change.record("document", document_id, n=added["n"], sha256=added["sha256"])
            return after

        return await self._journal.change(actor, Action.VERSION_STORED, work)

    async def get(self, actor: Actor, document_id: str, n: int) -> tuple[Row, Row]:
        """The document and its version `n`. Raises NotFound; Gone for what was disposed of."""
        document = await self._documents.get(actor, document_id)
        if document.get("disposed"):
            raise errors.Gone(what="Nội dung văn bản")
        return document, model.numbered(document, n)

    def content(
        self, version: Row, *, start: int = 0, end: int | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes from `start` to before `end`, in chunks, straight from the store."""
        return self._blobs.open(
            Digest.parse(version["sha256"]), version["store_version"], start=start, end=end
        )

    async def address(self, version: Row) -> str:
        """A short-lived address of the store itself for the bytes."""
        digest = Digest.parse(version["sha256"])
        return await self._blobs.address(
            digest, version["store_version"], version["filename"], version["media_type"]
        )

    async def note_read(self, actor: Actor, document: Row, version: Row) -> None:
        """Downloads are recorded (Đ5.2)."""
        await self._journal.note(actor, Action.VERSION_READ, "document", document["_id"], n=version["n"])

    async def check(self, actor: Actor, document_id: str) -> list[Check]:
        """Reads every version back from the store and compares; the outcome is recorded either way."""
        actor.require(Permission.VERIFY)
        document = await self._documents.get(actor, document_id)
        found = [await self._check_one(version) for version in document["versions"]]
        damaged = [one.n for one in found if not one.intact]
        findings = [one.finding for one in found if one.finding]
        await self._journal.note(
            actor, Action.VERSION_CHECKED, "document", document_id, damaged=damaged, findings=findings
        )
        return found

    async def _check_one(self, version: Row, *, sure: bool = True) -> Check:
        """`sure`: bytes that do not come are asked for again when those of other files do."""
        digest = Digest.parse(version["sha256"])
        n, sha256, stored_as = version["n"], version["sha256"], version["store_version"]
        try:
            stat = await self._blobs.stat(digest, stored_as)
            if stat is None:
                return Check(n, sha256, False, "không còn đối tượng trong kho")
            top = await self._blobs.stat(digest)
            actual, size = await self._hash(digest, stored_as)
        except (errors.Corrupt, errors.Unavailable) as fault:
            # A store that answers for the object but not with its bytes has lost them; one that is away raises here.
            await self._blobs.stat(digest, stored_as)
            if sure:
                await unless_away(self._blobs, digest)
                return await self._check_one(version, sure=False)
            # Not the fault's own sentence: it would say that what is stored is safe.
            return Check(
                n, sha256, False, f"kho không trả lại được nội dung đã lưu: {fault.facts.get('what', '')}"
            )
        finding = self._finding(version, stat, top, actual, size)
        return Check(n, sha256, not finding, finding, stat.lock_mode or "", stat.locked_until, stat.held)

    async def _hash(self, digest: Digest, stored_as: str) -> tuple[str, int]:
        sha256, size = hashlib.sha256(), 0
        async with self._blobs.open(digest, stored_as) as chunks:
            async for chunk in chunks:
                sha256.update(chunk)
                size += len(chunk)
        return sha256.hexdigest(), size

    def _finding(self, version: Row, stat: BlobStat, top: BlobStat | None, actual: str, size: int) -> str:
        if size != version["size"]:
            return f"kích thước {size} byte, khi lưu là {version['size']} byte"
        if actual != version["sha256"]:
            return f"SHA-256 hiện là {actual}, khi lưu là {version['sha256']}"
        if top is None or top.marker or top.version != stat.version:
            return "kho có phiên bản khác hoặc dấu xóa đè lên; bản gốc vẫn nguyên vẹn nhưng cần điều tra"
        over = bool(version["lock"].get("final"))  # its retention has ended; it waits for the council
        ended = stat.locked_until is None or (stat.locked_until <= self._clock.now() and not over)
        if stat.lock_mode != "COMPLIANCE" or ended:
            return "đối tượng không còn khóa lưu giữ"
        return ""

    async def rescan(self, actor: Actor, document_id: str) -> Row:
        """Scans again what was stored while no scanner answered."""
        actor.require(Permission.STORE_DOCUMENTS)
        document = await self._documents.own(actor, document_id, "quét lại văn bản")
        verdicts = {
            v["n"]: await self._scan(v) for v in document["versions"] if v["scan"]["verdict"] == "not_scanned"
        }
        if not verdicts:
            return document

        async def work(change: Change) -> None:
            for n, scan in verdicts.items():
                query = {"_id": document_id, f"versions.{n - 1}.n": n}
                await change.update("documents", query, {"$set": {f"versions.{n - 1}.scan": scan}})
            await change.update("documents", {"_id": document_id}, {"$inc": {"revision": 1}})
            change.record(
                "document", document_id, verdicts={str(n): s["verdict"] for n, s in verdicts.items()}
            )

        await self._journal.change(actor, Action.VERSION_RESCANNED, work)
        return await self._documents.get(actor, document_id)

    async def _scan(self, version: Row) -> Row:
        digest = Digest.parse(version["sha256"])
        async with (
            self._blobs.open(digest, version["store_version"]) as chunks,
            self._scanner.open() as scanning,
        ):
            async for chunk in chunks:
                await scanning.feed(chunk)
            return model.scan_row(await scanning.verdict())
