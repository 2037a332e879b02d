"""The workbench: versions as files of our own, the sandboxed steps on them, and prepared files kept for a day."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

from repository import errors
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStore
from repository.ingest.staging import Staging
from repository.mongo import Row
from repository.sandbox import Failure, Sandbox
from repository.signatures.signing import pdf
from repository.signatures.signing.refusals import NotSignable

_PIECE: Final = 1024 * 1024
_REASONS: Final = {
    "timeout": "xử lý tệp quá thời gian cho phép",
    "memory": "xử lý tệp cần quá nhiều bộ nhớ",
    "crash": "tệp làm dừng bộ xử lý",
}


class Press:
    """Where files lie while they are worked on; everything is swept after a kill."""

    def __init__(self, *, blobs: BlobStore, sandbox: Sandbox, staging: Path) -> None:
        self._blobs = blobs
        self._sandbox = sandbox
        self._staging = Staging(folder=staging)

    @asynccontextmanager
    async def bench(self) -> AsyncIterator["Bench"]:
        async with AsyncExitStack() as stack:
            yield Bench(stack, self._staging, self._sandbox, self._blobs)


class Bench:
    """The files of one act."""

    def __init__(self, stack: AsyncExitStack, staging: Staging, sandbox: Sandbox, blobs: BlobStore) -> None:
        self._stack = stack
        self._staging = staging
        self._sandbox = sandbox
        self._blobs = blobs

    async def fetched(self, stored: Row) -> Path:
        """A copy of stored bytes. Raises Corrupt when they are not the ones that were stored."""
        digest = Digest.parse(stored["sha256"])
        staged = await self._stack.enter_async_context(self._staging.open())
        async with self._blobs.open(digest, stored["store_version"]) as chunks:
            async for chunk in chunks:
                await staged.write(chunk)
        if staged.digest != digest:
            raise errors.Corrupt(what=f"phiên bản có SHA-256 {digest.hex}")
        return staged.path

    async def step(self, path: Path, step: str, options: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
        """The file after a step, and what the step tells. Raises NotSignable with the reason."""
        out = (await self._stack.enter_async_context(self._staging.open())).path
        wanted = options | {"step": step, "out": str(out)}
        told = await self._sandbox.run(path, wanted)
        if isinstance(told, Failure):
            raise NotSignable(
                why=_REASONS.get(told.reason, f"cấu trúc tệp không dùng được ({told.detail[:160]})")
            )
        if "refused" in told:
            raise NotSignable(why=told["refused"])
        return out, told

    async def filled(self, path: Path, told: dict[str, Any], der: bytes) -> str:
        """Writes a signature or time stamp into its place; answers the contents in hexadecimal."""

        def write() -> str:
            with path.open("r+b") as file:
                return pdf.fill(file, told, der)

        try:
            return await asyncio.to_thread(write)
        except ValueError as fault:
            raise NotSignable(why=str(fault)) from fault

    async def kept(self, path: Path) -> Row:
        """Puts a prepared file into the store: nothing records it, so it is swept when its day is over."""
        digest, size = await asyncio.to_thread(_measured, path)
        stat = await self._blobs.put(digest, path, size, "application/pdf")
        return {"sha256": digest.hex, "size": size, "store_version": stat.version}

    async def copied(self, path: Path) -> Path:
        out = (await self._stack.enter_async_context(self._staging.open())).path
        await asyncio.to_thread(shutil.copyfile, path, out)
        return out


def _measured(path: Path) -> tuple[Digest, int]:
    with path.open("rb") as file:
        return Digest(hashlib.file_digest(file, "sha256").hexdigest()), path.stat().st_size


async def pieces(path: Path) -> AsyncIterator[bytes]:
    """A file's bytes as a stream."""
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


async def digest_of_file(path: Path) -> Digest:
    return (await asyncio.to_thread(_measured, path))[0]
