"""Where in a stored text the words of a query stand: snippets with ranges, the same for every engine.

Matching is on folded text, so a query typed without marks highlights the marked words. Ranges are (start,
end) in characters of the snippet; `as_html` is the one place that turns them into markup, escaping
everything else.
"""

import html
import re
from dataclasses import dataclass
from typing import Final

from indexers.search.analysis import document_numbers, question
from repository.text import fold, nfc

WIDTH: Final = 200
"""Characters of a snippet, about; it begins and ends between words."""
_LEAD: Final = 40
_LOOKED_AT: Final = 500_000
"""Characters of a text that are looked through; hits further back are found but not shown."""
_MATCHES: Final = 2_000

# Folding that keeps each character's place: only characters whose fold is one character.
_FOLDS: Final = {code: fold(chr(code)) for code in range(0x41, 0x2000) if len(fold(chr(code))) == 1}


@dataclass(frozen=True)
class Snippet:
    """A piece of text and the ranges in it that answer the query."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()

    def as_html(self) -> str:
        """Escaped, with the ranges in <em>."""
        parts: list[str] = []
        at = 0
        for start, end in self.marks:
            parts += [html.escape(self.text[at:start]), "<em>", html.escape(self.text[start:end]), "</em>"]
            at = end
        return "".join([*parts, html.escape(self.text[at:])])


@dataclass(frozen=True)
class _Match:
    start: int
    end: int
    term: str


def whole(text: str, query: str) -> Snippet:
    """The text itself, for a subject or a title."""
    kept = nfc(text)
    return Snippet(kept, tuple((one.start, one.end) for one in _joined(_matches(kept, query))))


def snippets(text: str, query: str, *, limit: int = 3) -> list[Snippet]:
    """The pieces that answer best, in the order of the text; none where no word occurs."""
    kept = re.sub(r"\s", " ", nfc(text[:_LOOKED_AT]))
    matches = _matches(kept, query)
    chosen: list[tuple[int, int]] = []
    for start, end in _windows(matches):
        if all(end <= other_start or start >= other_end for other_start, other_end in chosen):
            chosen.append((start, end))
        if len(chosen) == limit:
            break
    return [_cut(kept, start, end, matches) for start, end in sorted(chosen)]


def _matches(text: str, query: str) -> list[_Match]:
    asked = question(query)
    numbers = [rf"0*{re.escape(number)}" for number in document_numbers(query)]
    words = [re.escape(word) for word in sorted(asked.words, key=len, reverse=True)]
    if not words:
        return []
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join([*numbers, *words])})(?!\w)")
    found = []
    for match in pattern.finditer(text.translate(_FOLDS)):
        found.append(_Match(match.start(), match.end(), match.group()))
        if len(found) == _MATCHES:
            break
    return found


def _windows(matches: list[_Match]) -> list[tuple[int, int]]:
    """Candidate ranges, best first: many different words, and words that stand side by side, count."""
    scored = []
    for at, first in enumerate(matches):
        terms, beside, last = {first.term}, 0, first
        for one in matches[at + 1 :]:
            if one.end > first.start + WIDTH - _LEAD:
                break
            beside += one.start == last.end + 1 and one.term != last.term
            terms.add(one.term)
            last = one
        scored.append((len(terms) + beside, -first.start, max(last.end, first.start + WIDTH - _LEAD)))
    return [(-start, end) for _, start, end in sorted(scored, reverse=True)]


def _cut(text: str, start: int, end: int, matches: list[_Match]) -> Snippet:
    """The range, led in by a few words and widened to whole words, with its marks; an ellipsis where text is
    left out.
    """
    space = text.find(" ", max(0, start - _LEAD), start)
    begin = 0 if start <= _LEAD else start if space < 0 else space + 1
    finish = text.find(" ", end)
    finish = len(text) if finish < 0 or finish - end > _LEAD else finish
    finish = min(finish, end + _LEAD)
    head = "… " if begin else ""
    inside = [one for one in matches if one.start >= begin and one.end <= finish]
    shift = len(head) - begin
    marks = tuple((one.start + shift, one.end + shift) for one in _joined(inside))
    return Snippet(head + text[begin:finish] + (" …" if finish < len(text) else ""), marks)


def _joined(matches: list[_Match]) -> list[_Match]:
    """Words side by side become one range."""
    joined: list[_Match] = []
    for one in matches:
        if joined and one.start == joined[-1].end + 1:
            joined[-1] = _Match(joined[-1].start, one.end, joined[-1].term)
        else:
            joined.append(one)
    return joined
