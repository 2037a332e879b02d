"""The search index against the rows: entries of nothing, things without an entry, entries that say something else.

An entry carries a hash of what it was made from. Work goes on meanwhile, so what differs is looked at again, and is
no finding while the change that explains it is still owed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from indexers.search import projection
from indexers.search.index import SearchEntry, SearchIndex, stated
from indexers.search.rebuild import all_entries
from indexers.texts import Texts
from repository import ids
from repository.evidence.fixity import UNFIT, Finding, malformed
from repository.evidence.fixity_ledger import Ledger
from repository.mongo import Database

_ROUNDS: Final = 3
_PAUSE: Final = 0.3
_BATCH: Final = 1000
_MOST: Final = 10_000


class IndexCheck:
    """One look over the whole index."""

    def __init__(self, *, database: Database, texts: Texts, index: SearchIndex, folder: Path) -> None:
        self._database = database
        self._texts = texts
        self._index = index
        self._folder = folder

    async def findings(self, say: Callable[[str, int, int], None]) -> AsyncIterator[Finding]:
        ledger = Ledger(self._folder / f"{ids.new('ix')}.sqlite")
        bent = dict[str, Finding]()
        try:
            doubtful = await self._compared(ledger, say, bent)
        finally:
            ledger.close()
        for finding in bent.values():
            yield finding
        for again in range(_ROUNDS):
            if not doubtful:
                return
            await asyncio.sleep(_PAUSE if again else 0)
            doubtful = await self._looked_again(doubtful)
        for entry, kind in doubtful.items():
            yield Finding(
                kind=kind, subject_kind="index", subject=entry, found=f"mục {entry}: {_WORDS[kind]}"
            )

    async def _compared(
        self, ledger: Ledger, say: Callable[[str, int, int], None], bent: dict[str, Finding]
    ) -> dict[str, str]:
        def told(name: str, row_id: str, fault: Exception) -> None:
            ledger.take(row_id)
            bent[row_id] = malformed(name, row_id, fault)

        page: list[tuple[str, str]] = []
        async for held in self._index.holdings():
            page.append(held)
            if len(page) == _BATCH:
                ledger.hold(page)
                page = []
        ledger.hold(page)
        doubtful, done = dict[str, str](), 0
        async for entry in all_entries(self._database, self._texts, told):
            kind = _kind(ledger.take(entry.id), entry)
            done += 1
            if done % _BATCH == 0:
                say("mục tìm kiếm", done, 0)
            if kind and len(doubtful) < _MOST:
                doubtful[entry.id] = kind
        return doubtful | dict.fromkeys(ledger.left(), "index.ghost")

    async def _looked_again(self, doubtful: dict[str, str]) -> dict[str, str]:
        owed = await self._owed()
        entries = {one: made for one in doubtful if (made := await self._readable(one))}
        held = {entry: said async for entry, said in self._index.holdings() if entry in doubtful}
        owed |= await self._owed()
        found = {}
        for one, (entry, owners) in entries.items():
            kind = _kind(held.get(one), entry)
            if kind and not owed & owners:
                found[one] = kind
        return found

    async def _owed(self) -> set[str]:
        rows = self._database["outbox"].find({}, {"subject.id": 1})
        return {str(row["subject"]["id"]) async for row in rows}

    async def _readable(self, entry: str) -> tuple[SearchEntry | None, set[str]] | None:
        """None for a row that was bent since: the next run tells of it."""
        try:
            return await self._projected(entry)
        except UNFIT:
            return None

    async def _projected(self, entry: str) -> tuple[SearchEntry | None, set[str]]:
        """What an entry should be now, and whose owed work may still change it."""
        if row := await self._database["documents"].find_one({"_id": entry}):
            if row.get("disposed"):
                return None, {entry}
            digests = [one["sha256"] for one in projection.searched_versions(row)]
            texts = await self._texts.many(digests)
            made = projection.of_document(row, [texts[one] for one in digests if one in texts])
            return made, {entry, *row["dossiers"], row.get("register") or ""} - {""}
        if row := await self._database["dossiers"].find_one({"_id": entry}):
            return projection.of_dossier(row), {entry}
        if row := await self._database["entries"].find_one({"_id": entry}):
            register = await self._database["registers"].find_one({"_id": row["register"]})
            named = await self._database["documents"].find_one({"_id": row["document"]}, {"symbol": 1})
            made_line = projection.of_register_entry(row, register, named) if register else None
            return made_line, {entry, row["register"], row["document"]} - {""}
        return None, {entry}


_WORDS: Final = {
    "index.gap": "có trong cơ sở dữ liệu, không có trong chỉ mục tìm kiếm",
    "index.ghost": "có trong chỉ mục tìm kiếm, không có trong cơ sở dữ liệu",
    "index.differs": "trong chỉ mục tìm kiếm khác với cơ sở dữ liệu",
}


def _kind(held: str | None, entry: SearchEntry | None) -> str:
    if entry is None:
        return "index.ghost" if held is not None else ""
    if held is None:
        return "index.gap"
    return "" if held == stated(entry) else "index.differs"
