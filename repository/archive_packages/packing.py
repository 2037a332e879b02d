"""Packages made of closed dossiers, for those who hand them over; and AIPs made of SIPs that were received."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.archive_packages import process
from repository.archive_packages.codes import FileCode, document_code, document_id
from repository.archive_packages.contents import Contents, Found, Kind, Plan
from repository.archive_packages.describing import Known, StillOpen, contents_of
from repository.archive_packages.laying import Laying, named
from repository.archive_packages.mets import REPRESENTATION
from repository.archive_packages.safe_zip import Refused, opened
from repository.audit import Action
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStore
from repository.clock import local_date
from repository.dossiers.dossiers import Dossiers
from repository.evidence.draft import Bench, Draft
from repository.journal import Journal
from repository.mongo import Database, Row
from repository.policy.archive_packages import rules_on

_CODE: Final = re.compile(r"[0-9A-Za-z]+([._-][0-9A-Za-z]+)*")
_LONGEST_CODE: Final = 35
_MOST: Final = 100_000
_AT_ONCE: Final = 50
_DEEPEST: Final = 12


class PartlyUnseen(errors.Forbidden):
    """A dossier is packed whole or not at all."""

    vi = "Trong hồ sơ có văn bản bạn không được xem, nên không xuất được gói lưu trữ của cả hồ sơ."
    en = "The dossier holds papers that you may not see; an archive package of it can only be whole."


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which package is wanted; codes that are left out are those of the dossier's unit."""

    kind: Kind = Kind.SIP
    fonds: str = ""
    archive: str = ""

    def checked(self) -> "Asked":
        """Raises Invalid for codes that would not stand in a name."""
        for name, code in (("fonds", self.fonds), ("archive", self.archive)):
            if code and (len(code) > _LONGEST_CODE or not _CODE.fullmatch(code)):
                told = [
                    {
                        "pointer": f"/{name}",
                        "detail": "chữ không dấu, số, và . _ - ở giữa; không quá 35 ký tự",
                    }
                ]
                raise errors.Invalid(why=f"mã «{code[:40]}» không đúng", errors=told)
        return self


@dataclass(frozen=True)
class Ready:
    """A package that is ready to be sent."""

    objid: str
    filename: str
    pieces: AsyncIterator[bytes]


class Packing:
    """Makes packages; the store is read while they are sent."""

    def __init__(
        self, *, database: Database, journal: Journal, dossiers: Dossiers, blobs: BlobStore, bench: Bench
    ) -> None:
        self._database = database
        self._journal = journal
        self._dossiers = dossiers
        self._blobs = blobs
        self._bench = bench

    async def may(self, actor: Actor, dossier_id: str) -> Row:
        """The dossier, for its unit and for the archive that received it. Raises Forbidden, NotFound, StillOpen."""
        actor.require(Permission.HAND_OVER_DOSSIERS)
        row = await self._dossiers.get(actor, dossier_id)
        if (row.get("handed") or {}).get("to") not in actor.units:
            actor.require_unit(row["unit"], "xuất gói lưu trữ")
        if row["state"] == "open":
            raise StillOpen(why="hồ sơ đang mở")
        return row

    @asynccontextmanager
    async def package(self, actor: Actor, dossier_id: str, asked: Asked) -> AsyncIterator[Ready]:
        """A package of a closed dossier; that it was made is in the log before it leaves.

        Raises NotFound, Forbidden, Conflict, Invalid, Gone, Corrupt.
        """
        asked = asked.checked()
        row = await self.may(actor, dossier_id)
        documents = await self._whole(actor, row)
        agency, codes = await self._agency(row, asked)
        now = self._journal.now()
        rules = rules_on(local_date(now))
        contents = contents_of(row, documents, codes["agency"], rules, await self._known(documents))
        await self._require_bytes(contents)
        plan = Plan(
            kind=asked.kind, fonds=codes["fonds"], archive=codes["archive"], agency=agency,
            version=version("tangthu"), made_at=now,
        )  # fmt: skip
        async with self._bench.draft() as draft:
            laying = Laying(draft, contents, plan, rules)
            objid = await asyncio.to_thread(laying.lay)
            await self._journal.note(
                actor, Action.DOSSIER_PACKAGED, "dossier", dossier_id, packed_as=asked.kind.value, objid=objid,
                sha256=draft.members[laying.mets].sha256, documents=len(documents), files=len(draft.members),
            )  # fmt: skip
            yield Ready(objid, f"{laying.folder}.zip", draft.stream())

    async def _whole(self, actor: Actor, row: Row) -> list[Row]:
        """Every document of the dossier in order. Raises PartlyUnseen."""
        found = await self._dossiers.contents(actor, row["_id"], limit=_MOST)
        if len(found) != await self._database["documents"].count_documents({"dossiers": row["_id"]}):
            raise PartlyUnseen(why="có văn bản không được xem")
        return found

    async def _known(self, documents: list[Row]) -> Known:
        """How many pages each main file has, where its text was read, and how each document was handled."""
        pages: dict[str, int] = {}
        handled: dict[str, list[Row]] = {}
        for start in range(0, len(documents), _AT_ONCE):
            part = documents[start : start + _AT_ONCE]
            digests = [version["sha256"] for one in part for version in one["versions"]]
            texts = self._database["texts"].find({"_id": {"$in": digests}}, {"pages.n": 1})
            async for row in texts:
                pages[row["_id"]] = len(row["pages"])
            acts = {"$in": [one.value for one in process.ACTS]}
            query = {"subject.id": {"$in": [one["_id"] for one in part]}, "action": acts}
            async for record in self._database["audit"].find(query).sort("_id", 1):
                handled.setdefault(record["subject"]["id"], []).append(record)
        return Known(pages=pages, process=handled)

    async def _agency(self, row: Row, asked: Asked) -> tuple[str, dict[str, str]]:
        """The name of the unit, and the codes: its own or of the nearest unit above that has one."""
        unit = await self._database["units"].find_one({"_id": row["unit"]}) or {}
        agency = await self._code(row["unit"]) or row["unit"].upper()
        archive = await self._code((row.get("handed") or {}).get("to", "")) if asked.kind is Kind.AIP else ""
        codes = {"agency": agency, "fonds": asked.fonds or agency, "archive": asked.archive or archive}
        return str(unit.get("name", "")), codes

    async def _code(self, unit_id: str) -> str:
        for _ in range(_DEEPEST):
            unit = await self._database["units"].find_one({"_id": unit_id}) if unit_id else None
            if unit is None:
                return ""
            if unit.get("organ_id"):
                return str(unit["organ_id"])
            unit_id = unit["parent"]
        return ""

    async def _require_bytes(self, contents: Contents) -> None:
        """Raises Corrupt where the store lost a file: told before anything is sent."""
        files = [each for one in contents.documents for each in one.files]
        for start in range(0, len(files), _AT_ONCE):
            part = files[start : start + _AT_ONCE]
            stats = await asyncio.gather(
                *(self._blobs.stat(Digest.parse(one.sha256), one.version) for one in part)
            )
            for one, there in zip(part, stats, strict=True):
                if there is None or there.size != one.size:
                    raise errors.Corrupt(what=f"kho không còn tệp «{one.filename}» (SHA-256 {one.sha256})")


def converted(draft: Draft, source: Path, found: Found, plan: Plan, largest: int) -> str:
    """An AIP laid out of a SIP that was read whole before; its OBJID. Raises Refused where the SIP changed since."""
    rules = rules_on(local_date(plan.made_at))
    laying = Laying(draft, _named_again(found), replace(plan, fonds=_plain(plan.fonds)), rules)
    objid = laying.lay()
    with opened(source, largest=largest) as members:
        for one in laying.contents.documents:
            for name, file in named(one):
                whole = f"{laying.folder}/{REPRESENTATION}/data/{name}"
                with draft.file(whole) as out:
                    out.writelines(members.pieces(file.member))
                if draft.members[whole].sha256 != file.sha256:
                    raise Refused(f"{file.member}: đã khác lúc kiểm tra")
    return objid


def _named_again(found: Found) -> Contents:
    """The same contents with codes that follow from the dossier's: what defects may be in it end here."""
    code = found.contents.fields.get("fileCode", "")
    if FileCode.parse(code) is None:
        raise Refused(f"mã hồ sơ «{code}» không cho biết năm và số hồ sơ")
    documents = []
    for n, one in enumerate(found.contents.documents, start=1):
        fields = one.fields | {"docCode": document_code(code, n), "docId": document_id(code, n)}
        documents.append(replace(one, fields=fields))
    return replace(found.contents, documents=tuple(documents), origin=found.objid)


def _plain(fonds: str) -> str:
    """Raises Refused where nobody said which fonds it is, in plain letters."""
    if not _CODE.fullmatch(fonds):
        raise Refused(f"mã phông «{fonds}» không dùng được trong OBJID; nêu bằng --fonds")
    return fonds
