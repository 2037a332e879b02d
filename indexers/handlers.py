"""Kind of change → what follows from it: one table, and the steps, which may be repeated harmlessly."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from indexers.search import projection
from indexers.search.index import SearchEntry
from indexers.texts import Texts
from repository.audit import Action
from repository.journal import Journal
from repository.mongo import Database
from repository.outbox import Outbox

Row = dict[str, Any]


class Retains(Protocol):
    """`repository.retention.work.Retention`."""

    async def settle(self, kind: str, subject_id: str) -> None: ...


class Judges(Protocol):
    """`repository.signatures.judging.judge.Judge`."""

    async def judge(self, document_id: str) -> Any: ...


class Truth(Protocol):
    """What of `repository.wiring.Repository` is used here."""

    @property
    def database(self) -> Database: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def retention(self) -> Retains: ...
    @property
    def judge(self) -> Judges: ...


class Step(StrEnum):
    """In the order they are done."""

    LOCK = "lock"
    JUDGE = "judge"
    READ = "read"
    INDEX = "index"


_ALL: Final = (Step.LOCK, Step.JUDGE, Step.READ, Step.INDEX)
_FOUND: Final = (Step.INDEX,)

STEPS: Final[dict[str, tuple[Step, ...]]] = {
    Action.DOCUMENT_STORED: _ALL,
    Action.VERSION_STORED: _ALL,
    Action.VERSION_RENEWED: _ALL,
    Action.VERSION_RESCANNED: (Step.JUDGE, Step.INDEX),
    Action.DOCUMENT_DESCRIBED: (Step.LOCK, Step.JUDGE, Step.INDEX),  # a hold by query may match it now
    Action.DOCUMENT_REGISTERED: (Step.JUDGE, Step.INDEX),
    Action.DOCUMENT_ISSUED: (Step.LOCK, Step.JUDGE, Step.INDEX),
    Action.DOCUMENT_SHARED: _FOUND,
    Action.SHARE_ENDED: _FOUND,
    Action.LEVEL_CHANGED: _FOUND,
    Action.VERSION_JUDGED: _FOUND,
    Action.ENTRY_ANNULLED: _FOUND,
    Action.DOSSIER_OPENED: _FOUND,
    Action.DOSSIER_FILED: (Step.LOCK, Step.INDEX),
    Action.DOSSIER_CLOSED: (Step.LOCK, Step.INDEX),
    Action.DOSSIER_REOPENED: (Step.LOCK, Step.INDEX),
    Action.DOSSIER_REMOVED: (Step.LOCK, Step.INDEX),
    Action.RETENTION_SET: (Step.LOCK,),
    Action.HOLD_PLACED: (Step.LOCK,),
    Action.HOLD_LIFTED: (Step.LOCK,),
    Action.DOCUMENT_DISPOSED: _FOUND,
    Action.DOSSIER_HANDED_OVER: _FOUND,
    Action.DOSSIER_RETURNED: _FOUND,
    Action.DOSSIER_SUCCEEDED: _FOUND,
    Action.MEMBER_ADDED: _FOUND,
    Action.MEMBER_ENDED: _FOUND,
}
"""Kinds that are not here owe nothing: their rows are simply done. (A line of a book is indexed with its
document.)
"""


@dataclass
class Outcome:
    """What the index should know afterwards."""

    entries: list[SearchEntry] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


class Handlers:
    """Runs the steps for one subject on its present state."""

    def __init__(self, *, truth: Truth, texts: Texts) -> None:
        self._truth = truth
        self._texts = texts
        self._rows = truth.database
        self._projected: dict[str, Callable[[str], Awaitable[Outcome]]] = {
            "document": self._document,
            "dossier": self._dossier,
            "register": self._annulled,
        }

    async def handle(self, kind: str, subject_id: str, steps: frozenset[Step]) -> Outcome:
        """Does the steps in their order; what comes out belongs into the index."""
        if Step.LOCK in steps:
            await self._truth.retention.settle(kind, subject_id)
        if kind == "document":
            if Step.JUDGE in steps:
                await self._truth.judge.judge(subject_id)
            if Step.READ in steps:
                await self._read(subject_id)
        if Step.INDEX in steps and kind in self._projected:
            return await self._projected[kind](subject_id)
        return Outcome()

    async def _read(self, document_id: str) -> None:
        document = await self._rows["documents"].find_one({"_id": document_id})
        for version in document["versions"] if document else []:
            await self._texts.read(version)

    async def _document(self, document_id: str) -> Outcome:
        """The document and its lines in the books."""
        document = await self._rows["documents"].find_one({"_id": document_id})
        if document is None or document.get("disposed"):
            lines = await self._lines({"document": document_id}) if document else []
            return Outcome(entries=lines, gone=[document_id])
        digests = [one["sha256"] for one in projection.searched_versions(document)]
        texts = await self._texts.many(digests)
        found = projection.of_document(document, [texts[one] for one in digests if one in texts])
        return Outcome(entries=[found, *await self._lines({"document": document_id})])

    async def _dossier(self, dossier_id: str) -> Outcome:
        dossier = await self._rows["dossiers"].find_one({"_id": dossier_id})
        return Outcome(gone=[dossier_id]) if dossier is None else Outcome([projection.of_dossier(dossier)])

    async def _annulled(self, register_id: str) -> Outcome:
        """The struck lines of a book; the outbox row names the book only."""
        return Outcome(entries=await self._lines({"register": register_id, "annulled": {"$ne": None}}))

    async def _lines(self, query: Row) -> list[SearchEntry]:
        entries = []
        async for line in self._rows["entries"].find(query):
            register = await self._rows["registers"].find_one({"_id": line["register"]})
            document = await self._rows["documents"].find_one({"_id": line["document"]})
            if register is not None:
                entries.append(projection.of_register_entry(line, register, document))
        return entries
