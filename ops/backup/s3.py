"""A bucket of another S3 store as a place for backups.

It has no rename: of each folder the files that say "whole" are written last, and a folder without them is no folder.
Its identity needs put, get, list and delete there, and nothing at the store that is backed up.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from ops.backup.place import LAST
from repository import errors

P = ParamSpec("P")
T = TypeVar("T")
_AT_ONCE: Final = 8


class BucketPlace:
    """`address` is `http://host:port/bucket`, with a folder in it where one likes."""

    def __init__(self, address: str, access_key: str, secret_key: str, *, drafts: Path) -> None:
        url = urlsplit(address)
        self._bucket, _, prefix = url.path.strip("/").partition("/")
        if not (url.netloc and self._bucket):
            raise errors.Invalid(why=f"TANGTHU_BACKUP_TO=s3:{address} (s3:http://máy:cổng/bucket)")
        self._prefix = f"{prefix}/" if prefix else ""
        self._address = address
        self._client = Minio(url.netloc, access_key, secret_key, secure=url.scheme == "https")
        self._drafts = drafts

    @property
    def name(self) -> str:
        return f"s3:{self._address}"

    @property
    def drafts(self) -> Path:
        return self._drafts

    async def publish(self, draft: Path, name: str) -> None:
        files = await asyncio.to_thread(_files, draft, name)
        gate = asyncio.Semaphore(_AT_ONCE)

        async def sent(path: Path, key: str) -> None:
            async with gate:
                await self._ask(name, self._client.fput_object, self._bucket, self._prefix + key, str(path))

        last = {f"{name}/{one}": place for place, one in enumerate(LAST)}
        await asyncio.gather(*(sent(path, key) for path, key in files if key not in last))
        for path, key in sorted(files, key=lambda one: last.get(one[1], 0)):
            if key in last:
                await sent(path, key)
        await asyncio.to_thread(_gone, draft)

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[Path]:
        with tempfile.TemporaryDirectory(prefix="tangthu-place-") as folder:
            path = Path(folder) / "held"
            await self._ask(name, self._client.fget_object, self._bucket, self._prefix + name, str(path))
            yield path

    async def listing(self, name: str) -> AsyncIterator[tuple[str, int]]:
        prefix = self._prefix + (f"{name}/" if name else "")
        listed = iter(self._client.list_objects(self._bucket, prefix=prefix, recursive=True))
        while found := await self._ask(name, lambda: list(islice(listed, 1000))):
            for one in found:
                yield str(one.object_name).removeprefix(prefix), one.size or 0

    async def folders(self, name: str) -> list[str]:
        prefix = f"{self._prefix}{name}/"
        found = await self._ask(
            name, lambda: list(self._client.list_objects(self._bucket, prefix=prefix, recursive=False))
        )
        names = [str(one.object_name) for one in found if one.is_dir]
        return sorted(one.removeprefix(prefix).rstrip("/") for one in names)

    async def remove(self, name: str) -> None:
        """Manifests first: what is half removed is not taken for whole."""
        found = [one async for one, _ in self.listing(name)]
        found.sort(key=lambda one: one.rpartition("/")[2] not in LAST)
        for start in range(0, len(found), 1000):
            wanted = [DeleteObject(f"{self._prefix}{name}/{one}") for one in found[start : start + 1000]]
            if refused := await self._ask(name, self._removed, wanted):
                raise errors.Unavailable(what=f"nơi sao lưu ({refused[0]})")

    def _removed(self, wanted: list[DeleteObject]) -> list[str]:
        return [str(one) for one in self._client.remove_objects(self._bucket, wanted)]

    async def _ask(self, what: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with _faults(what):
            return await asyncio.to_thread(function, *args, **kwargs)


@contextmanager
def _faults(what: str) -> Iterator[None]:
    try:
        yield
    except S3Error as fault:
        if fault.code in ("NoSuchKey", "NoSuchVersion"):
            raise errors.NotFound(what=f"tệp {what} ở nơi sao lưu") from fault
        raise errors.Unavailable(what=f"nơi sao lưu ({fault.code})") from fault
    except (MinioException, HTTPError, OSError) as fault:
        raise errors.Unavailable(what="nơi sao lưu") from fault


def _files(draft: Path, name: str) -> list[tuple[Path, str]]:
    """The local files of a draft and their keys."""
    if not draft.is_dir():
        return [(draft, name)]
    return [(one, f"{name}/{one.relative_to(draft)}") for one in draft.rglob("*") if one.is_file()]


def _gone(draft: Path) -> None:
    shutil.rmtree(draft) if draft.is_dir() else draft.unlink()
