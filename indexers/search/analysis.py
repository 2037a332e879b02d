"""From text to terms, once for every engine: what is typed and what is stored meet as equal tokens.

Four token fields: `text` (symbol, kind, issuer, subject and body) and `subject`, each with marks and folded.
Terms are syllables, pairs of neighbours and whole document numbers (measured to beat a word segmenter). A
word of the subject counts in both, so it weighs more than one of the body; `number` holds document numbers,
so a number typed whole wins.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from indexers.search.index import SearchEntry
from repository.text import accent_key, fold, has_marks, nfc, syllables, terms

SUBJECT_WEIGHT: Final = 0.25
"""On top of what the same words earn in `text`; between .2 and .3 the measured quality is flat."""
NUMBER_SCORE: Final = 100.0
"""Earned by the entry that bears the number typed: it comes before all that only speak of it."""
LONGEST_TERM: Final = 100
LONGEST_QUERY: Final = 64
"""Syllables of a query that are looked at; a pasted page still asks a bounded question."""
LONGEST_BODY: Final = 2_000_000
"""Characters of a body that are indexed."""

_NUMBER: Final = re.compile(r"\d[\w.]{0,63}(?:/[\w-]+)+")  # bounded: a long run of digits took hours
_PHRASE: Final = re.compile(r'["“”„«»]([^"“”„«»]+)["“”„«»]')


@dataclass(frozen=True, kw_only=True)
class EntryTerms:
    """The token fields of an entry, each a string of tokens separated by spaces."""

    text: str
    text_folded: str
    subject: str
    subject_folded: str
    number: list[str]


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One scoring term: an entry that has it in `field` earns its BM25 score times `weight`."""

    field: str
    term: str
    weight: float


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """Words that must stand side by side in `field`."""

    field: str
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A query as both engines run it: phrases hold, at least `minimum` of `words` occur, clauses score."""

    clauses: tuple[Clause, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    words: tuple[str, ...] = ()
    """Tokens of the folded text field."""
    minimum: int = 0
    numbers: tuple[str, ...] = ()
    """Document numbers; an entry that bears one earns NUMBER_SCORE, one that speaks of it is found."""
    everything: bool = False
    """Nothing was typed: filters alone decide."""


def entry_terms(entry: SearchEntry) -> EntryTerms:
    """What an engine stores. Parts are analysed one by one, so that no phrase reaches across two of them."""
    parts = [entry.symbol, entry.document_type, entry.issuer, entry.subject, entry.body[:LONGEST_BODY]]
    return EntryTerms(
        text=_tokens(accent_key(part) for part in parts),
        text_folded=_tokens(fold(part) for part in parts),
        subject=_tokens([accent_key(entry.subject)]),
        subject_folded=_tokens([fold(entry.subject)]),
        number=_with_beginnings(entry.symbol),
    )


def document_numbers(text: str) -> list[str]:
    """The document numbers in a text, folded: `071/QĐ-UBND` becomes `71/qd-ubnd`."""
    return list(dict.fromkeys(number.lstrip("0") or number for number in _NUMBER.findall(fold(text))))


def question(text: str) -> Question:
    """What was typed, understood. Without any mark only the folded fields are asked."""
    typed = nfc(text)
    if not typed.strip():
        return Question(everything=True)
    phrases = tuple(phrase for phrase in map(_phrase, _PHRASE.findall(typed)) if phrase.words)
    folded = _shortened(fold(typed))
    words = tuple(dict.fromkeys(_bounded(syllables(folded))))
    clauses = _clauses("folded", folded)
    if has_marks(typed):
        clauses += _clauses("", _shortened(accent_key(typed)))
    numbers = tuple(document_numbers(folded))
    besides = len(words) - len(set(syllables(" ".join(numbers))))
    minimum = len(words) if numbers and besides <= 2 else minimum_of(len(words))
    return Question(clauses=tuple(clauses), phrases=phrases, words=words, minimum=minimum, numbers=numbers)


def minimum_of(words: int) -> int:
    """How many distinct words an entry must have: all of a few, most of some, a third of a question."""
    if words <= 2:
        return words
    return words - 1 if words <= 4 else max(3, words // 3)


def _with_beginnings(symbol: str) -> list[str]:
    """A number and what people type of it: `71/QĐ-UBND` is also found as `71/QĐ`."""
    found: list[str] = []
    for number in document_numbers(symbol) or ([fold(symbol)] if symbol else []):
        parts = number.split("-")
        found += ["-".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return _bounded(found)


def _clauses(suffix: str, text: str) -> list[Clause]:
    found = list(dict.fromkeys(_bounded(terms(text))))
    ending = f"_{suffix}" if suffix else ""
    return [
        Clause(field=f"{name}{ending}", term=term, weight=weight)
        for name, weight in (("text", 1.0), ("subject", SUBJECT_WEIGHT))
        for term in found
    ]


def _phrase(quoted: str) -> Phrase:
    marked = has_marks(quoted)
    words = _bounded(syllables(accent_key(quoted) if marked else fold(quoted)))
    return Phrase(field="text" if marked else "text_folded", words=tuple(words[:LONGEST_QUERY]))


def _shortened(text: str) -> str:
    """The text up to its last admitted syllable."""
    for count, word in enumerate(re.finditer(r"\w+", text), start=1):
        if count > LONGEST_QUERY:
            return text[: word.start()]
    return text


def _tokens(parts: Iterable[str]) -> str:
    return " ".join(term for part in parts for term in _bounded(terms(part)))


def _bounded(found: Iterable[str]) -> list[str]:
    return [term for term in found if len(term) <= LONGEST_TERM]
