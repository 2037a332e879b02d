"""Search quality on labelled queries: R@1, R@10, MRR@10 and nDCG@10, typed with and without diacritics.

FOLDER holds docs.jsonl.gz and distractors.jsonl.gz (id, law, title, text), queries.jsonl (id, text,
text_nodiac) and qrels.tsv (query_id, doc_id, relevance). The product's own analysis, index and query path
are measured, as shipped.
"""

import asyncio
import gzip
import json
import math
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from indexers.search.engines import open_index
from indexers.search.index import SearchEntry, SearchIndex, SearchQuery
from repository import errors

Row = dict[str, Any]

_MARK: Final = "bench"
_DEPTH: Final = 10


async def run(folder: Path, engine: str = "tantivy", *, url: str = "", limit: int | None = None) -> Row:
    """The figures of one engine: `tantivy` in a temporary folder, or `elastic` at `url`.

    `limit` keeps only that many documents (those judged first), for an engine that is slow.
    """
    documents, queries, judgements = await asyncio.to_thread(load, folder, limit)
    async with AsyncExitStack() as stack:
        if engine == "tantivy":
            url = f"tantivy:{stack.enter_context(tempfile.TemporaryDirectory(prefix='tangthu-bench-'))}"
        elif not url:
            raise errors.Invalid(why="engine elastic cần địa chỉ (TANGTHU_SEARCH_URL)")
        index = await stack.enter_async_context(open_index(url))
        began = time.perf_counter()
        count = await index.rebuild(_entries(documents))
        built = time.perf_counter() - began
        figures = {key: await _measured(index, queries, judgements, key) for key in ("text", "text_nodiac")}
    return {
        "engine": engine,
        "documents": count,
        "queries": len(queries),
        "build_seconds": round(built, 2),
        "with_diacritics": figures["text"],
        "without_diacritics": figures["text_nodiac"],
    }


def load(folder: Path, limit: int | None) -> tuple[list[Row], list[Row], dict[str, dict[str, int]]]:
    """Documents (those judged first), the queries that have an answer, and the judgements. Raises Invalid."""
    judgements: defaultdict[str, dict[str, int]] = defaultdict(dict)
    try:
        for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
            query_id, document_id, relevance = line.split("\t")
            judgements[query_id][document_id] = int(relevance)
        documents = []
        for name in ("docs.jsonl.gz", "distractors.jsonl.gz"):
            with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
                documents += [json.loads(line) for line in lines]
        queries = [json.loads(line) for line in (folder / "queries.jsonl").read_text("utf-8").splitlines()]
    except (OSError, ValueError, KeyError) as fault:
        raise errors.Invalid(why=f"{folder}: {fault}") from fault
    judged = {document for found in judgements.values() for document in found}
    documents.sort(key=lambda one: one["id"] not in judged)
    documents = documents[:limit]
    kept = {one["id"] for one in documents}
    answerable = [
        one for one in queries if kept & {d for d, grade in judgements[one["id"]].items() if grade > 0}
    ]
    return documents, answerable, judgements


async def _entries(documents: list[Row]) -> AsyncIterator[SearchEntry]:
    for one in documents:
        yield SearchEntry(
            id=one["id"],
            subject=one.get("title") or "",
            symbol=one.get("law") or "",
            body=one["text"],
            readers=(_MARK,),
        )


async def _measured(
    index: SearchIndex, queries: list[Row], judgements: dict[str, dict[str, int]], key: str
) -> Row:
    scores: defaultdict[str, float] = defaultdict(float)
    latencies = []
    for query in queries:
        began = time.perf_counter()
        results = await index.search(SearchQuery(text=query[key], marks=(_MARK,), limit=_DEPTH))
        latencies.append((time.perf_counter() - began) * 1000)
        for name, value in score([hit.id for hit in results.hits], judgements[query["id"]]).items():
            scores[name] += value
    figures = {name: round(total / len(queries), 4) for name, total in scores.items()}
    cuts = statistics.quantiles(latencies, n=100, method="inclusive")
    return figures | {"p50_ms": round(cuts[49], 2), "p95_ms": round(cuts[94], 2)}


def score(found: list[str], judgements: dict[str, int]) -> dict[str, float]:
    """The four measures for one query; recall is the share of the relevant documents that were found."""
    relevant = {document: grade for document, grade in judgements.items() if grade > 0}
    ranks = [rank for rank, document in enumerate(found[:_DEPTH]) if document in relevant]
    gain = sum(relevant[found[rank]] / math.log2(rank + 2) for rank in ranks)
    best = sorted(relevant.values(), reverse=True)[:_DEPTH]
    ideal = sum(grade / math.log2(rank + 2) for rank, grade in enumerate(best))
    return {
        "r_at_1": sum(rank == 0 for rank in ranks) / len(relevant),
        "r_at_10": len(ranks) / len(relevant),
        "mrr_at_10": 1 / (ranks[0] + 1) if ranks else 0.0,
        "ndcg_at_10": gain / ideal,
    }
