"""Which documents fall into a sample: decided by the seed and the ids alone. A rule without I/O.

Each id is ranked by SHA-256(seed, id) and the smallest ranks are taken. So the same seed over the same population
gives the same sample, in whatever order it is read, and anybody can work it out again with `sha256sum`.
"""

import hashlib
import heapq
from dataclasses import dataclass, field
from typing import Final

_BETWEEN: Final = b"\n"


def rank(seed: str, document: str) -> str:
    """Where an id stands: SHA-256 of the seed, a line feed and the id, in hex."""
    return hashlib.sha256(seed.encode() + _BETWEEN + document.encode()).hexdigest()


@dataclass
class Choosing:
    """A choice under way; holds no more than what it will take."""

    seed: str
    size: int
    population: int = 0
    _taken: list[tuple[int, str]] = field(default_factory=list)

    def see(self, document: str) -> None:
        """One of the population; each is shown once."""
        self.population += 1
        place = (-int(rank(self.seed, document), 16), document)  # the heap's first is the largest rank
        if len(self._taken) < self.size:
            heapq.heappush(self._taken, place)
        elif self._taken and place > self._taken[0]:
            heapq.heapreplace(self._taken, place)

    def picked(self) -> list[str]:
        """The sample, by rank: the first k of a larger sample are the sample of size k."""
        return [document for _, document in sorted(self._taken, reverse=True)]
