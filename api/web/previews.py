"""Page images of versions: made once in the sandbox, kept by hash in the data folder, safe to delete."""

import asyncio
import base64
import json
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from repository import ids
from repository.documents.versions import Versions
from repository.ingest.staging import Staging
from repository.mongo import Row
from repository.sandbox import Failure, Limits, Sandbox
from repository.wiring import Repository

FUNCTION: Final = "api.web.preview:render"
PICTURED: Final = frozenset({"application/pdf", "image/png", "image/jpeg", "image/tiff"})
LARGEST: Final = 200 * 1024**2
"""Bytes of a file that is opened for a preview."""
_KEPT: Final = 512 * 1024**2
"""Bytes of images that a start leaves behind; the oldest go first."""
_WHY: Final = {
    "timeout": "dựng trang quá thời gian cho phép",
    "memory": "tệp cần quá nhiều bộ nhớ",
    "crash": "tệp làm chương trình dựng trang dừng đột ngột",
    "error": "tệp hỏng hoặc không đúng định dạng",
}


@dataclass(frozen=True)
class Outline:
    """How many pages can be shown; none, and why, where the file cannot be pictured."""

    pages: int
    why: str = ""


class Previews:
    """Pictures of versions. Whoever calls has checked that the reader may see the version."""

    def __init__(self, *, folder: Path, staging: Path, versions: Versions, sandbox: Sandbox) -> None:
        self._folder = folder
        self._staging = staging
        self._versions = versions
        self._sandbox = sandbox
        self._busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def outline(self, version: Row) -> Outline:
        """What there is to show of a version."""
        if version["media_type"] not in PICTURED:
            return Outline(0)
        if version["size"] > LARGEST:
            return Outline(0, f"tệp lớn hơn {LARGEST // 1024**2} MB")
        place = self._place(version) / "outline.json"
        async with self._alone(version):
            if (kept := await asyncio.to_thread(_read, place)) is not None:
                return Outline(**json.loads(kept))
            found = await self._run(version, page=0)
            outline = found if isinstance(found, Outline) else Outline(int(found["pages"]))
            if outline.pages or outline.why == _WHY["error"]:  # a busy machine may manage it the next time
                await asyncio.to_thread(_keep, place, json.dumps(outline.__dict__).encode())
            return outline

    async def page(self, version: Row, number: int) -> bytes | None:
        """The PNG of a page; None when it cannot be made."""
        outline = await self.outline(version)
        if not 1 <= number <= outline.pages:
            return None
        place = self._place(version) / f"{number}.png"
        async with self._alone(version):
            if (kept := await asyncio.to_thread(_read, place)) is not None:
                return kept
            found = await self._run(version, page=number)
            if isinstance(found, Outline):
                return None
            png = base64.b64decode(found["png"])
            await asyncio.to_thread(_keep, place, png)
            return png

    async def _run(self, version: Row, *, page: int) -> Outline | dict[str, Any]:
        async with Staging(folder=self._staging).open() as staged:  # staged: swept after a kill -9
            async with self._versions.content(version) as chunks:
                async for chunk in chunks:
                    await staged.write(chunk)
            found = await self._sandbox.run(staged.path, {"media_type": version["media_type"], "page": page})
        if isinstance(found, Failure):
            return Outline(0, _WHY.get(found.reason, "không dựng được trang"))
        return dict(found)

    @asynccontextmanager
    async def _alone(self, version: Row) -> AsyncIterator[None]:
        """One at a time for a version, so that ten readers of a new document cost one picture."""
        key = version["sha256"]
        try:
            async with self._busy[key]:
                yield
        finally:
            if not self._busy[key].locked():
                self._busy.pop(key, None)

    def _place(self, version: Row) -> Path:
        sha256 = str(version["sha256"])
        return self._folder / sha256[:2] / sha256


@asynccontextmanager
async def open_previews(repository: Repository) -> AsyncIterator[Previews]:
    """Previews over a warm sandbox of their own; old pictures beyond the limit are cleared first."""
    settings = repository.settings
    folder = settings.previews
    await asyncio.to_thread(_prune, folder)
    async with Sandbox(function=FUNCTION, size=2, limits=Limits(seconds=15)) as sandbox:
        yield Previews(folder=folder, staging=settings.staging, versions=repository.versions, sandbox=sandbox)


def _read(place: Path) -> bytes | None:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return None


def _keep(place: Path, content: bytes) -> None:
    """Written aside and moved, so that nobody reads half a picture."""
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(ids.new("tmp"))
    aside.write_bytes(content)
    os.replace(aside, place)


def _prune(folder: Path) -> None:
    """Clears the oldest pictures once there are more than a start may leave."""
    if not folder.is_dir():
        return
    found = sorted(
        (one.stat().st_mtime, one.stat().st_size, one) for one in folder.rglob("*") if one.is_file()
    )
    total = sum(size for _, size, _ in found)
    for _, size, one in found:
        if total <= _KEPT:
            return
        one.unlink(missing_ok=True)
        total -= size
