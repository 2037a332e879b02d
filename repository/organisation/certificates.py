"""Units' and people's certificates: what is known of them and until when; never a private key (Đ5.3)."""

import binascii
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from repository import errors, text
from repository.access.actors import Actor
from repository.audit import Action
from repository.clock import Clock
from repository.journal import Change, Journal
from repository.mongo import Database, Row

LARGEST: Final = 64 * 1024
_SOON: Final = timedelta(days=30)


class CertificateRefused(errors.Invalid):
    """What was uploaded is no certificate, or holds a private key."""

    vi = "Không nhận chứng thư: {why}. Chưa lưu gì."
    en = "The certificate is not accepted: {why}. Nothing was stored."


class Certificates:
    """Keeps the facts of each unit's and each person's certificates."""

    def __init__(self, *, database: Database, journal: Journal, clock: Clock) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock

    async def add(self, actor: Actor, unit_id: str, content: bytes) -> Row:
        """The certificate's facts, now with the unit. Raises CertificateRefused, Conflict when it is there already."""
        facts = read(content)

        async def work(change: Change) -> None:
            unit = await change.find_one("units", {"_id": unit_id})
            if unit is None:
                raise errors.NotFound(what=f"đơn vị «{unit_id}»")
            if any(one["sha256"] == facts["sha256"] for one in unit.get("certificates", [])):
                raise errors.Conflict(why="đơn vị đã có chứng thư này")
            added = {"$push": {"certificates": facts | {"added_at": change.now}}, "$inc": {"revision": 1}}
            await change.update("units", {"_id": unit_id}, added)
            change.record("unit", unit_id, serial=facts["serial"], sha256=facts["sha256"])

        await self._journal.change(actor, Action.CERTIFICATE_ADDED, work)
        return facts

    async def add_for_person(self, actor: Actor, person_id: str, content: bytes) -> Row:
        """The certificate's facts, now with the person whose name (or mail address) it bears (Đ5.3)."""
        facts = read(content)

        async def work(change: Change) -> None:
            person = await change.find_one("people", {"_id": person_id})
            if person is None:
                raise errors.NotFound(what="người dùng")
            if not _names(_parsed(content), person):
                raise CertificateRefused(why="chứng thư không mang tên hay thư điện tử của người này")
            if await change.find_one("people", {"certificates.sha256": facts["sha256"]}):
                raise errors.Conflict(why="chứng thư này đã đăng ký cho một tài khoản")
            added = {"$push": {"certificates": facts | {"added_at": change.now}}, "$inc": {"revision": 1}}
            await change.update("people", {"_id": person_id}, added)
            change.record("person", person_id, serial=facts["serial"], sha256=facts["sha256"])

        await self._journal.change(actor, Action.PERSON_CERTIFIED, work)
        return facts

    def validity(self, certificate: Row) -> str:
        """`early`, `valid`, `soon` (ends within thirty days) or `ended`."""
        now = self._clock.now()
        if now < certificate["not_before"]:
            return "early"
        if now > certificate["not_after"]:
            return "ended"
        return "soon" if now + _SOON > certificate["not_after"] else "valid"


def read(content: bytes) -> Row:
    """The facts of a certificate in PEM, DER or base64. Raises CertificateRefused."""
    if len(content) > LARGEST:
        raise CertificateRefused(why="tệp quá lớn")
    if b"PRIVATE KEY" in content:
        raise CertificateRefused(why="tệp chứa khóa bí mật; hãy xuất riêng chứng thư, và giữ kín khóa")
    try:
        found = _parsed(content)
        return {
            "serial": f"{found.serial_number:X}",
            "subject": found.subject.rfc4514_string()[:500],
            "issuer": found.issuer.rfc4514_string()[:500],
            "sha256": found.fingerprint(SHA256()).hex(),
            "not_before": found.not_valid_before_utc,
            "not_after": found.not_valid_after_utc,
            "der": b64encode(found.public_bytes(Encoding.DER)).decode(),
        }
    except ValueError as fault:
        raise CertificateRefused(why="không đọc được chứng thư X.509 (PEM hoặc CRT)") from fault


def _names(certificate: x509.Certificate, person: Row) -> bool:
    """Whether the subject is this person: the same full name, or the same mail address."""
    subject = certificate.subject
    names = {text.fold(str(one.value)) for one in subject.get_attributes_for_oid(NameOID.COMMON_NAME)}
    mails = {str(one.value).casefold() for one in subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)}
    return text.fold(person["full_name"]) in names or bool(person.get("email") and person["email"] in mails)


def _parsed(content: bytes) -> x509.Certificate:
    if b"-----BEGIN" in content:
        return x509.load_pem_x509_certificate(content)
    try:
        return x509.load_der_x509_certificate(content)
    except ValueError:
        try:
            return x509.load_der_x509_certificate(b64decode(content, validate=False))
        except binascii.Error as fault:
            raise ValueError("neither PEM nor DER") from fault
