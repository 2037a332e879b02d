"""The pages of one revision of a PDF in reading order, each with what it inherits (ISO 32000-2 7.7.3)."""

from dataclasses import dataclass
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver

from repository.signatures.revisions.walking import Endless, Ref, items, raw, ref_of

MOST_PAGES: Final = 20_000
_INHERITED: Final = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")


@dataclass(frozen=True)
class Page:
    ref: Ref
    """A page that is no object of its own (a broken file) is named by its place, below zero."""
    entries: generic.DictionaryObject
    inherited: dict[str, Any]
    """Raw values of the entries that a page may leave to its parents."""


def pages(view: HistoricalResolver) -> list[Page]:
    """Raises Endless for more than `MOST_PAGES`, and for a branch that comes twice."""
    found: list[Page] = []
    waiting: list[tuple[Any, dict[str, Any]]] = [(raw(view.root, "/Pages"), {})]
    seen: set[Ref] = set()
    while waiting:
        written, above = waiting.pop()
        ref = ref_of(written)
        if len(found) > MOST_PAGES or len(seen) > MOST_PAGES or (ref is not None and ref in seen):
            raise Endless
        node = written.get_object() if isinstance(written, generic.IndirectObject) else written
        if not isinstance(node, generic.DictionaryObject):
            continue
        inherited = above | {key: one for key in _INHERITED if (one := raw(node, key)) is not None}
        if "/Kids" in node:
            seen.add(ref or (-len(seen), 0))
            waiting.extend((kid, inherited) for kid in reversed(items(node["/Kids"])))
        else:
            found.append(Page(ref or (-len(found) - 1, 0), node, inherited))
    return found
