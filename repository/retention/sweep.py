"""Orphans: objects that were stored and never got their record. Their lock of one day is over, nobody names them.

A sweep that would take many takes none: then rows were lost, not uploads broken off, and a person must look. Nor is
anything taken that the log says was recorded once: its row was taken away, and that is no orphan.
"""

from dataclasses import dataclass
from typing import Final

from repository.audit import Action
from repository.blobs import BlobStat
from repository.clock import Clock
from repository.incidents.incidents import Incidents
from repository.journal import Journal
from repository.mongo import Database
from repository.retention.eraser import Eraser, StillLocked
from repository.retention.execution import Store
from repository.retention.links import Links
from repository.retention.locks import SYSTEM

_PAGE: Final = 500
_FEW: Final = 50
_ASKED: Final = 1000
"""Objects without a record, free or not, after which nothing more is asked: uploads that break off are few."""
_SHARE: Final = 0.01


@dataclass
class Swept:
    """What a sweep saw and took."""

    objects: int = 0
    unclaimed: int = 0
    orphans: int = 0
    erased: int = 0
    robbed: int = 0
    """Objects whose row is gone although the log knows them."""
    refused: bool = False


class Sweep:
    """Goes over the bucket page by page; memory holds the orphans only."""

    def __init__(
        self, *, database: Database, journal: Journal, blobs: Store, eraser: Eraser, clock: Clock,
        incidents: Incidents,
    ) -> None:  # fmt: skip
        self._audit = database["audit"]
        self._documents = database["documents"]
        self._journal = journal
        self._blobs = blobs
        self._eraser = eraser
        self._clock = clock
        self._incidents = incidents
        self._links = Links(database=database)

    async def run(self, *, dry: bool = False) -> Swept:
        done, orphans = Swept(), list[BlobStat]()
        others, page = await self._links.others() | await self._links.not_yet_gone(), list[BlobStat]()
        async for stat in self._blobs.walk():
            done.objects += 1
            if not stat.marker:
                page.append(stat)
            if len(page) == _PAGE:
                if done.unclaimed <= _ASKED:
                    orphans += await self._free(page, others, done)
                page = []
        orphans += await self._free(page, others, done)
        done.orphans = len(orphans)
        if done.unclaimed > _ASKED or done.orphans > max(_FEW, done.objects * _SHARE):
            done.refused = True
            await self._many(done)
            return done
        known = await self._recorded([one.digest.hex for one in orphans])
        done.robbed = len(known)
        if not dry:
            for one in orphans:
                done.erased += 0 if one.digest.hex in known else await self._swept(one)
            for sha256 in sorted(known):
                await self._robbed(sha256)
        return done

    async def _recorded(self, digests: list[str]) -> set[str]:
        """Those that the log says were stored under a document, and that no stub says were let go."""
        if not digests:
            return set()
        stored = {"$in": [Action.DOCUMENT_STORED, Action.VERSION_STORED]}
        query = {"action": stored, "detail.sha256": {"$in": digests}}
        found: set[str] = set()
        async for record in self._audit.find(query, {"detail.sha256": 1}):
            told = record["detail"]["sha256"]
            found |= {told} if isinstance(told, str) else set(told)
        let_go = self._documents.find({"erased.sha256": {"$in": digests}}, {"erased.sha256": 1})
        gone = {one["sha256"] async for row in let_go for one in row["erased"]}
        return (found & set(digests)) - gone

    async def _free(self, page: list[BlobStat], others: frozenset[str], done: Swept) -> list[BlobStat]:
        """Those of a page that nobody claims and nothing locks."""
        claimed = await self._links.documents_on([one.digest.hex for one in page]) | others
        unclaimed = [one for one in page if one.digest.hex not in claimed]
        done.unclaimed += len(unclaimed)
        found = []
        for one in unclaimed:
            if told := await self._blobs.stat(one.digest, one.version):
                free = told.locked_until is None or told.locked_until <= self._clock.now()
                found += [one] if free and not told.held else []
        return found

    async def _swept(self, one: BlobStat) -> int:
        """Looked at once more: a document with these bytes may have been stored meanwhile, and then it is locked."""
        if await self._links.documents_on([one.digest.hex]):
            return 0
        try:
            await self._eraser.erase(one.digest, one.version)
        except StillLocked:
            return 0
        await self._journal.note(
            SYSTEM, Action.OBJECT_SWEPT, "object", one.digest.hex, size=one.size, version=one.version
        )
        return 1

    async def _robbed(self, sha256: str) -> None:
        await self._incidents.report(
            SYSTEM, kind="object.robbed", subject_kind="object", subject_id=sha256,
            found="Tệp có trong nhật ký mà không còn dòng mô tả nào nhận; không dọn.",
            todo="Dòng mô tả đã bị xóa thẳng trong cơ sở dữ liệu: chạy tangthu fixity, phục hồi từ bản sao lưu.",
        )  # fmt: skip

    async def _many(self, done: Swept) -> None:
        await self._incidents.report(
            SYSTEM, kind="object.orphans", subject_kind="job", subject_id="sweep",
            found=f"{done.unclaimed} trên {done.objects} tệp không có hồ sơ nào nhận; không dọn tệp nào.",
            todo="Có thể cơ sở dữ liệu đã bị lùi hoặc mất dòng: so với bản sao lưu trước khi dọn.",
        )  # fmt: skip
