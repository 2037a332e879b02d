"""Prepare, sign, finish: a version that was approved becomes a new version with one more signature (Đ8.3).

Between the steps everything rests in the database and in the store, so that each may be done by another process,
after a restart, or by a device elsewhere. The new version is bound to the SHA-256 of the one that was approved.
"""

import base64
from pathlib import PurePath
from typing import Final

from repository import errors, ids
from repository.access.actors import Actor
from repository.audit import Action
from repository.documents import model as documents_model
from repository.documents.documents import Documents
from repository.ingest.receive import ReceivedFile
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.signatures.signing.cms import Signed, der_of
from repository.signatures.signing.finishing import Finisher
from repository.signatures.signing.keys import Keys
from repository.signatures.signing.means import OtherCertificate
from repository.signatures.signing.model import LASTS, Act, Kind, Preparation, State
from repository.signatures.signing.preparing import Preparer
from repository.signatures.signing.refusals import Ended, MeansRefused, NotSignable, OtherVersion

_WORDS: Final = {
    State.FINISHED: "đã ký xong",
    State.CANCELLED: "đã hủy",
    State.SIGNED: "đã ký, chờ hoàn tất",
    State.PREPARED: "chưa ký",
}


class Signings:
    """The three steps, each recorded."""

    def __init__(
        self, *, database: Database, journal: Journal, documents: Documents, preparer: Preparer, keys: Keys,
        finisher: Finisher,
    ) -> None:  # fmt: skip
        self._rows = database["signings"]
        self._journal = journal
        self._documents = documents
        self._preparer = preparer
        self.keys = keys
        self.holders = keys.holders
        self._finisher = finisher

    async def prepare(self, actor: Actor, document_id: str, n: int, form: Preparation) -> Row:
        """A signing that waits for its signature value.

        Raises OtherVersion, CertificateNotOwn (recorded), NotSignable; the document is not touched.
        """
        self.holders.require(actor, form.kind)
        document = await self._documents.own(actor, document_id, "ký văn bản")
        version = documents_model.numbered(document, n)
        _require_signable(document, version, form)
        owned = await self.holders.own(actor, form.kind, form.certificate, document=document_id)
        now = self._journal.now()
        if not owned["not_before"] <= now <= owned["not_after"]:
            raise NotSignable(why="chứng thư đã hết hạn hoặc chưa có hiệu lực")
        row: Row = {
            "_id": ids.new("ky"), "document": document_id, "n": n, "sha256": version["sha256"],
            "kind": form.kind.value, "state": State.PREPARED.value, "person": actor.id, "unit": actor.unit,
            "reason": form.reason, "expires_at": now + LASTS, "value": b"", "outcome": None,
        }  # fmt: skip
        row |= await self._preparer.prepare(actor, document, version, form, owned, now)

        async def work(change: Change) -> Row:
            made = row | {"created_at": change.now, "by": change.actor.as_row()}
            await change.insert("signings", made)
            change.record(
                "document", document_id, also=[row["_id"]], owes=False, n=n, sha256=version["sha256"],
                signature=form.kind.value, certificate=owned["sha256"],
            )  # fmt: skip
            return made

        return await self._journal.change(actor, Action.SIGNING_PREPARED, work)

    async def get(self, actor: Actor, signing_id: str) -> Row:
        """The actor's own signing; another's is not there."""
        found = await self._rows.find_one({"_id": ids.parse("ky", signing_id, "việc ký"), "person": actor.id})
        if found is None:
            raise errors.NotFound(what="việc ký")
        return found

    async def waiting(self, actor: Actor, document_id: str) -> list[Row]:
        """The actor's signings of a document that are not ended, newest first."""
        query: Row = {
            "document": document_id, "person": actor.id, "expires_at": {"$gt": self._journal.now()},
            "state": {"$in": [State.PREPARED.value, State.SIGNED.value]},
        }  # fmt: skip
        return await self._rows.find(query).sort("_id", -1).to_list(20)

    async def sign(self, actor: Actor, signing_id: str, act: Act) -> Row:
        """The signing with its signature value, checked against the certificate; nothing is stored else.

        Raises MeansRefused (may be tried again), CertificateNotOwn (recorded), WrongSignature, Unavailable.
        """
        row = await self._running(actor, signing_id, State.PREPARED)
        kind = Kind(row["kind"])
        self.holders.require(actor, kind)
        await self.holders.own(actor, kind, row["certificate"]["sha256"], document=row["document"])
        try:
            value = await self.keys.sign(row, act)
        except OtherCertificate as fault:
            why = f"khóa vừa dùng thuộc chứng thư của «{fault.subject}»"
            raise await self.holders.refused(actor, kind, row["document"], why) from fault
        except MeansRefused as fault:
            await self._journal.note(
                actor, Action.SIGNING_REFUSED, "document", row["document"], also=[signing_id],
                means=act.means.value, why=fault.sentence(),
            )  # fmt: skip
            raise
        _signed(row).verify(row["attributes"], value)

        async def work(change: Change) -> Row:
            query = {"_id": signing_id, "state": State.PREPARED.value}
            made: Row = {"state": State.SIGNED.value, "value": value, "signed_at": change.now}
            after = await change.take("signings", query, {"$set": made | {"means": act.means.value}})
            if after is None:
                raise errors.Stale
            change.record("document", row["document"], also=[signing_id], owes=False, means=act.means.value)
            return after

        return await self._journal.change(actor, Action.SIGNING_SIGNED, work)

    async def finish(self, actor: Actor, signing_id: str) -> tuple[Row, int]:
        """The document with the signed file as its newest version, and that version's number.

        Asked again it answers the same. Raises OtherVersion when another version came meanwhile.
        """
        row = await self.get(actor, signing_id)
        if row["state"] == State.FINISHED.value:
            return await self._documents.get(actor, row["document"]), int(row["outcome"]["n"])
        row = await self._running(actor, signing_id, State.SIGNED)
        document = await self._documents.own(actor, row["document"], "ký văn bản")
        version = documents_model.numbered(document, row["n"])
        _require_newest(document, version, row["sha256"])
        received, level, missing = await self._finisher.finish(
            actor, row, _signed(row), filename=_named(version["filename"])
        )
        return await self._commit(actor, row, received, level, missing)

    async def _commit(
        self, actor: Actor, row: Row, received: ReceivedFile, level: str, missing: list[str]
    ) -> tuple[Row, int]:
        """Version, signing and records together."""

        async def work(change: Change) -> tuple[Row, int]:
            current = await change.find_one("documents", {"_id": row["document"]})
            if current is None:
                raise errors.Stale
            source = documents_model.numbered(current, row["n"])
            _require_newest(current, source, row["sha256"])
            added = documents_model.version_row(
                change, len(current["versions"]) + 1, received, role=source["role"]
            )
            added["signed_from"] = {"n": row["n"], "sha256": row["sha256"], "signing": row["_id"]}
            query = {"_id": row["document"], "revision": current["revision"]}
            update: Row = {
                "$push": {"versions": added}, "$inc": {"revision": 1},
                "$set": {"legal_value": dict(documents_model.PENDING)},
            }  # fmt: skip
            after = await change.take("documents", query, update)
            outcome = {"n": added["n"], "sha256": added["sha256"], "level": level, "missing": missing}
            done: Row = {"state": State.FINISHED.value, "outcome": outcome, "finished_at": change.now}
            ours = {"_id": row["_id"], "state": State.SIGNED.value}
            if after is None or not await change.update("signings", ours, {"$set": done}):
                raise errors.Stale
            facts: Row = {"n": added["n"], "sha256": added["sha256"], "of": row["sha256"]}
            change.record("document", row["document"], also=[row["_id"]], **facts)
            change.record(
                "document", row["document"], action=Action.SIGNING_FINISHED, owes=False, also=[row["_id"]],
                signature=row["kind"], level=level, certificate=row["certificate"]["sha256"], **facts,
            )  # fmt: skip
            return after, int(added["n"])

        return await self._journal.change(actor, Action.VERSION_STORED, work)

    async def cancel(self, actor: Actor, signing_id: str) -> Row:
        """Ends a signing that is not finished; the prepared file is swept later."""
        row = await self.get(actor, signing_id)

        async def work(change: Change) -> Row:
            query = {"_id": signing_id, "state": {"$in": [State.PREPARED.value, State.SIGNED.value]}}
            after = await change.take("signings", query, {"$set": {"state": State.CANCELLED.value}})
            if after is None:
                raise Ended(state=_WORDS[State(row["state"])])
            change.record("document", row["document"], also=[signing_id], owes=False)
            return after

        return await self._journal.change(actor, Action.SIGNING_CANCELLED, work)

    async def _running(self, actor: Actor, signing_id: str, state: State) -> Row:
        row = await self.get(actor, signing_id)
        if row["state"] != state.value:
            raise Ended(state=_WORDS[State(row["state"])])
        if row["expires_at"] < self._journal.now():
            raise Ended(state="quá thời hạn chờ ký")
        return row


def _signed(row: Row) -> Signed:
    return Signed(certificate=der_of(row), chain=[base64.b64decode(one) for one in row["chain"]])


def _require_signable(document: Row, version: Row, form: Preparation) -> None:
    if document["state"] == "issued":
        raise NotSignable(why="văn bản đã phát hành")
    if (form.kind is Kind.ANNEX) != (version["role"] == "attachment"):
        said = "ký phụ lục" if form.kind is Kind.ANNEX else "ký văn bản chính"
        raise NotSignable(why=f"phiên bản này không phải loại tệp để {said}")
    _require_newest(document, version, form.sha256)
    if version["media_type"] != "application/pdf":
        raise NotSignable(why="chỉ ký được tệp PDF; hãy chuyển tệp sang PDF rồi thêm thành phiên bản mới")
    if form.kind is Kind.ANNEX and not document["symbol"]:
        raise NotSignable(why="văn bản chưa có số ký hiệu để ghi lên phụ lục")


def _require_newest(document: Row, version: Row, sha256: str) -> None:
    """Raises OtherVersion unless these are the approved bytes and nothing newer stands in their place."""
    if version["sha256"] != sha256:
        raise OtherVersion(why="mã SHA-256 khác với bản đã duyệt")
    later = [
        one["n"] for one in document["versions"]
        if one["n"] > version["n"]
        and (one["role"] == "main" if version["role"] == "main" else _follows(one, version))
    ]  # fmt: skip
    if later:
        raise OtherVersion(why=f"đã có phiên bản {max(later)} mới hơn")


def _follows(later: Row, version: Row) -> bool:
    return bool((later.get("signed_from") or {}).get("n") == version["n"])


def _named(filename: str) -> str:
    """The signed file's name: once `.da-ky`, however many sign."""
    path = PurePath(filename)
    return filename if path.stem.endswith(".da-ky") else f"{path.stem}.da-ky{path.suffix or '.pdf'}"
