"""Plain text and tables of values: UTF-8, UTF-16, or the 8-bit letters of older Vietnamese programs."""

import codecs
from pathlib import Path
from typing import Final

from indexers.text.letters import repaired
from indexers.text.pages import LONGEST, Pages

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_plain(path: Path, pages: Pages) -> None:
    with path.open("rb") as file:
        content = file.read(4 * LONGEST)
    name, text = decoded(content)
    pages.by = name
    pages.add("layer", text)


def decoded(content: bytes) -> tuple[str, str]:
    """The encoding that was taken, and the text. UTF-8 proves itself; of 8-bit letters the statistics
    decide.
    """
    for bom, name in _BOMS:
        if content.startswith(bom):
            return name, content.decode(name, "replace")
    try:
        return "utf-8", codecs.getincrementaldecoder("utf-8")().decode(
            content
        )  # a cut last letter is no fault
    except UnicodeDecodeError:
        pass
    if (wide := _utf16(content)) is not None:
        return "utf-16", wide
    latin = content.decode("latin-1")
    if (fixed := repaired(latin)) != latin:
        return "tcvn3/vni", fixed
    return "cp1258", content.decode("cp1258", "replace")


def _utf16(content: bytes) -> str | None:
    """UTF-16 without a mark shows by the zero bytes of its spaces and digits."""
    for name, zeros in (("utf-16-le", content[1::2]), ("utf-16-be", content[::2])):
        if content and zeros.count(0) > len(zeros) * 0.3:
            return content[: len(content) // 2 * 2].decode(name, "replace")
    return None
