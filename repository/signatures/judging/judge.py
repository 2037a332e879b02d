"""Judges the versions of a document and keeps the verdict: once for equal bytes, again when trust changes.

A report is stored in `verdicts` under content hash and fingerprint; the document keeps only status and count,
and its legal value by the newest main version (Đ8.3). Judging twice writes nothing the second time.
"""

from datetime import date
from pathlib import Path
from typing import Final

from repository.access.actors import Actor
from repository.audit import Action
from repository.blobs.store import BlobStore
from repository.clock import Clock, local, local_date
from repository.documents import legal_value
from repository.documents.legal_value import Facts, LegalValue, SignatureFact
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.sandbox import Sandbox
from repository.signatures import report
from repository.signatures.judging.verdicts import Reviewed, Verdicts
from repository.signatures.report import Report, Signature
from repository.signatures.trust.trusted import Trusted
from repository.signatures.verdict import detached
from repository.signatures.verdict.detached import joined

_SYSTEM: Final = Actor(id="system:tangthu", name="Tàng Thư", kind="system", unit="")


class Judge:
    """The worker's and the command line's way to a verdict."""

    def __init__(
        self, *, database: Database, blobs: BlobStore, journal: Journal, sandbox: Sandbox, staging: Path,
        clock: Clock, trust_anchors: list[Path], revocation: str = "tried",
    ) -> None:  # fmt: skip
        trusted = Trusted(
            database=database, journal=journal, folder=staging.parent / "trust", anchors=trust_anchors
        )
        self.verdicts = Verdicts(
            database=database, blobs=blobs, sandbox=sandbox, trusted=trusted, staging=staging, clock=clock,
            revocation=revocation,
        )  # fmt: skip
        self._database = database
        self._journal = journal
        self._clock = clock

    async def judge(self, document_id: str) -> None:
        """Gives every version its verdict and the document its legal value; no write when nothing changes."""
        document = await self._database["documents"].find_one({"_id": document_id})
        if document is None:
            return
        reports = {one["n"]: await self.verdicts.of(one) for one in document["versions"]}
        await self._bring_up(document, reports)

    async def review(self, document_id: str) -> dict[int, Reviewed]:
        """Judges every version anew and brings the document up to it; what became of each version."""
        document = await self._database["documents"].find_one({"_id": document_id})
        if document is None:
            return {}
        found = {one["n"]: await self.verdicts.again(one) for one in document["versions"]}
        told = {str(n): one.changes for n, one in found.items() if one.changes}
        await self._bring_up(document, {n: one.after for n, one in found.items()}, told)
        return found

    async def _bring_up(
        self, document: Row, reports: dict[int, Report], told: dict[str, list[str]] | None = None
    ) -> None:
        async def work(change: Change) -> None:
            current = await change.find_one("documents", {"_id": document["_id"]})
            if current is not None:
                await _write(change, current, reports, told or {})

        # The first look costs no transaction; the second, inside it, sees what came meanwhile.
        if told or _differences(document, reports):
            await self._journal.change(_SYSTEM, Action.VERSION_JUDGED, work)

    async def report(self, sha256: str) -> Row | None:
        """The newest report on these bytes."""
        rows = await self.verdicts.on(sha256)
        if not rows:
            return None
        return Report.model_validate(rows[-1]["report"]).model_dump(
            mode="json"
        )  # an old one gets today's shape

    async def shown(self, document: Row, version: Row) -> Row | None:
        """The newest report on a version, with the detached signatures of the document that sign its bytes."""
        found = await self.report(version["sha256"])
        beside = [one for one in document["versions"] if one["media_type"] == detached.MEDIA_TYPE]
        if found is None or not beside or version["media_type"] == detached.MEDIA_TYPE:
            return found
        kept = {one["n"]: await self.report(one["sha256"]) for one in beside}
        reports = {n: Report.model_validate(row) for n, row in kept.items() if row}
        both = detached.joined(Report.model_validate(found), version, reports)
        return both.model_dump(mode="json")

    async def inspect(self, path: Path) -> Row:
        """The report on a file that is not stored, for the command line; nothing is kept."""
        found = await self.verdicts.validate(path, self.verdicts.trusted.settings_only())
        return found.model_dump(mode="json")

    def legal_value(
        self, found: Row, *, issuer: str, scan_declared: bool, on: date | None = None
    ) -> LegalValue:
        """What a report would make of a document: for `inspect`, and for pages that explain."""
        facts = _facts(Report.model_validate(found), issuer=issuer, scan_declared=scan_declared)
        return legal_value.judge(facts, on or local_date(self._clock.now()))


async def _write(
    change: Change, current: Row, reports: dict[int, Report], told: dict[str, list[str]]
) -> None:
    """Sets what differs, and records it; `versions.n` is unique in a document."""
    differences = _differences(current, reports)
    if not differences:
        more: Row = {"changes": told} if told else {"unchanged": True}
        change.record("document", current["_id"], owes=False, **more)
        return
    await change.update("documents", {"_id": current["_id"]}, {"$set": differences})
    judged: list[Row] = [
        {"n": n, "status": found.status, "count": report.count(found), "sha256": _sha256(current, n)}
        for n, found in reports.items()
    ]
    value: Row = differences.get("legal_value") or current["legal_value"]
    more = {"changes": told} if told else {}
    change.record("document", current["_id"], versions=judged, legal_value=value["status"], **more)


def _sha256(document: Row, n: int) -> str:
    return next((str(one["sha256"]) for one in document["versions"] if one["n"] == n), "")


def _differences(document: Row, reports: dict[int, Report]) -> Row:
    """The `$set` that brings a document up to its reports; empty when it is."""
    if document.get("disposed"):
        return {}  # without its files it would be told as waiting for its verdict, for ever
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
    found = joined(found, max(mains, key=lambda one: int(one["n"])), reports)
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
        passed=one.status == report.PASSED or one.held_since is not None,
        held_since=f"{local(one.held_since):%d/%m/%Y}" if one.held_since else "",
        intact=one.intact is True or one.held_since is not None,
        problem=one.sub_indication or "",
        purpose=one.trust.purpose,
        content_changed_by=tuple(str(s.by) for s in later if s.verified and s.changes_content),
        doubtful_later=tuple(str(s.by) for s in later if not s.verified),
    )
