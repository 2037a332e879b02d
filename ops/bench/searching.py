"""Search as a caller meets it: the API over HTTP beside the bare index, question by question.

The corpus is a folder of labelled queries (see `relevance`), or one made up here. Its documents are entered
with their texts in the benchmark's own database, without files, and indexed as `reindex` does.
"""

import asyncio
import json
import random
import time
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import urllib3

from indexers.search.engines import open_index
from indexers.search.index import SearchIndex, SearchQuery
from indexers.wiring import Indexers, open_indexers
from ops.bench import relevance
from ops.bench.rounds import percentiles
from ops.bench.site import UNIT, Site, service
from repository import errors, ids, text
from repository.access.actors import operator
from repository.audit import Action
from repository.blobs.digest import Digest
from repository.documents import model
from repository.documents.metadata import Metadata
from repository.ingest import ReceivedFile, Scan
from repository.journal import Change
from repository.wiring import open_repository

Row = dict[str, Any]

_MADE: Final = 2_000
_BATCH: Final = 200
_SUBJECT: Final = 500
_LIMIT: Final = 20
_SYLLABLES: Final = text.syllables(
    "quyết định về việc ban hành quy chế công tác văn thư lưu trữ của ủy ban nhân dân quận phường xã "
    "kế hoạch kinh phí số hóa tài liệu hồ sơ đất đai hộ tịch tư pháp nội vụ tài chính giáo dục y tế "
    "phòng chống thiên tai báo cáo tổng kết tờ trình phê duyệt dự án đầu tư xây dựng bổ nhiệm cán bộ "
    "công chức khen thưởng kỷ luật"
)


async def search(site: Site, folder: Path | None) -> Row:
    """p50 and p95 over the API and of the index alone, with and without diacritics."""
    documents, questions = await asyncio.to_thread(_labelled, folder) if folder else _made()
    async with open_repository(site.settings) as repository, open_indexers(repository) as indexers:
        for start in range(0, len(documents), _BATCH):
            await _enter(indexers, documents[start : start + _BATCH])
        began = time.perf_counter()
        count = await indexers.reindex()
        built = time.perf_counter() - began
    async with service(site.settings) as running, open_index(site.settings.search) as index:
        pool = urllib3.PoolManager()
        found: dict[str, list[float]] = {"api": [], "index": []}
        for question in questions[:5]:  # both warm
            await _ask(pool, running.address, site, question)
            await _bare(index, question)
        for question in questions:
            found["api"].append(await _ask(pool, running.address, site, question))
            found["index"].append(await _bare(index, question))
    figures = {name: percentiles(seconds) for name, seconds in found.items()}
    return figures | {
        "documents": count,
        "queries": len(questions),
        "results_a_page": _LIMIT,
        "build_seconds": round(built, 1),
    }


def _labelled(folder: Path) -> tuple[list[Row], list[str]]:
    documents, queries, _ = relevance.load(folder, None)
    return documents, [one[key] for one in queries for key in ("text", "text_nodiac")]


def _made() -> tuple[list[Row], list[str]]:
    """The same corpus every time."""
    chance = random.Random(30)

    def words(count: int) -> str:
        return " ".join(chance.choices(_SYLLABLES, k=count))

    documents = [
        {"id": f"{n}", "law": f"{n}/QĐ-UBND", "title": words(12), "text": words(300)} for n in range(_MADE)
    ]
    asked = [words(3) for _ in range(100)]
    return documents, [one for question in asked for one in (question, text.fold(question))]


async def _enter(indexers: Indexers, documents: list[Row]) -> None:
    """Some documents in one change, owing nothing to the worker, and their texts as if read."""
    repository = indexers.repository
    now = datetime.now(UTC)
    files = [_file(one) for one in documents]

    async def work(change: Change) -> None:
        for one, file in zip(documents, files, strict=True):
            subject = (one.get("title") or one.get("law") or one["id"])[:_SUBJECT]
            symbol = text.nfc(one.get("law") or "")[:50]
            metadata = Metadata(unit=UNIT, subject=text.nfc(subject), symbol=symbol)
            row = model.document_row(change, ids.new("doc"), UNIT, metadata)
            row["versions"] = [model.version_row(change, 1, file, role="main")]
            await change.insert("documents", row)
        change.record("unit", UNIT, owes=False, documents=len(documents))

    await repository.journal.change(operator("bench"), Action.DOCUMENT_STORED, work)
    texts = {
        file.digest.hex: {
            "_id": file.digest.hex, "pages": [{"n": 1, "how": "layer", "text": one["text"]}],
            "note": "", "by": "bench", "at": now,
        }
        for one, file in zip(documents, files, strict=True)
    }  # fmt: skip
    await repository.database["texts"].insert_many(list(texts.values()), ordered=False)


def _file(one: Row) -> ReceivedFile:
    content = f"{one['id']}\n{one['text']}".encode()
    return ReceivedFile(
        digest=Digest.of(content), size=len(content), media_type="text/plain", filename="van-ban.txt",
        store_version="", locked_until=None, warnings=[],
        scan=Scan(verdict="not_scanned", engine="", at=datetime.now(UTC), reason="no_scanner"),
    )  # fmt: skip


async def _ask(pool: urllib3.PoolManager, address: str, site: Site, question: str) -> float:
    asked = urllib.parse.urlencode({"q": question, "limit": _LIMIT})
    return await asyncio.to_thread(_get, pool, f"{address}/api/v1/search?{asked}", site.authorization)


def _get(pool: urllib3.PoolManager, url: str, headers: dict[str, str]) -> float:
    began = time.perf_counter()
    answer = pool.request("GET", url, headers=headers)
    took = time.perf_counter() - began
    if answer.status != 200 or "items" not in json.loads(answer.data):
        raise errors.Unavailable(what=f"tìm kiếm ({answer.status})")
    return took


async def _bare(index: SearchIndex, question: str) -> float:
    began = time.perf_counter()
    await index.search(SearchQuery(text=question, marks=("all",), limit=_LIMIT))
    return time.perf_counter() - began
