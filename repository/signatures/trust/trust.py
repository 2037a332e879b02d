"""Whom to believe: pinned roots as dated data (Đ8.2), the anchors of the settings, and the chain up to one.

Nothing is fetched. A pinned root counts when the file itself embeds it; the settings' files (PEM or DER) and
what was imported may hold roots, intermediates and revocation evidence. Where the chain stays unknown the
answer is INDETERMINATE.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from asn1crypto import pem, x509
from cryptography.x509 import load_der_x509_crl
from pyhanko.sign.validation.generic_cms import validate_cert_usage
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError

from repository import text
from repository.policy import RuleSets
from repository.signatures import report
from repository.signatures.report import Certificate, Purpose, Trust
from repository.signatures.trust.revocation import Evidence, Source, Word, words_on

_SETS: Final = RuleSets.shipped("trust")  # shipped data: read once, before the sandbox forks
_USAGE: Final = {
    "signing": KeyUsageConstraints(
        key_usage={"digital_signature", "non_repudiation"},
        match_all_key_usages=False,
        # where a certificate names purposes, one of them must fit a signature on a document
        extd_key_usage={
            "email_protection",
            "client_auth",
            "any_extended_key_usage",
            "microsoft_document_signing",
            "adobe_authentic_documents_trust",
            "1.3.6.1.5.5.7.3.36",
        },
        explicit_extd_key_usage_required=False,
    ),
    "stamping": KeyUsageConstraints(extd_key_usage={"time_stamping"}),
}


@dataclass(frozen=True)
class Anchors:
    """Whom to believe besides the pins, and what is known of revocations."""

    roots: tuple[x509.Certificate, ...] = ()
    intermediates: tuple[x509.Certificate, ...] = ()
    lists: tuple[bytes, ...] = ()
    """Revocation lists in DER, of the settings."""
    imported: tuple[Evidence, ...] = ()
    purposes: Mapping[str, tuple[Purpose, str]] = field(default_factory=dict)
    """What an imported root stands for, by its fingerprint."""

    @classmethod
    def load(cls, paths: Iterable[str], bundle: str = "") -> "Anchors":
        """Self-signed certificates are roots, others intermediates. Raises ValueError for other content."""
        certificates: list[x509.Certificate] = []
        lists: list[bytes] = []
        for path in paths:
            for kind, der in blocks(Path(path).read_bytes()):
                if kind == "X509 CRL":
                    lists.append(der)
                else:
                    certificates.append(x509.Certificate.load(der, strict=True))
        found = cls(
            roots=tuple(one for one in certificates if one.self_issued),
            intermediates=tuple(one for one in certificates if not one.self_issued),
            lists=tuple(lists),
        )
        return found._with(json.loads(Path(bundle).read_bytes())) if bundle else found

    def _with(self, rows: list[dict[str, str]]) -> "Anchors":
        """And what was imported: `{kind, der, purpose, name}`, the bytes in base64."""
        read = [(one, base64.b64decode(one["der"])) for one in rows]
        roots = [(one, x509.Certificate.load(der)) for one, der in read if one["kind"] == "root"]
        purposes: dict[str, tuple[Purpose, str]] = {
            _sha256(der): (one["purpose"], one["name"])  # type: ignore[misc]
            for one, der in roots
        }
        return replace(
            self,
            roots=(*self.roots, *(certificate for _, certificate in roots)),
            intermediates=(
                *self.intermediates,
                *(x509.Certificate.load(der) for one, der in read if one["kind"] == "intermediate"),
            ),
            imported=tuple(
                Evidence(one["kind"], der, one["source"])  # type: ignore[arg-type]
                for one, der in read
                if one["kind"] in ("crl", "ocsp")
            ),
            purposes=purposes,
        )

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return (*(Evidence("crl", one, "settings") for one in self.lists), *self.imported)


def blocks(content: bytes) -> list[tuple[str, bytes]]:
    """The PEM blocks of a file, or its one DER object; unread when it is no list."""
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
    ends: Mapping[str, date] = field(default_factory=dict)
    """Until which day a weak digest still proves something without a proof of its time."""
    own_record_years: int = 5
    """How long this program's own note of when it knew a file counts as proof of that."""
    renew_days: int = 730
    first_stamp_days: int = 180
    review_every: timedelta = timedelta(days=30)
    revocation_required: bool = False

    @classmethod
    def on(cls, day: date) -> "Rules":
        found = _SETS.on(day)
        return cls(
            pins={a["sha256"]: (a["purpose"], a["name"]) for a in found["anchors"] if a["sha256"]},
            claims=tuple((text.fold(one["contains"]), one["purpose"]) for one in found["claims"]),
            weak=frozenset(found["weak_digests"]),
            forbidden=frozenset(found["forbidden_digests"]),
            ends=found["weak_digests"],
            own_record_years=found["preservation"]["own_record_years"],
            renew_days=found["preservation"]["renew_days"],
            first_stamp_days=found["preservation"]["first_stamp_days"],
            review_every=timedelta(days=found["preservation"]["review_days"]),
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
    embedded: tuple[Evidence, ...] = ()
    """Revocation evidence that the file or the signature brings along."""

    def told(self, evidence: Iterable[Evidence]) -> "Authority":
        """The same, knowing more evidence."""
        return replace(self, embedded=(*self.embedded, *evidence))

    async def chain(
        self, certificate: x509.Certificate, embedded: Iterable[x509.Certificate], *, moment: datetime,
        usage: str = "signing",
    ) -> Chain:  # fmt: skip
        """Builds and validates the path of a certificate at a moment, from what is at hand."""
        others = [*embedded, *self.anchors.intermediates]
        roots = [*self.anchors.roots, *(one for one in others if _sha256(one) in self.rules.pins)]
        trust = Trust(claimed=self.rules.claim(certificate))
        if not roots:
            return Chain(_with_gap(trust, certificate, others), "NO_CERTIFICATE_CHAIN_FOUND")
        # Revocation is checked below: the library looks at a list only where the certificate declares one.
        context = ValidationContext(
            trust_roots=roots, other_certs=others, moment=moment, allow_fetching=False,
            revocation_mode="soft-fail", weak_hash_algos=self.rules.forbidden,
        )  # fmt: skip
        paths = context.path_builder.async_build_paths_lazy(certificate)
        outcome = await validate_cert_usage(
            certificate, context, key_usage_settings=_USAGE[usage], paths=paths
        )
        problem = outcome.error_subindic.standard_name if outcome.error_subindic else ""
        path = outcome.success_result or outcome.error_path
        if path is None and problem != "NO_CERTIFICATE_CHAIN_FOUND":  # refused before the path was looked at
            path = await _first_path(context, certificate)
        if path is None:
            gap = _with_gap(trust, certificate, others)
            return Chain(gap, problem or "NO_CERTIFICATE_CHAIN_FOUND")
        trust.known, (trust.purpose, trust.anchor) = True, self._named(path)
        trust.chain = [describe(one) for one in reversed(list(path))]
        return self._weighed(list(path), trust, problem, moment)

    def _named(self, path: Any) -> tuple[Purpose, str]:
        root = path.trust_anchor.certificate
        known = self.rules.pins.get(_sha256(root)) or self.anchors.purposes.get(_sha256(root))
        return known or ("thu-nghiem", common_name(root.subject))

    def _weighed(self, path: list[x509.Certificate], trust: Trust, problem: str, moment: datetime) -> Chain:
        """The chain with what is said of its certificates: revoked since when, and whether an authority was."""
        checked, revoked = False, []
        for issuer, one in pairwise(path):
            words = words_on(one.dump(), issuer.dump(), [*self.embedded, *self.anchors.evidence])
            trust.evidence += [_told(word, one) for word in _newest(words)]
            revoked += [(word.revoked_at, one is not path[-1]) for word in words if word.revoked_at]
            ends = one.not_valid_after
            checked = checked or (one is path[-1] and any(w.speaks_for(moment, ends) for w in words))
        since, of_authority = min(revoked, default=(None, False), key=lambda pair: pair[0])
        trust.revocation = "revoked" if since else "good" if checked else "not_checked"
        trust.revoked_at = since
        if since and since <= moment and not problem:
            problem = "REVOKED_CA_NO_POE" if of_authority else "REVOKED_NO_POE"
        elif self.rules.revocation_required and not checked and not since:
            problem = problem or "TRY_LATER"
        return Chain(trust, problem, since)


async def _first_path(context: ValidationContext, certificate: x509.Certificate) -> Any:
    try:
        async for path in context.path_builder.async_build_paths_lazy(certificate):
            return path
    except PathBuildingError:
        return None
    return None


def _newest(words: list[Word]) -> list[Word]:
    """One word a source, the newest; what tells of a revocation goes first."""
    found: dict[Source, Word] = {}
    for word in sorted(words, key=lambda one: (one.revoked_at is not None, one.produced)):
        found[word.evidence.source] = word
    return list(found.values())


def _told(word: Word, about: x509.Certificate) -> report.Revocation:
    return report.Revocation(
        kind=word.evidence.kind, source=word.evidence.source, sha256=word.evidence.sha256, issuer=word.issuer,
        about=_sha256(about), produced=word.produced, until=word.until, revoked_at=word.revoked_at,
        reason=word.reason,
    )  # fmt: skip


def _with_gap(trust: Trust, certificate: x509.Certificate, others: list[x509.Certificate]) -> Trust:
    """Where the way up ends: at an issuer nobody has the certificate of, or at a root nobody trusts."""
    one, seen = certificate, set[bytes]()
    while not one.self_issued and one.dump() not in seen:
        seen.add(one.dump())
        above = next((other for other in others if other.subject == one.issuer), None)
        if above is None:
            trust.gap, trust.gap_at = "missing_issuer", common_name(one.issuer)
            return trust
        one = above
    trust.gap, trust.gap_at = "untrusted_root", common_name(one.subject)
    return trust


def describe(certificate: x509.Certificate) -> Certificate:
    return Certificate(
        subject=certificate.subject.human_friendly,
        name=common_name(certificate.subject),
        issuer=certificate.issuer.human_friendly,
        serial=f"{certificate.serial_number:x}",
        sha256=_sha256(certificate),
        valid_from=certificate.not_valid_before,
        valid_until=certificate.not_valid_after,
    )


def common_name(name: x509.Name) -> str:
    """The name people know it by."""
    return str(name.native.get("common_name", name.human_friendly))


def _sha256(certificate: x509.Certificate | bytes) -> str:
    der = certificate if isinstance(certificate, bytes) else certificate.dump()
    return hashlib.sha256(der).hexdigest()
