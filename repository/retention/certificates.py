"""The certificate of disposal: what was erased, on whose approval, what still lies in backups; an object of its own.

It is canonical JSON, bound to the log by the digest in the record of the act; the printed form lies beside it.
"""

import json
from pathlib import Path
from typing import Any, Final

import rfc8785

from repository import errors
from repository.access.actors import Actor
from repository.audit import Action
from repository.audit.log import Log
from repository.audit.record import content_hash
from repository.blobs import BlobStore, Digest
from repository.clock import Clock
from repository.ingest.staging import Staging
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.retention.locks import FAR, SYSTEM

KIND: Final = "tangthu-disposal-certificate/1"
JSON: Final = "application/json"
PDF: Final = "application/pdf"
_BASIS: Final = "Nghị định 30/2020/NĐ-CP Điều 28–31; Luật Lưu trữ 33/2024/QH15 Điều 36"
_SAID: Final = (
    "document",
    "symbol",
    "issued_on",
    "subject",
    "unit",
    "dossiers",
    "kept_until",
    "state",
    "why",
)


class Certificates:
    """Writes, reads and verifies them."""

    def __init__(
        self, *, database: Database, journal: Journal, blobs: BlobStore, clock: Clock, staging: Path, log: Log
    ) -> None:
        self._database = database
        self._rows = database["disposals"]
        self._journal = journal
        self._blobs = blobs
        self._clock = clock
        self._staging = Staging(folder=staging)
        self._log = log

    async def complete(self, disposal: Row, items: list[Row]) -> Row:
        """Ends a disposal of which nothing is waiting: the object first, then the row and the act."""
        content = rfc8785.dumps(await self._content(disposal, items))
        file = await self._stored("chung-nhan-tieu-huy.json", content, JSON)

        async def work(change: Change) -> Row:
            fields = {"state": "done", "done_at": change.now, "certificate": {"files": [file]}}
            query = {"_id": disposal["_id"], "state": "approved"}
            after = await change.take("disposals", query, {"$set": fields})
            if after is None:
                raise errors.Stale
            dossiers = await self._emptied(change, disposal)
            change.record(
                "disposal",
                disposal["_id"],
                also=dossiers,
                owes=False,
                sha256=file["sha256"],
                dossiers=dossiers,
            )
            return after

        done = await self._journal.change(SYSTEM, Action.DISPOSAL_DONE, work)
        await self._lock(file)
        return done

    async def _emptied(self, change: Change, disposal: Row) -> list[str]:
        """Marks the dossiers of which nothing is left but stubs and what other dossiers keep."""
        listed, done = [one["id"] for one in disposal["dossiers"]], []
        for dossier in listed:
            left = change.find("documents", {"dossiers": dossier, "disposed": None})
            if all([not set(row["dossiers"]) <= set(listed) async for row in left]):
                fields = {"disposed": {"disposal": disposal["_id"], "at": change.now}}
                query = {
                    "_id": dossier,
                    "state": {"$ne": "open"},
                }  # opened again meanwhile, it may take papers
                if await change.update("dossiers", query, {"$set": fields, "$inc": {"revision": 1}}):
                    done.append(dossier)
        return done

    async def _content(self, disposal: Row, items: list[Row]) -> Any:
        unit = await self._database["units"].find_one({"_id": disposal["unit"]})
        said: Row = {
            "kind": KIND, "id": disposal["_id"], "unit": disposal["unit"], "unit_name": (unit or {}).get("name", ""),
            "basis": _BASIS, "items": disposal["items"], "made_at": self._clock.now(),
            "proposed": disposal["proposed"], "reason": disposal["reason"], "votes": disposal["votes"],
            "dossiers": disposal["dossiers"], "documents": [_told(one) for one in items],
            "backups": await self._backups(),
            "remains": "Thông tin mô tả, mã băm và nhật ký của từng văn bản được giữ vĩnh viễn.",
        }  # fmt: skip
        return json.loads(json.dumps(said, default=lambda value: value.isoformat()))

    async def _backups(self) -> Row:
        """Which copies still hold the bytes, and how they go."""
        rows = await self._database["backups"].find({"state": "good"}, {"at": 1}).sort("_id", 1).to_list(None)
        return {
            "sets": [one["_id"] for one in rows],
            "newest": rows[-1]["at"] if rows else None,
            "said": "Các bản sao lưu lập trước thời điểm này còn chứa tệp cho đến lần xoay vòng kế tiếp của chúng "
            "(xem trang Sao lưu); bản lập sau không chứa. Khôi phục từ bản cũ phải tiêu hủy lại theo chứng nhận này.",
        }  # fmt: skip

    async def attach(self, disposal_id: str, name: str, content: bytes) -> Row:
        """Keeps the printed form beside the certificate; once."""
        file = await self._stored(name, content, PDF)

        async def work(change: Change) -> Row:
            query = {"_id": disposal_id, "state": "done", "certificate.files.media_type": {"$ne": PDF}}
            after = await change.take("disposals", query, {"$push": {"certificate.files": file}})
            if after is None:
                raise errors.Conflict(why="chưa hoàn thành tiêu hủy, hoặc đã có bản in")
            change.record("disposal", disposal_id, owes=False, sha256=file["sha256"])
            return after

        after = await self._journal.change(SYSTEM, Action.CERTIFICATE_PRINTED, work)
        await self._lock(file)
        return after

    async def read(self, disposal: Row, media_type: str = JSON) -> tuple[Row, bytes]:
        """A file of the certificate with its bytes. Raises NotFound."""
        files = (disposal["certificate"] or {}).get("files", [])
        for file in files:
            if file["media_type"] == media_type:
                async with self._blobs.open(Digest.parse(file["sha256"]), file["store_version"]) as chunks:
                    return file, b"".join([chunk async for chunk in chunks])
        raise errors.NotFound(what="chứng nhận tiêu hủy")

    async def verify(self, actor: Actor, disposal: Row) -> list[str]:
        """What does not fit between certificate, log, stubs and store; empty when all of it does.

        That the log says so is not believed: the record is proven by a signed checkpoint.
        """
        file, content = await self.read(disposal)
        found = [] if Digest.of(content).hex == file["sha256"] else ["tệp chứng nhận không đúng mã băm"]
        query = {"subject.id": disposal["_id"], "action": Action.DISPOSAL_DONE}
        records = await self._database["audit"].find(query).to_list(None)
        named = [one for one in records if content_hash(one) == one["hash"]]
        if [one["detail"]["sha256"] for one in named] != [file["sha256"]]:
            found.append("nhật ký ghi chứng nhận khác")
        doubts = [await self._log.doubt(one) for one in named]
        found += [f"bản ghi hoàn thành tiêu hủy chưa được chứng minh: {one}" for one in doubts if one]
        for one in json.loads(content)["documents"]:
            found += await self._stub_against(one, disposal["_id"])
        await self._journal.note(
            actor, Action.VERSION_CHECKED, "disposal", disposal["_id"], damaged=[], findings=found
        )
        return found

    async def _stub_against(self, told: Row, disposal_id: str) -> list[str]:
        row = await self._database["documents"].find_one({"_id": told["document"]})
        if row is None:
            return [f"{told['document']}: mất thông tin lưu vết"]
        mine = (row.get("disposed") or {}).get("disposal") == disposal_id
        if told["state"] == "kept":
            return [f"{told['document']}: chứng nhận ghi giữ lại mà đã bị hủy"] if mine else []
        if not mine or [v["sha256"] for v in row["erased"]] != [v["sha256"] for v in told["versions"]]:
            return [f"{told['document']}: thông tin lưu vết khác với chứng nhận"]
        there = [
            v["sha256"] for v in told["versions"]
            if not v["shared"] and await self._blobs.stat(Digest.parse(v["sha256"])) is not None
        ]  # fmt: skip
        return [f"{told['document']}: tệp {one[:12]} vẫn còn trong kho" for one in there]

    async def _stored(self, name: str, content: bytes, media_type: str) -> Row:
        digest = Digest.of(content)
        async with self._staging.open() as staged:
            await staged.write(content)
            stat = await self._blobs.put(digest, staged.path, len(content), media_type)
        lock = {"mode": "COMPLIANCE", "until": stat.locked_until, "hold": False}
        return {"name": name, "sha256": digest.hex, "size": len(content), "media_type": media_type,
                "store_version": stat.version, "lock": lock}  # fmt: skip

    async def _lock(self, file: Row) -> None:
        """For ever, in steps; the row says one day until the next run of the locks, which then writes it."""
        until = (self._clock.now() + FAR).replace(microsecond=0)
        await self._blobs.retain(Digest.parse(file["sha256"]), file["store_version"], until)


def _told(item: Row) -> Row:
    shared = item.get("shared", [])
    versions = [
        {
            "n": v["n"],
            "role": v["role"],
            "sha256": v["sha256"],
            "size": v["size"],
            "shared": v["sha256"] in shared,
        }
        for v in item["objects"]
    ]
    return {name: item[name] for name in _SAID} | {"at": item["at"], "versions": versions}
