"""Detached signatures (CAdES, `.p7s`): a file of its own, bound to what it signs by the digest that it signs.

The report names that digest as the field (`sha256:…`); a version of the same document with those bytes is what was
signed. So the verdict depends on the signature file alone, and a wrong neighbour is never taken for its content.
"""

import asyncio
import hashlib
from typing import Any, Final

from asn1crypto import cms, pem
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_self_reported_ts,
    extract_tst_data_iter,
    message_imprint_checker,
    validate_sig_integrity,
)

from repository.mongo import Row
from repository.signatures import report
from repository.signatures.report import Report, Signature
from repository.signatures.trust.trust import Authority, describe
from repository.signatures.verdict.classify import classify, subject_values
from repository.signatures.verdict.times import READING, token_stamp
from repository.signatures.verdict.verdict import Moment, failed, settle, unsure, weigh_digest

MEDIA_TYPE: Final = "application/pkcs7-signature"
LARGEST: Final = 32 * 1024**2
_MOST: Final = 64
_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_ARMOR: Final = (b"-----BEGIN PKCS7-----", b"-----BEGIN CMS-----")
_NAMING: Final = {"signing_certificate", "signing_certificate_v2"}


def looks_like(head: bytes) -> bool:
    """Whether a file begins as signed data does."""
    return head.startswith(_ARMOR) or (head[:1] == b"\x30" and _SIGNED_DATA in head[:20])


def read(content: bytes, found: Report, authority: Authority, moment: Moment) -> None:
    """Fills the report: one entry a signer."""
    try:
        der = pem.unarmor(content)[2] if pem.detect(content) else content
        signed = cms.ContentInfo.load(der, strict=True)["content"]
        signers = list(signed["signer_infos"])
        with asyncio.Runner() as runner:
            for one in signers[:_MOST]:
                found.signatures.append(runner.run(_examined(signed, one, authority, moment)))
    except READING as fault:
        found.status = "unreadable"
        found.findings.append(f"Tệp chữ ký rời bị hỏng ({type(fault).__name__}).")
        return
    if len(signers) > _MOST:
        found.limits.append(f"Chỉ kiểm tra {_MOST} chữ ký đầu tiên.")
    found.status = report.overall_status(found)


async def _examined(
    signed: cms.SignedData, signer: cms.SignerInfo, authority: Authority, moment: Moment
) -> Signature:
    signature = Signature(field="?")
    try:
        return await _weighed(signature, _alone(signed, signer), signer, authority, moment)
    except READING as fault:
        failed(signature, "FORMAT_FAILURE", f"Không đọc được chữ ký này ({type(fault).__name__}).")
        return signature


def _alone(signed: cms.SignedData, signer: cms.SignerInfo) -> cms.SignedData:
    """The same data with one signer, as the library takes it."""
    return cms.SignedData(
        {
            "version": signed["version"],
            "digest_algorithms": signed["digest_algorithms"],
            "encap_content_info": signed["encap_content_info"],
            "certificates": signed["certificates"],
            "signer_infos": [signer],
        }
    )


async def _weighed(
    signature: Signature, signed: cms.SignedData, signer: cms.SignerInfo, authority: Authority, moment: Moment
) -> Signature:
    algorithm = signature.digest_algorithm = str(signer["digest_algorithm"]["algorithm"].native)
    certificates = extract_certs_for_validation(signed)
    certificate, others = certificates.signer_cert, list(certificates.other_certs)
    signature.certificate, signature.signer = describe(certificate), classify(subject_values(certificate))
    digest = _digest(signed, signer, algorithm)
    signature.field = f"{algorithm}:{digest.hex()}"
    kind = signed["encap_content_info"]["content_type"].native
    same, valid = validate_sig_integrity(signer, certificate, kind, digest)
    if not (same and valid):
        words = (
            "Nội dung kèm trong chữ ký đã bị thay đổi." if not same else "Giá trị chữ ký không khớp với khóa."
        )
        failed(signature, "SIG_CRYPTO_FAILURE" if same else "HASH_FAILURE", words)
        return signature
    signature.intact, signature.covers_whole_document = True, True
    signature.findings.append(f"Chữ ký rời, ký nội dung có {algorithm.upper()} {digest.hex()[:16]}….")
    if algorithm != "sha256":
        signature.findings.append("Chưa đối chiếu được với phiên bản nào: chữ ký không dùng SHA-256.")
    weigh_digest(signature, authority)
    _require_naming(signature, signer)
    proof = moment.proof(authority)
    token = next(iter(extract_tst_data_iter(signer, signed=False)), None)
    if token is not None:
        imprint = message_imprint_checker(signer)
        signature.timestamp = await token_stamp(token, imprint, authority, others, proof.at)
    _set_time(signature, signer)
    await settle(signature, authority, certificate, others, proof)
    return signature


def _digest(signed: cms.SignedData, signer: cms.SignerInfo, algorithm: str) -> bytes:
    """Of the content inside, where there is one; else what the signer says that he signed."""
    content: Any = signed["encap_content_info"]["content"]
    if content.native is not None:
        return hashlib.new(algorithm, bytes(content), usedforsecurity=False).digest()
    for one in signer["signed_attrs"]:
        if one["type"].native == "message_digest":
            return bytes(one["values"][0].native)
    raise ValueError("no message digest")


def _require_naming(signature: Signature, signer: cms.SignerInfo) -> None:
    if not {one["type"].native for one in signer["signed_attrs"]} & _NAMING:
        signature.findings.append("Chữ ký không chỉ ra chứng thư của người ký (không theo CAdES).")


def _set_time(signature: Signature, signer: cms.SignerInfo) -> None:
    stamp = signature.timestamp
    signature.timestamped = bool(stamp and stamp.intact)
    if stamp and stamp.intact and stamp.at:
        signature.signed_at, signature.signed_at_source = stamp.at, "timestamp"
        return
    if stamp:
        unsure(signature, "SIG_CONSTRAINTS_FAILURE", "Dấu thời gian kèm theo không hợp lệ.")
    said = extract_self_reported_ts(signer)
    if said:
        signature.signed_at, signature.signed_at_source = said, "attribute"


def joined(found: Report, version: Row, reports: dict[int, Report]) -> Report:
    """A version's report with the detached signatures of the same document that sign exactly its bytes."""
    name = f"sha256:{version['sha256']}"
    inside = [one for one in found.signatures if ":" not in one.field[:7]]
    beside = [one for other in reports.values() for one in other.signatures if one.field == name]
    if not beside and len(inside) == len(found.signatures):
        return found
    both = found.model_copy(update={"signatures": [*inside, *beside]})
    return both.model_copy(update={"status": report.overall_status(both)}) if beside else both
