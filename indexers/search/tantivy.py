"""The search index inside the process: Tantivy on a local folder, nothing to install or start.

    FOLDER/current          the name of the generation in use, replaced atomically
    FOLDER/v2-<id>/         one generation: a Tantivy index

One process writes; others notice a commit or a new generation by the files' times and reload before they
search. The writer's lock is the kernel's, so a killed writer leaves none behind.
"""

import asyncio
import json
import logging
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

import tantivy
from tantivy import Occur, Query

from indexers.search.analysis import NUMBER_SCORE, Question, entry_terms, question
from indexers.search.index import (
    FACETS,
    LARGEST_WINDOW,
    Hit,
    IndexBroken,
    Results,
    SearchEntry,
    SearchQuery,
    Sort,
    stated,
)
from repository import errors, ids

T = TypeVar("T")

_LOG: Final = logging.getLogger(__name__)
_VERSION: Final = "v2"
"""Rises with the schema or the analysis; an index of another version is not opened but rebuilt."""
_HEAP: Final = 64 * 1024**2
_TOKENS: Final = ("text", "text_folded", "subject", "subject_folded")
_EXACT: Final = ("kind", "document_type", "unit", "legal_value", "register")
_SEVERAL: Final = ("number", "readers", "dossiers")
_NEVER: Final = 9_999_999
"""Sorts entries without a day last when the oldest come first."""


class TantivyIndex:
    """A `SearchIndex` in a folder."""

    def __init__(self, *, folder: Path) -> None:
        self._folder = folder
        self._schema = _schema()
        self._open: tuple[str, tantivy.Index] | None = None
        self._seen = (0, 0)
        self._writer: tuple[str, Any] | None = None
        self._writing = asyncio.Lock()

    async def put(self, entries: Iterable[SearchEntry]) -> None:
        found = list(entries)
        await self._write(lambda writer: _put(writer, found))

    async def remove(self, ids: Iterable[str]) -> None:
        gone = list(ids)
        await self._write(lambda writer: [writer.delete_documents_by_term("id", one) for one in gone])

    async def commit(self) -> None:
        if self._writer is not None:
            await self._write(lambda writer: writer.commit())

    async def search(self, query: SearchQuery) -> Results:
        return await asyncio.to_thread(_wrapped, lambda: self._search(query))

    async def count(self) -> int:
        return await asyncio.to_thread(_wrapped, self._count)

    async def holdings(self) -> AsyncIterator[tuple[str, str]]:
        for one in await asyncio.to_thread(_wrapped, self._holdings):
            yield one

    async def rebuild(self, entries: AsyncIterator[SearchEntry]) -> int:
        async with self._writing:
            name = f"{_VERSION}-{ids.new('ix')}"
            index = await asyncio.to_thread(self._create, name)
            writer = await asyncio.to_thread(index.writer, _HEAP, 1)
            count = 0
            try:
                async for entry in entries:
                    await asyncio.to_thread(_put, writer, [entry])
                    count += 1
                await asyncio.to_thread(writer.commit)
                await asyncio.to_thread(writer.wait_merging_threads)
            except BaseException:
                del writer
                shutil.rmtree(self._folder / name, ignore_errors=True)
                raise
            self._writer = None
            await asyncio.to_thread(self._swap, name)
            return count

    async def close(self) -> None:
        """Lets go of the writer's lock; what was not committed is dropped."""
        async with self._writing:
            self._writer = None

    async def _write(self, work: Callable[[Any], T]) -> T:
        """Runs `work` on the one writer; a writer of a generation that was replaced meanwhile is left
        behind.
        """

        def run() -> T:
            current = self._current()
            if self._writer is None or self._writer[0] != current:
                self._writer = None
                name, index = self._writable()
                self._writer = (name, index.writer(_HEAP, 1))
            return work(self._writer[1])

        async with self._writing:
            return await asyncio.to_thread(_wrapped, run)

    def _count(self) -> int:
        searcher = self._searcher()
        return int(searcher.num_docs) if searcher is not None else 0

    def _holdings(self) -> list[tuple[str, str]]:
        searcher = self._searcher()
        if searcher is None or not searcher.num_docs:
            return []
        hits = searcher.search(Query.all_query(), limit=searcher.num_docs).hits
        found = (searcher.doc(address) for _, address in hits)
        return [(str(one["id"][0]), str((one["stated"] or [""])[0])) for one in found]

    def _search(self, query: SearchQuery) -> Results:
        if query.offset + query.limit > LARGEST_WINDOW:
            raise errors.Invalid(why=f"chỉ xem được {LARGEST_WINDOW} kết quả đầu; hãy thu hẹp điều kiện tìm")
        asked = question(query.text)
        found, scored = self._queries(query, asked)
        searcher = self._searcher()
        if searcher is None:
            return Results(hits=[], total=0, facets={name: {} for name in FACETS})
        order: dict[str, Any] = {}
        if query.sort is not Sort.RELEVANCE or asked.everything:
            oldest = query.sort is Sort.OLDEST
            order = {
                "order_by_field": "oldest" if oldest else "day",
                "order": tantivy.Order.Asc if oldest else tantivy.Order.Desc,
            }
        page = searcher.search(
            found if order else scored, max(query.limit, 1), True, offset=query.offset, **order
        )
        hits = [
            Hit(searcher.doc(address)["id"][0], 0.0 if order else float(score))
            for score, address in page.hits
        ]
        counts = searcher.aggregate(found, {f: {"terms": {"field": f, "size": 50}} for f in FACETS})
        return Results(
            hits=hits[: query.limit],
            total=int(page.count),
            facets={name: _counts(counts[name]["buckets"]) for name in FACETS},
        )

    def _queries(self, query: SearchQuery, asked: Question) -> tuple[Query, Query]:
        """What an entry must fulfil, and the same with the clauses that score."""
        musts = [*self._filters(query), *self._coverage(asked)]
        musts += [self._phrase(phrase.field, phrase.words) for phrase in asked.phrases]
        found = Query.const_score_query(Query.boolean_query([(Occur.Must, one) for one in musts]), 0.0)
        clauses = [(Occur.Should, self._clause(one.field, one.term, one.weight)) for one in asked.clauses]
        for number in asked.numbers:
            bears = Query.term_query(self._schema, "number", number)
            clauses.append((Occur.Should, Query.const_score_query(bears, NUMBER_SCORE)))
        return found, Query.boolean_query([(Occur.Must, found), *clauses])

    def _filters(self, query: SearchQuery) -> list[Query]:
        exact = {
            "kind": query.kind.value,
            "document_type": query.document_type,
            "unit": query.unit,
            "dossiers": query.dossier,
            "register": query.register,
            "legal_value": query.legal_value,
        }
        filters = [Query.term_set_query(self._schema, "readers", list(query.marks))]
        filters += [Query.term_query(self._schema, name, value) for name, value in exact.items() if value]
        if query.date_from or query.date_to:
            lowest, highest = _day(query.date_from) or 1, _day(query.date_to) or _NEVER
            kind = tantivy.FieldType.Integer
            filters.append(Query.range_query(self._schema, "day", kind, lowest, highest))
        return filters

    def _coverage(self, asked: Question) -> list[Query]:
        if asked.everything:
            return []
        fields = ("number", "text_folded")
        numbers = [Query.term_query(self._schema, name, one) for one in asked.numbers for name in fields]
        words = [(Occur.Should, Query.term_query(self._schema, "text_folded", word)) for word in asked.words]
        enough = [Query.boolean_query(words, minimum_number_should_match=asked.minimum)] if words else []
        either = [(Occur.Should, one) for one in [*enough, *numbers]]
        return [Query.boolean_query(either) if either else Query.empty_query()]

    def _clause(self, field: str, term: str, weight: float) -> Query:
        found = Query.term_query(self._schema, field, term)
        return found if weight == 1.0 else Query.boost_query(found, weight)

    def _phrase(self, field: str, words: tuple[str, ...]) -> Query:
        if len(words) == 1:
            return Query.term_query(self._schema, field, words[0])
        return Query.phrase_query(self._schema, field, [*words])

    def _searcher(self) -> Any | None:
        """The newest committed state, reloaded only when something was committed since; None before the
        first.
        """
        name = self._current()
        if not name:
            return None
        try:
            index = self._generation(name)
            stat = (self._folder / name / "meta.json").stat()
            if (stat.st_mtime_ns, stat.st_ino) != self._seen:
                index.reload()
                self._seen = (stat.st_mtime_ns, stat.st_ino)
        except ValueError as fault:
            raise IndexBroken(what=f"chỉ mục tìm kiếm (Tantivy: {fault})") from fault
        return index.searcher()

    def _current(self) -> str:
        """The name of the generation in use; empty where there is none that this version can read."""
        try:
            name = (self._folder / "current").read_text("utf-8").strip()
        except FileNotFoundError:
            return ""
        return (
            name if name.startswith(f"{_VERSION}-") and (self._folder / name / "meta.json").exists() else ""
        )

    def _generation(self, name: str) -> tantivy.Index:
        if self._open is None or self._open[0] != name:
            self._open, self._seen = (name, self._opened(name)), (0, 0)
        return self._open[1]

    def _writable(self) -> tuple[str, tantivy.Index]:
        """The generation in use; where none can be opened, an empty one is begun. Writers only."""
        name = self._current()
        if name:
            try:
                return name, self._generation(name)
            except (ValueError, OSError):
                _LOG.exception("search index %s cannot be opened; an empty one takes its place", name)
        name = f"{_VERSION}-{ids.new('ix')}"
        self._create(name)
        self._swap(name)
        return name, self._generation(name)

    def _create(self, name: str) -> tantivy.Index:
        (self._folder / name).mkdir(parents=True)
        return self._opened(name)

    def _opened(self, name: str) -> tantivy.Index:
        index = tantivy.Index(self._schema, str(self._folder / name))
        analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        index.register_tokenizer("tokens", analyzer)
        index.config_reader("manual")
        return index

    def _swap(self, name: str) -> None:
        """Makes a generation the current one and removes the others; open files of readers stay readable."""
        note = self._folder / f"current.{os.getpid()}"
        note.write_text(name, "utf-8")
        note.replace(self._folder / "current")
        for other in self._folder.iterdir():
            if other.is_dir() and other.name != name:
                shutil.rmtree(other, ignore_errors=True)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("stated", stored=True, tokenizer_name="raw", index_option="basic")
    for name in _TOKENS:
        builder.add_text_field(name, tokenizer_name="tokens", index_option="position")
    for name in (*_EXACT, *_SEVERAL):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=name in FACETS)
    for name in ("day", "oldest"):
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_text_field("year", tokenizer_name="raw", index_option="basic", fast=True)
    return builder.build()


def _put(writer: Any, entries: list[SearchEntry]) -> None:
    for entry in entries:
        writer.delete_documents_by_term("id", entry.id)
        writer.add_document(_document(entry))


def _document(entry: SearchEntry) -> tantivy.Document:
    terms = entry_terms(entry)
    document = tantivy.Document()
    document.add_text("id", entry.id)
    document.add_text("stated", stated(entry))
    for name in _TOKENS:
        document.add_text(name, getattr(terms, name))
    for name in _EXACT:
        if value := str(getattr(entry, name)):
            document.add_text(name, value)
    several = {"number": terms.number, "readers": entry.readers, "dossiers": entry.dossiers}
    for name, values in several.items():
        for value in values:
            document.add_text(name, value)
    day = _day(entry.day)
    document.add_integer("day", day)
    document.add_integer("oldest", day or _NEVER)
    if entry.day:
        document.add_text("year", str(entry.day.year))
    return document


def _day(day: date | None) -> int:
    return day.toordinal() if day else 0


def _counts(buckets: list[dict[str, Any]]) -> dict[str, int]:
    return {str(bucket["key"]): int(bucket["doc_count"]) for bucket in buckets}


def _wrapped(work: Callable[[], T]) -> T:
    """Tantivy reports a held lock, a full disk and a broken segment as ValueError or OSError alike."""
    try:
        return work()
    except (ValueError, OSError, json.JSONDecodeError) as fault:
        raise errors.Unavailable(what=f"chỉ mục tìm kiếm (Tantivy: {fault})") from fault
