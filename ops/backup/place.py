"""What a second place must be able to do, and a folder that does it. An S3 bucket does the same in `s3.py`."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

from repository import errors

LAST: Final = ("inventory.json", "set.json", "set.json.mac", "inventory.json.sha512")
"""Files whose presence says that a folder is whole; a place that has no rename writes them after all others."""


class Place(Protocol):
    """Folders of files. A folder appears whole or not at all (or, in a bucket, without its LAST files)."""

    @property
    def name(self) -> str:
        """What people call it; no secret in it."""
        ...

    @property
    def drafts(self) -> Path:
        """A local folder to prepare in, emptied when a run begins."""
        ...

    async def publish(self, draft: Path, name: str) -> None:
        """Makes the prepared folder, or file, appear under `name`; the draft is used up."""
        ...

    def held(self, name: str) -> AbstractAsyncContextManager[Path]:
        """A local file with these bytes while the body runs. Raises NotFound."""
        ...

    def listing(self, name: str) -> AsyncIterator[tuple[str, int]]:
        """Every file under a folder, by its name below it, with its size; nothing for what is not there."""
        ...

    async def folders(self, name: str) -> list[str]:
        """The folders right under a folder, sorted."""
        ...

    async def remove(self, name: str) -> None:
        """Takes a whole folder away."""
        ...


class FolderPlace:
    """A folder: another disk, or a share of another machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def name(self) -> str:
        return str(self._root)

    @property
    def drafts(self) -> Path:
        return self._root / "drafts"

    async def publish(self, draft: Path, name: str) -> None:
        await asyncio.to_thread(_moved, draft, self._root / name)

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[Path]:
        path = self._root / name
        if not path.is_file():
            raise errors.NotFound(what=f"tệp {name} ở nơi sao lưu")
        yield path

    async def listing(self, name: str) -> AsyncIterator[tuple[str, int]]:
        found = _files(self._root / name)
        while page := await asyncio.to_thread(_page, found):
            for one in page:
                yield one

    async def folders(self, name: str) -> list[str]:
        path = self._root / name
        return sorted(one.name for one in path.iterdir() if one.is_dir()) if path.is_dir() else []

    async def remove(self, name: str) -> None:
        # Moved aside first: a kill in the middle leaves a draft, not half a set.
        aside = self.drafts / f"removed-{name.replace('/', '-')}"
        if (self._root / name).exists():
            await asyncio.to_thread(_moved, self._root / name, aside)
        await asyncio.to_thread(shutil.rmtree, aside, ignore_errors=True)


def _moved(draft: Path, final: Path) -> None:
    """On the disk before it is seen, seen before anybody is told."""
    final.parent.mkdir(parents=True, exist_ok=True)
    for path in [*draft.rglob("*"), draft] if draft.is_dir() else [draft]:
        _synced(path)
    draft.rename(final)
    _synced(final.parent)


def _synced(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _files(root: Path) -> Iterator[tuple[str, int]]:
    waiting = [str(root)] if root.is_dir() else []
    before = len(str(root)) + 1
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for one in entries:
                if one.is_dir(follow_symlinks=False):
                    waiting.append(one.path)
                else:
                    yield one.path[before:], one.stat(follow_symlinks=False).st_size


def _page(found: Iterator[tuple[str, int]]) -> list[tuple[str, int]]:
    return [one for _, one in zip(range(1000), found, strict=False)]
