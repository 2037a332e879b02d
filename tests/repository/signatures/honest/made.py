"""The list that each maker joins, and where they put their seals."""

from collections.abc import Callable

from tests.repository.signatures.forge import Forge

Make = Callable[[Forge], bytes]
HONEST: dict[str, Make] = {}
SEAL = (320, 60, 540, 120)
INITIALS = (20, 20, 60, 40)


def honest(make: Make) -> Make:
    HONEST[make.__name__.replace("_", "-")] = make
    return make
