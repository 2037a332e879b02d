"""Revocation evidence: lists and OCSP answers, whose they are, of when, and what they say of a certificate.

Believed only when the certificate's own issuer signed it (an OCSP answer: or a responder that the issuer
named). An answer of a later day proves an earlier one too, as long as the certificate had not run out: after
that an issuer may drop its entry (RFC 5280 3.3, RFC 6960 4.4.4).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import (
    Certificate,
    CertificateRevocationList,
    ExtendedKeyUsage,
    ExtensionNotFound,
    load_der_x509_certificate,
    load_der_x509_crl,
    ocsp,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

Source = Literal["signature", "file", "imported", "settings"]
_READING: Final = (ValueError, TypeError, UnsupportedAlgorithm, AttributeError)
"""What bytes that are not what they claim to be make the library raise."""
_UNENDED: Final = timedelta(days=1)
"""How long an answer without an end speaks for what came after it: newer word could be had at any time (RFC 6960
4.2.2.1), and an old one from before a revocation would be good for ever.
"""


@dataclass(frozen=True)
class Evidence:
    """One list or answer, and where it was found."""

    kind: Literal["crl", "ocsp"]
    der: bytes
    source: Source

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.der).hexdigest()


@dataclass(frozen=True)
class Word:
    """What one piece of evidence says of one certificate."""

    evidence: Evidence
    issuer: str
    produced: datetime
    until: datetime | None
    revoked_at: datetime | None = None
    reason: str = ""

    def speaks_for(self, moment: datetime, ends: datetime) -> bool:
        """Whether silence on a revocation means that there was none at the moment."""
        if self.produced <= moment:
            return moment <= (self.until or self.produced + _UNENDED)
        return self.produced <= ends


def words_on(certificate: bytes, issuer: bytes, evidence: Iterable[Evidence]) -> list[Word]:
    """What is said of a certificate (DER) by its issuer (DER); evidence that cannot be read says nothing."""
    try:
        one, above = load_der_x509_certificate(certificate), load_der_x509_certificate(issuer)
    except _READING:
        return []
    found = []
    for piece in evidence:
        try:
            word = _list_word(piece, one, above) if piece.kind == "crl" else _ocsp_word(piece, one, above)
        except (*_READING, InvalidSignature):
            continue
        if word is not None:
            found.append(word)
    return found


def _list_word(piece: Evidence, one: Certificate, above: Certificate) -> Word | None:
    found = _loaded(piece.der)
    if found.issuer.public_bytes() != one.issuer.public_bytes() or not _is_by(piece.der, above):
        return None
    entry = found.get_revoked_certificate_by_serial_number(one.serial_number)
    return Word(
        piece, found.issuer.rfc4514_string(), found.last_update_utc, found.next_update_utc,
        entry.revocation_date_utc if entry else None,
    )  # fmt: skip


@lru_cache(maxsize=256)
def _loaded(der: bytes) -> CertificateRevocationList:
    return load_der_x509_crl(der)


@lru_cache(maxsize=256)
def _is_by(der: bytes, issuer: Certificate) -> bool:
    """Checked once a list: a state authority's is large, and every signature of a file asks for it."""
    return bool(_loaded(der).is_signature_valid(issuer.public_key()))  # type: ignore[arg-type]


def _ocsp_word(piece: Evidence, one: Certificate, above: Certificate) -> Word | None:
    found = ocsp.load_der_ocsp_response(piece.der)
    if found.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return None
    for single in found.responses:
        if single.serial_number == one.serial_number and _same_issuer(single, above):
            break
    else:
        return None
    responder = _responder(found, above)
    if responder is None:
        return None
    _verify(responder, found)
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        return None
    return Word(
        piece, responder.subject.rfc4514_string(), single.this_update_utc, single.next_update_utc,
        single.revocation_time_utc, single.revocation_reason.value if single.revocation_reason else "",
    )  # fmt: skip


def _same_issuer(single: ocsp.OCSPSingleResponse, above: Certificate) -> bool:
    """By hash of the issuer's name: the hash of its key is the signature's business."""
    names = above.subject.public_bytes()
    algorithm = single.hash_algorithm.name
    return hashlib.new(algorithm, names, usedforsecurity=False).digest() == single.issuer_name_hash


def _responder(found: ocsp.OCSPResponse, above: Certificate) -> Certificate | None:
    """The issuer itself, or a certificate that it issued for answering."""
    for one in found.certificates:
        try:
            one.verify_directly_issued_by(above)
            usage = one.extensions.get_extension_for_class(ExtendedKeyUsage).value
        except (InvalidSignature, ExtensionNotFound, *_READING):
            continue
        if ExtendedKeyUsageOID.OCSP_SIGNING in usage and (
            one.not_valid_before_utc <= found.produced_at_utc <= one.not_valid_after_utc
        ):
            return one
    return above if not found.certificates or above in found.certificates else None


def _verify(responder: Certificate, found: ocsp.OCSPResponse) -> None:
    """Raises InvalidSignature unless the responder signed the answer."""
    key, digest = responder.public_key(), found.signature_hash_algorithm
    if digest is None:
        raise InvalidSignature
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(found.signature, found.tbs_response_bytes, padding.PKCS1v15(), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(found.signature, found.tbs_response_bytes, ec.ECDSA(digest))
    else:
        raise InvalidSignature
