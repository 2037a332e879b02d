"""Verdicts on bytes: made in the sandbox, kept with what they stand on, made again when time or trust moved on.

Rows of `verdicts`: {_id SHA-256:trust[:day], sha256, known_since, judged_at, reviewed_at, report, trust}. `trust`
names the certificates and the revocation evidence used, so that the same verdict can be made again offline.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from repository import errors
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStore
from repository.clock import Clock
from repository.ingest.staging import Staging
from repository.mongo import Database, DuplicateKeyError, Row
from repository.sandbox import Failure, Sandbox
from repository.signatures.judging import survival
from repository.signatures.report import FileFacts, Report
from repository.signatures.trust.trusted import Snapshot, Trusted

_REASONS: Final = {
    "timeout": "Kiểm tra chữ ký quá thời gian cho phép.",
    "memory": "Kiểm tra chữ ký cần quá nhiều bộ nhớ.",
    "crash": "Bộ kiểm tra chữ ký bị dừng đột ngột khi đọc tệp này.",
}


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """A version judged again: what it was, what it is, and the difference in words."""

    before: Report | None
    after: Report
    changes: list[str]


class Verdicts:
    """By content hash; equal bytes are judged once."""

    def __init__(
        self, *, database: Database, blobs: BlobStore, sandbox: Sandbox, trusted: Trusted, staging: Path,
        clock: Clock, revocation: str = "tried",
    ) -> None:  # fmt: skip
        self._database = database
        self._blobs = blobs
        self._sandbox = sandbox
        self._staging = staging
        self._clock = clock
        self._revocation = revocation
        self.trusted = trusted

    async def of(self, version: Row) -> Report:
        """The newest verdict by today's trust; made now when there is none."""
        snapshot = await self.trusted.snapshot()
        stored = await self._newest(version["sha256"], snapshot)
        if stored is not None:
            return Report.model_validate(stored["report"])
        found, row = await self._judged(version, snapshot)
        try:
            await self._database["verdicts"].insert_one(row)
        except DuplicateKeyError:  # another worker judged the same bytes meanwhile: the first verdict stands
            stored = await self._newest(version["sha256"], snapshot)
            return Report.model_validate(stored["report"]) if stored else found
        return found

    async def again(self, version: Row) -> Reviewed:
        """Judges bytes anew, whatever is stored; a verdict that came out differently is kept beside the old."""
        snapshot = await self.trusted.snapshot()
        rows = await self.on(version["sha256"])
        before = Report.model_validate(rows[-1]["report"]) if rows else None
        found, row = await self._judged(version, snapshot)
        different = survival.changes(before, found) if before else []
        stored = await self._newest(version["sha256"], snapshot)
        if stored is not None and not different:
            seen = {"$set": {"reviewed_at": self._clock.now()}}
            await self._database["verdicts"].update_one({"_id": stored["_id"]}, seen)
            return Reviewed(before=before, after=Report.model_validate(stored["report"]), changes=[])
        if stored is not None:
            row["_id"] += f":{self._clock.now():%Y%m%d%H%M%S}"
        await self._database["verdicts"].replace_one({"_id": row["_id"]}, row, upsert=True)
        return Reviewed(before=before, after=found, changes=different)

    async def on(self, sha256: str) -> list[Row]:
        """All verdicts on these bytes, oldest first."""
        return await self._database["verdicts"].find({"sha256": sha256}).sort("judged_at", 1).to_list(None)

    async def reproduce(self, verdict: Row, version: Row) -> Report:
        """The verdict made again from the stored bytes and the stored evidence alone, as of its own moment."""
        snapshot = await self.trusted.past(verdict["trust"])
        async with self.copy(version) as path:
            known = verdict["known_since"]
            return await self.validate(path, snapshot, at=verdict["judged_at"], known_since=known)

    async def validate(
        self,
        path: Path,
        snapshot: Snapshot,
        *,
        at: datetime | None = None,
        known_since: datetime | None = None,
    ) -> Report:
        """What is to be said of a file; whatever the file does, it is an answer."""
        at = at or self._clock.now()
        options: dict[str, Any] = snapshot.options() | {
            "at": at.isoformat(), "known_since": known_since.isoformat() if known_since else None,
            "revocation": self._revocation,
        }  # fmt: skip
        answer = await self._sandbox.run(path, options)
        if isinstance(answer, Failure) and answer.reason == "crash":
            answer = await self._sandbox.run(path, options)  # the machine's fault, perhaps: once more
        if not isinstance(answer, Failure):
            return Report.model_validate(answer)
        if answer.reason not in _REASONS:  # never the file's doing: a bad anchor file, or a fault of ours
            raise errors.Unavailable(what=f"bộ kiểm tra chữ ký ({answer.detail})")
        size = (await asyncio.to_thread(path.stat)).st_size
        return Report(
            file=FileFacts(size=size), status="unreadable", findings=[_REASONS[answer.reason]],
            limits=[answer.reason] if answer.reason in ("timeout", "memory") else [], judged_at=at,
        )  # fmt: skip

    @asynccontextmanager
    async def copy(self, version: Row) -> AsyncIterator[Path]:
        """The version's bytes as a file of our own, removed afterwards. Raises Corrupt when they differ."""
        digest = Digest.parse(version["sha256"])
        async with Staging(folder=self._staging).open() as staged:  # staged: swept after a kill -9
            async with self._blobs.open(digest, version["store_version"]) as chunks:
                async for chunk in chunks:
                    await staged.write(chunk)
            if staged.digest != digest:
                raise errors.Corrupt(what=f"phiên bản có SHA-256 {digest.hex}")
            yield staged.path

    async def _newest(self, sha256: str, snapshot: Snapshot) -> Row | None:
        """By this trust, whether or not it was reviewed on a later day."""
        key = f"{sha256}:{snapshot.fingerprint}"
        found = [row for row in await self.on(sha256) if f"{row['_id']}:".startswith(f"{key}:")]
        return found[-1] if found else None

    async def _judged(self, version: Row, snapshot: Snapshot) -> tuple[Report, Row]:
        earlier, now = await self.on(version["sha256"]), self._clock.now()
        known_since = earlier[0]["known_since"] if earlier else now
        async with self.copy(version) as path:
            found = await self.validate(path, snapshot, at=now, known_since=known_since)
        survival.hold(
            found, [(one["judged_at"], Report.model_validate(one["report"])) for one in reversed(earlier)]
        )
        row = {
            "_id": f"{version['sha256']}:{snapshot.fingerprint}", "sha256": version["sha256"],
            "known_since": known_since, "judged_at": now, "reviewed_at": now,
            "report": found.model_dump(mode="json"), "trust": _stood_on(found, snapshot),
        }  # fmt: skip
        return found, row


def _stood_on(found: Report, snapshot: Snapshot) -> list[str]:
    """All roots and intermediates, and the evidence that was used; what the file brings is in the file."""
    trusts = [one.trust for one in found.signatures]
    stamps = [*found.document_timestamps, *(one.timestamp for one in found.signatures if one.timestamp)]
    trusts += [one.trust for one in stamps]
    used = {e.sha256 for one in trusts for e in one.evidence if e.source in ("imported", "settings")}
    return sorted({*snapshot.certificates, *used})
