"""How an attack is made and entered in the set."""

from collections.abc import Callable

from tests.repository.signatures import papers
from tests.repository.signatures.forge import Forge
from tests.repository.signatures.papers import edited, paper, sign

Attack = Callable[[Forge], bytes]
ATTACKS: dict[str, Attack] = {}


def attack(make: Attack) -> Attack:
    ATTACKS[make.__name__.replace("_", "-")] = make
    return make


def signed(forge: Forge, **more: object) -> bytes:
    return sign(forge, sign(forge, paper(), "person", **more), "agency", box=(320, 60, 540, 120))  # type: ignore[arg-type]


def alone(forge: Forge, pdf: bytes | None = None, **more: object) -> bytes:
    return sign(forge, pdf or paper(), "agency", **more)  # type: ignore[arg-type]


def on_signed(name: str, *edits: papers.Edit) -> None:
    """An attack that is a later revision, unsigned, with these edits."""
    ATTACKS[name] = lambda forge: edited(signed(forge), *edits)
