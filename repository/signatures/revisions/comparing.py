"""All that one revision of a PDF changed in the one before it, sorted by what it means for a reader.

The whole catalogue is walked: pages and their annotations, the form, then everything else. What is not known to
be harmless counts as altered.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver

from repository.signatures.revisions import formfields
from repository.signatures.revisions.formfields import Node
from repository.signatures.revisions.pages import Page, pages
from repository.signatures.revisions.walking import Difference, Kind, Ref, Walk, items, raw, ref_of, value

_CATALOGUE: Final = {
    "/DSS": Kind.EVIDENCE, "/Extensions": Kind.EVIDENCE, "/Version": Kind.EVIDENCE, "/Metadata": Kind.EVIDENCE,
    "/MarkInfo": Kind.EVIDENCE, "/PieceInfo": Kind.EVIDENCE, "/Lang": Kind.EVIDENCE,
    "/PageLabels": Kind.ADDS, "/Outlines": Kind.ADDS, "/StructTreeRoot": Kind.ADDS, "/Dests": Kind.ADDS,
    "/PageMode": Kind.ADDS, "/PageLayout": Kind.ADDS, "/Collection": Kind.ADDS, "/AF": Kind.ADDS,
    "/OutputIntents": Kind.ADDS, "/ViewerPreferences": Kind.ADDS,
}  # fmt: skip
_WORDS: Final = {
    "/OpenAction": "lệnh tự chạy khi mở tệp", "/AA": "lệnh tự chạy", "/OCProperties": "các lớp hiển thị",
    "/Names": "bảng tên (tệp đính kèm, mã lệnh)", "/Perms": "quyền hạn của tài liệu",
    "/StructTreeRoot": "cấu trúc nội dung", "/AcroForm": "biểu mẫu",
}  # fmt: skip
_PAGE_EVIDENCE: Final = {
    "/LastModified",
    "/PieceInfo",
    "/Metadata",
    "/Thumb",
    "/Tabs",
    "/StructParents",
    "/ID",
}
_MARKS: Final = {"/Text", "/Popup", "/Highlight", "/Underline", "/StrikeOut", "/Squiggly", "/Caret"}
_BOXES: Final = {"/FreeText", "/Stamp", "/Square", "/Circle", "/Line", "/Ink", "/Polygon", "/PolyLine"}
_STARTS: Final = re.compile(rb"[\sq]*")
_STRINGS: Final = re.compile(rb"\((?:\\.|[^\\()])*\)|<[0-9a-fA-F\s]*>")
_SHOWS: Final = re.compile(rb"(^|[\s)>\]])(Tj|TJ|'|\"|Do|BI|sh)(?=\s|$)")


def compare(old: HistoricalResolver, new: HistoricalResolver) -> list[Difference]:
    """Every difference between two revisions of one file. Raises Endless, and what broken objects raise."""
    changed = frozenset(ref.idnum for ref in new.explicit_refs_in_revision())
    if streams := _object_streams(old) & changed:
        return [Difference(Kind.ALTERS, f"ghi đè luồng đối tượng {min(streams)}")]
    before, after = pages(old), pages(new)
    forms = value(old.root, "/AcroForm"), value(new.root, "/AcroForm")
    fields = formfields.nodes(forms[0]), formfields.nodes(forms[1])
    walk = Walk(old=old, new=new, changed=changed)
    walk.aside.update(one.ref for one in (*before, *after))
    marks = [_marks(one) for one in (*before, *after)]
    walk.aside.update(ref for refs in marks for ref in refs)
    walk.aside.update(key for side in fields for key in side if not isinstance(key, str))
    # A field lock's /Data leads here (12.8.2.4). Every entry of the catalogue is compared below, as what it is.
    if (catalogue := ref_of(raw(old.trailer_view, "/Root"))) == ref_of(raw(new.trailer_view, "/Root")):
        walk.aside.update({catalogue} if catalogue else set())
    found = [*_trailer(old, new), *_pages(walk, before, after)]
    found += _form(walk, forms, fields)
    found += _catalogue(walk)
    found += formfields.compare(walk, *fields)
    found += _annotations(walk, before, after, fields)
    return [one for one in dict.fromkeys(found) if one.kind > Kind.NOTHING]


def _object_streams(old: HistoricalResolver) -> set[int]:
    """The streams that hold objects: to overwrite one changes what lies in it for some readers only."""
    found: set[int] = set()
    for number in range(old.revision + 1):
        data = old.reader.xrefs.get_xref_data(number)
        found |= data.obj_streams_used
        if data.hybrid is not None:
            found |= data.hybrid.xref_data.obj_streams_used
    return found


def _trailer(old: HistoricalResolver, new: HistoricalResolver) -> Iterator[Difference]:
    before, after = raw(old.trailer_view, "/Encrypt"), raw(new.trailer_view, "/Encrypt")
    if ref_of(before) != ref_of(after) or (before is None) != (after is None):
        yield Difference(Kind.ALTERS, "đổi cách mã hóa của tệp")


def _marks(page: Page) -> list[Ref]:
    return [ref for one in items(value(page.entries, "/Annots")) if (ref := ref_of(one)) is not None]


def _pages(walk: Walk, before: list[Page], after: list[Page]) -> Iterator[Difference]:
    old, new = [one.ref for one in before], [one.ref for one in after]
    kept = [ref for ref in new if ref in old]
    if kept != old:
        counts = f"{len(before)} thành {len(after)}"
        words = f"số trang ({counts})" if len(old) != len(new) else "thứ tự hoặc chỗ của các trang"
        yield Difference(Kind.ALTERS, words)
        return
    totals = [value(value(side.root, "/Pages"), "/Count") for side in (walk.old, walk.new)]
    if len(old) == len(new) and totals[0] != totals[1]:
        yield Difference(Kind.ALTERS, f"số trang ghi trong tệp ({totals[0]} thành {totals[1]})")
    tree = frozenset({"/Kids", "/Count", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/Rotate"})
    if walk.again().differences(value(walk.old.root, "/Pages"), value(walk.new.root, "/Pages"), skip=tree):
        yield Difference(Kind.ALTERS, "cây các trang")
    by_ref = {one.ref: one for one in before}
    for index, page in enumerate(after):
        if page.ref in by_ref:
            yield from _page(walk, by_ref[page.ref], page, index)
        else:
            yield Difference(Kind.ADDS, f"thêm trang {index + 1}", page=index)


def _page(walk: Walk, old: Page, new: Page, index: int) -> Iterator[Difference]:
    words = f"nội dung trang {index + 1}"
    if walk.differences(raw(old.entries, "/Contents"), raw(new.entries, "/Contents")):
        kept = _keeps(value(old.entries, "/Contents"), value(new.entries, "/Contents"))
        yield Difference(Kind.ADDS if kept else Kind.ALTERS, words, page=index)
    for spot in walk.differences(old.inherited.get("/Resources"), new.inherited.get("/Resources")):
        yield Difference(Kind.ADDS if spot.added else Kind.ALTERS, words, page=index)
    for key in ("/MediaBox", "/CropBox", "/Rotate"):
        if walk.differences(old.inherited.get(key), new.inherited.get(key)):
            yield Difference(Kind.ALTERS, f"khổ hoặc chiều của trang {index + 1}", page=index)
    if ref_of(raw(old.entries, "/Parent")) != ref_of(
        raw(new.entries, "/Parent")
    ):  # some readers inherit by it
        yield Difference(Kind.ALTERS, f"chỗ của trang {index + 1} trong tệp", page=index)
    known = {"/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/Annots", "/Parent"}
    for key in (old.entries.keys() | new.entries.keys()) - known:
        # By a walk of its own: what lies here may be drawn somewhere else, too.
        spots = walk.again().differences(raw(old.entries, key), raw(new.entries, key))
        if spots:
            added = all(one.added for one in spots) and key != "/AA"
            kind = Kind.EVIDENCE if key in _PAGE_EVIDENCE else Kind.ADDS if added else Kind.ALTERS
            yield Difference(kind, f"mục {key} của trang {index + 1}", page=index)


def _keeps(old: Any, new: Any) -> bool:
    """Whether all that was drawn is still drawn, first and in order: only more may have come after it."""
    before, after = _drawn(old), _drawn(new)
    at = after.find(before.strip())
    return at >= 0 and _leaves_no_trace(after[:at])


def _leaves_no_trace(ink: bytes) -> bool:
    """Whether what is drawn first leaves the page as it found it: saved states only, or all of them restored."""
    if _STARTS.fullmatch(ink):
        return True
    words = _STRINGS.sub(b" ", ink).split()
    depth = 0
    for word in words:
        if depth == 0 and word != b"q":
            return False
        depth += (word == b"q") - (word == b"Q")
    opened = sum(word in (b"BDC", b"BMC") for word in words)
    return (
        depth == 0
        and opened == words.count(b"EMC")
        and words.count(b"BT") == words.count(b"ET")
        and b"BI" not in words
    )


def _drawn(contents: Any) -> bytes:
    parts = items(contents) if isinstance(contents, generic.ArrayObject) else [contents]
    streams = [one.get_object() if isinstance(one, generic.IndirectObject) else one for one in parts]
    return b"\n".join(one.data for one in streams if isinstance(one, generic.StreamObject))


def _catalogue(walk: Walk) -> Iterator[Difference]:
    old, new = walk.old.root, walk.new.root
    keys = (old.keys() | new.keys()) - {"/Pages", "/AcroForm"}
    # The strictest first: an object that stands in two places is looked at in the first of them.
    for key in sorted(keys, key=lambda one: -_CATALOGUE.get(str(one), Kind.ALTERS)):
        spots = walk.differences(raw(old, key), raw(new, key))
        if not spots:
            continue
        kind = _CATALOGUE.get(str(key), Kind.ALTERS)
        if key == "/Names" and not _runs(value(new, "/Names")) and all(one.added for one in spots):
            kind = Kind.ADDS
        if key == "/Perms" and old.get("/Perms") is None:
            kind = Kind.ADDS  # a certification by a later signer, who then answers for it
        yield Difference(kind, _WORDS.get(str(key), f"mục {key} của tài liệu"))


def _runs(names: Any) -> bool:
    return value(names, "/JavaScript") is not None


def _form(
    walk: Walk, forms: tuple[Any, Any], fields: tuple[dict[Ref | str, Node], dict[Ref | str, Node]]
) -> Iterator[Difference]:
    """The form's own entries; the fields follow by themselves."""
    old, new = forms
    if new is None:
        if old is not None:
            yield Difference(Kind.ALTERS, "bỏ biểu mẫu")
        return
    filled = any(one.filled and one.kind != "/Sig" for one in fields[0].values())
    keys = (old.keys() if old is not None else set()) | new.keys()
    for key in sorted(keys - {"/Fields", "/SigFlags"}):
        spots = walk.again().differences(raw(old, key), raw(new, key))
        if not spots:
            continue
        if key == "/NeedAppearances" and all(formfields.shows_its_value(one) for one in fields[0].values()):
            continue
        grows = key == "/DR" and all(one.added for one in spots)
        kind = (
            Kind.EVIDENCE
            if grows or (key in ("/NeedAppearances", "/DA", "/Q", "/DR") and not filled)
            else Kind.ALTERS
        )
        yield Difference(kind, f"mục {key} của biểu mẫu")


def _annotations(
    walk: Walk, before: list[Page], after: list[Page],
    fields: tuple[dict[Ref | str, Node], dict[Ref | str, Node]],
) -> Iterator[Difference]:  # fmt: skip
    old_pages = {one.ref: one for one in before}
    for index, page in enumerate(after):
        if page.ref not in old_pages:
            continue
        old = items(value(old_pages[page.ref].entries, "/Annots"))
        new = items(value(page.entries, "/Annots"))
        keys = [ref_of(one) or n for n, one in enumerate(old)]
        there = {ref_of(one) or n: one for n, one in enumerate(new)}
        if [key for key in there if key in set(keys)] != list(dict.fromkeys(keys)):
            yield Difference(Kind.ALTERS, f"bỏ hoặc đổi thứ tự chú thích ở trang {index + 1}", page=index)
        for key, one in zip(keys, old, strict=True):
            if key in there and key not in fields[0] and _differ(walk, one, there[key]):
                yield Difference(Kind.ALTERS, f"chú thích ở trang {index + 1}", page=index)
        for key in there.keys() - set(keys):
            if key not in fields[1]:
                yield _note(there[key], index)
            elif key in fields[0] and fields[0][key].filled:
                yield Difference(Kind.ALTERS, f"đưa trường đã có lên trang {index + 1}", page=index)


def _differ(walk: Walk, old: Any, new: Any) -> bool:
    before = walk.old(old.reference) if isinstance(old, generic.IndirectObject) else old
    after = walk.new(new.reference) if isinstance(new, generic.IndirectObject) else new
    return bool(walk.again().differences(before, after, skip=frozenset({"/Parent"})))


def _note(written: Any, index: int) -> Difference:
    """A new annotation: a remark where its kind and its picture are that, an addition otherwise."""
    entries = formfields.value_of(written)
    kind = str(value(entries, "/Subtype"))
    words = f"chú thích {kind.lstrip('/')} ở trang {index + 1}"
    if value(entries, "/A") is not None or value(entries, "/AA") is not None:
        return Difference(Kind.ADDS, words + " có kèm lệnh", page=index)
    picture = value(value(entries, "/AP"), "/N")
    if kind in _MARKS and (kind in ("/Text", "/Popup") or not _speaks(picture)):
        return Difference(Kind.NOTE, words, page=index)
    if kind in _MARKS or kind in _BOXES:
        return Difference(Kind.NOTE, words, page=index, box=formfields.box(value(entries, "/Rect")))
    return Difference(Kind.ADDS, words, page=index)


def _speaks(picture: Any) -> bool:
    """Whether a mark's picture shows text or images of its own."""
    return picture is not None and (
        not isinstance(picture, generic.StreamObject) or _SHOWS.search(picture.data) is not None
    )
