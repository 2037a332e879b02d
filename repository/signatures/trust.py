"""Whom to believe: pinned roots as dated data (Đ8.2), the anchors of the settings, and the chain up to one.

Nothing is fetched. A pinned root counts when the file itself embeds it; the settings' files (PEM or DER) may
hold roots, intermediates and revocation lists. Where the chain stays unknown the answer is INDETERMINATE.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from asn1crypto import pem, x509
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import CertificateRevocationList, load_der_x509_crl
from pyhanko.sign.validation.generic_cms import validate_cert_usage
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from repository import text
from repository.policy import RuleSets
from repository.signatures.report import Purpose, Trust

_SETS: Final = RuleSets.shipped("trust")  # shipped data: read once, before the sandbox forks
_USAGE: Final = {
    "signing": KeyUsageConstraints(
        key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
    ),
    "stamping": KeyUsageConstraints(extd_key_usage={"time_stamping"}),
}


@dataclass(frozen=True)
class Anchors:
    """What the settings' files hold."""

    roots: tuple[x509.Certificate, ...] = ()
    intermediates: tuple[x509.Certificate, ...] = ()
    lists: tuple[bytes, ...] = ()
    """Revocation lists in DER."""

    @classmethod
    def load(cls, paths: Iterable[str]) -> "Anchors":
        """Self-signed certificates are roots, others intermediates. Raises ValueError for other content."""
        certificates: list[x509.Certificate] = []
        lists: list[bytes] = []
        for path in paths:
            for kind, der in _blocks(Path(path).read_bytes()):
                if kind == "X509 CRL":
                    lists.append(der)
                else:
                    certificates.append(x509.Certificate.load(der, strict=True))
        return cls(
            roots=tuple(one for one in certificates if one.self_issued),
            intermediates=tuple(one for one in certificates if not one.self_issued),
            lists=tuple(lists),
        )


def _blocks(content: bytes) -> list[tuple[str, bytes]]:
    if pem.detect(content):
        return [(kind, der) for kind, _, der in pem.unarmor(content, multiple=True)]
    try:
        load_der_x509_crl(content)
    except ValueError:
        return [("CERTIFICATE", content)]
    return [("X509 CRL", content)]


@dataclass(frozen=True)
class Rules:
    """The trust rules of one day."""

    pins: Mapping[str, tuple[Purpose, str]]
    claims: tuple[tuple[str, Purpose], ...]
    weak: frozenset[str]
    forbidden: frozenset[str]

    @classmethod
    def on(cls, day: date) -> "Rules":
        found = _SETS.on(day)
        return cls(
            pins={a["sha256"]: (a["purpose"], a["name"]) for a in found["anchors"] if a["sha256"]},
            claims=tuple((text.fold(one["contains"]), one["purpose"]) for one in found["claims"]),
            weak=frozenset(found["weak_digests"]),
            forbidden=frozenset(found["forbidden_digests"]),
        )

    def claim(self, certificate: x509.Certificate) -> Purpose:
        """What kind of authority the issuer says it is."""
        issuer = text.fold(certificate.issuer.human_friendly)
        return next((purpose for words, purpose in self.claims if words in issuer), "unknown")


@dataclass(frozen=True)
class Chain:
    """The outcome for one certificate at one moment; `problem` is an ETSI sub-indication, or empty."""

    trust: Trust
    problem: str = ""
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Authority:
    """Judges certificates by the rules and the anchors."""

    rules: Rules
    anchors: Anchors = field(default_factory=Anchors)

    async def chain(
        self, certificate: x509.Certificate, embedded: Iterable[x509.Certificate], *, moment: datetime,
        usage: str = "signing",
    ) -> Chain:  # fmt: skip
        """Builds and validates the path of a certificate at a moment, from what is at hand."""
        others = list(embedded)
        roots = [*self.anchors.roots, *(one for one in others if _sha256(one) in self.rules.pins)]
        claimed = self.rules.claim(certificate)
        if not roots:
            return Chain(Trust(claimed=claimed), "NO_CERTIFICATE_CHAIN_FOUND")
        # Revocation is checked below: the library looks at a list only where the certificate declares one.
        context = ValidationContext(
            trust_roots=roots, other_certs=[*others, *self.anchors.intermediates], moment=moment,
            allow_fetching=False, revocation_mode="soft-fail", weak_hash_algos=self.rules.forbidden,
        )  # fmt: skip
        paths = context.path_builder.async_build_paths_lazy(certificate)
        outcome = await validate_cert_usage(
            certificate, context, key_usage_settings=_USAGE[usage], paths=paths
        )
        problem = outcome.error_subindic.standard_name if outcome.error_subindic else ""
        path = outcome.success_result or outcome.error_path
        if path is None:
            return Chain(Trust(claimed=claimed), problem or "NO_CERTIFICATE_CHAIN_FOUND")
        purpose, name = self._named(path)
        checked, revoked_at, of_authority = self._revocation(list(path), moment)
        trust = Trust(known=True, purpose=purpose, anchor=name, claimed=claimed)
        trust.revocation = "revoked" if revoked_at else "good" if checked else "not_checked"
        if revoked_at and revoked_at <= moment and not problem:
            problem = "REVOKED_CA_NO_POE" if of_authority else "REVOKED_NO_POE"
        return Chain(trust, problem, revoked_at)

    def _named(self, path: Any) -> tuple[Purpose, str]:
        root = path.trust_anchor.certificate
        pinned = self.rules.pins.get(_sha256(root))
        return pinned or (
            "thu-nghiem",
            str(root.subject.native.get("common_name", root.subject.human_friendly)),
        )

    def _revocation(
        self, path: list[x509.Certificate], moment: datetime
    ) -> tuple[bool, datetime | None, bool]:
        """Whether a fresh list of ours speaks of the signer; since when one is revoked; if an authority."""
        checked, revoked = False, []
        for issuer, one in pairwise(path):
            for content in self.anchors.lists:
                found = load_der_x509_crl(content)
                if x509.Name.load(found.issuer.public_bytes()) != one.issuer or not _signed_by(found, issuer):
                    continue
                ends = found.next_update_utc
                checked = checked or (one is path[-1] and (ends is None or moment <= ends))
                entry = found.get_revoked_certificate_by_serial_number(one.serial_number)
                if entry is not None:
                    revoked.append((entry.revocation_date_utc, one is not path[-1]))
        since, of_authority = min(revoked, default=(None, False), key=lambda pair: pair[0])
        return checked, since, of_authority


def _signed_by(found: CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = load_der_public_key(issuer.public_key.dump())
    try:
        return bool(found.is_signature_valid(key))  # type: ignore[arg-type]
    except TypeError:  # a kind of key that signs nothing
        return False


def _sha256(certificate: x509.Certificate) -> str:
    return bytes(certificate.sha256).hex()
