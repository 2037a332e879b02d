"""What long validity needs: the certificates up to the root and fresh revocation lists of their issuers (LTV).

From the settings' files and from what `tangthu trust` imported; where the settings allow it, also fetched from the
addresses in the certificates.
"""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx
from asn1crypto import cms as asn1_cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.x509 import load_der_x509_crl, ocsp
from cryptography.x509.oid import ExtensionOID

from repository.signatures.trust.trusted import Trusted

_SECONDS: Final = 10.0
_LARGEST: Final = 8 * 1024 * 1024
_LONGEST: Final = 8


@dataclass
class Evidence:
    """DER of what goes into the document's security store; `missing` says whose revocation is not covered."""

    certificates: list[bytes] = field(default_factory=list)
    lists: list[bytes] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    """OCSP responses."""
    missing: list[str] = field(default_factory=list)

    def options(self) -> dict[str, Any]:
        """As the sandbox takes it."""
        return {
            "certificates": [b64encode(one).decode() for one in self.certificates],
            "crls": [b64encode(one).decode() for one in self.lists],
            "ocsps": [b64encode(one).decode() for one in self.answers],
        }


class Evidences:
    """Gathers evidence; a list that cannot be had is said, and never stops a signature."""

    def __init__(self, *, trusted: Trusted, fetch: bool) -> None:
        self._trusted = trusted
        self._fetch = fetch

    async def chain(self, certificate: bytes) -> list[bytes]:
        """The issuers of a certificate, nearest first, as far as the anchors know them."""
        anchors = await self._trusted.known()
        known = [*anchors.intermediates, *anchors.roots]
        return [one.dump() for one in _issuers(asn1_x509.Certificate.load(certificate), known)]

    async def gather(self, signature: bytes, *, now: datetime) -> Evidence:
        """For the signer of a CMS object, for its time stamp, and for everybody above them."""
        anchors = await self._trusted.known()
        given = _embedded(signature)
        known = {one.sha256: one for one in [*given, *anchors.intermediates, *anchors.roots]}
        found = Evidence()
        wanted: dict[bytes, asn1_x509.Certificate] = {}
        for leaf in given:
            for one in [leaf, *_issuers(leaf, list(known.values()))]:
                wanted[one.sha256] = one
        found.certificates = [one.dump() for one in wanted.values()]
        for one in wanted.values():
            if one.self_issued:
                continue
            lists = [e.der for e in anchors.evidence if e.kind == "crl" and _is_for(e.der, one, now)]
            answers = [e.der for e in anchors.evidence if e.kind == "ocsp" and _answers(e.der, one, now)]
            if not lists and not answers and self._fetch:
                lists = [der for der in await _fetched(one) if _is_for(der, one, now)]
            if not lists and not answers:
                found.missing.append(one.subject.human_friendly)
            found.lists += [der for der in lists if der not in found.lists]
            found.answers += [der for der in answers if der not in found.answers]
        return found


def _issuers(
    certificate: asn1_x509.Certificate, known: list[asn1_x509.Certificate]
) -> list[asn1_x509.Certificate]:
    found: list[asn1_x509.Certificate] = []
    while not certificate.self_issued and len(found) < _LONGEST:
        above = next((one for one in known if one.subject == certificate.issuer and one.ca), None)
        if above is None:
            break
        found.append(above)
        certificate = above
    return found


def _embedded(signature: bytes) -> list[asn1_x509.Certificate]:
    """Certificates in a CMS object and in the time stamps on it."""
    found: list[asn1_x509.Certificate] = []
    content = asn1_cms.ContentInfo.load(signature)["content"]
    found += [one.chosen for one in content["certificates"] if one.name == "certificate"]
    for signer in content["signer_infos"]:
        for attribute in signer["unsigned_attrs"]:
            if attribute["type"].native == "signature_time_stamp_token":
                for token in attribute["values"]:
                    found += _embedded(token.dump())
    return found


def _is_for(der: bytes, certificate: asn1_x509.Certificate, now: datetime) -> bool:
    try:
        one = load_der_x509_crl(der)
    except ValueError:
        return False
    ends = one.next_update_utc
    same = asn1_x509.Name.load(one.issuer.public_bytes()) == certificate.issuer
    return same and (ends is None or now <= ends)


def _answers(der: bytes, certificate: asn1_x509.Certificate, now: datetime) -> bool:
    """Whether a response still speaks of the certificate; who signed it is judged when the file is validated."""
    try:
        found = ocsp.load_der_ocsp_response(der)
        return found.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL and any(
            one.serial_number == certificate.serial_number
            and (one.next_update_utc is None or now <= one.next_update_utc)
            for one in found.responses
        )
    except ValueError:
        return False


async def _fetched(certificate: asn1_x509.Certificate) -> list[bytes]:
    """Revocation lists from the distribution points; what does not answer is left out."""
    found: list[bytes] = []
    async with httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client:
        for url in _points(certificate.dump())[:3]:
            try:
                answer = await client.get(url)
            except httpx.HTTPError:
                continue
            if answer.status_code == 200 and len(answer.content) <= _LARGEST:
                found.append(answer.content)
    return found


def _points(der: bytes) -> list[str]:
    try:
        extension = x509.load_der_x509_certificate(der).extensions.get_extension_for_oid(
            ExtensionOID.CRL_DISTRIBUTION_POINTS
        )
    except (x509.ExtensionNotFound, ValueError):
        return []
    points: Any = extension.value
    names = [name.value for point in points for name in point.full_name or []]
    return [str(one) for one in names if str(one).startswith(("http://", "https://"))]
