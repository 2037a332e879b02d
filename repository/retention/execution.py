"""Disposal, the doing half: one document after another, each step of which can be repeated after a crash.

    planned ──checks, one transaction──▶ disposed ──bytes, text, verdicts──▶ erased     or     planned ──▶ kept (why)

The transaction is the point of no return for the row: in it the holds, the dossiers and the pinned versions are looked
at again, the document becomes its stub, and only then the bytes go, unless a hold came meanwhile. What was not approved
is never in the list; what changed is kept.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

from repository import errors
from repository.audit import Action
from repository.blobs import BlobStore, Digest, Surveyed, layout
from repository.clock import local_date
from repository.incidents.incidents import Incidents
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.retention.council import NotApproved, require_council
from repository.retention.eraser import Eraser, StillLocked
from repository.retention.holds import Holds
from repository.retention.kept import end_in
from repository.retention.links import Links
from repository.retention.locks import SYSTEM

_SHOWN: Final = (
    "n",
    "role",
    "sha256",
    "size",
    "media_type",
    "filename",
    "created_at",
    "created_by",
    "scan",
    "signatures",
)


@dataclass(frozen=True)
class Done:
    """How far an execution is."""

    erased: int
    kept: int
    waiting: int
    """Documents whose bytes the store does not let go yet."""


class Store(BlobStore, Surveyed, Protocol):
    """A store that can be looked through."""


class Execution:
    """Carries out what a council approved."""

    def __init__(
        self, *, database: Database, journal: Journal, blobs: Store, eraser: Eraser, holds: Holds,
        incidents: Incidents,
    ) -> None:  # fmt: skip
        self._database = database
        self._items = database["erasures"]
        self._journal = journal
        self._blobs = blobs
        self._eraser = eraser
        self._holds = holds
        self._incidents = incidents
        self._links = Links(database=database)

    async def run(self, disposal: Row) -> Done:
        """As far as it goes now. Raises NotApproved, NoEraser, Unavailable; run again, it goes on where it was."""
        items = await self._items.find({"disposal": disposal["_id"]}).sort("_id", 1).to_list(None)
        try:
            await require_council(self._database, disposal, items)
        except NotApproved as fault:
            await self._tell(disposal["_id"], "disposal.forged", str(fault))
            raise
        others = await self._links.others()
        for item in items:
            if item["state"] == "planned":
                item = await self._decide(disposal, item)
            if item["state"] == "disposed":
                await self._erase(item, others)
        return await self.standing(disposal["_id"])

    async def standing(self, disposal_id: str) -> Done:
        counts = {
            state: await self._items.count_documents({"disposal": disposal_id, "state": state})
            for state in ("planned", "disposed", "erased", "kept")
        }
        return Done(counts["erased"], counts["kept"], counts["planned"] + counts["disposed"])

    async def would(self, disposal: Row) -> list[tuple[Row, str]]:
        """A dry run: each document with why it would be kept; empty means that it would be erased."""
        items = await self._items.find({"disposal": disposal["_id"]}).sort("_id", 1).to_list(None)
        await require_council(self._database, disposal, items)
        found = []
        for item in items:
            document = await self._database["documents"].find_one({"_id": item["document"]})
            why = await self._locked(item) or await self._against(document, item, None)
            found.append((item, why if item["state"] == "planned" else item["why"]))
        return found

    async def _decide(self, disposal: Row, item: Row) -> Row:
        locked = await self._locked(item)

        async def work(change: Change) -> Row:
            document = await change.find_one("documents", {"_id": item["document"]})
            why = locked or await self._against(document, item, change)
            fields: Row = {"state": "kept" if why else "disposed", "why": why, "at": change.now}
            after = await change.take("erasures", {"_id": item["_id"], "state": "planned"}, {"$set": fields})
            if after is None or (document is None and not why):
                raise errors.Stale
            if why or document is None:
                change.record(
                    "disposal", disposal["_id"], also=[item["document"]], action=Action.DISPOSAL_SPARED,
                    owes=False, document=item["document"], why=why,
                )  # fmt: skip
                return after
            query = {"_id": document["_id"], "disposed": None, "revision": document["revision"]}
            if not await change.update("documents", query, _stub(document, disposal, item, change.now)):
                raise errors.Stale
            change.record(
                "document", document["_id"], also=[disposal["_id"], *document["dossiers"]],
                disposal=disposal["_id"], sha256=[one["sha256"] for one in item["objects"]],
            )  # fmt: skip
            return after

        return await self._journal.change(SYSTEM, Action.DOCUMENT_DISPOSED, work)

    async def _against(self, document: Row | None, item: Row, change: Change | None) -> str:
        """What speaks against erasing it now; empty when nothing does."""
        if document is None or (why := _changed(document, item)):
            return "không còn dòng mô tả" if document is None else why
        if holds := await self._holds.on(document, change):
            return f"đang phong tỏa: {holds[0]['reason']}"
        query: Row = {"_id": {"$in": document["dossiers"]}}
        rows: Any = change.find("dossiers", query) if change else self._database["dossiers"].find(query)
        end = end_in(document, [row async for row in rows])
        if not isinstance(end, date):
            return "nằm trong hồ sơ chưa hết hạn, đang mở hoặc bảo quản vĩnh viễn"
        over = end < local_date(self._journal.now())
        return "" if over else f"còn thời hạn bảo quản đến {end:%d/%m/%Y}"

    async def _locked(self, item: Row) -> str:
        """The store's own word on the bytes that would have to go."""
        digests = [one["sha256"] for one in item["objects"]]
        shared = await self._links.documents_on(digests, besides=item["document"])
        for one in item["objects"]:
            if one["sha256"] in shared:
                continue
            stat = await self._blobs.stat(Digest.parse(one["sha256"]), one["version"])
            if stat is not None and stat.held:
                return "tệp đang bị phong tỏa trong kho"
            if stat is not None and stat.locked_until and stat.locked_until > self._journal.now():
                return f"kho còn khóa tệp đến {local_date(stat.locked_until):%d/%m/%Y}"
        return ""

    async def _erase(self, item: Row, others: frozenset[str]) -> None:
        """The bytes and what was made from them; what another record needs stays, and the record says so."""
        if reason := await self._held_since(item["document"]):
            await self._tell(item["disposal"], "disposal.held", f"{item['document']}: {reason}")
            return
        digests = sorted({one["sha256"] for one in item["objects"]})
        shared = await self._links.documents_on(digests, besides=item["document"]) | (others & set(digests))
        shared |= await self._held_stubs(digests, item)
        gone = [one for one in digests if one not in shared]
        try:
            for sha256 in gone:
                await self._versions_erased(Digest.parse(sha256))
        except StillLocked as fault:
            await self._tell(item["disposal"], "disposal.locked", f"{item['document']}: {fault}")
            return
        await self._forget(gone)

        async def work(change: Change) -> None:
            fields = {"state": "erased", "why": "", "shared": sorted(shared), "at": change.now}
            if not await change.update(
                "erasures", {"_id": item["_id"], "state": "disposed"}, {"$set": fields}
            ):
                raise errors.Stale
            change.record(
                "document",
                item["document"],
                also=[item["disposal"]],
                owes=False,
                erased=gone,
                shared=sorted(shared),
            )

        await self._journal.change(SYSTEM, Action.OBJECTS_ERASED, work)

    async def _held_since(self, document_id: str) -> str:
        """Why the bytes of a stub, as long as they are there, must stay: a hold that came after it, or with it."""
        stub = await self._database["documents"].find_one({"_id": document_id})
        found = await self._holds.on(stub | {"versions": stub["erased"]}) if stub else []
        return str(found[0]["reason"]) if found else ""

    async def _held_stubs(self, digests: list[str], item: Row) -> set[str]:
        """Those of the hashes that the stub of another document still has its bytes under, and a hold keeps them."""
        found: set[str] = set()
        waiting: Row = {"objects.sha256": {"$in": digests}, "_id": {"$ne": item["_id"]}, "state": "disposed"}
        async for one in self._items.find(waiting):
            if await self._held_since(one["document"]):
                found.update(each["sha256"] for each in one["objects"])
        return found & set(digests)

    async def _versions_erased(self, digest: Digest) -> None:
        key = layout.key_of(digest)
        async for one, stat in self._blobs.survey(key[:-1]):
            if one > key:
                break
            if one == key and stat is not None and not stat.marker:
                await self._eraser.erase(digest, stat.version)

    async def _forget(self, digests: list[str]) -> None:
        """Text and verdicts: both by content hash, so equal bytes of another document keep theirs."""
        await self._database["texts"].delete_many({"_id": {"$in": digests}})
        for one in digests:
            await self._database["verdicts"].delete_many({"sha256": one})

    async def _tell(self, disposal_id: str, kind: str, found: str) -> None:
        await self._incidents.report(
            SYSTEM, kind=kind, subject_kind="disposal", subject_id=disposal_id, found=found,
            todo="Không xóa gì thêm. Xem đề nghị tiêu hủy và nhật ký; kho tự từ chối xóa khi còn khóa.",
        )  # fmt: skip


def _changed(document: Row, item: Row) -> str:
    if document.get("disposed"):
        return "đã tiêu hủy theo quyết định khác"
    now = [[one["n"], one["sha256"], one["store_version"]] for one in document["versions"]]
    same = now == [[one["n"], one["sha256"], one["version"]] for one in item["objects"]]
    return "" if same else "có phiên bản khác với khi hội đồng xét"


def _stub(document: Row, disposal: Row, item: Row, now: datetime) -> Row:
    """The description and the hashes stay for ever; the versions are told apart from living ones by their field."""
    erased = [{name: one[name] for name in _SHOWN if name in one} for one in document["versions"]]
    told = {"disposal": disposal["_id"], "at": now, "kept_until": item["kept_until"]}
    return {
        "$set": {"versions": [], "erased": erased, "disposed": told, "holds": []},
        "$inc": {"revision": 1},
    }
