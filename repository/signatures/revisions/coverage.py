"""Which part of the file a signature covers, and in which revision it was made (ISO 32000-2 12.8.1).

A signature counts only when all of the file up to the end of one revision is signed, all but the hole with the
signature itself.
"""

from dataclasses import dataclass
from typing import Any, Final

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader, process_data_at_eof
from pyhanko.sign.validation import EmbeddedPdfSignature

from repository.signatures.revisions import formfields
from repository.signatures.revisions.walking import raw, ref_of, value

_BLANK: Final = b"\0\t\n\f\r "


@dataclass(frozen=True)
class Coverage:
    revision: int
    """The newest revision that is signed."""
    end: int
    whole: bool
    """Nothing in the file comes after what is signed."""


def coverage(embedded: EmbeddedPdfSignature) -> Coverage | None:
    """None when the signed range is not the whole of the file up to the end of some revision."""
    reader = embedded.reader
    end = int(embedded.byte_range[2]) + int(embedded.byte_range[3])
    ends = [section_end(reader, number) for number in range(reader.xrefs.total_revisions)]
    inside = [number for number, one in enumerate(ends) if one <= end]
    if not inside or inside != list(range(len(inside))) or embedded.signed_revision > inside[-1]:
        return None
    size = reader.stream.seek(0, 2)
    if end < size:
        reader.stream.seek(end)
        try:
            if process_data_at_eof(reader.stream) != reader.xrefs.get_startxref_for_revision(inside[-1]):
                return None
        except PdfError:
            return None
    return Coverage(inside[-1], end, end == size)


def section_end(reader: PdfFileReader, revision: int) -> int:
    """Where the cross-reference data of a revision ends, its hybrid part included."""
    section = reader.xrefs.get_xref_container_info(revision)
    hybrid = reader.xrefs.get_xref_data(revision).hybrid
    return max(int(section.end_location), int(hybrid.meta_info.end_location) if hybrid else 0)


def signed_parts(embedded: EmbeddedPdfSignature, covered: Coverage) -> tuple[Any, Any] | None:
    """Signature dictionary and field as they stood when they were signed; None when they were no pair then."""
    if covered.whole:
        return embedded.sig_object, embedded.sig_field
    view: HistoricalResolver = embedded.reader.get_historical_resolver(covered.revision)
    target = ref_of(embedded.sig_field.raw_get("/V"))
    for node in formfields.nodes(value(view.root, "/AcroForm")).values():
        if (
            node.kind == "/Sig"
            and node.name == embedded.fq_name
            and ref_of(raw(node.entries, "/V")) == target
        ):
            return value(node.entries, "/V"), node.entries
    return None


def hole_padding(embedded: EmbeddedPdfSignature) -> bytes:
    """What follows the signature in its hole, without the zeros that pad it: data that nobody signed."""
    content = embedded.pkcs7_content
    return content[_der_length(content) :].strip(_BLANK)


def _der_length(content: bytes) -> int:
    """The length of the first DER value; all of the content when it has no definite length."""
    if len(content) < 2 or content[1] == 0x80:
        return len(content)
    if content[1] < 0x80:
        return 2 + content[1]
    octets = content[1] & 0x7F
    return 2 + octets + int.from_bytes(content[2 : 2 + octets], "big")
