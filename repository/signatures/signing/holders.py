"""Whose certificates those are (Đ5.3): a person signs with the own ones, a clerk seals with those of the unit.

Also keeps what their owners leave here: sealed key files and the images of hand and seal.
"""

import asyncio
import base64
import struct
from typing import Final

from asn1crypto import x509

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.organisation.accounts.second_factor import Vault
from repository.signatures.signing.means import opened
from repository.signatures.signing.model import Kind
from repository.signatures.signing.refusals import CertificateNotOwn

LARGEST_KEY: Final = 256 * 1024
LARGEST_PICTURE: Final = 512 * 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_WIDEST: Final = 4000


class Holders:
    """Certificates, key files and pictures of people and units."""

    def __init__(self, *, database: Database, journal: Journal, vault: Vault) -> None:
        self._database = database
        self._journal = journal
        self._vault = vault

    def require(self, actor: Actor, kind: Kind) -> None:
        """Raises Forbidden unless the actor is a person who may make signatures of this kind."""
        actor.require(Permission.SIGN_DOCUMENTS)
        if actor.kind != "person":
            raise errors.Forbidden(permission="ký số (chỉ người dùng tự ký, không ký bằng mã của hệ thống)")
        if kind is not Kind.PERSON:
            actor.require(Permission.SEAL_DOCUMENTS)

    async def certificates(self, actor: Actor, kind: Kind) -> list[Row]:
        """What the actor may sign this kind with."""
        collection, owner = _owner(actor, kind)
        row = await self._database[collection].find_one({"_id": owner}, {"certificates": 1}) or {}
        return [one for one in row.get("certificates", []) if one.get("der") and not one.get("ended_at")]

    async def own(self, actor: Actor, kind: Kind, fingerprint: str, *, document: str) -> Row:
        """The certificate with that fingerprint. Raises CertificateNotOwn, which is recorded first."""
        for one in await self.certificates(actor, kind):
            if one["sha256"] == fingerprint:
                return one
        raise await self.refused(
            actor, kind, document, f"chưa đăng ký chứng thư {fingerprint[:16]}…", fingerprint
        )

    async def refused(
        self, actor: Actor, kind: Kind, document: str, why: str, fingerprint: str = ""
    ) -> CertificateNotOwn:
        """The refusal, after it was recorded (Đ5.3)."""
        await self._journal.note(
            actor, Action.SIGNING_REFUSED, "document", document, also=[actor.id], signature=kind.value, why=why,
            certificate=fingerprint,
        )  # fmt: skip
        whose = "tài khoản này" if kind is Kind.PERSON else "đơn vị này"
        return CertificateNotOwn(whose=whose, why=why, permission="ký số")

    async def keep_key(self, actor: Actor, kind: Kind, content: bytes, secret: str) -> str:
        """Seals a PKCS#12 file for later acts; its passphrase is asked each time. Answers the fingerprint."""
        self.require(actor, kind)
        if len(content) > LARGEST_KEY:
            raise errors.TooLarge(filename="tệp khóa", limit=LARGEST_KEY)
        _, found = await asyncio.to_thread(opened, content, secret)
        fingerprint = bytes(x509.Certificate.load(found).sha256).hex()
        await self.own(actor, kind, fingerprint, document="")
        sealed = self._vault.seal(base64.b64encode(content).decode())
        collection, owner = _owner(actor, kind)

        async def work(change: Change) -> None:
            values: Row = {"owner": owner, "sealed": sealed, "at": change.now, "by": actor.as_row()}
            if not await change.update("keyfiles", {"_id": fingerprint}, {"$set": values}):
                await change.insert("keyfiles", values | {"_id": fingerprint})
            change.record(_SUBJECT[collection], owner, owes=False, certificate=fingerprint)

        await self._journal.change(actor, Action.SIGNING_KEY_KEPT, work)
        return fingerprint

    async def key(self, fingerprint: str) -> bytes | None:
        """The key file kept for a certificate."""
        row = await self._database["keyfiles"].find_one({"_id": fingerprint})
        text = self._vault.unseal(row["sealed"]) if row else None
        return base64.b64decode(text) if text is not None else None

    async def keeps_key(self, fingerprint: str) -> bool:
        return await self._database["keyfiles"].find_one({"_id": fingerprint}, {"_id": 1}) is not None

    async def keep_picture(self, actor: Actor, kind: Kind, content: bytes) -> None:
        """The image of the hand (blue) or of the seal (red), a PNG with a clear ground (annex I)."""
        self.require(actor, kind)
        _require_png(content)
        collection, owner = _owner(actor, kind)

        async def work(change: Change) -> None:
            values: Row = {"png": content, "at": change.now, "by": actor.as_row()}
            if not await change.update("pictures", {"_id": owner}, {"$set": values}):
                await change.insert("pictures", values | {"_id": owner})
            change.record(_SUBJECT[collection], owner, owes=False, size=len(content))

        await self._journal.change(actor, Action.SIGNING_PICTURE_KEPT, work)

    async def picture(self, actor: Actor, kind: Kind) -> bytes | None:
        row = await self._database["pictures"].find_one({"_id": _owner(actor, kind)[1]})
        return bytes(row["png"]) if row else None

    async def shown_name(self, actor: Actor, kind: Kind) -> str:
        """Whose name stands in the signature."""
        if kind is Kind.PERSON:
            return actor.name
        row = await self._database["units"].find_one({"_id": actor.unit}, {"name": 1}) or {}
        return str(row.get("name", ""))


_SUBJECT: Final = {"people": "person", "units": "unit"}


def _owner(actor: Actor, kind: Kind) -> tuple[str, str]:
    """Collection and id of the one in whose name is signed."""
    return ("people", actor.id) if kind is Kind.PERSON else ("units", actor.unit)


def _require_png(content: bytes) -> None:
    """By its head only: the picture itself is opened in the sandbox."""
    if len(content) > LARGEST_PICTURE:
        raise errors.TooLarge(filename="ảnh", limit=LARGEST_PICTURE)
    if content[:8] != _PNG or len(content) < 33 or content[12:16] != b"IHDR":
        raise errors.Invalid(why="ảnh chữ ký, con dấu phải là tệp PNG (nền trong suốt)")
    width, height = struct.unpack(">II", content[16:24])
    if not (16 <= width <= _WIDEST and 16 <= height <= _WIDEST):
        raise errors.Invalid(why=f"ảnh phải từ 16 đến {_WIDEST} điểm mỗi chiều")
