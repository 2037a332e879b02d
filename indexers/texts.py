"""Extracted text by content hash: read once for equal bytes, in the sandbox, kept beside the truth.

A row of `texts`: {_id: sha256, pages: [{n, how: layer|ocr|none, text}], note, by, at}. It can be made again
from the file at any time, so it is written without the journal. What could not be read is there too, saying
why.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Protocol
from weakref import WeakValueDictionary

from repository.blobs import BlobStore, Digest
from repository.clock import Clock
from repository.ingest.staging import Staged, Staging
from repository.mongo import Database
from repository.sandbox import Failure, Limits

Row = dict[str, Any]

FUNCTION: Final = "indexers.text.extract:extract"
LIMITS: Final = Limits(seconds=150, memory=2 * 1024**3)
"""OCR stops itself well before; a page image at 200 dpi and the recogniser need a few hundred MiB."""
LARGEST: Final = 512 * 1024**2
"""Bytes of a file that is opened for its text."""
_WORDS: Final = {
    "timeout": "Đọc quá thời gian cho phép.",
    "memory": "Tệp cần quá nhiều bộ nhớ để đọc.",
    "crash": "Chương trình đọc bị dừng đột ngột vì tệp này.",
    "error": "Tệp hỏng hoặc không đúng định dạng.",
}


class Reader(Protocol):
    """A `Sandbox` over `FUNCTION`."""

    async def run(self, path: Path, options: dict[str, Any] | None = None) -> Any | Failure: ...


class Texts:
    """The collection `texts` and the only way into it."""

    def __init__(
        self, *, database: Database, blobs: BlobStore, reader: Reader, staging: Path, clock: Clock
    ) -> None:
        self._rows = database["texts"]
        self._blobs = blobs
        self._reader = reader
        self._staging = staging
        self._clock = clock
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def get(self, sha256: str) -> Row | None:
        """The row, with `text` = all pages; None while nothing was read yet."""
        row = await self._rows.find_one({"_id": sha256})
        return row and row | {"text": joined(row)}

    async def many(self, digests: Iterable[str]) -> dict[str, str]:
        """The texts that are there."""
        query = {"_id": {"$in": list(digests)}}
        return {row["_id"]: joined(row) async for row in self._rows.find(query)}

    async def read(self, version: Row, *, again: bool = False) -> str:
        """The text of a stored version, extracted now unless it was before (or `again`)."""
        query = {"_id": version["sha256"]}
        gate = self._reading.setdefault(version["sha256"], asyncio.Lock())
        async with gate:
            if not again and (known := await self._rows.find_one(query)) is not None:
                return joined(known)
            found = await self._extract(version)
            row = {"pages": found["pages"], "note": found["note"], "by": found["by"], "at": self._clock.now()}
            await self._rows.update_one(query, {"$set": row}, upsert=True)
            return joined(row)

    async def _extract(self, version: Row) -> Row:
        if version["size"] > LARGEST:
            return unread(f"Tệp lớn hơn {LARGEST // 1024**2} MiB nên không đọc nội dung.")
        async with Staging(folder=self._staging).open() as staged:  # staged: swept after a kill -9
            await self._fetch(version, staged)
            answer = await self._reader.run(staged.path, {"media_type": version["media_type"], "ocr": True})
        if isinstance(answer, Failure):
            return unread(f"{_WORDS.get(answer.reason, answer.reason)} ({answer.reason}: {answer.detail})")
        return dict(answer)

    async def _fetch(self, version: Row, staged: Staged) -> None:
        async with self._blobs.open(Digest.parse(version["sha256"]), version["store_version"]) as chunks:
            async for chunk in chunks:
                await staged.write(chunk)


def joined(row: Row) -> str:
    return "\n".join(page["text"] for page in row["pages"] if page["text"])


def unread(note: str) -> Row:
    """A file that gave no text, and why."""
    return {"pages": [{"n": 1, "how": "none", "text": ""}], "note": note, "by": ""}
