"""Keeps signatures provable over the years: every version judged again in turn, archival stamps renewed in time.

A review goes through all documents slice by slice and remembers where it is. A verdict that came out worse opens
an incident. Before the proof of a PDF's time runs out, a copy with a new archival time stamp becomes a new version
(PAdES B-LTA); the version it was made from stays as it is.
"""

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError

from repository import errors
from repository.access.actors import Actor
from repository.audit import Action
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStore
from repository.clock import local, local_date
from repository.incidents.incidents import Incidents
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.sandbox import Failure, Sandbox
from repository.signatures import report
from repository.signatures.judging import survival
from repository.signatures.judging.judge import Judge
from repository.signatures.judging.verdicts import Reviewed
from repository.signatures.preservation import archive
from repository.signatures.report import Report
from repository.signatures.trust.trust import Rules

_LOG: Final = logging.getLogger(__name__)
_SYSTEM: Final = Actor(id="system:tangthu", name="Tàng Thư", kind="system", unit="")
_REVIEW: Final = "review"
_YOUNG: Final = timedelta(days=330)
"""A stamp of this year is not renewed…"""
_URGENT: Final = timedelta(days=60)
"""… unless it ends this soon."""
_HURRY: Final = timedelta(days=365)
"""What cannot be renewed is told from a year before it matters."""


@dataclass
class Outcome:
    """What one slice of the review came to."""

    seen: int = 0
    changed: int = 0
    renewed: int = 0
    failed: int = 0
    finished: bool = False

    def words(self) -> str:
        end = "hết lượt" if self.finished else "còn tiếp"
        return (
            f"{self.seen} văn bản, {self.changed} kết luận đổi, {self.renewed} dấu thời gian gia hạn, "
            f"{self.failed} không gia hạn được; {end}"
        )


class NotRenewed(errors.Unavailable):
    """A time stamp could not be renewed."""

    vi = "Chưa gia hạn được dấu thời gian lưu trữ: {what}."
    en = "The archival time stamp was not renewed: {what}."


class Preservation:
    """Over the judge. `stamper` is the time stamping authority; without one, what is due is told instead."""

    def __init__(
        self, *, database: Database, blobs: BlobStore, journal: Journal, incidents: Incidents, judge: Judge,
        stamper: TimeStamper | None,
    ) -> None:  # fmt: skip
        self._database = database
        self._blobs = blobs
        self._journal = journal
        self._incidents = incidents
        self._judge = judge
        self._stamper = stamper

    async def review(self, limit: int = 200) -> Outcome:
        """The next slice; nothing when this round is done and the next is not due."""
        now, outcome = self._journal.now(), Outcome()
        rules = Rules.on(local_date(now))
        state = await self._database["preservation"].find_one({"_id": _REVIEW})
        if state is None or (state["finished"] and now - state["began"] >= rules.review_every):
            state = {"began": now, "after": "", "finished": False}
        if state["finished"]:
            outcome.finished = True
            return outcome
        query = {"_id": {"$gt": state["after"]}}
        rows = await self._database["documents"].find(query, {"_id": 1}).sort("_id", 1).to_list(limit)
        for row in rows:
            await self._one(row["_id"], rules, outcome)
            state["after"] = row["_id"]
            await self._remember(state)
        state["finished"] = outcome.finished = len(rows) < limit
        await self._remember(state)
        return outcome

    async def restart(self) -> None:
        """A new round from the first document: what is trusted or known to be revoked has changed."""
        await self._remember({"began": self._journal.now(), "after": "", "finished": False})

    async def _remember(self, state: Row) -> None:
        fields = {name: state[name] for name in ("began", "after", "finished")}
        await self._database["preservation"].update_one({"_id": _REVIEW}, {"$set": fields}, upsert=True)

    async def _one(self, document_id: str, rules: Rules, outcome: Outcome) -> None:
        outcome.seen += 1
        try:
            found = await self._judge.review(document_id)
        except (errors.Corrupt, errors.NotFound) as fault:
            # What was disposed meanwhile is not missing.
            if await self._database["documents"].find_one({"_id": document_id, "disposed": None}, {"_id": 1}):
                await self._tell(document_id, "version.corrupt", str(fault), "Phục hồi tệp từ bản sao lưu.")
            return
        document = await self._database["documents"].find_one({"_id": document_id})
        if document is None:
            return
        replaced = {one["renews"] for one in document["versions"] if one.get("renews")}
        for version in document["versions"]:
            one = found.get(version["n"])
            if one is None or version["n"] in replaced:
                continue
            if one.changes:
                outcome.changed += 1
                await self._tell_change(document, version, one)
            if due(one.after, rules, self._journal.now()):
                await self._renew_or_tell(document, version, one.after, outcome)

    async def _tell_change(self, document: Row, version: Row, one: Reviewed) -> None:
        if one.before is None or not survival.worse(one.before, one.after):
            return  # it got better, or weak became weaker: the record of the judging says it
        words = "; ".join(one.changes)
        await self._tell(
            document["_id"], "verdict.changed",
            f"Kết luận chữ ký của «{document['subject']}» (phiên bản {version['n']}) đã đổi: {words}.",
            "Xem báo cáo chữ ký của văn bản; nếu chứng thư bị thu hồi hoặc tệp bị đổi, báo cơ quan ban hành.",
        )  # fmt: skip

    async def _renew_or_tell(self, document: Row, version: Row, found: Report, outcome: Outcome) -> None:
        try:
            await self._renew(document, version, found)
        except errors.Unavailable as fault:
            _LOG.warning("not renewed: %s", fault)
            outcome.failed += 1
            if found.weakens_on and found.weakens_on - self._journal.now() > _HURRY:
                return  # the authority may get a new certificate, or come back, long before it matters
            ends = f"{local(found.weakens_on):%d/%m/%Y}" if found.weakens_on else ""
            await self._tell(
                document["_id"], "preservation.due",
                f"Bằng chứng thời gian của «{document['subject']}» chỉ còn chắc đến {ends}. {fault}",
                "Đặt máy chủ cấp dấu thời gian (TANGTHU_TSA_URL) rồi để việc định kỳ chạy lại.",
            )  # fmt: skip
        else:
            outcome.renewed += 1

    async def _tell(self, document_id: str, kind: str, found: str, todo: str) -> None:
        await self._incidents.report(
            _SYSTEM, kind=kind, subject_kind="document", subject_id=document_id, found=found, todo=todo
        )

    async def _renew(self, document: Row, version: Row, found: Report) -> None:
        """Raises Unavailable when there is no authority, or what came out would not stand."""
        if self._stamper is None:
            raise NotRenewed(what="chưa cài đặt máy chủ cấp dấu thời gian")
        async with self._judge.verdicts.copy(version) as path:
            out = path.with_name(path.name + ".luu")
            try:
                await self._stamped(path, out, self._stamper)
                await self._require_better(found, out)
                digest, size = await asyncio.to_thread(_hashed, out)
                stat = await self._blobs.put(digest, out, size, version["media_type"])
            finally:
                await asyncio.to_thread(out.unlink, missing_ok=True)
        row = version | {
            "sha256": digest.hex, "size": size, "store_version": stat.version, "renews": version["n"],
            "signatures": {"status": "pending", "count": None}, "created_by": _SYSTEM.as_row(),
            "lock": {"mode": "COMPLIANCE", "until": stat.locked_until, "hold": False},
        }  # fmt: skip
        await self._add(document["_id"], version["n"], row)
        await self._judge.judge(document["_id"])

    async def _stamped(self, path: Path, out: Path, stamper: TimeStamper) -> None:
        """A copy with the evidence of today and a new stamp over it all."""
        snapshot = await self._judge.verdicts.trusted.snapshot()
        async with Sandbox(function="repository.signatures.preservation.archive:prepare", size=1) as sandbox:
            told = await sandbox.run(path, snapshot.options() | {"out": str(out)})
        if isinstance(told, Failure) or "refused" in told:
            raise NotRenewed(what=told.reason if isinstance(told, Failure) else told["refused"])
        digest = bytes.fromhex(told["digest"])
        try:
            token = await stamper.async_timestamp(digest, archive.DIGEST)
        except (TimestampRequestError, OSError) as fault:
            raise NotRenewed(what=f"máy chủ cấp dấu thời gian không trả lời đúng ({fault})") from fault
        place = PreparedByteRangeDigest(digest, told["start"], told["end"])
        await asyncio.to_thread(_fill, out, place, token.dump())

    async def _require_better(self, before: Report, out: Path) -> None:
        """Nothing is kept that would be judged worse than what it was made from, or lasts no longer."""
        verdicts = self._judge.verdicts
        after = await verdicts.validate(out, await verdicts.trusted.snapshot())
        lasting = after.weakens_on and before.weakens_on and after.weakens_on > before.weakens_on
        if survival.worse(before, after) or not lasting:
            raise NotRenewed(what="dấu thời gian mới không lâu hơn hoặc không được tin cậy")

    async def _add(self, document_id: str, renews: int, row: Row) -> None:
        async def work(change: Change) -> None:
            current = await change.find_one("documents", {"_id": document_id})
            if current is None or any(one.get("renews") == renews for one in current["versions"]):
                change.record("document", document_id, owes=False, unchanged=True)
                return
            n = max(int(one["n"]) for one in current["versions"]) + 1
            added = {"$push": {"versions": row | {"n": n, "created_at": change.now}}, "$inc": {"revision": 1}}
            await change.update("documents", {"_id": document_id}, added)
            change.record("document", document_id, n=n, renews=renews, sha256=row["sha256"])

        await self._journal.change(_SYSTEM, Action.VERSION_RENEWED, work)


def due(found: Report, rules: Rules, now: datetime) -> bool:
    """Whether the proof of time runs out soon enough; only for what is sound, and once a year at most."""
    passed = [one for one in found.signatures if one.status == report.PASSED]
    if found.file.kind != "pdf" or not passed or found.weakens_on is None:
        return False
    left = found.weakens_on - now
    archived = [one.at for one in found.document_timestamps if one.trusted and one.at]
    if archived and now - max(archived) < _YOUNG and left > _URGENT:
        return False
    stamped = bool(archived) or all(one.timestamp and one.timestamp.trusted for one in passed)
    return left < timedelta(days=rules.renew_days if stamped else rules.first_stamp_days)


def _fill(out: Path, place: PreparedByteRangeDigest, token: bytes) -> None:
    with out.open("r+b") as file:
        try:
            place.fill_with_cms(file, token)
        except SigningError as fault:
            raise NotRenewed(what="dấu thời gian lớn hơn chỗ đã dành") from fault


def _hashed(path: Path) -> tuple[Digest, int]:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256")
    return Digest.parse(found.hexdigest()), path.stat().st_size
