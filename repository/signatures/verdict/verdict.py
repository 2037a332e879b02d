"""The verdict on one signature by itself: bytes, time stamp, signing time, certificate (ETSI EN 319 102-1).

What was added to the file afterwards is weighed in `verify`, which sees all signatures together.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from asn1crypto import x509
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    validate_sig_integrity,
)

from repository.clock import local, local_date
from repository.signatures import report
from repository.signatures.report import Proof, Signature
from repository.signatures.revisions.coverage import coverage, hole_padding, signed_parts
from repository.signatures.revisions.permissions import Permissions, read
from repository.signatures.trust.trust import Authority, Chain, describe
from repository.signatures.verdict.classify import classify, subject_values
from repository.signatures.verdict.proofs import evidence_of_signature, years_before
from repository.signatures.verdict.times import content_digest, document_stamp, set_signing_time, stamp_of

_SUBFILTERS: Final = ("/adbe.pkcs7.detached", "/ETSI.CAdES.detached", "/ETSI.RFC3161")
_WORDS: Final = {
    "NO_CERTIFICATE_CHAIN_FOUND": "Chưa xác minh được chuỗi chứng thư đến gốc (kiểm tra ngoại tuyến).",
    "OUT_OF_BOUNDS_NO_POE": "Chứng thư đã hết hạn; không có dấu thời gian tin cậy cho thấy đã ký từ trước.",
    "REVOKED_NO_POE": "Chứng thư đã bị thu hồi; không có dấu thời gian tin cậy cho thấy đã ký từ trước.",
    "REVOKED_CA_NO_POE": "Tổ chức cấp chứng thư đã bị thu hồi chứng thư.",
    "CHAIN_CONSTRAINTS_FAILURE": "Chứng thư không được cấp cho mục đích ký số.",
    "TRY_LATER": "Chưa có danh sách thu hồi hoặc trả lời OCSP nói về chứng thư này; cài đặt đòi phải có.",
}
_NAMING: Final = {"signing_certificate", "signing_certificate_v2"}
_GAPS: Final = {
    "missing_issuer": "Chưa xác minh được chuỗi chứng thư: thiếu chứng thư của «{name}» (nhập bằng tangthu trust).",
    "untrusted_root": "Chưa xác minh được chuỗi chứng thư: gốc «{name}» không có trong danh sách tin cậy.",
}


@dataclass
class Examined:
    """A signature's own verdict, and where in the file's history it stands."""

    signature: Signature
    revision: int = -1
    authentic: bool = False
    """The signed bytes are those that the key signed, and they are a whole revision."""
    end: int = 0
    """Where the signed range ends in the file."""
    is_timestamp: bool = False
    permissions: Permissions = field(default_factory=Permissions)
    certificate: x509.Certificate | None = None
    others: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True)
class Moment:
    """When the verdict is made, and since when this program knows these bytes (a proof of its own)."""

    at: datetime
    known_since: datetime | None = None
    stamped: datetime | None = None
    """The document time stamp that proves what is examined."""

    def proof(self, authority: Authority) -> Proof:
        """The earliest moment proven from outside the signature."""
        found = [Proof(at=self.at, source="now")]
        if self.stamped:
            found.append(Proof(at=self.stamped, source="document_timestamp"))
        oldest = years_before(self.at, authority.rules.own_record_years)
        if self.known_since and self.known_since >= oldest:
            found.append(Proof(at=self.known_since, source="own_record"))
        return min(found, key=lambda one: one.at)


def failed(signature: Signature, sub_indication: str, finding: str) -> None:
    signature.status, signature.sub_indication, signature.intact = report.FAILED, sub_indication, False
    signature.findings.append(finding)


def unsure(signature: Signature, sub_indication: str, finding: str) -> None:
    """INDETERMINATE, unless something worse is known already."""
    if signature.status != report.FAILED:
        signature.status, signature.sub_indication = report.INDETERMINATE, sub_indication
    signature.findings.append(finding)


async def examine(
    embedded: EmbeddedPdfSignature, others: list[x509.Certificate], authority: Authority, moment: Moment
) -> Examined:
    """May raise what hostile bytes make the libraries raise; `verify` turns that into a verdict."""
    found = Examined(Signature(field=embedded.field_name), embedded.signed_revision)
    signature = found.signature
    found.is_timestamp = embedded.sig_object_type == "/DocTimeStamp"
    signature.digest_algorithm = embedded.md_algorithm
    certificates = extract_certs_for_validation(embedded.signed_data)
    certificate = certificates.signer_cert
    signature.certificate = describe(certificate)
    signature.signer = classify(subject_values(certificate))
    embedded_certificates = [*certificates.other_certs, *others]
    found.certificate, found.others = certificate, tuple(embedded_certificates)
    authority, proof = authority.told(evidence_of_signature(embedded)), moment.proof(authority)
    if not _integrity(embedded, found, certificate, authority):
        set_signing_time(embedded, signature, await stamp_of(embedded, authority, others, proof.at))
        return found
    if found.is_timestamp:
        signature.timestamp = await document_stamp(embedded, authority, others, proof.at)
        return found
    set_signing_time(embedded, signature, await stamp_of(embedded, authority, others, proof.at))
    await settle(signature, authority, certificate, embedded_certificates, proof)
    return found


def _integrity(
    embedded: EmbeddedPdfSignature, found: Examined, certificate: x509.Certificate, authority: Authority
) -> bool:
    """Byte range, digest, signature value, coverage; False ends the examination."""
    signature = found.signature
    subfilter = str(embedded.sig_object.get("/SubFilter", ""))
    if subfilter not in _SUBFILTERS:
        unsure(signature, "GENERIC", f"Kiểu chữ ký {subfilter or '(không ghi)'} không được hỗ trợ.")
        return False
    if fault := byte_range_fault(embedded):
        failed(signature, "FORMAT_FAILURE", fault)
        return False
    content_type = embedded.signed_data["encap_content_info"]["content_type"].native
    if not found.is_timestamp and content_type != "data":
        failed(signature, "FORMAT_FAILURE", "Chữ ký mang dữ liệu riêng thay vì ký nội dung tệp.")
        return False
    digest = content_digest(embedded.signed_data) if found.is_timestamp else embedded.compute_digest()
    same, valid = validate_sig_integrity(embedded.signer_info, certificate, content_type, digest)
    if not same:
        failed(signature, "HASH_FAILURE", "Nội dung tệp đã bị thay đổi so với lúc ký.")
    elif not valid:
        failed(signature, "SIG_CRYPTO_FAILURE", "Giá trị chữ ký không khớp với khóa của chứng thư.")
    if not (same and valid):
        return False
    return _coverage(embedded, found, authority)


def _coverage(embedded: EmbeddedPdfSignature, found: Examined, authority: Authority) -> bool:
    signature, covered = found.signature, coverage(embedded)
    parts = signed_parts(embedded, covered) if covered else None
    if covered is None:
        failed(signature, "FORMAT_FAILURE", "Chữ ký không bao phủ trọn một phiên bản của tệp.")
    elif parts is None:
        failed(signature, "FORMAT_FAILURE", "Ô chữ ký này không có trong phần đã ký: chữ ký bị gắn vào sau.")
    if covered is None or parts is None:
        return False
    found.revision, found.end, found.authentic = covered.revision, covered.end, True
    found.permissions = read(*parts)
    signature.intact, signature.covers_whole_document = True, covered.whole
    weigh_digest(signature, authority)
    _weigh_form(embedded, signature)
    return True


def _weigh_form(embedded: EmbeddedPdfSignature, signature: Signature) -> None:
    """What leaves a door open in an authentic signature: data in the hole, attributes that its kind demands."""
    if hole_padding(embedded):
        signature.intact = None
        unsure(signature, "SIG_CONSTRAINTS_FAILURE", "Chỗ chứa chữ ký còn dữ liệu lạ mà chữ ký không bảo vệ.")
    attributes = embedded.signer_info["signed_attrs"]
    names = {one["type"].native for one in attributes} if attributes.native else set()
    if embedded.sig_object.get("/SubFilter") == "/ETSI.CAdES.detached" and not names & _NAMING:
        signature.intact = None
        words = "Chữ ký PAdES thiếu thuộc tính bắt buộc chỉ ra chứng thư của người ký (signing-certificate)."
        unsure(signature, "SIG_CONSTRAINTS_FAILURE", words)


def weigh_digest(signature: Signature, authority: Authority) -> None:
    algorithm = signature.digest_algorithm
    if algorithm in authority.rules.weak:
        signature.findings.append(f"Thuật toán băm {algorithm.upper()} đã yếu; chữ ký vẫn được kiểm tra.")
    if algorithm in authority.rules.forbidden:
        signature.intact = None


def age_digest(signature: Signature, authority: Authority, proven: datetime) -> None:
    """A weak digest proves nothing for what was not proven to exist before its day."""
    last = authority.rules.ends.get(signature.digest_algorithm)
    if last and local_date(proven) > last:
        signature.intact = None


async def settle(
    signature: Signature,
    authority: Authority,
    certificate: x509.Certificate,
    others: list[x509.Certificate],
    proof: Proof,
) -> None:
    """The end of each verdict: proven since `proof`, or since the own time stamp where that is trusted and earlier."""
    if (stamped := _trusted_time(signature)) and stamped < proof.at:
        proof = Proof(at=stamped, source="timestamp")
    signature.proof = proof
    age_digest(signature, authority, proof.at)
    chain = await authority.chain(certificate, others, moment=proof.at, usage="signing")
    conclude(signature, chain, certificate)


def byte_range_fault(embedded: EmbeddedPdfSignature) -> str:
    """Why the signed range is not all around exactly one hole, the signature itself; empty when it is."""
    numbers = [int(n) for n in embedded.byte_range]
    stream = embedded.reader.stream
    size = stream.seek(0, 2)
    if len(numbers) != 4 or min(numbers) < 0 or numbers[0] != 0:
        return "Phạm vi ký (ByteRange) không hợp lệ."
    hole, after, length = numbers[1], numbers[2], numbers[3]
    if after + length > size:
        return "Phạm vi ký (ByteRange) vượt quá độ dài tệp: tệp bị cắt hoặc chữ ký của tệp khác."
    stream.seek(hole)
    between = stream.read(max(0, after - hole))
    if between[:1] != b"<" or between[-1:] != b">":
        return "Phạm vi ký (ByteRange) chừa ra ngoài nhiều hơn chính chữ ký."
    try:
        same = bytes.fromhex(between[1:-1].decode("ascii")) == embedded.pkcs7_content
    except ValueError:
        same = False
    return "" if same else "Phần chừa ra của phạm vi ký không phải là chữ ký này."


def conclude(signature: Signature, chain: Chain, certificate: x509.Certificate) -> None:
    """From the chain and the signing time to the ETSI status."""
    signature.trust = chain.trust
    signed = signature.signed_at
    if signature.intact is None and signature.sub_indication:
        return  # said already; a good chain does not mend it
    if signature.intact is None:
        unsure(
            signature,
            "CRYPTO_CONSTRAINTS_FAILURE",
            f"Thuật toán băm {signature.digest_algorithm} không còn giá trị.",
        )
    elif signed and signed > certificate.not_valid_after:
        signature.status, signature.sub_indication = report.FAILED, "EXPIRED"
        signature.findings.append(
            f"Ký ngày {_day(signed)} khi chứng thư đã hết hạn từ {_day(certificate.not_valid_after)}."
        )
    elif signed and signed < certificate.not_valid_before:
        signature.status, signature.sub_indication = report.FAILED, "NOT_YET_VALID"
        signature.findings.append(f"Ký ngày {_day(signed)} trước khi chứng thư có hiệu lực.")
    elif chain.revoked_at and signed and signed >= chain.revoked_at:
        signature.status, signature.sub_indication = report.FAILED, "REVOKED"
        signature.findings.append(
            f"Ký ngày {_day(signed)} sau khi chứng thư bị thu hồi ngày {_day(chain.revoked_at)}."
        )
    elif chain.problem:
        words = _WORDS.get(chain.problem, "Chứng thư không đạt khi kiểm tra chuỗi tin cậy.")
        if chain.trust.gap:
            words = _GAPS[chain.trust.gap].format(name=chain.trust.gap_at)
        unsure(signature, chain.problem, words)
    else:
        signature.status, signature.sub_indication = report.PASSED, None
        if chain.trust.revocation == "not_checked":
            signature.findings.append("Chưa kiểm tra được tình trạng thu hồi của chứng thư (ngoại tuyến).")


def _day(moment: datetime) -> str:
    return f"{local(moment):%d/%m/%Y}"


def _trusted_time(signature: Signature) -> datetime | None:
    stamp = signature.timestamp
    return stamp.at if stamp and stamp.trusted else None
