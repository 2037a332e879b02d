"""Which letters a text is written in: Unicode, or the bytes of a legacy Vietnamese font (TCVN3, VNI, VISCII).

Font names lie (real files mix `.VnTime` declarations with Unicode text), so statistics decide: read as each
candidate, how many of the marked words are Vietnamese syllables? Groups of lines are judged apart, since one
file may hold several kinds.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import viparse

from repository.text import nfc

_GROUP: Final = 600
"""Characters that are judged together: enough for statistics, few enough for mixed files."""
_ENOUGH: Final = 4
"""Marked words below which a group follows the whole file."""
_READS: Final = 0.75
"""Share of syllables from which a reading is believed (running text: above .95)."""
_LEGACY: Final = ("tcvn3", "vni", "viscii")

_WORD: Final = re.compile(r"[^\W\d_]+(?:[^\w\s][^\W\d_]+)*|[^\s\w.,;:()\-/]+")
_TONES: Final = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))
_SYLLABLE: Final = re.compile(
    r"(?:ngh|ng|nh|gh|gi|ch|kh|ph|th|tr|qu|[bcdđghklmnprstvx])?"
    r"(?:uyê|yêu|ươi|ươu|uôi|oai|oay|oeo|iêu|uây|uya|uyu|iê|yê|uô|ươ|oa|oă|oe|uâ|uê|uơ|uy|ai|ao|au|ay|âu|ây|eo|êu"
    r"|ia|iu|oi|ôi|ơi|ua|ui|ưa|ưi|ưu|[aăâeêioôơuưy])"
    r"(?:ng|nh|ch|[cmnpt])?"
)


def repaired(text: str) -> str:
    """The text in Unicode; unchanged where it already is, or is not Vietnamese."""
    if text.isascii():
        return text
    usual = _letters_of(text[:20_000])
    groups: list[list[str]] = [[]]
    size = 0
    for line in text.split("\n"):
        if size > _GROUP:
            groups.append([])
            size = 0
        groups[-1].append(line)
        size += len(line)
    return "\n".join(_repaired("\n".join(group), usual) for group in groups)


def _repaired(text: str, usual: str) -> str:
    if text.isascii():
        return text
    letters = _letters_of(text) if len(_marked(text)) >= _ENOUGH else usual
    return nfc(viparse.fix(text, encoding=letters)) if letters else text


def _letters_of(text: str) -> str:
    """The legacy encoding in which the text reads as Vietnamese; empty for Unicode and other languages."""
    best, share = "", _share(text)
    if share >= _READS:
        return ""
    for name in _LEGACY:
        read = _share(viparse.fix(text, encoding=name))
        if read >= _READS and read > share:
            best, share = name, read
    return best


def _share(text: str) -> float:
    """Of the words with any mark, how many are Vietnamese syllables; 1.0 where there are none."""
    marked = _marked(nfc(text))
    return sum(map(_is_syllable, marked)) / len(marked) if marked else 1.0


def _marked(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if not word.isascii()]


@lru_cache(maxsize=20_000)
def _is_syllable(word: str) -> bool:
    apart = unicodedata.normalize("NFD", word.casefold())
    plain = apart.translate(_TONES)
    return len(apart) - len(plain) <= 1 and bool(_SYLLABLE.fullmatch(unicodedata.normalize("NFC", plain)))
