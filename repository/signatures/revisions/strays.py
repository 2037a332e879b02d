"""Objects that a later revision carries without listing them in its cross-reference data.

Readers that mend broken files read such objects all the same, so one file would show two contents (incremental
saving attacks). Only an object that would take the place of a listed one does harm.
"""

import re
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from repository.signatures.revisions.coverage import section_end

_HEADER: Final = re.compile(rb"(?<!\d)(\d{1,10})[\0\t\n\f\r ]+(\d{1,5})[\0\t\n\f\r ]+obj(?![a-zA-Z])")
_MOST: Final = 256 * 1024**2


def strays(reader: PdfFileReader, revision: int) -> list[int]:
    """Numbers of listed objects that the bytes of a revision define once more, outside its list."""
    start = section_end(reader, revision - 1)
    last = revision + 1 == reader.xrefs.total_revisions
    end = reader.stream.seek(0, 2) if last else section_end(reader, revision)
    if not start < end or end - start > _MOST:
        return []
    reader.stream.seek(start)
    content = reader.stream.read(end - start)
    listed = _listed(reader, revision)
    hidden = _streams(reader, revision, listed)
    starts = set(listed.values()) | {reader.xrefs.get_xref_container_info(revision).start_location}
    found = []
    for match in _HEADER.finditer(content):
        at, number = start + match.start(), int(match[1])
        if at in starts or any(first <= at < past for first, past in hidden):
            continue
        known = listed.get(number)
        if known is None and not _exists(reader, number, revision):
            continue
        if known is None or at > known:
            found.append(number)
    return found


def _listed(reader: PdfFileReader, revision: int) -> dict[int, int]:
    data = reader.xrefs.get_xref_data(revision)
    found = {number: offset for number, (_, offset) in data.standard_xrefs.items()}
    if data.hybrid is not None:
        found |= {n: offset for n, (_, offset) in data.hybrid.xref_data.standard_xrefs.items()}
    return found


def _exists(reader: PdfFileReader, number: int, revision: int) -> bool:
    """Whether some revision up to this one knows the number."""
    for one in range(revision + 1):
        data = reader.xrefs.get_xref_data(one)
        if number in data.standard_xrefs or number in data.xrefs_in_objstm:
            return True
    return False


def _streams(reader: PdfFileReader, revision: int, listed: dict[int, int]) -> list[tuple[int, int]]:
    """Where the data of the listed streams lies: what looks like an object in there is none."""
    view = reader.get_historical_resolver(revision)
    data = reader.xrefs.get_xref_data(revision)
    found = []
    for number, offset in listed.items():
        generation = data.standard_xrefs.get(number, (0, 0))[0]
        one: Any = view(generic.Reference(number, generation, view))
        if isinstance(one, generic.StreamObject):
            found.append((offset, offset + len(one.encoded_data)))
    return found
