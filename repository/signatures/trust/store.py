"""Certificates of authorities, revocation lists and OCSP answers that an operator brings in from a file (Đ8.2).

A root is believed because its fingerprint is pinned in the dated rules, or because the operator says what it
stands for and that is recorded; never because of its name. An intermediate counts only under a trusted root.
"""

from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import cms, pem, x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509 import load_der_x509_certificate, load_der_x509_crl, ocsp

from repository import errors
from repository.access.actors import Actor
from repository.audit import Action
from repository.clock import local_date
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.signatures.report import Purpose
from repository.signatures.trust.trust import Rules
from repository.signatures.trust.trusted import certificate_row, evidence_row

LARGEST: Final = 64 * 1024 * 1024
_CHOICES: Final[tuple[Purpose, ...]] = ("chuyen-dung", "cong-cong")


class TrustRefused(errors.Invalid):
    """A file of trust that is not what it should be."""

    vi = "Không nhận «{name}»: {why}."
    en = "«{name}» is not accepted: {why}."


@dataclass(frozen=True)
class Found:
    """One thing in a file: the row it would be, and why it is not taken (empty: it is)."""

    row: Row
    known: bool = False
    refused: str = ""


class TrustStore:
    """Keeps what is trusted; nothing is ever removed, a root may be retired."""

    def __init__(self, *, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    async def look(self, name: str, content: bytes, *, purpose: str = "") -> list[Found]:
        """What a file holds and what would become of it. Raises TrustRefused when it holds nothing known."""
        if len(content) > LARGEST:
            raise TrustRefused(name=name, why="tệp quá lớn")
        rules = Rules.on(local_date(self._journal.now()))
        found = [_row(kind, der, purpose, rules, name) for kind, der in _pieces(name, content)]
        return [await self._with_known(one) for one in found]

    async def take(self, actor: Actor, found: list[Found]) -> list[Row]:
        """Keeps what is new and was not refused, in one recorded change."""
        rows = list({one.row["_id"]: one.row for one in found if not one.known and not one.refused}.values())
        if not rows:
            return []

        async def work(change: Change) -> None:
            for row in rows:
                more = {"added_at": change.now, "added_by": actor.as_row(), "source": "imported"}
                before = await change.find_one("trust", {"_id": row["_id"]})
                if before is None:
                    await change.insert("trust", row | more)
                else:  # a row of the settings, or one that was retired: from now on it is imported
                    fields = {"$set": more | {"purpose": row["purpose"], "retired": None}}
                    await change.update("trust", {"_id": row["_id"]}, fields)
                change.record(
                    "trust",
                    row["_id"],
                    owes=False,
                    what=row["kind"],
                    name=row["name"],
                    purpose=row["purpose"],
                )
            again = {"$set": {"began": change.now, "after": "", "finished": False}}
            # whatever was judged by the old trust is looked at again from the first document
            if not await change.update("preservation", {"_id": "review"}, again):
                await change.insert("preservation", {"_id": "review"} | again["$set"])

        await self._journal.change(actor, Action.TRUST_IMPORTED, work)
        return rows

    async def retire(self, actor: Actor, sha256: str, why: str) -> Row:
        """Ends trust in a certificate; verdicts of the past can still be made again. Raises NotFound."""

        async def work(change: Change) -> Row:
            ended = {"at": change.now, "by": actor.as_row(), "why": why}
            query = {"_id": sha256, "source": "imported", "retired": None}
            row = await change.take("trust", query, {"$set": {"retired": ended}})
            if row is None:
                raise errors.NotFound(what=f"chứng thư đã nhập {sha256}")
            change.record("trust", sha256, owes=False, name=row["name"], why=why)
            return row

        return await self._journal.change(actor, Action.TRUST_RETIRED, work)

    async def all(self) -> list[Row]:
        """Everything but the bytes, roots first."""
        rows = await self._database["trust"].find({}, {"der": 0}).sort("_id", 1).to_list(None)
        order = {"root": 0, "intermediate": 1, "crl": 2, "ocsp": 3}
        return sorted(rows, key=lambda row: (order[row["kind"]], row["name"], row["issuer"]))

    async def _with_known(self, one: Found) -> Found:
        query = {"_id": one.row["_id"], "source": "imported", "retired": None}
        known = await self._database["trust"].find_one(query, {"_id": 1})
        return Found(one.row, known=known is not None, refused=one.refused)


def pinned(rules: list[Row], rows: list[Row]) -> list[Row]:
    """The anchors of the dated rules, each with whether its certificate is at hand."""
    have = {row["_id"] for row in rows}
    return [one | {"at_hand": one["sha256"] in have} for one in rules]


def _pieces(name: str, content: bytes) -> list[tuple[str, bytes]]:
    """`(certificate | crl | ocsp, DER)` in a file of PEM blocks or one DER object, PKCS#7 bags opened."""
    if b"PRIVATE KEY" in content:
        raise TrustRefused(name=name, why="tệp chứa khóa bí mật")
    try:
        ders = (
            [der for _, _, der in pem.unarmor(content, multiple=True)] if pem.detect(content) else [content]
        )
    except ValueError as fault:
        raise TrustRefused(name=name, why="không đọc được") from fault
    found = [piece for der in ders for piece in _piece(der)]
    if not found:
        raise TrustRefused(name=name, why="không phải chứng thư, danh sách thu hồi hay trả lời OCSP")
    return found


def _piece(der: bytes) -> list[tuple[str, bytes]]:
    readers: tuple[tuple[str, Any], ...] = (
        ("certificate", load_der_x509_certificate), ("crl", load_der_x509_crl),
        ("ocsp", ocsp.load_der_ocsp_response),
    )  # fmt: skip
    for kind, reader in readers:
        try:
            reader(der)
        except ValueError:
            continue
        return [(kind, der)]
    return _bag(der)


def _bag(der: bytes) -> list[tuple[str, bytes]]:
    """Certificates and lists of a PKCS#7 file without signatures (.p7b, .p7c)."""
    try:
        signed = cms.ContentInfo.load(der)["content"]
        bag = [("certificate", one.chosen.dump()) for one in signed["certificates"]]
        return bag + [("crl", one.chosen.dump()) for one in signed["crls"]]
    except (ValueError, TypeError, KeyError):
        return []


def _row(kind: str, der: bytes, purpose: str, rules: Rules, name: str) -> Found:
    if kind == "certificate":
        return _certificate(x509.Certificate.load(der), purpose, rules)
    if kind == "crl":
        found = load_der_x509_crl(der)
        times = {"from": found.last_update_utc, "until": found.next_update_utc}
        issuer = found.issuer.rfc4514_string()
        return Found(
            evidence_row("crl", der, name=f"Danh sách thu hồi: {len(found)} dòng", issuer=issuer, **times)
        )
    answer = ocsp.load_der_ocsp_response(der)
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return Found(evidence_row("ocsp", der, name=name), refused="trả lời OCSP báo lỗi")
    single = next(iter(answer.responses))
    times = {"from": single.this_update_utc, "until": single.next_update_utc}
    words = f"Trả lời OCSP về số {single.serial_number:x}: {single.certificate_status.name.lower()}"
    return Found(evidence_row("ocsp", der, name=words, **times))


def _certificate(one: x509.Certificate, purpose: str, rules: Rules) -> Found:
    if not one.ca:
        return Found(
            certificate_row("intermediate", one, ""), refused="không phải chứng thư của tổ chức cấp (CA)"
        )
    if not one.self_issued:
        return Found(certificate_row("intermediate", one, ""))
    pin = rules.pins.get(one.sha256.hex())
    stands_for = pin[0] if pin else purpose
    row = certificate_row("root", one, stands_for)
    if not _signs_itself(one):
        return Found(row, refused="chữ ký của chứng thư gốc không đúng")
    if stands_for not in _CHOICES:
        why = "gốc không có trong quy tắc; đối chiếu dấu vân tay rồi nhập lại với --purpose " + "|".join(
            _CHOICES
        )
        return Found(row, refused=why)
    if pin and purpose and purpose != pin[0]:
        return Found(row, refused=f"quy tắc đã ghi mục đích của gốc này là {pin[0]}")
    return Found(row)


def _signs_itself(one: x509.Certificate) -> bool:
    root = load_der_x509_certificate(one.dump())
    try:
        root.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
