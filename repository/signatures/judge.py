"""Judges the versions of a document and keeps the verdict: once for equal bytes, again when trust changes.

A report is stored in `verdicts` under content hash and fingerprint; the document keeps only status and count,
and its legal value by the newest main version (Đ8.3). Judging twice writes nothing the second time.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from importlib import metadata, resources
from pathlib import Path
from typing import Final

from repository import errors
from repository.access.actors import Actor
from repository.audit import Action
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStore
from repository.clock import Clock, local_date
from repository.documents import legal_value
from repository.documents.legal_value import Facts, LegalValue, SignatureFact
from repository.ingest.staging import Staging
from repository.journal import Change, Journal
from repository.mongo import Database, DuplicateKeyError, Row
from repository.sandbox import Failure, Sandbox
from repository.signatures import report
from repository.signatures.report import FileFacts, Report, Signature

_SYSTEM: Final = Actor(id="system:tangthu", name="Tàng Thư", kind="system", unit="")
_FORM: Final = "1"
"""Raised when a verdict may come out differently for the same bytes."""
_REASONS: Final = {
    "timeout": "Kiểm tra chữ ký quá thời gian cho phép.",
    "memory": "Kiểm tra chữ ký cần quá nhiều bộ nhớ.",
    "crash": "Bộ kiểm tra chữ ký bị dừng đột ngột khi đọc tệp này.",
}


class Judge:
    """The worker's and the command line's way to a verdict."""

    def __init__(
        self, *, database: Database, blobs: BlobStore, journal: Journal, sandbox: Sandbox, staging: Path,
        clock: Clock, trust_anchors: list[Path],
    ) -> None:  # fmt: skip
        self._database = database
        self._blobs = blobs
        self._journal = journal
        self._sandbox = sandbox
        self._staging = staging
        self._clock = clock
        self._anchors = [str(path.absolute()) for path in trust_anchors]
        self._fingerprint: str | None = None

    async def judge(self, document_id: str) -> None:
        """Gives every version its verdict and the document its legal value; no write when nothing changes."""
        document = await self._database["documents"].find_one({"_id": document_id})
        if document is None:
            return
        reports = {one["n"]: await self._verdict(one) for one in document["versions"]}

        async def work(change: Change) -> None:
            current = await change.find_one("documents", {"_id": document_id})
            if current is not None:
                await _write(change, current, reports)

        # The first look costs no transaction; the second, inside it, sees what came meanwhile.
        if _differences(document, reports):
            await self._journal.change(_SYSTEM, Action.VERSION_JUDGED, work)

    async def report(self, sha256: str) -> Row | None:
        """The newest report on these bytes."""
        rows = await self._verdicts(sha256)
        found: Row | None = rows[-1]["report"] if rows else None
        return found

    async def inspect(self, path: Path) -> Row:
        """The report on a file that is not stored, for the command line; nothing is kept."""
        return (await self._validate(path, None)).model_dump(mode="json")

    def legal_value(
        self, found: Row, *, issuer: str, scan_declared: bool, on: date | None = None
    ) -> LegalValue:
        """What a report would make of a document: for `inspect`, and for pages that explain."""
        facts = _facts(Report.model_validate(found), issuer=issuer, scan_declared=scan_declared)
        return legal_value.judge(facts, on or local_date(self._clock.now()))

    async def _verdict(self, version: Row) -> Report:
        sha256 = version["sha256"]
        key = f"{sha256}:{await self._engine_and_trust()}"
        stored = await self._database["verdicts"].find_one({"_id": key})
        if stored is not None:
            return Report.model_validate(stored["report"])
        earlier = await self._verdicts(sha256)
        known_since = earlier[0]["known_since"] if earlier else self._clock.now()
        async with self._copy(version) as path:
            found = await self._validate(path, known_since.isoformat())
        row = {
            "_id": key, "sha256": sha256, "known_since": known_since, "judged_at": self._clock.now(),
            "report": found.model_dump(mode="json"),
        }  # fmt: skip
        try:
            await self._database["verdicts"].insert_one(row)
        except DuplicateKeyError:  # another worker judged the same bytes meanwhile: the first verdict stands
            stored = await self._database["verdicts"].find_one({"_id": key})
            return Report.model_validate(stored["report"]) if stored else found
        return found

    async def _verdicts(self, sha256: str) -> list[Row]:
        """All verdicts on these bytes, oldest first."""
        query = {"_id": {"$gte": f"{sha256}:", "$lt": f"{sha256};"}}  # ";" follows ":"
        return await self._database["verdicts"].find(query).sort("judged_at", 1).to_list(100)

    async def _validate(self, path: Path, known_since: str | None) -> Report:
        now = self._clock.now().isoformat()
        options = {"trust_anchors": self._anchors, "at": now, "known_since": known_since}
        answer = await self._sandbox.run(path, options)
        if isinstance(answer, Failure) and answer.reason == "crash":
            answer = await self._sandbox.run(path, options)  # the machine's fault, perhaps: once more
        if not isinstance(answer, Failure):
            return Report.model_validate(answer)
        if answer.reason not in _REASONS:  # never the file's doing: a bad anchor file, or a fault of ours
            raise errors.Unavailable(what=f"bộ kiểm tra chữ ký ({answer.detail})")
        size = (await asyncio.to_thread(path.stat)).st_size
        return Report(
            file=FileFacts(size=size), status="unreadable",
            findings=[_REASONS[answer.reason]],
            limits=[answer.reason] if answer.reason in ("timeout", "memory") else [],
            judged_at=self._clock.now(),
        )  # fmt: skip

    @asynccontextmanager
    async def _copy(self, version: Row) -> AsyncIterator[Path]:
        """The version's bytes as a file of our own, removed afterwards. Raises Corrupt when they differ."""
        digest = Digest.parse(version["sha256"])
        async with Staging(folder=self._staging).open() as staged:  # staged: swept after a kill -9
            async with self._blobs.open(digest, version["store_version"]) as chunks:
                async for chunk in chunks:
                    await staged.write(chunk)
            if staged.digest != digest:
                raise errors.Corrupt(what=f"phiên bản có SHA-256 {digest.hex}")
            yield staged.path

    async def _engine_and_trust(self) -> str:
        """What a verdict depends on besides the bytes: our form, pyHanko, the trust rules, the anchors."""
        if self._fingerprint is None:
            try:
                self._fingerprint = await asyncio.to_thread(_fingerprint, self._anchors)
            except OSError as fault:
                raise errors.Unavailable(what=f"tệp neo tin cậy {fault.filename}") from fault
        return self._fingerprint


def _fingerprint(anchors: list[str]) -> str:
    parts = [_FORM, metadata.version("pyHanko"), metadata.version("pyhanko-certvalidator")]
    rules = (resources.files("repository.policy") / "rules" / "trust.yaml").read_bytes()
    hashes = [
        hashlib.sha256(content).hexdigest() for content in (rules, *(Path(a).read_bytes() for a in anchors))
    ]
    return hashlib.sha256("\n".join([*parts, *hashes]).encode()).hexdigest()[:16]


async def _write(change: Change, current: Row, reports: dict[int, Report]) -> None:
    """Sets what differs, and records it; `versions.n` is unique in a document."""
    differences = _differences(current, reports)
    if not differences:
        change.record("document", current["_id"], owes=False, unchanged=True)
        return
    await change.update("documents", {"_id": current["_id"]}, {"$set": differences})
    judged: list[Row] = [
        {"n": n, "status": found.status, "count": report.count(found), "sha256": _sha256(current, n)}
        for n, found in reports.items()
    ]
    value: Row = differences.get("legal_value") or current["legal_value"]
    change.record("document", current["_id"], versions=judged, legal_value=value["status"])


def _sha256(document: Row, n: int) -> str:
    return next((str(one["sha256"]) for one in document["versions"] if one["n"] == n), "")


def _differences(document: Row, reports: dict[int, Report]) -> Row:
    """The `$set` that brings a document up to its reports; empty when it is."""
    found: Row = {}
    for index, version in enumerate(document["versions"]):
        if (one := reports.get(version["n"])) is None:
            continue
        judged = {"status": one.status, "count": report.count(one)}
        if version.get("signatures") != judged:
            found[f"versions.{index}.signatures"] = judged
    value = _legal_value(document, reports).as_row()
    if document.get("legal_value") != value:
        found["legal_value"] = value
    return found


def _legal_value(document: Row, reports: dict[int, Report]) -> LegalValue:
    """By the newest main version, on the day the document was issued (or received, when undated)."""
    mains = [one for one in document["versions"] if one["role"] == "main"]
    issued = document.get("issued_on")
    on = date.fromisoformat(issued) if issued else local_date(document["created_at"])
    issuer = (document.get("issuer") or {}).get("name", "")
    declared = bool((document.get("scan_declaration") or {}).get("from_original"))
    found = reports.get(max(mains, key=lambda one: int(one["n"]))["n"]) if mains else None
    if found is None:
        return legal_value.judge(Facts(issuer=issuer, judged=False), on)
    return legal_value.judge(_facts(found, issuer=issuer, scan_declared=declared), on)


def _facts(found: Report, *, issuer: str, scan_declared: bool) -> Facts:
    return Facts(
        issuer=issuer,
        signatures=tuple(_fact(one) for one in found.signatures),
        scan_declared=scan_declared,
        judged=found.status != "pending",
        unchecked=" ".join(found.findings) if found.status in ("unreadable", "not_checked") else "",
    )


def _fact(one: Signature) -> SignatureFact:
    later = [step for step in one.later_revisions if step.by]
    return SignatureFact(
        name=one.signer.name,
        kind=one.signer.kind,
        organisation=one.signer.organisation,
        unit=one.signer.unit,
        passed=one.status == report.PASSED,
        intact=one.intact is True,
        problem=one.sub_indication or "",
        purpose=one.trust.purpose,
        content_changed_by=tuple(str(s.by) for s in later if s.verified and s.changes_content),
        doubtful_later=tuple(str(s.by) for s in later if not s.verified),
    )
