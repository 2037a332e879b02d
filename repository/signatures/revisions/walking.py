"""Where two revisions of a PDF differ, found by walking both from one place side by side.

References are followed in each revision by itself, so it does not matter by which trick an object came to be
another one: overwritten, freed, given a new generation, or defined after it had been referred to in vain.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver

Ref = tuple[int, int]
Path = tuple[str | int, ...]

MOST_NODES: Final = 2_000_000
_PRIMITIVE: Final = (
    generic.NumberObject, generic.FloatObject, generic.BooleanObject, generic.NameObject,
)  # fmt: skip


class Kind(IntEnum):
    """What a change is, from none to the worst."""

    NOTHING = 0
    EVIDENCE = 1
    """Validation data, time stamps, metadata: nobody needs to answer for it."""
    SIGNATURE = 2
    """A signature field, filled or not, or its picture."""
    FILL = 3
    """An empty form field was filled in."""
    NOTE = 4
    """A remark was laid on a page."""
    ADDS = 5
    """Something was added to what a reader sees; all that was signed is still there."""
    ALTERS = 6
    """Something that was signed is no longer there, or does something else."""


@dataclass(frozen=True)
class Difference:
    kind: Kind
    what: str
    field: str = ""
    page: int = -1
    box: tuple[float, float, float, float] | None = None
    """Where on the page a remark lies that may hide what is under it."""


@dataclass(frozen=True)
class Spot:
    """A place where the revisions differ: `added` when the older one has nothing there."""

    path: Path
    added: bool = False


class Endless(Exception):
    """The file has more in it than may be compared."""


def ref_of(value: Any) -> Ref | None:
    return (value.idnum, value.generation) if isinstance(value, generic.IndirectObject) else None


def raw(holder: Any, key: str) -> Any:
    """An entry as it is written; None when there is none."""
    if not isinstance(holder, generic.DictionaryObject):
        return None
    try:
        return holder.raw_get(key)
    except KeyError:
        return None


def value(holder: Any, key: str) -> Any:
    """An entry with its reference followed; None when there is none, or null."""
    found = raw(holder, key)
    found = found.get_object() if isinstance(found, generic.IndirectObject) else found
    return None if isinstance(found, generic.NullObject) else found


def items(array: Any) -> list[Any]:
    """An array's elements as they are written."""
    return (
        [array.raw_get(index) for index in range(len(array))]
        if isinstance(array, generic.ArrayObject)
        else []
    )


@dataclass
class Walk:
    """Two revisions side by side. What stands in `aside` is compared by somebody else, and not entered."""

    old: HistoricalResolver
    new: HistoricalResolver
    changed: frozenset[int]
    """The numbers of the objects that the newer revision writes or frees."""
    aside: set[Ref] = field(default_factory=set)
    _seen: set[Any] = field(default_factory=set)
    _taken: int = 0

    def again(self) -> "Walk":
        """The same walk with nothing seen yet: for a part whose every share in the file counts."""
        return Walk(old=self.old, new=self.new, changed=self.changed, aside=self.aside)

    def differences(self, old: Any, new: Any, *, skip: frozenset[str] = frozenset()) -> list[Spot]:
        """Every place below two raw values where they differ; each pair of objects is looked at once.

        `skip` names entries of the two themselves that are left out.
        """
        found: list[Spot] = []
        waiting: list[tuple[Path, Any, Any]] = [((), old, new)]
        while waiting:
            path, a, b = waiting.pop()
            self._taken += 1
            if self._taken > MOST_NODES:
                raise Endless
            pair = self._resolved(a, b)
            if pair is None:
                continue
            if (spot := self._spot(path, *pair)) is not None:
                found.append(spot)
                continue
            waiting.extend(_children(path, *pair, skip if not path else frozenset()))
        return found

    def _resolved(self, a: Any, b: Any) -> tuple[Any, Any] | None:
        """Both values with their references followed; None when there is nothing to look at (again)."""
        first, second = ref_of(a), ref_of(b)
        if first is None and second is None:
            return a, b
        if first in self.aside or second in self.aside:
            return None if first == second else (generic.NumberObject(1), generic.NumberObject(2))
        if (first, second) in self._seen and (first is not None and second is not None):
            return None
        self._seen.add((first, second))
        older = self.old(a.reference) if first is not None else a
        if first == second and first is not None and first[0] not in self.changed:
            return older, older  # the very same object; only what it refers to may differ
        return older, self.new(b.reference) if second is not None else b

    def _spot(self, path: Path, a: Any, b: Any) -> Spot | None:
        if a is b:
            return None
        nothing_old, nothing_new = _nothing(a), _nothing(b)
        if nothing_old or nothing_new:
            return None if nothing_old and nothing_new else Spot(path, added=nothing_old)
        return None if _alike(a, b) else Spot(path)


def _nothing(one: Any) -> bool:
    return one is None or isinstance(one, generic.NullObject)


def _alike(a: Any, b: Any) -> bool:
    """Whether two values are equal as far as they go themselves; their parts are compared afterwards."""
    if isinstance(a, generic.StreamObject) or isinstance(b, generic.StreamObject):
        return type(a) is type(b) and a.encoded_data == b.encoded_data
    for kind in (generic.DictionaryObject, generic.ArrayObject):
        if isinstance(a, kind) or isinstance(b, kind):
            return (
                isinstance(a, kind)
                and isinstance(b, kind)
                and (kind is generic.DictionaryObject or len(a) == len(b))
            )
    if isinstance(a, (generic.NumberObject, generic.FloatObject)):
        return isinstance(b, (generic.NumberObject, generic.FloatObject)) and a == b
    if isinstance(a, _PRIMITIVE):
        return isinstance(b, type(a)) and bool(a == b)
    strings = (generic.TextStringObject, generic.ByteStringObject)
    if isinstance(a, strings):
        return isinstance(b, strings) and a.original_bytes == b.original_bytes
    return bool(a == b)


def _children(path: Path, a: Any, b: Any, skip: frozenset[str]) -> list[tuple[Path, Any, Any]]:
    if isinstance(a, generic.DictionaryObject):
        stream = isinstance(a, generic.StreamObject)
        keys = a.keys() if a is b else a.keys() | b.keys()
        return [
            ((*path, str(key)), raw(a, key), raw(b, key))
            for key in keys
            if key not in skip and not (stream and key == "/Length")
        ]
    if isinstance(a, generic.ArrayObject):
        return [((*path, n), x, y) for n, (x, y) in enumerate(zip(items(a), items(b), strict=True))]
    return []
