"""Whom to believe: pinned roots as dated data (Đ8.2), the anchors of the settings, and the chain up to one.

Nothing is fetched. A pinned root counts when the file itself embeds it; the settings' files (PEM or DER) may
hold roots, intermediates and revocation lists. Where the chain stays unknown the answer is INDETERMINATE.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from asn1crypto import crl, pem, x509
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
    lists: tuple[crl.CertificateList, ...] = ()

    @classmethod
    def load(cls, paths: Iterable[str]) -> "Anchors":
        """Self-signed certificates are roots, others intermediates. Raises ValueError for other content."""
        certificates: list[x509.Certificate] = []
        lists: list[crl.CertificateList] = []
        for path in paths:
            for kind, der in _blocks(Path(path).read_bytes()):
                if kind == "X509 CRL":
                    lists.append(crl.CertificateList.load(der, strict=True))
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
        found = crl.CertificateList.load(content, strict=True)
        found["tbs_cert_list"]["this_update"].native  # noqa: B018  asn1crypto parses lazily: this tells the kinds apart
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
        context = ValidationContext(
            trust_roots=roots, other_certs=[*others, *self.anchors.intermediates], moment=moment,
            allow_fetching=False, crls=list(self.anchors.lists), revocation_mode="soft-fail",
            weak_hash_algos=self.rules.forbidden, retroactive_revinfo=True,
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
        revoked_at = outcome.revo_details.revocation_date if outcome.revo_details else None
        revocation = (
            "revoked" if revoked_at else "good" if self._listed(certificate, moment) else "not_checked"
        )
        trust = Trust(known=True, purpose=purpose, anchor=name, claimed=claimed, revocation=revocation)
        return Chain(trust, problem, revoked_at)

    def _named(self, path: Any) -> tuple[Purpose, str]:
        root = path.trust_anchor.certificate
        pinned = self.rules.pins.get(_sha256(root))
        return pinned or (
            "thu-nghiem",
            str(root.subject.native.get("common_name", root.subject.human_friendly)),
        )

    def _listed(self, certificate: x509.Certificate, moment: datetime) -> bool:
        """Whether one of our own revocation lists speaks for this certificate's issuer and is not stale."""
        for one in self.anchors.lists:
            contents = one["tbs_cert_list"]
            ends = contents["next_update"].native
            if contents["issuer"] == certificate.issuer and (ends is None or moment <= ends):
                return True
        return False


def _sha256(certificate: x509.Certificate) -> str:
    return bytes(certificate.sha256).hex()
