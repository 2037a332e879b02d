"""Identifiers are values: parsed at the edge (api, ops), compared and printed everywhere else.

UUID version 7 in 26 Crockford base-32 letters: opaque, URL-safe, and sortable by time of making, which keeps
B-tree inserts local. A prefix says what it names, so a dossier's id can never be taken for a document's.
"""

import os
import re
import time
from typing import Final, NewType

from repository import errors

DocumentId = NewType("DocumentId", str)
DossierId = NewType("DossierId", str)
RegisterId = NewType("RegisterId", str)
PersonId = NewType("PersonId", str)
UnitId = NewType("UnitId", str)

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_SHAPE: Final = re.compile(r"([a-z]{2,4})-([0-9a-hjkmnp-tv-z]{26})")


def new(prefix: str) -> str:
    """A fresh id such as `doc-06g…`; prefix is two to four letters."""
    value = (time.time_ns() // 1_000_000) << 80 | 0x7 << 76
    value |= int.from_bytes(os.urandom(9)) | 0x2 << 62
    letters = []
    for _ in range(26):
        letters.append(_ALPHABET[value & 31])
        value >>= 5
    return f"{prefix}-{''.join(reversed(letters))}"


def parse(prefix: str, text: str, what: str) -> str:
    """The id itself, or NotFound: what cannot name anything names nothing."""
    shape = _SHAPE.fullmatch(text)
    if shape is None or shape.group(1) != prefix:
        raise errors.NotFound(what=what)
    return text


def document_id(text: str) -> DocumentId:
    return DocumentId(parse("doc", text, "văn bản"))


def dossier_id(text: str) -> DossierId:
    return DossierId(parse("hs", text, "hồ sơ"))
