"""The report on a file's signatures: one entry a signature, JSON in and JSON out (Đ8.1, Đ8.4).

Three questions are kept apart: are the signed bytes authentic (`intact`), what does ETSI EN 319 102-1 make of
signature and certificate together (`status`, `sub_indication`), and whose word is it (`signer`, `trust`).
"""

from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

PASSED: Final = "TOTAL-PASSED"
FAILED: Final = "TOTAL-FAILED"
INDETERMINATE: Final = "INDETERMINATE"

Status = Literal["TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"]
Overall = Literal["none", "intact", "mixed", "broken", "unreadable", "not_checked", "pending"]
Kind = Literal["agency", "person", "unknown"]
Purpose = Literal["chuyen-dung", "cong-cong", "thu-nghiem", "unknown"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Signer(_Shape):
    """Who signed, as the certificate has it; for an agency the name is the agency's."""

    name: str = ""
    organisation: str = ""
    unit: str = ""
    kind: Kind = "unknown"
    why: str = ""


class Certificate(_Shape):
    subject: str
    name: str = ""
    """The name people know the holder by."""
    issuer: str
    serial: str
    sha256: str
    valid_from: datetime
    valid_until: datetime


class Revocation(_Shape):
    """A list or an answer that spoke of one certificate of the chain (`about`, its SHA-256)."""

    kind: Literal["crl", "ocsp"]
    source: Literal["signature", "file", "imported", "settings"]
    sha256: str
    issuer: str
    about: str
    produced: datetime
    until: datetime | None = None
    revoked_at: datetime | None = None
    reason: str = ""


class Trust(_Shape):
    """Which root the chain ends at. `claimed` is what the issuer calls itself: shown, never believed."""

    known: bool = False
    purpose: Purpose = "unknown"
    anchor: str = ""
    claimed: Purpose = "unknown"
    revocation: Literal["good", "revoked", "not_checked"] = "not_checked"
    revoked_at: datetime | None = None
    evidence: list[Revocation] = []
    chain: list[Certificate] = []
    """From the signer up to the root."""
    gap: Literal["", "missing_issuer", "untrusted_root"] = ""
    """Why there is no chain: the issuer's certificate is not at hand, or the root is not trusted."""
    gap_at: str = ""


class Timestamp(_Shape):
    """A time stamp on a signature, or on the document (`field` is then its name)."""

    at: datetime | None = None
    intact: bool = False
    trusted: bool = False
    authority: str = ""
    field: str = ""
    problem: str = ""
    """Why it proves nothing (any more), as a sub-indication."""
    certificate: Certificate | None = None
    trust: Trust = Trust()


class Proof(_Shape):
    """The moment at which a signature is proven to have existed; its certificate is judged there."""

    at: datetime
    source: Literal["timestamp", "document_timestamp", "own_record", "now"]


class LaterRevision(_Shape):
    """What was added to the file after a signature, and by which later signer (none: nobody signed it)."""

    revision: int
    by: str | None = None
    field: str | None = None
    what: str
    changes_content: bool = False
    verified: bool = False
    """Whether that later signer is itself TOTAL-PASSED."""


class Signature(_Shape):
    field: str
    signer: Signer = Signer()
    status: Status = INDETERMINATE
    sub_indication: str | None = None
    intact: bool | None = None
    """True: what was signed is what is shown. None: authentic, but what was added later is in doubt."""
    signed_at: datetime | None = None
    signed_at_source: Literal["timestamp", "attribute", "dictionary", "none"] = "none"
    timestamped: bool = False
    timestamp: Timestamp | None = None
    proof: Proof | None = None
    trust: Trust = Trust()
    held_since: datetime | None = None
    """Found good then; what speaks against it now is only that time has passed (Đ8.4)."""
    covers_whole_document: bool = False
    later_revisions: list[LaterRevision] = []
    certificate: Certificate | None = None
    digest_algorithm: str = ""
    findings: list[str] = []


class FileFacts(_Shape):
    size: int
    kind: Literal["pdf", "package", "detached", "other"] = "other"
    revisions: int = 0
    hybrid: bool = False
    encrypted: bool = False


class Report(_Shape):
    """All that was found out about one file; `status` sums it up."""

    file: FileFacts
    status: Overall = "pending"
    signatures: list[Signature] = []
    document_timestamps: list[Timestamp] = []
    findings: list[str] = []
    limits: list[str] = []
    weakens_on: datetime | None = None
    """When what proves the signatures' time runs out, unless a new archival time stamp is added before."""
    engine: dict[str, str] = {}
    judged_at: datetime | None = None


def overall_status(report: Report) -> Overall:
    """`intact` speaks of the signed bytes alone: whether the chain is known stands with each signature."""
    if not report.signatures:
        return "none"
    verdicts = {one.intact for one in report.signatures}
    if verdicts == {True}:
        return "intact"
    return "broken" if verdicts == {False} else "mixed"


def count(report: Report) -> int:
    return len(report.signatures)
