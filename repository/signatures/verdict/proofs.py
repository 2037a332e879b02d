"""Proofs of existence: which moment each signature is judged at (ETSI EN 319 102-1 5.6.2, PAdES B-LTA).

The newest document time stamp is judged now; what it covers is judged at its time, and so on inwards. A stamp
that proves nothing any more is passed over, and what only it protected is judged later.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation import EmbeddedPdfSignature

from repository.signatures.report import Report, Timestamp
from repository.signatures.trust.revocation import Evidence

_MOST: Final = 256
"""Pieces of evidence read from one file."""
Field = tuple[str, generic.DictionaryObject]


@dataclass(frozen=True)
class Reach:
    """Which bytes a field's signature is made over: up to its own hole, and to its end."""

    hole: int
    end: int
    stamp: bool


def reach(one: generic.DictionaryObject) -> Reach:
    """Nothing, for a field that cannot be read: its own examination will say so."""
    try:
        value = one["/V"]
        numbers = [int(n) for n in value["/ByteRange"]]
        stamp = value.get("/Type") == "/DocTimeStamp"
        return Reach(numbers[1], numbers[2] + numbers[3], stamp)
    except Exception:  # noqa: BLE001  whatever a hostile dictionary raises
        return Reach(0, 1 << 62, False)


def outermost_first(fields: Iterable[Field]) -> list[Field]:
    """Document time stamps from the newest inwards, then the signatures in their order."""
    found = [(reach(one), name, one) for name, one in fields]
    stamps = sorted((row for row in found if row[0].stamp), key=lambda row: -row[0].end)
    return [(name, one) for _, name, one in [*stamps, *(row for row in found if not row[0].stamp)]]


@dataclass
class Proofs:
    """The trusted document time stamps met so far."""

    known: list[tuple[Reach, datetime]] = field(default_factory=list)

    def learn(self, one: generic.DictionaryObject, stamp: Timestamp | None, authentic: bool) -> None:
        if authentic and stamp and stamp.trusted and stamp.at:
            self.known.append((reach(one), stamp.at))

    def of(self, one: generic.DictionaryObject) -> datetime | None:
        """The earliest trusted time stamp that covers all of a field's signature."""
        mine = reach(one)
        return min((at for outer, at in self.known if mine.end <= outer.hole), default=None)


def years_before(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:  # the 29th of February
        return moment.replace(year=moment.year - years, day=28)


def weakens_on(found: Report) -> datetime | None:
    """When the evidence in the file itself stops to prove the time: the end of the newest stamp's certificate,
    or of the signers' own where there is no stamp.
    """
    stamps = [one for one in found.document_timestamps if one.trusted and one.certificate and one.at]
    if stamps:
        return max((one.at, one.certificate.valid_until) for one in stamps if one.at and one.certificate)[1]
    ends = []
    for one in found.signatures:
        stamp = one.timestamp
        of = stamp.certificate if stamp and stamp.trusted and stamp.certificate else one.certificate
        ends += [of.valid_until] if of else []
    return min(ends, default=None)


def evidence_of_file(reader: PdfFileReader) -> list[Evidence]:
    """Lists and answers of the document security store; an unreadable store is as good as none."""
    found: list[Evidence] = []
    try:
        if "/DSS" not in reader.root:
            return []
        store = reader.root["/DSS"]
        for key, kind in (("/CRLs", "crl"), ("/OCSPs", "ocsp")):
            array = store[key] if key in store else []  # noqa: SIM401  a PDF dictionary resolves references in []
            pieces = (bytes(array[index].data) for index in range(min(len(array), _MOST)))
            found.extend(Evidence(kind, one, "file") for one in pieces)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001  the store is optional and unsigned
        return found
    return found


def evidence_of_signature(embedded: EmbeddedPdfSignature) -> list[Evidence]:
    """What the signer put into the signature itself (Adobe's archived revocation information)."""
    try:
        archived: Any = find_unique_cms_attribute(
            embedded.signer_info["signed_attrs"], "adobe_revocation_info_archival"
        )
        lists = [Evidence("crl", one.dump(), "signature") for one in archived["crl"] or ()]
        answers = [Evidence("ocsp", one.dump(), "signature") for one in archived["ocsp"] or ()]
        return [*lists, *answers][:_MOST]
    except Exception:  # noqa: BLE001  absent or unreadable: no evidence
        return []
