"""What extraction answers: pages, each with its text and how it was read, within a limit on all of it."""

import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from repository import errors
from repository.text import nfc

How = Literal["layer", "ocr", "none"]

LONGEST: Final = 2_000_000
"""Characters kept of one file: far beyond a long decree, and well inside what one row may hold."""
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_SPACES: Final = re.compile(r"[ \t\u00a0\u3000]+")
_EMPTY_LINES: Final = re.compile(r"\n\s*\n\s*\n+")


class Unreadable(errors.Invalid):
    """The file cannot be read; `why` is a Vietnamese sentence, kept as the note."""

    vi = "{why}"
    en = "The text cannot be read: {why}"


@dataclass
class Pages:
    """The growing answer. A page past the limit is kept as unread, with a note, never dropped in silence."""

    by: str = ""
    notes: list[str] = field(default_factory=list)
    _pages: list[dict[str, Any]] = field(default_factory=list)
    _room: int = LONGEST

    def add(self, how: How, text: str = "") -> None:
        kept = clean(text)
        if len(kept) > self._room:
            self.note(f"Tệp dài hơn {LONGEST:,} ký tự; phần sau không được đọc.")
            kept, how = kept[: self._room], how if self._room else "none"
        self._room -= len(kept)
        self._pages.append({"n": len(self._pages) + 1, "how": how, "text": kept})

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    @property
    def full(self) -> bool:
        return self._room <= 0

    def answer(self) -> dict[str, Any]:
        """What crosses the pipe. A file without any page has one unread page."""
        if not self._pages:
            self.add("none")
        text = "\n".join(page["text"] for page in self._pages if page["text"])
        return {"pages": self._pages, "text": text, "note": " ".join(self.notes), "by": self.by}


def clean(text: str) -> str:
    """NFC, without control characters, stray surrogates and runs of blanks."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    whole = _CONTROLS.sub("", whole.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n"))
    whole = "\n".join(line.strip() for line in _SPACES.sub(" ", whole).split("\n"))
    return _EMPTY_LINES.sub("\n\n", nfc(whole)).strip()
