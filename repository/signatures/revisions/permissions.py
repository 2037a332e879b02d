"""What a signature lets others do to the file afterwards (DocMDP and FieldMDP, ISO 32000-2 12.8.2.2, 12.8.2.4).

Read from the revision that was signed: what stands in a later one is not the signer's word.
"""

from dataclasses import dataclass
from typing import Any, Final

from pyhanko.pdf_utils import generic

from repository.signatures.revisions.walking import items, value

_STRICTEST: Final = 1
_DEFAULT: Final = 2


@dataclass(frozen=True)
class Permissions:
    level: int = 0
    """0: the signature says nothing; 1: no changes; 2: filling and signing; 3: remarks too."""
    locked: str = ""
    """/All, /Include or /Exclude; empty when no fields are locked."""
    fields: tuple[str, ...] = ()

    def locks(self, name: str) -> bool:
        if not self.locked:
            return False
        named = any(name == one or name.startswith(one + ".") for one in self.fields)
        return {"/Include": named, "/Exclude": not named}.get(self.locked, True)


def read(signature: Any, signed_field: Any) -> Permissions:
    """From the signature dictionary first, then from the lock of its field."""
    lock = value(signed_field, "/Lock")
    level, locker = 0, lock
    for reference in (_followed(one) for one in items(value(signature, "/Reference"))):
        parameters = value(reference, "/TransformParams")
        method = value(reference, "/TransformMethod")
        if method == "/DocMDP":
            level = _level(value(parameters, "/P"), _DEFAULT)
        elif method == "/FieldMDP":
            locker = parameters
    if not level and value(lock, "/P") is not None:
        level = _level(value(lock, "/P"), _STRICTEST)
    names = tuple(str(_followed(one)) for one in items(value(locker, "/Fields")))
    return Permissions(level, str(value(locker, "/Action") or "") if locker is not None else "", names)


def _level(written: Any, missing: int) -> int:
    """A level that is none of the three counts as the strictest: it is there to forbid."""
    if written is None:
        return missing
    return int(written) if isinstance(written, generic.NumberObject) and written in (1, 2, 3) else _STRICTEST


def _followed(one: Any) -> Any:
    return one.get_object() if isinstance(one, generic.IndirectObject) else one
