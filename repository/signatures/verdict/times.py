"""When a signature was made: the time stamp first, then the signed attribute, then the dictionary's /M."""

import hashlib
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import cms, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.general import CMSExtractionError, CMSStructuralError, extract_signer_info
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_self_reported_ts,
    extract_tst_data_iter,
    message_imprint_checker,
    validate_sig_integrity,
)

from repository.clock import VIETNAM
from repository.signatures.report import Signature, Timestamp
from repository.signatures.trust.trust import Authority, describe
from repository.signatures.verdict.classify import classify, subject_values

READING: Final = (
    PdfError, CMSExtractionError, CMSStructuralError, SignatureValidationError, ValueError, TypeError,
    KeyError, OSError, AssertionError, AttributeError, IndexError, NotImplementedError,
)  # fmt: skip
"""What hostile bytes make the libraries raise while they are being read."""


def set_signing_time(embedded: EmbeddedPdfSignature, signature: Signature, stamp: Timestamp | None) -> None:
    """The time stamp's word first, then the signed attribute, then the unsigned /M of the dictionary."""
    signature.timestamp = stamp
    signature.timestamped = bool(stamp and stamp.intact)
    if stamp and stamp.intact and stamp.at:
        signature.signed_at, signature.signed_at_source = stamp.at, "timestamp"
        return
    if stamp:
        signature.findings.append("Dấu thời gian kèm theo không hợp lệ.")
    attribute, written = extract_self_reported_ts(embedded.signer_info), _written(embedded.sig_object)
    if (
        attribute
        and written
        and attribute != written
        and attribute.replace(tzinfo=None) == written.replace(tzinfo=None)
    ):
        signature.findings.append(
            "Thuộc tính thời điểm ký ghi giờ địa phương nhầm thành UTC; lấy theo mục /M."
        )
        attribute = None
    if attribute:
        signature.signed_at, signature.signed_at_source = attribute.astimezone(UTC), "attribute"
    elif written:
        signature.signed_at, signature.signed_at_source = written.astimezone(UTC), "dictionary"


def _written(dictionary: generic.DictionaryObject) -> datetime | None:
    try:
        found: datetime = generic.parse_pdf_date(str(dictionary["/M"]), strict=False)
    except READING:
        return None  # the entry is optional and unsigned: an unreadable one is no entry
    return found if found.tzinfo else found.replace(tzinfo=VIETNAM)


async def stamp_of(
    embedded: EmbeddedPdfSignature, authority: Authority, others: list[x509.Certificate], at: datetime
) -> Timestamp | None:
    """The first time stamp token on the signature value, as it is to be judged at a moment."""
    try:
        token = next(iter(extract_tst_data_iter(embedded.signer_info, signed=False)), None)
        if token is None:
            return None
        return await token_stamp(token, message_imprint_checker(embedded.signer_info), authority, others, at)
    except READING:
        return Timestamp()  # there is one, and it proves nothing


async def token_stamp(
    token: cms.SignedData, imprint: Any, authority: Authority, others: list[x509.Certificate], at: datetime
) -> Timestamp:
    """At a moment after its own a token is worth what its authority's certificate is still worth then."""
    info = token["encap_content_info"]["content"].parsed
    certificates = extract_certs_for_validation(token)
    certificate = certificates.signer_cert
    same, valid = validate_sig_integrity(
        extract_signer_info(token), certificate, "tst_info", content_digest(token)
    )
    algorithm = info["message_imprint"]["hash_algorithm"]["algorithm"].native
    intact = same and valid and imprint(algorithm) == info["message_imprint"]["hashed_message"].native
    moment = info["gen_time"].native
    chain = await authority.chain(
        certificate, [*certificates.other_certs, *others], moment=max(moment, at), usage="stamping"
    )
    return Timestamp(
        at=moment,
        intact=intact,
        trusted=intact and not chain.problem,
        authority=classify(subject_values(certificate)).name,
        problem=chain.problem if intact else "SIG_CRYPTO_FAILURE",
        certificate=describe(certificate),
        trust=chain.trust,
    )


def content_digest(token: cms.SignedData) -> bytes:
    algorithm = extract_signer_info(token)["digest_algorithm"]["algorithm"].native
    return hashlib.new(
        algorithm, bytes(token["encap_content_info"]["content"]), usedforsecurity=False
    ).digest()


async def document_stamp(
    embedded: EmbeddedPdfSignature, authority: Authority, others: list[x509.Certificate], at: datetime
) -> Timestamp:
    """A /DocTimeStamp: its imprint is the digest of the byte range."""
    found = await token_stamp(embedded.signed_data, embedded.compute_digest, authority, others, at)
    found.field = embedded.field_name
    return found
