"""A small truth for indexer tests: its own database, documents written through the journal, and stand-ins for
the two steps that belong to other features.
"""

import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from repository import errors, ids, mongo
from repository.access.actors import operator
from repository.audit import Action
from repository.blobs.digest import Digest
from repository.blobs.memory import MemoryBlobs
from repository.clock import FixedClock
from repository.journal import Journal
from repository.outbox import Outbox


class Steps:
    """Records what the worker asked for; fails on demand."""

    def __init__(self):
        self.done = []
        self.fault = None

    async def _do(self, document_id):
        self.done.append(document_id)
        if self.fault is not None:
            raise self.fault

    judge = _do

    async def settle(self, kind, subject_id):
        await self._do(subject_id)


class PlainReader:
    """Reads every file as text, and counts."""

    def __init__(self):
        self.reads = 0
        self.answer = None

    async def run(self, path, options=None):
        self.reads += 1
        text = path.read_text("utf-8")
        return self.answer or {
            "pages": [{"n": 1, "how": "layer", "text": text}],
            "text": text,
            "note": "",
            "by": "t",
        }


@dataclass
class Office:
    database: mongo.Database
    clock: FixedClock = field(default_factory=FixedClock)
    retention: Steps = field(default_factory=Steps)
    judge: Steps = field(default_factory=Steps)
    reader: PlainReader = field(default_factory=PlainReader)

    def __post_init__(self):
        self.journal = Journal(database=self.database, clock=self.clock)
        self.outbox = Outbox(database=self.database)
        self.blobs = MemoryBlobs(clock=self.clock)

    async def store(self, subject, content="", *, action=Action.DOCUMENT_STORED, **more):
        """A document with one version, as the documents feature would write it."""
        row = {
            "_id": ids.new("doc"), "unit": "van-phong", "subject": subject, "symbol": "", "issuer": None,
            "document_type": "", "issued_on": None, "received_on": "2026-11-23",
            "dossiers": [], "register": "",
            "readers": ["all", "unit:van-phong"], "legal_value": {"status": "pending", "reasons": []},
            "versions": [await self.version(content)] if content else [], "created_at": self.clock.now(),
        } | more  # fmt: skip

        async def work(change):
            await change.insert("documents", row)
            change.record("document", row["_id"])

        await self.journal.change(operator(), action, work)
        return row["_id"]

    async def version(self, content):
        data = content.encode()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "f"
            path.write_bytes(data)
            stat = await self.blobs.put(Digest.of(data), path, len(data), "text/plain")
        return {
            "n": 1, "role": "main", "sha256": hashlib.sha256(data).hexdigest(), "size": len(data),
            "media_type": "text/plain", "filename": "van-ban.txt", "store_version": stat.version,
        }  # fmt: skip

    async def change(self, document_id, fields, action=Action.DOCUMENT_DESCRIBED):
        async def work(change):
            await change.update("documents", {"_id": document_id}, {"$set": fields})
            change.record("document", document_id)

        await self.journal.change(operator(), action, work)


class AwayIndex:
    """An engine that does not answer, in front of one that does."""

    def __init__(self, index):
        self._index = index
        self.away = False

    def __getattr__(self, name):
        if self.away:
            raise errors.Unavailable(what="search")
        return getattr(self._index, name)
