"""A disposal that dies at a chosen moment: before or after any commit, any erasure, any object that is put."""

from contextlib import contextmanager
from dataclasses import dataclass, field

from repository.access.actors import Actor
from repository.mongo import Row
from repository.retention.disposal import VoteForm
from repository.wiring import Repository


class Crash(BaseException):
    """Like a kill: nothing catches it."""


@dataclass
class Fuse:
    """Counts the moments; blows at number `at`, once."""

    at: int | None = None
    passed: int = 0
    log: list[str] = field(default_factory=list)

    def point(self, name: str) -> None:
        self.passed += 1
        self.log.append(name)
        if self.passed == self.at:
            raise Crash(f"{self.passed} {name}")


class FusedEraser:
    """Around the twin of the eraser; remembers what was erased."""

    def __init__(self, blobs, twin) -> None:
        self._twin = twin
        self.fuse = Fuse()
        self.erased: set[str] = set()

    async def erase(self, digest, version):
        self.fuse.point("before erase")
        await self._twin.erase(digest, version)
        self.erased.add(digest.hex)
        self.fuse.point("after erase")


class Fused:
    """Around a journal or a store: one method has a fuse before and after it."""

    def __init__(self, inner, method: str, fuse: Fuse) -> None:
        self._inner = inner
        self._method = method
        self._fuse = fuse

    def __getattr__(self, name):
        found = getattr(self._inner, name)
        if name != self._method:
            return found

        async def fused(*args, **kwargs):
            self._fuse.point(f"before {name}")
            answer = await found(*args, **kwargs)
            self._fuse.point(f"after {name}")
            return answer

        return fused


@contextmanager
def fused(office: Repository, fuse: Fuse):
    """Every commit and put of a disposal runs through the fuse while the block lasts."""
    retention = office.retention
    eraser = retention.execution._eraser
    places = [
        (retention.execution, "_journal", "change"), (retention.certificates, "_journal", "change"),
        (retention.certificates, "_blobs", "put"), (retention.certificates, "_blobs", "retain"),
    ]  # fmt: skip
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    eraser.fuse = fuse
    for owner, name, method in places:
        setattr(owner, name, Fused(getattr(owner, name), method, fuse))
    try:
        yield
    finally:
        eraser.fuse = Fuse()
        for owner, name, value in reversed(kept):
            setattr(owner, name, value)


async def approved(office: Repository, people: dict[str, Actor]) -> Row:
    """What has expired, proposed by the clerk and approved by both leaders."""
    row = await office.retention.disposals.propose(people["clerk"], "van-phong")
    for name in ("leader", "deputy"):
        row = await office.retention.disposals.vote(people[name], row["_id"], VoteForm(approve=True))
    return row


async def index_told(office: Repository) -> None:
    """What the worker does for documents that were disposed of."""
    rows = await office.outbox.pending(office.clock.now(), 10_000)
    await office.outbox.done([one["_id"] for one in rows])
