"""Packages taken in by the usual doors: read in the sandbox, received, scanned, stored, filed.

Everything that can be refused is refused before the first row is written; files come first, as everywhere, and what
never gets a record is swept. Run again, it goes on where it was cut off, and a dossier that is whole gives duplicates.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from repository import errors, text
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.access.rules import Classification
from repository.archive_packages.contents import Found, PackedDocument, from_json
from repository.archive_packages.safe_zip import Members, Refused, opened
from repository.archive_packages.taking import Forms, Intent, forms
from repository.audit import Action
from repository.blobs.digest import Digest
from repository.clock import local_date
from repository.documents.documents import Documents
from repository.documents.metadata import Metadata
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import Dossiers
from repository.ingest.intake import Intake
from repository.ingest.receive import ReceivedFile
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.policy.archive_packages import rules_on
from repository.sandbox import Failure, Limits, Sandbox

STORED: Final = "đã lưu"
FILED: Final = "đưa vào hồ sơ"
DUPLICATE: Final = "trùng"
WOULD: Final = "sẽ lưu"
WOULD_FILE: Final = "sẽ đưa vào hồ sơ"
_SLOWEST: Final = 10 * 1024 * 1024
"""Bytes a second that reading a package may go down to before it is given up."""
_PATIENCE: Final = 60.0
_CLOSED_BY: Final = "nhập từ gói lưu trữ {objid}"
_DEEPEST: Final = 12


class PackageRefused(errors.Invalid):
    """A package is damaged, incomplete, hostile, or none."""

    vi = "Không nhận gói lưu trữ: {why}"
    en = "The archive package is refused: {why}"


@dataclass(frozen=True)
class Line:
    """What became, or would become, of one document."""

    outcome: str
    subject: str
    document: str = ""


@dataclass
class Taken:
    """A package after it was taken in, or as it would be."""

    found: Found
    dossier: str = ""
    closed: bool = False
    lines: list[Line] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass
class _Wanted:
    """One document of the package, its form, and the document here that is the same."""

    packed: PackedDocument
    form: Metadata
    there: Row | None = None


async def read_package(path: Path, *, largest: int, day: str) -> Found:
    """A package as it says it is, every digest checked. Raises PackageRefused."""
    size = (await asyncio.to_thread(path.stat)).st_size
    limits = Limits(seconds=_PATIENCE + size / _SLOWEST)
    async with Sandbox(function="repository.archive_packages.reading:read", size=1, limits=limits) as sandbox:
        answer = await sandbox.run(path, {"largest": largest, "day": day})
    if isinstance(answer, Failure):
        raise PackageRefused(why=f"không đọc được gói ({answer.reason})")
    if "refused" in answer:
        raise PackageRefused(why=answer["refused"])
    return from_json(answer["found"])


class Importing:
    """Takes packages into a unit."""

    def __init__(
        self, *, database: Database, journal: Journal, documents: Documents, dossiers: Dossiers, intake: Intake,
        largest: int,
    ) -> None:  # fmt: skip
        self._database = database
        self._journal = journal
        self._documents = documents
        self._dossiers = dossiers
        self._intake = intake
        self._largest = largest

    async def take(
        self, actor: Actor, path: Path, *, unit: str = "", level: str = Classification.RESTRICTED,
        dry_run: bool = False,
    ) -> Taken:  # fmt: skip
        """A dossier with its documents, or what it would be. Raises PackageRefused, Invalid, Conflict, Forbidden."""
        actor.require(Permission.KEEP_DOSSIERS)
        actor.require(Permission.STORE_DOCUMENTS)
        day = local_date(self._journal.now())
        found = await read_package(path, largest=self._largest, day=day.isoformat())
        unit = unit or actor.unit
        actor.require_unit(unit, "nhập hồ sơ từ gói lưu trữ")
        intent = Intent(unit=unit, agencies=await self._agencies(unit), level=Classification(level))
        made = forms(found, intent, rules_on(day))
        for form in made.documents[:1]:
            await self._documents.check(actor, form)
        row = await self._dossier(made, unit)
        wanted = await self._matched(actor, found, made, unit, row)
        taken = Taken(found, row["_id"] if row else "", False, [], [*found.warnings, *made.warnings])
        _require_taking(row, found, made, wanted)
        if dry_run:
            taken.lines = [_planned(one, taken.dossier) for one in wanted]
            return taken
        received = await self._receive(actor, path, [one for one in wanted if one.there is None])
        row = await self._opened(actor, found, made, row)
        taken.dossier = row["_id"]
        for one in wanted:
            taken.lines.append(await self._put(actor, one, row["_id"], received))
        taken.closed = await self._close(actor, row, made, taken)
        return taken

    async def _agencies(self, unit_id: str) -> frozenset[str]:
        """Folded names of the unit and of those above it."""
        found = set[str]()
        for _ in range(_DEEPEST):
            row = await self._database["units"].find_one({"_id": unit_id}) if unit_id else None
            if row is None:
                break
            found |= {text.fold(row["name"]), *(text.fold(one["name"]) for one in row.get("names", []))}
            unit_id = row["parent"]
        return frozenset(found)

    async def _dossier(self, made: Forms, unit: str) -> Row | None:
        """The unit's dossier with that code, when there is one already."""
        query = {"unit": unit, "year": made.dossier.year, "code": made.dossier.code}
        return await self._database["dossiers"].find_one(query)

    async def _matched(
        self, actor: Actor, found: Found, made: Forms, unit: str, row: Row | None
    ) -> list[_Wanted]:
        """Each document with the one here that has the same main file; each one here stands for one only."""
        used: set[str] = set()
        wanted = []
        for packed, form in zip(found.contents.documents, made.documents, strict=True):
            one = _Wanted(packed, form)
            ids = await self._documents.with_digest(actor, unit, packed.files[0].sha256)
            rows = [await self._documents.get(actor, each) for each in ids if each not in used]
            rows = [each for each in rows if _same(each, packed, form) and not each.get("disposed")]
            inside = [each for each in rows if row and row["_id"] in each["dossiers"]]
            if best := [*inside, *rows][:1]:
                one.there = best[0]
                used.add(best[0]["_id"])
            wanted.append(one)
        return wanted

    async def _receive(
        self, actor: Actor, path: Path, wanted: list[_Wanted]
    ) -> dict[str, list[ReceivedFile]]:  # fmt: skip
        """Every new file in the store, by the name of its document's main file; no row is written yet."""
        received: dict[str, list[ReceivedFile]] = {}
        with ExitStack() as stack:
            members = await asyncio.to_thread(_entered, stack, path, self._largest)
            for one in wanted:
                received[one.packed.files[0].member] = [
                    await self._intake.receive(
                        actor, _pieces(members, file.member), filename=file.filename,
                        expected=Digest.parse(file.sha256),
                    )
                    for file in one.packed.files
                ]  # fmt: skip
        return received

    async def _opened(self, actor: Actor, found: Found, made: Forms, row: Row | None) -> Row:
        """The dossier, which says from which package it came: a new one, or one that was cut off while empty."""
        if row is not None and (row.get("package") or row.get("filings") or row["state"] != "open"):
            return row
        row = row or await self._dossiers.open(actor, made.dossier)
        dossier = row["_id"]
        package = {"objid": found.objid, "kind": found.kind.value, "fields": found.contents.fields}

        async def work(change: Change) -> Row:
            update = {"$set": {"package": package | {"at": change.now}}, "$inc": {"revision": 1}}
            after = await change.take("dossiers", {"_id": dossier}, update)
            change.record(
                "dossier", dossier, objid=found.objid, packed_as=found.kind.value,
                documents=len(found.contents.documents), warnings=found.warnings, owes=False,
            )  # fmt: skip
            return after or {}

        return await self._journal.change(actor, Action.DOSSIER_IMPORTED, work)

    async def _put(
        self, actor: Actor, one: _Wanted, dossier: str, received: dict[str, list[ReceivedFile]]
    ) -> Line:
        if one.there is None:
            metadata = one.form.model_copy(update={"dossier_id": dossier})
            row = await self._documents.store(actor, metadata, received[one.packed.files[0].member])
            if one.packed.process:
                await self._journal.note(
                    actor, Action.DOSSIER_IMPORTED, "document", row["_id"], also=[dossier],
                    process=list(one.packed.process),
                )  # fmt: skip
            return Line(STORED, row["subject"], row["_id"])
        if dossier in one.there["dossiers"]:
            return Line(DUPLICATE, one.there["subject"], one.there["_id"])
        await self._dossiers.file(actor, dossier, one.there["_id"])
        return Line(FILED, one.there["subject"], one.there["_id"])

    async def _close(self, actor: Actor, row: Row, made: Forms, taken: Taken) -> bool:
        """Closed as it was where it came from; what stands in the way is told, and the dossier left open."""
        if row["state"] != "open":
            return True
        if made.ended_on is None:
            taken.warnings.append("gói không ghi ngày kết thúc: hồ sơ để mở")
            return False
        reason = _CLOSED_BY.format(objid=taken.found.objid)
        try:
            await self._dossiers.close(actor, row["_id"], ClosingForm(ended_on=made.ended_on, reason=reason))
        except (errors.Conflict, errors.Invalid) as fault:
            taken.warnings.append(f"hồ sơ để mở, chưa kết thúc được: {fault}")
            return False
        return True


def _require_taking(row: Row | None, found: Found, made: Forms, wanted: list[_Wanted]) -> None:
    """Raises Conflict where a closed dossier, or another of the same code, would have to take more."""
    missing = [one for one in wanted if row and not (one.there and row["_id"] in one.there["dossiers"])]
    if row is None or not missing:
        return
    taken_from = (row.get("package") or {}).get("objid")
    if taken_from != found.objid and row["title"] != made.dossier.title:
        why = f"đơn vị đã có hồ sơ «{row['code']}» khác, tên «{row['title']}»; nhập gói này vào đơn vị khác"
        raise errors.Conflict(why=why)
    if row["state"] != "open":
        why = f"hồ sơ «{row['code']}» đã kết thúc mà gói có {len(missing)} văn bản chưa có trong đó"
        raise errors.Conflict(why=why)


def _same(row: Row, packed: PackedDocument, form: Metadata) -> bool:
    """Whether a document with the same bytes is the same paper: two papers may have equal files, and one that lacks
    an attachment would lose it.
    """
    if not {one.sha256 for one in packed.files} <= {one["sha256"] for one in row["versions"]}:
        return False
    issued = form.issued_on.isoformat() if form.issued_on else None
    return bool((row["subject"], row["symbol"], row["issued_on"]) == (form.subject, form.symbol, issued))


def _planned(one: _Wanted, dossier: str) -> Line:
    if one.there is None:
        return Line(WOULD, one.form.subject)
    outcome = DUPLICATE if dossier in one.there["dossiers"] else WOULD_FILE
    return Line(outcome, one.form.subject, one.there["_id"])


def _entered(stack: ExitStack, path: Path, largest: int) -> Members:
    """The package opened once for all its files. Raises PackageRefused where it is another than was read."""
    try:
        return stack.enter_context(opened(path, largest=largest))
    except Refused as fault:
        raise PackageRefused(why=str(fault)) from fault


async def _pieces(members: Members, name: str) -> AsyncIterator[bytes]:
    """A file of the package, a piece at a time. Raises PackageRefused."""
    pieces = members.pieces(name)
    try:
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece
    except Refused as fault:
        raise PackageRefused(why=str(fault)) from fault
    finally:
        await asyncio.to_thread(pieces.close)
