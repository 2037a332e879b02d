"""The search index on an Elasticsearch cluster, through the genuine client.

Text arrives as tokens that `analysis` made and is indexed by the whitespace analyzer, so both engines score
the same terms. An alias points at the index in use; a rebuild fills a new index and moves the alias in one
step.
"""

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from datetime import date
from typing import Any, Final, ParamSpec, TypeVar

from elasticsearch import ApiError, AsyncElasticsearch, NotFoundError, TransportError

from indexers.search.analysis import NUMBER_SCORE, Question, entry_terms, question
from indexers.search.index import FACETS, LARGEST_WINDOW, Hit, Results, SearchEntry, SearchQuery, Sort, stated
from repository import errors, ids

P = ParamSpec("P")
T = TypeVar("T")
Json = dict[str, Any]

_VERSION: Final = "v2"
"""Rises with the mapping or the analysis; an index of another version is not asked but rebuilt."""
_TOKENS: Final = ("text", "text_folded", "subject", "subject_folded")
_EXACT: Final = ("kind", "document_type", "unit", "legal_value", "register")
_BATCH: Final = 200
_BYTES: Final = 8 * 1024**2
"""A bulk request is sent when it holds so many entries or so much text."""


def _answered(call: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Whatever the cluster or the way to it fails with becomes Unavailable."""

    @functools.wraps(call)
    async def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await call(*args, **kwargs)
        except (ApiError, TransportError) as fault:
            raise errors.Unavailable(what=f"chỉ mục tìm kiếm (Elasticsearch: {fault})") from fault

    return wrapped


class ElasticIndex:
    """A `SearchIndex` behind one alias. Open with `async with`, or call `close`."""

    def __init__(self, *, url: str, alias: str = "tangthu") -> None:
        self._client = AsyncElasticsearch(url, request_timeout=30, max_retries=2, retry_on_timeout=True)
        self._alias = f"{alias}-{_VERSION}"
        self._there = False

    async def __aenter__(self) -> "ElasticIndex":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.close()

    @_answered
    async def put(self, entries: Iterable[SearchEntry]) -> None:
        await self._begin()
        await self._fill(entries, self._alias)

    @_answered
    async def remove(self, ids: Iterable[str]) -> None:
        await self._begin()
        gone = [{"delete": {"_id": one}} for one in ids]
        if gone:
            await self._bulk(gone, self._alias)

    @_answered
    async def commit(self) -> None:
        """Makes searchable what was put: between commits a periodic refresh of the server may show part of
        it.
        """
        await self._begin()
        await self._client.indices.refresh(index=self._alias)

    @_answered
    async def search(self, query: SearchQuery) -> Results:
        if query.offset + query.limit > LARGEST_WINDOW:
            raise errors.Invalid(why=f"chỉ xem được {LARGEST_WINDOW} kết quả đầu; hãy thu hẹp điều kiện tìm")
        asked = question(query.text)
        try:
            answer = await self._client.search(
                index=self._alias,
                query={"bool": {"filter": _musts(query, asked), "should": _scoring(asked)}},
                aggs={name: {"terms": {"field": name, "size": 50}} for name in FACETS},
                sort=_order(query.sort, asked),
                from_=query.offset,
                size=query.limit,
                source=False,
                track_total_hits=True,
            )
        except NotFoundError:
            return Results(hits=[], total=0, facets={name: {} for name in FACETS})
        return Results(
            hits=[Hit(str(hit["_id"]), float(hit["_score"] or 0.0)) for hit in answer["hits"]["hits"]],
            total=int(answer["hits"]["total"]["value"]),
            facets={name: _counts(answer["aggregations"][name]["buckets"]) for name in FACETS},
        )

    @_answered
    async def count(self) -> int:
        try:
            return int((await self._client.count(index=self._alias))["count"])
        except NotFoundError:
            return 0

    async def holdings(self) -> AsyncIterator[tuple[str, str]]:
        last: list[str] = []
        while page := await self._held(last):
            for one in page:
                yield str(one["_id"]), str(one["sort"][0])
            last = [str(page[-1]["sort"][0])]

    @_answered
    async def _held(self, after: list[str]) -> list[Json]:
        """A page by what entries state, which no two of them share."""
        more: Json = {"search_after": after} if after else {}
        try:
            answer = await self._client.search(
                index=self._alias, sort=[{"stated": "asc"}], size=1000, source=False, **more
            )
        except NotFoundError:
            return []
        found: list[Json] = answer["hits"]["hits"]
        return found

    @_answered
    async def rebuild(self, entries: AsyncIterator[SearchEntry]) -> int:
        name = await self._create()
        count = 0
        waiting: list[SearchEntry] = []
        try:
            async for entry in entries:
                waiting.append(entry)
                count += 1
                if len(waiting) == _BATCH:
                    await self._fill(waiting, name)
                    waiting = []
            await self._fill(waiting, name)
            await self._client.indices.refresh(index=name)
        except BaseException:
            await self._client.indices.delete(index=name)
            raise
        await self._swap(name)
        return count

    async def _begin(self) -> None:
        """An empty index under the alias where there is none yet."""
        if not self._there and not await self._client.indices.exists_alias(name=self._alias):
            await self._swap(await self._create())
        self._there = True

    async def _create(self) -> str:
        name = f"{self._alias}-{ids.new('ix').removeprefix('ix-')}"
        await self._client.indices.create(index=name, mappings=_MAPPINGS)
        return name

    async def _swap(self, name: str) -> None:
        """Moves the alias and then removes the indexes it pointed at."""
        try:
            old = list((await self._client.indices.get_alias(name=self._alias)).keys())
        except NotFoundError:
            old = []
        removed = [{"remove": {"index": one, "alias": self._alias}} for one in old]
        added = {"add": {"index": name, "alias": self._alias}}
        await self._client.indices.update_aliases(actions=[added, *removed])
        for one in old:
            await self._client.indices.delete(index=one)

    async def _fill(self, entries: Iterable[SearchEntry], index: str) -> None:
        for batch in _batches(entries):
            await self._bulk(batch, index)

    async def _bulk(self, operations: list[Json], index: str) -> None:
        answer = await self._client.bulk(operations=operations, index=index)
        refused = [item for item in answer["items"] if "error" in next(iter(item.values()))]
        if refused:
            raise errors.Unavailable(what=f"chỉ mục tìm kiếm (Elasticsearch: {refused[0]})")


_TOKEN_FIELD: Final[Json] = {"type": "text", "analyzer": "whitespace"}
_WORD: Final[Json] = {"type": "keyword", "ignore_above": 1000}
_MAPPINGS: Final[Json] = {
    "dynamic": "strict",
    "_source": {"enabled": False},
    "properties": {
        **dict.fromkeys(_TOKENS, _TOKEN_FIELD),
        **dict.fromkeys((*_EXACT, "number", "readers", "dossiers", "year", "stated"), _WORD),
        "day": {"type": "date", "format": "yyyy-MM-dd"},
    },
}


def _batches(entries: Iterable[SearchEntry]) -> Iterable[list[Json]]:
    operations: list[Json] = []
    size = 0
    for entry in entries:
        source = _source(entry)
        operations += [{"index": {"_id": entry.id}}, source]
        size += sum(len(source[name]) for name in _TOKENS)
        if len(operations) >= 2 * _BATCH or size > _BYTES:
            yield operations
            operations, size = [], 0
    if operations:
        yield operations


def _source(entry: SearchEntry) -> Json:
    terms = entry_terms(entry)
    source: Json = {name: getattr(terms, name) for name in _TOKENS}
    source |= {name: str(value) for name in _EXACT if (value := getattr(entry, name))}
    source |= {"number": terms.number, "readers": list(entry.readers), "dossiers": list(entry.dossiers)}
    source["stated"] = stated(entry)
    if entry.day:
        source |= {"day": entry.day.isoformat(), "year": str(entry.day.year)}
    return source


def _musts(query: SearchQuery, asked: Question) -> list[Json]:
    exact = {
        "kind": query.kind.value,
        "document_type": query.document_type,
        "unit": query.unit,
        "dossiers": query.dossier,
        "register": query.register,
        "legal_value": query.legal_value,
    }
    musts: list[Json] = [{"terms": {"readers": list(query.marks)}}]
    musts += [{"term": {name: value}} for name, value in exact.items() if value]
    if query.date_from or query.date_to:
        limits = {"gte": _day(query.date_from), "lte": _day(query.date_to)}
        musts.append({"range": {"day": {name: value for name, value in limits.items() if value}}})
    musts += [{"match_phrase": {phrase.field: " ".join(phrase.words)}} for phrase in asked.phrases]
    return musts if asked.everything else [*musts, _coverage(asked)]


def _coverage(asked: Question) -> Json:
    either: list[Json] = [
        {"term": {name: one}} for one in asked.numbers for name in ("number", "text_folded")
    ]
    if asked.words:
        words = [{"term": {"text_folded": word}} for word in asked.words]
        either.append({"bool": {"should": words, "minimum_should_match": asked.minimum}})
    return {"bool": {"should": either, "minimum_should_match": 1}} if either else {"match_none": {}}


def _scoring(asked: Question) -> list[Json]:
    clauses: list[Json] = [
        {"term": {one.field: {"value": one.term, "boost": one.weight}}} for one in asked.clauses
    ]
    for number in asked.numbers:
        bears = {"term": {"number": number}}
        clauses.append({"constant_score": {"filter": bears, "boost": NUMBER_SCORE}})
    return clauses


def _order(sort: Sort, asked: Question) -> list[Json]:
    if sort is Sort.RELEVANCE and not asked.everything:
        return [{"_score": {"order": "desc"}}]
    return [{"day": {"order": "asc" if sort is Sort.OLDEST else "desc", "missing": "_last"}}]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _counts(buckets: list[Json]) -> dict[str, int]:
    return {str(bucket["key"]): int(bucket["doc_count"]) for bucket in buckets}
