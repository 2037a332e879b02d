"""What a revision did to the form: signed a field, filled an empty one, or rewrote one (ISO 32000-2 12.7).

pyHanko's rule for form fields lets a field be rewritten after signing; here only an empty one may be filled,
in its own place, by text alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pyhanko.pdf_utils import generic

from repository.signatures.revisions.walking import Difference, Kind, Ref, Walk, items, raw, ref_of, value

_MOST: Final = 20_000
_SIGNING: Final = frozenset({
    "/V", "/AP", "/AS", "/F", "/Ff", "/DA", "/Q", "/MK", "/DR", "/Type", "/Subtype", "/Lock", "/SV", "/M",
    "/NM", "/TU", "/P", "/Rect", "/BS", "/Border",
})  # fmt: skip
_FILLING: Final = frozenset({"/V", "/AP", "/AS", "/I", "/RV", "/M", "/P"})
_SAID: Final = re.compile(rb"\(((?:\\.|[^\\()])*)\)")
_ESCAPE: Final = re.compile(rb"\\(\d{1,3}|.)", re.DOTALL)
_ENCODED: Final = re.compile(rb"<[0-9a-fA-F\s]+>\s*(Tj|')|<[0-9a-fA-F\s]+>[^\[\]]*\]\s*TJ")
_PUSHBUTTON: Final = 1 << 16
_READ_ONLY: Final = 1
LARGE: Final = 0.35
"""The share of a page above which a signature's picture is more than a signature's picture."""
_LARGE_FIELD: Final = 0.2


@dataclass(frozen=True)
class Node:
    """A field or one of its widgets, with what it inherits."""

    raw: Any
    entries: Any
    name: str
    kind: str
    filled: bool
    flags: int

    @property
    def key(self) -> Ref | str:
        return ref_of(self.raw) or self.name


def nodes(form: Any) -> dict[Ref | str, Node]:
    """Every node of the form's tree; a reference that comes again is looked at once."""
    found: dict[Ref | str, Node] = {}
    waiting = [(one, "", "", False, 0) for one in items(value(form, "/Fields"))]
    while waiting and len(found) < _MOST:
        written, above, kind, filled, flags = waiting.pop(0)
        entries = written.get_object() if isinstance(written, generic.IndirectObject) else written
        if not isinstance(entries, generic.DictionaryObject):
            continue
        part = value(entries, "/T")
        name = ".".join(one for one in (above, str(part) if part is not None else "") if one)
        kind = str(value(entries, "/FT") or kind)
        filled = holds(value(entries, "/V")) if "/V" in entries else filled
        own = value(entries, "/Ff")
        flags = int(own) if isinstance(own, generic.NumberObject) else flags
        node = Node(written, entries, name, kind, filled, flags)
        if node.key in found:
            continue
        found[node.key] = node
        waiting.extend((kid, name, kind, filled, flags) for kid in items(value(entries, "/Kids")))
    return found


def holds(one: Any) -> bool:
    """Whether a field's value is more than nothing."""
    if one is None or isinstance(one, generic.NullObject):
        return False
    if isinstance(one, generic.ArrayObject | generic.StreamObject):
        return True
    return str(one).strip() not in ("", "/Off")


def compare(walk: Walk, old: dict[Ref | str, Node], new: dict[Ref | str, Node]) -> Iterator[Difference]:
    signed = {ref_of(raw(one.entries, "/V")) for one in old.values() if one.kind == "/Sig"} - {None}
    for key, before in old.items():
        after = new.get(key)
        if after is None:
            yield Difference(Kind.ALTERS, f"bỏ trường biểu mẫu “{before.name}”", before.name)
        else:
            yield from _changed(walk, before, after, signed)
    for key, after in new.items():
        if key not in old:
            yield _added(walk, after, signed)


def _added(walk: Walk, node: Node, signed: set[Ref | None]) -> Difference:
    if node.kind != "/Sig":
        return Difference(Kind.ADDS, f"thêm trường biểu mẫu “{node.name}”", node.name)
    if ref_of(raw(node.entries, "/V")) in signed:
        return Difference(Kind.ALTERS, f"thêm ô “{node.name}” dùng lại một chữ ký đã có", node.name)
    return _signature(walk, node)


def _signature(walk: Walk, node: Node) -> Difference:
    share = area(walk.new, node.entries)
    if share > LARGE:
        words = f"thêm hình chữ ký che {share:.0%} trang"
        return Difference(Kind.ADDS, words, node.name)
    stamp = value(node.entries, "/V")
    if not share and isinstance(stamp, generic.DictionaryObject) and value(stamp, "/Type") == "/DocTimeStamp":
        return Difference(Kind.EVIDENCE, "thêm dấu thời gian cho tài liệu", node.name)
    return Difference(Kind.SIGNATURE, "thêm ô chữ ký hoặc hình chữ ký", node.name)


def _changed(walk: Walk, before: Node, after: Node, signed: set[Ref | None]) -> Iterator[Difference]:
    spots = walk.again().differences(before.entries, after.entries, skip=frozenset({"/Kids", "/Parent"}))
    keys = {str(one.path[0]) for one in spots if one.path}
    parents = [ref_of(raw(one.entries, "/Parent")) for one in (before, after)]
    if not spots and before.name == after.name and before.kind == after.kind and parents[0] == parents[1]:
        return
    moved = parents[0] != parents[1]
    typed = "/Type" in keys and value(after.entries, "/Type") != "/Annot"  # some readers then show it no more
    if moved or typed or not keys or before.name != after.name or before.kind != after.kind:
        yield Difference(Kind.ALTERS, f"trường biểu mẫu “{before.name}”", before.name)
    elif keys <= {"/Ff", "/Type", "/P"} and (
        before.kind == "/Sig" or before.flags | _READ_ONLY == after.flags
    ):
        yield Difference(Kind.EVIDENCE, "đổi cờ của trường biểu mẫu", before.name)
    elif before.kind == "/Sig":
        yield _signature_changed(walk, before, after, keys, signed)
    else:
        yield _filled(walk, before, after, keys)


def _signature_changed(
    walk: Walk, before: Node, after: Node, keys: set[str], signed: set[Ref | None]
) -> Difference:
    fresh = not before.filled and after.filled and ref_of(raw(after.entries, "/V")) not in signed
    if fresh and keys <= _SIGNING:
        return _signature(walk, after)
    return Difference(Kind.ALTERS, f"giá trị hoặc hình của ô chữ ký “{before.name}”", before.name)


def _filled(walk: Walk, before: Node, after: Node, keys: set[str]) -> Difference:
    """An empty field that was filled in its own place, or else a field that was rewritten."""
    harmless = keys - {"/Ff"} <= _FILLING and after.filled and not before.filled
    if "/Ff" in keys and before.flags | _READ_ONLY != after.flags:
        harmless = False
    if before.kind == "/Btn":
        harmless = harmless and keys <= {"/V", "/AS", "/M"} and not before.flags & _PUSHBUTTON
    elif "/AP" in keys:
        old_picture = value(value(before.entries, "/AP"), "/N")
        harmless = (
            harmless
            and only_text(value(value(after.entries, "/AP"), "/N"))
            and not said(old_picture)
            and (before.kind != "/Tx" or not _says_otherwise(after))
            and area(walk.new, after.entries) <= _LARGE_FIELD
        )
    if harmless:
        return Difference(Kind.FILL, f"điền trường “{before.name}”", before.name)
    return Difference(Kind.ALTERS, f"trường biểu mẫu “{before.name}”", before.name)


def only_text(picture: Any) -> bool:
    """Whether an appearance draws nothing but text and lines: no picture, no form, no pattern."""
    if picture is None:
        return True
    resources = value(picture, "/Resources")
    if not isinstance(picture, generic.StreamObject):
        return False
    drawn = set() if resources is None else {str(key) for key in resources}
    fonts = value(resources, "/Font")
    drawings = [] if fonts is None else [value(value(fonts, key), "/Subtype") for key in fonts]
    return (
        not drawn & {"/XObject", "/Pattern", "/Shading"}
        and "/Type3" not in drawings
        and re.search(rb"(^|\s)BI\s", picture.data) is None
    )


def said(picture: Any) -> str:
    """The letters and digits of a text field's picture; a question mark for what is no plain text."""
    if picture is None:
        return ""
    if not only_text(picture):
        return "?"
    data = picture.data
    if _ENCODED.search(data):
        return "?"
    text = b"".join(_ESCAPE.sub(b"", one[1]) for one in _SAID.finditer(data))
    return _plain(text.decode("latin-1"))


def _plain(text: str) -> str:
    """The part of a text that every encoding writes alike."""
    return "".join(one for one in text if one.isascii() and one.isalnum())


def _says_otherwise(node: Node) -> bool:
    """Whether a field's picture shows another text than its value."""
    shown = said(value(value(node.entries, "/AP"), "/N"))
    written = value(node.entries, "/V")
    return written is not None and shown not in ("", "?", _plain(str(written)))


def shows_its_value(node: Node) -> bool:
    """Whether a reader that draws the field anew from its value would show what is shown now."""
    if not node.filled or node.kind not in ("/Tx", "/Ch"):
        return True
    picture = value(value(node.entries, "/AP"), "/N")
    written = _plain(str(value(node.entries, "/V") or ""))
    return picture is None or (bool(written) and said(picture) == written)


def area(view: Any, widget: Any) -> float:
    """The share of its page that a widget (or the largest of its kids) covers."""
    kids = [value_of(kid) for kid in items(value(widget, "/Kids"))]
    return max((_share(view, one) for one in [widget, *kids]), default=0.0)


def value_of(one: Any) -> Any:
    return one.get_object() if isinstance(one, generic.IndirectObject) else one


def _share(view: Any, widget: Any) -> float:
    corners = box(value(widget, "/Rect"))
    if corners is None:
        return 0.0
    page = value(widget, "/P")
    seen = 0
    while page is not None and "/MediaBox" not in page and seen < 32:
        page, seen = value(page, "/Parent"), seen + 1
    paper = box(value(page, "/MediaBox")) or (0.0, 0.0, 595.0, 842.0)
    whole = (paper[2] - paper[0]) * (paper[3] - paper[1])
    covered = (corners[2] - corners[0]) * (corners[3] - corners[1])
    return covered / whole if whole > 0 else 1.0


def box(rectangle: Any) -> tuple[float, float, float, float] | None:
    """A rectangle with its corners in order; None for what is none."""
    try:
        a, b, c, d = (float(value_of(one)) for one in items(rectangle))
    except (TypeError, ValueError):
        return None
    return min(a, c), min(b, d), max(a, c), max(b, d)
