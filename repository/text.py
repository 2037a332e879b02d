"""Vietnamese text: normalisation, folding and the terms that both the index and the query are made of.

Text is stored in NFC (TCVN 6909:2001) with look-alike letters repaired. Folding drops every mark, so that what is
typed without diacritics still finds. Terms are syllables and pairs of neighbouring syllables; no word segmenter
(measured to be worse). Facts: Decree 30/2020 annex I; measurements in the project's reference notes.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

# Letters that look like đ/Đ and come from Icelandic or African fonts and converters.
_LOOK_ALIKES: Final = str.maketrans({"Ð": "Đ", "ð": "đ", "Ɖ": "Đ", "ɖ": "đ"})
# Open syllables in which the tone may stand on either vowel: hoà = hòa, thuý = thúy, khoẻ = khỏe.
_OPEN_DIPHTHONG: Final = re.compile(
    r"(?<![qQ])([oOuU])([\u0300\u0301\u0303\u0309\u0323]?)([aAeEyY])([\u0300\u0301\u0303\u0309\u0323]?)(?!\w)"
)
# A document number such as 71/QĐ-UBND or 15/UBND-VP is one term as well as its parts.
_NUMBER: Final = re.compile(r"\d[\w.]{0,63}(?:/[\w-]+)+")  # bounded: a long run of digits took hours
_SYLLABLE: Final = re.compile(r"\w+")


def nfc(text: str) -> str:
    """Precomposed form with look-alike letters repaired."""
    return unicodedata.normalize("NFC", text).translate(_LOOK_ALIKES)


def is_nfc(text: str) -> bool:
    """Whether the text is already as we store it."""
    return unicodedata.is_normalized("NFC", text) and text.translate(_LOOK_ALIKES) == text


def fold(text: str) -> str:
    """Lower case without marks: 'Quyết định' and 'quyet dinh' become equal. Idempotent."""
    plain = nfc(text).casefold().replace("đ", "d")
    return "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))


def accent_key(text: str) -> str:
    """Lower case, marks kept, tone placement made equal (hoà -> hòa)."""
    marked = unicodedata.normalize("NFD", nfc(text).casefold())
    return unicodedata.normalize("NFC", _OPEN_DIPHTHONG.sub(_tone_first, marked))


def _tone_first(match: re.Match[str]) -> str:
    first, tone_one, second, tone_two = match.groups()
    return f"{first}{tone_one or tone_two}{second}"


def has_marks(text: str) -> bool:
    """Whether the writer used any Vietnamese mark at all."""
    return fold(text) != nfc(text).casefold()


def syllables(text: str) -> list[str]:
    """The words of a text in order; digits count, punctuation does not."""
    return _SYLLABLE.findall(text)


def terms(text: str, *, bigrams: bool = True) -> Iterator[str]:
    """Index terms of an already folded or accent-keyed text: syllables, pairs `a_b`, whole document numbers."""
    words = syllables(text)
    yield from words
    if bigrams:
        yield from (f"{a}_{b}" for a, b in itertools.pairwise(words))
    yield from _NUMBER.findall(text)
