"""Which letters a text is written in: Unicode, or bytes of a legacy Vietnamese font (TCVN3, VNI, VISCII,
VPS).

Font names lie (real files mix `.VnTime` declarations with Unicode text), so letter statistics decide,
paragraph group by paragraph group, because one file may hold both.
"""

from typing import Final

import viparse
from viparse.normalize.detector import detect_encoding_by_content
from viparse.normalize.encodings import AUTO_DETECT_CHARMAPS

from repository.text import nfc

_GROUP: Final = 600
"""Characters that are judged together: enough for statistics, few enough for mixed files."""
_VIETNAMESE: Final = frozenset("ăđơưĂĐƠƯ" + "".join(chr(code) for code in range(0x1EA0, 0x1EFA)))


def repaired(text: str) -> str:
    """The text in Unicode; unchanged where it already is, or is not Vietnamese."""
    if text.isascii():
        return text
    groups: list[list[str]] = [[]]
    for line in text.split("\n"):
        if sum(map(len, groups[-1])) > _GROUP:
            groups.append([])
        groups[-1].append(line)
    usual = _legacy_name(text)
    return "\n".join(_repaired("\n".join(group), usual) for group in groups)


def _repaired(text: str, usual: str) -> str:
    """One group: judged by itself, or, where it is too short to tell, as the whole file is."""
    if text.isascii() or _is_unicode(text):
        return text
    fixed = nfc(viparse.fix(text))
    if fixed != nfc(text) or not usual:
        return fixed
    return nfc(viparse.fix(text, encoding=usual))


def _is_unicode(text: str) -> bool:
    """Letters that no legacy font has at their Unicode place (â, ê and ô they have) stand there in numbers."""
    marked = sum(char.isalpha() and not char.isascii() for char in text)
    return marked > 0 and sum(char in _VIETNAMESE for char in nfc(text)) > marked * 0.25


def _legacy_name(text: str) -> str:
    """The legacy encoding of most of a text, or nothing."""
    if _is_unicode(text):
        return ""
    return detect_encoding_by_content(text[:20_000], AUTO_DETECT_CHARMAPS).encoding or ""
