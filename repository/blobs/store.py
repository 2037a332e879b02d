"""What a content store promises and tells. It has no delete: only `repository.retention` holds an eraser."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal, Protocol

from repository import errors
from repository.blobs.digest import Digest


class BucketUnfit(errors.Unavailable):
    """The bucket is missing, or it would let stored files be changed or removed."""

    vi = (
        "Kho tệp «{bucket}» không dùng được: {why} "
        "Hãy tạo bucket có bật Object Lock (khóa đối tượng) ngay từ đầu, rồi đặt TANGTHU_S3_BUCKET."
    )
    en = "Bucket {bucket} cannot be used: {why} Create one with Object Lock and set TANGTHU_S3_BUCKET."


@dataclass(frozen=True, kw_only=True)
class BlobStat:
    """One version of an object, or a delete marker that somebody put over it."""

    digest: Digest
    size: int
    version: str
    lock_mode: str | None = None
    locked_until: datetime | None = None
    held: bool = False
    latest: bool | None = None
    """Whether the store shows it first; None when it was asked for by version id and so was not looked up."""
    marker: bool = False
    """A delete marker: an incident, since nothing here can place one."""


class Source(Protocol):
    """A file on its way in, readable from its beginning as often as asked: a path, or bytes no disk has seen yet."""

    def open(self, mode: Literal["rb"], /) -> BinaryIO: ...

    def __fspath__(self) -> str:
        """Where it lies for a reader that wants a path; what was only in memory is written there first."""
        ...


class BlobStore(Protocol):
    """Files by digest. All methods raise Unavailable when the store does not answer; nothing is half done."""

    async def put(self, digest: Digest, source: Source, size: int, media_type: str) -> BlobStat:
        """Keep the file, locked for a day from birth.

        First write wins: equal bytes that are there already are answered with the existing version, its
        lock renewed to a day where it was shorter. Any number of concurrent puts makes exactly one version.
        The store itself checks the bytes: Corrupt, and nothing kept, when they are not what `digest` and
        `size` say. Over a delete marker a new version is written; the marker is left for `walk` to find.
        """
        ...

    def open(
        self, digest: Digest, version: str | None, *, start: int = 0, end: int | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes from `start` to before `end` in pieces of about a mebibyte, read ahead by one.

        Entering raises NotFound when there is no such version; leaving early is allowed and frees the
        connection. A version is readable by its id under a delete marker too; None means the latest.
        `start` must lie inside the file and `end` behind it.
        """
        ...

    async def stat(self, digest: Digest, version: str | None = None) -> BlobStat | None:
        """The latest version, or one by id, with its lock; None where there is none.

        Without `version` a delete marker that lies on top is answered as such (`marker`), not as absence.
        """
        ...

    def walk(self) -> AsyncIterator[BlobStat]:
        """All versions and delete markers of all objects, in key order, fetched page by page.

        Locks are not told (the listing of S3 has none): ask `stat`.
        """
        ...

    async def retain(self, digest: Digest, version: str, until: datetime) -> None:
        """Lock the version in COMPLIANCE mode until then. Never shortens: an earlier date changes nothing."""
        ...

    async def hold(self, digest: Digest, version: str, on: bool) -> None:
        """Switch the legal hold of the version; repeating is not an error."""
        ...

    async def address(self, digest: Digest, version: str, filename: str, media_type: str) -> str:
        """A URL that downloads the version for a few minutes without any other right."""
        ...


@dataclass(frozen=True)
class Reread:
    """What one version was when it was read through: its lock, the hash and the number of its bytes."""

    stat: BlobStat
    sha256: str
    size: int


class Surveyed(Protocol):
    """What fixity asks of a store beside the contract of every day: nothing in the bucket stays unseen."""

    def survey(self, after: str = "") -> AsyncIterator[tuple[str, BlobStat | None]]:
        """Every version and marker of every key of the bucket behind `after`, in key order, page by page.

        None beside a key that the layout never makes. Locks are not told, as in `walk`.
        """
        ...

    async def reread(self, digest: Digest, version: str, pace: Callable[[int], float]) -> Reread:
        """One version with its lock, read through in one request; no piece travels further than to its hash.

        `pace` is told of each piece and answers for how many seconds to rest; it is called from several threads.
        Raises NotFound, and Unavailable when the bytes do not all come.
        """
        ...

    async def replace(self, digest: Digest, source: Source, size: int, media_type: str) -> BlobStat:
        """A new version over a damaged or marked one, which stays beneath; the store checks the bytes."""
        ...
