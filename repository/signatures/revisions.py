"""What was added to a PDF after each signature, step by step (ISO 32000-2 12.8.2.2; incremental updates).

The state's own tools sign in several revisions, so a later revision is no harm by itself. Each step is
compared with the one before it, once for all signatures. pyHanko's rule for filled-in form fields is left out
of the policy: with it, a field that an attacker rewrote after signing passes.
"""

from dataclasses import dataclass
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
    XrefStreamRule,
)

_LEVEL: Final = ModificationLevel.LTA_UPDATES
POLICY: Final = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(),
        DocInfoRule().as_qualified(_LEVEL),
        XrefStreamRule().as_qualified(_LEVEL),
        ObjectStreamRule().as_qualified(_LEVEL),
        DSSCompareRule().as_qualified(_LEVEL),
        MetadataUpdateRule().as_qualified(_LEVEL),
    ],
    form_rule=FormUpdatingRule(field_rules=[SigFieldCreationRule(), SigFieldModificationRule()]),
)
_NAMED: Final = 5


@dataclass(frozen=True)
class Step:
    """One revision compared with the one before it."""

    revision: int
    what: str
    harmless: bool
    """Only evidence, metadata or an invisible time stamp was added: nobody needs to answer for it."""
    content: bool
    """Something other than a signature changed what a reader sees."""


class Steps:
    """The steps of one file, each compared at most once, when first asked for."""

    def __init__(self, *, reader: PdfFileReader) -> None:
        self._reader = reader
        self._known: dict[int, Step] = {}
        self.total = int(reader.xrefs.total_revisions)

    def after(self, revision: int) -> list[Step]:
        """The steps that came after a revision, oldest first."""
        return [self._step(number) for number in range(revision + 1, self.total)]

    def _step(self, number: int) -> Step:
        if number not in self._known:
            self._known[number] = self._compare(number)
        return self._known[number]

    def _compare(self, number: int) -> Step:
        old = self._reader.get_historical_resolver(number - 1)
        new = self._reader.get_historical_resolver(number)
        if self._adds_hybrid(number):
            return Step(
                number, "thêm bảng tham chiếu lai, mỗi phần mềm có thể hiển thị một khác", False, True
            )
        try:
            level = POLICY.apply(old, new).modification_level
        except SuspiciousModification:
            return Step(number, self._describe(old, new), False, True)
        except Exception as fault:  # noqa: BLE001  a revision that cannot be compared cannot be called harmless
            return Step(number, f"không so sánh được nội dung bổ sung ({type(fault).__name__})", False, True)
        if level <= ModificationLevel.LTA_UPDATES:
            return Step(
                number, "bổ sung dữ liệu xác thực hoặc thông tin mô tả, không đổi nội dung", True, False
            )
        return Step(number, "thêm ô chữ ký hoặc hình chữ ký", False, False)

    def _adds_hybrid(self, number: int) -> bool:
        """A hybrid table in a later revision lets two readers see two documents."""
        section = self._reader.xrefs._xref_sections[number]  # pyHanko answers this only for the whole file
        return section.xref_data.hybrid is not None

    def _describe(self, old: HistoricalResolver, new: HistoricalResolver) -> str:
        try:
            found = _changes(old, new)
        except Exception as fault:  # noqa: BLE001  the words are a courtesy; the verdict stands without them
            found = [f"không mô tả được ({type(fault).__name__})"]
        more = f" và {len(found) - _NAMED} chỗ khác" if len(found) > _NAMED else ""
        return "thay đổi " + (
            ", ".join(found[:_NAMED]) + more if found else "cấu trúc tệp ngoài phạm vi cho phép"
        )


def _changes(old: HistoricalResolver, new: HistoricalResolver) -> list[str]:
    """Where the step touches what a reader sees: pages, annotations, form fields."""
    refs = new.explicit_refs_in_revision()
    changed = {(ref.idnum, ref.generation) for ref in refs}
    found: list[str] = []
    before, after = _pages(old), _pages(new)
    if len(before) != len(after):
        found.append(f"số trang ({len(before)} thành {len(after)})")
    for index, page in enumerate(after, start=1):
        if (
            index > len(before)
            or _touched(page, "/Contents", changed)
            or _touched(page, "/Resources", changed)
            or _seen(page, "/Contents") != _seen(before[index - 1], "/Contents")
        ):
            found.append(f"nội dung trang {index}")
    for ref in refs:
        value = new(ref)
        if not isinstance(value, generic.DictionaryObject):
            continue
        kind = value.get("/FT") or value.get("/Subtype")
        if value.get("/FT") and value.get("/FT") != "/Sig":
            found.append(f"trường biểu mẫu “{value.get('/T', '?')}”")
        elif value.get("/Type") == "/Annot" and kind != "/Widget":
            found.append(f"chú thích {kind or ''}".strip())
    return list(dict.fromkeys(found))


def _pages(view: HistoricalResolver) -> list[generic.DictionaryObject]:
    found: list[generic.DictionaryObject] = []
    waiting: list[Any] = [view.root["/Pages"]]
    seen: set[int] = set()
    while waiting and len(found) < 10_000:
        node = waiting.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        if "/Kids" in node:
            kids = node["/Kids"]  # by index: iterating would yield bare references
            waiting = [*(kids[index] for index in range(len(kids))), *waiting]
        else:
            found.append(node)
    return found


def _raw(array: Any) -> list[Any]:
    return [array.raw_get(index) for index in range(len(array))]


def _seen(page: generic.DictionaryObject, key: str) -> list[tuple[int, int]]:
    """The references a page's entry names itself."""
    try:
        value = page.raw_get(key)
    except KeyError:
        return []
    if isinstance(value, generic.IndirectObject):
        return [(value.idnum, value.generation)]
    if isinstance(value, generic.ArrayObject):
        return [(one.idnum, one.generation) for one in _raw(value) if isinstance(one, generic.IndirectObject)]
    return []


def _touched(page: generic.DictionaryObject, key: str, changed: set[tuple[int, int]]) -> bool:
    return any(ref in changed for ref in _seen(page, key))
