"""One run of fixity from end to end: note the records, read the objects, read doubtful things again, tell people.

How far a round has come is one row in `rounds`, written after each batch: a run that was killed goes on behind the
last batch. The log binds that row: who moves it on past what he bent is found by the run, which begins anew. A round
must end within thirty days; a slice a day makes it twenty.
"""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from repository import ids
from repository.access.actors import Actor
from repository.audit import Action
from repository.clock import Clock
from repository.evidence.fixity import Finding
from repository.evidence.fixity_books import Books
from repository.evidence.fixity_confirm import SecondLook, without_record
from repository.evidence.fixity_ledger import Ledger
from repository.evidence.fixity_mend import BackupCopies, Mender
from repository.evidence.fixity_objects import END, Objects, Pace, Store
from repository.evidence.fixity_rows import check_rows, note_log, note_rows
from repository.incidents.incidents import Incidents
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.registers.closings import Closings

LATEST: Final = timedelta(days=30)
SLICES: Final = 20
_ROUND: Final = "round"
MOST_OF_A_KIND: Final = 100
"""Incidents opened of one kind in one run; the rest is counted in one more."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a run is asked to do."""

    sample: int = 0
    """So many objects at random instead of all."""
    slice: bool = False
    """The next twentieth of the hashes instead of all that is left of the round."""
    since: datetime | None = None
    """Only objects of documents that came in since."""
    again: bool = False
    """Begin a new round even where one is under way."""
    dry: bool = False
    """Tell nobody, restore nothing, remember nothing."""
    rate: float = 0
    """Bytes a second; nought: as fast as it goes."""
    parallel: int = 4
    say: Callable[[str, int, int], None] = lambda _what, _done, _all: None


@dataclass
class Outcome:
    """What a run did and found."""

    objects: int = 0
    size: int = 0
    rows: int = 0
    records: int = 0
    resumed_after: str = ""
    whole: bool = False
    """Whether the round came to its end."""
    seconds: float = 0
    findings: dict[Finding, None] = field(default_factory=dict)
    """In the order they were found, each once."""
    kinds: dict[str, int] = field(default_factory=dict)


class Fixity:
    """Runs fixity over one repository."""

    def __init__(
        self, *, database: Database, blobs: Store, journal: Journal, incidents: Incidents, closings: Closings,
        folder: Path,
    ) -> None:  # fmt: skip
        self._database = database
        self._rows = database["fixity"]
        self._rounds = database["rounds"]
        self._blobs = blobs
        self._journal = journal
        self._incidents = incidents
        self._books = Books(database=database, closings=closings)
        self._clock: Clock = journal  # the moments that changes bear
        self._folder = folder
        self._mender: Mender | None = None

    def restoring_from(self, copies: BackupCopies) -> None:
        """From now on what is lost or damaged is put back from these copies."""
        self._mender = Mender(blobs=self._blobs, journal=self._journal, copies=copies, staging=self._folder)

    async def run(self, actor: Actor, wish: Wish, besides: AsyncIterator[Finding] | None = None) -> Outcome:
        """What was found is told as incidents, once each, unless the wish is to tell nobody. `besides`: what
        others look at in the same run, the index for one.
        """
        started = time.monotonic()
        ledger = Ledger(self._folder / f"{ids.new('fx')}.sqlite")
        try:
            found = await self._run(actor, wish, ledger)
            if besides is not None:
                await self._told(actor, wish, found, [one async for one in besides])
        finally:
            ledger.close()
        found.seconds = time.monotonic() - started
        if not wish.dry:
            await self._ended(actor, found, wish)
        return found

    async def last(self) -> Row | None:
        """The round under way or ended last."""
        return await self._rounds.find_one({"_id": _ROUND})

    async def history(self, limit: int = 50) -> list[Row]:
        """Runs, newest first: what the auditors see."""
        query = {"_id": {"$regex": "^fx-"}}
        return await self._rows.find(query).sort("_id", -1).limit(limit).to_list(limit)

    async def _run(self, actor: Actor, wish: Wish, ledger: Ledger) -> Outcome:
        out, began = Outcome(), self._clock.now() - timedelta(minutes=5)

        def rows(more: int) -> None:
            out.rows += more
            wish.say("dòng dữ liệu", out.rows, 0)

        def records(more: int) -> None:
            out.records += more
            wish.say("bản ghi nhật ký", out.records, 0)

        found = await note_rows(self._database, ledger, rows)
        await note_log(self._database, ledger, records)
        found += await check_rows(self._database, ledger, began)
        found += [one async for one in self._books.check(actor, lambda _: None)]
        await self._told(actor, wish, out, found)
        objects = Objects(
            blobs=self._blobs, ledger=ledger, clock=self._clock, pace=Pace(wish.rate), parallel=wish.parallel
        )
        look = SecondLook(database=self._database, mender=None if wish.dry else self._mender)
        if wish.sample or wish.since:
            await self._some(actor, wish, objects, look, ledger, out)
        else:
            await self._round(actor, wish, objects, look, ledger, out)
        return out

    async def _some(
        self, actor: Actor, wish: Wish, objects: Objects, look: SecondLook, ledger: Ledger, out: Outcome
    ) -> None:
        chosen = ledger.sample(wish.sample) if wish.sample else await self._since(wish.since)
        for done, sha256 in enumerate(chosen, start=1):
            size, doubtful = await objects.check(sha256)
            await self._told(actor, wish, out, await look.at(actor, doubtful, objects))
            out.objects, out.size = done, out.size + size
            wish.say("đối tượng", done, len(chosen))

    async def _since(self, since: datetime | None) -> list[str]:
        query = {"versions.created_at": {"$gte": since}}
        rows = self._database["documents"].find(query, {"versions.sha256": 1, "versions.created_at": 1})
        found = {
            one["sha256"]
            async for row in rows
            for one in row["versions"]
            if since and one["created_at"] >= since
        }
        return sorted(found)

    async def _round(
        self, actor: Actor, wish: Wish, objects: Objects, look: SecondLook, ledger: Ledger, out: Outcome
    ) -> None:
        """The rest of the round under way, or a slice of it, or a new one. Told first, then remembered as done."""
        bent = any(one.subject_kind == "rounds" for one in out.findings)
        before = None if wish.again or wish.dry or bent else await self.last()
        if before is None or before["ended"]:
            before = {"cursor": "", "started": self._clock.now(), "ended": None}
        cursor = out.resumed_after = str(before["cursor"])
        upto = _slice_end(cursor) if wish.slice else END
        total, alone = ledger.count(cursor, upto)[0], list[Finding]()
        async for batch in objects.scan(cursor, upto):
            alone += [one for one in batch.findings if without_record(one)]
            doubtful = [one for one in batch.findings if not without_record(one)]
            await self._told(actor, wish, out, await look.at(actor, doubtful, objects))
            out.objects, out.size = out.objects + batch.objects, out.size + batch.size
            cursor = max(cursor, batch.cursor)
            wish.say("đối tượng", out.objects, max(out.objects, total))
            await self._remember(actor, wish, before, cursor)
        await self._told(actor, wish, out, await look.still_without_record(alone) + self._late(before))
        out.whole = upto == END
        if out.whole:
            before = before | {"ended": self._clock.now()}
        await self._remember(actor, wish, before, "" if out.whole else max(cursor, upto.ljust(64, "0")))

    async def _remember(self, actor: Actor, wish: Wish, round_: Row, cursor: str) -> None:
        row = {"cursor": cursor, "started": round_["started"], "ended": round_["ended"]}

        async def work(change: Change) -> None:
            if not await change.update("rounds", {"_id": _ROUND}, {"$set": row}):
                await change.insert("rounds", {"_id": _ROUND} | row)
            change.record("job", "fixity", owes=False, **row)

        if not wish.dry:
            await self._journal.change(actor, Action.FIXITY_WENT, work)

    def _late(self, round_: Row) -> list[Finding]:
        if self._clock.now() - round_["started"] <= LATEST:
            return []
        words = f"vòng kiểm tra bắt đầu {round_['started']:%d/%m/%Y} chưa xong trong 30 ngày"
        return [Finding(kind="fixity.late", subject_kind="job", subject="fixity", found=words)]

    async def _told(self, actor: Actor, wish: Wish, out: Outcome, findings: list[Finding]) -> None:
        """Adds what is new to the outcome and opens an incident for each, up to a bound a kind."""
        for one in findings:
            if one in out.findings:
                continue
            out.findings[one] = None
            out.kinds[one.kind] = out.kinds.get(one.kind, 0) + 1
            if not wish.dry and out.kinds[one.kind] <= MOST_OF_A_KIND:
                await self._report(actor, one)

    async def _report(self, actor: Actor, one: Finding) -> None:
        found = one.found + (" – ĐÃ PHỤC HỒI từ bản sao lưu" if one.mended else "")
        await self._incidents.report(
            actor,
            kind=one.kind,
            subject_kind=one.subject_kind,
            subject_id=one.subject,
            found=found,
            todo=one.todo,
        )

    async def _ended(self, actor: Actor, out: Outcome, wish: Wish) -> None:
        for kind, number in out.kinds.items():
            if number > MOST_OF_A_KIND:
                words = f"{number} sự cố loại {kind}, chỉ {MOST_OF_A_KIND} được mở riêng"
                await self._report(
                    actor, Finding(kind="fixity.many", subject_kind="job", subject=kind, found=words)
                )
        told: dict[str, Any] = {
            "objects": out.objects, "bytes": out.size, "rows": out.rows, "records": out.records,
            "whole": out.whole, "resumed": bool(out.resumed_after), "sample": wish.sample, "findings": out.kinds,
        }  # fmt: skip
        row = {"_id": ids.new("fx"), "at": self._clock.now(), "by": actor.as_row(), **told}
        await self._rows.insert_one(row | {"seconds": round(out.seconds, 1)})
        await self._journal.note(actor, Action.FIXITY_RUN, "job", "fixity", **told)


def _slice_end(cursor: str) -> str:
    """Behind the next twentieth of all hashes; hashes are spread evenly."""
    start = int(cursor[:4] or "0", 16)
    end = start + 0x10000 // SLICES + 1
    return END if end > 0xFFFF else f"{end:04x}"
