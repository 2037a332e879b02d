"""The store on MinIO, or any S3 store with Object Lock, through the `minio` client.

The client's own put_object cannot send a condition and copies each part through memory, so PUT is one request
signed with the client's signer whose body is the open file. The store checks the bytes itself: some check the
payload hash that is part of the signature, some only the checksum header, so both are sent.
"""

import asyncio
import hashlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Event
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import quote, urlsplit

from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.credentials.credentials import Credentials
from minio.error import MinioException, S3Error
from minio.retention import Retention
from minio.signer import sign_v4_s3
from minio.time import to_amz_date
from urllib3.exceptions import HTTPError

from repository import errors
from repository.blobs import layout, locks
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStat, BucketUnfit, Reread, Source
from repository.blobs.wire import PIECE, Reading, connections, refusal
from repository.clock import Clock
from repository.settings import Settings

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

_ASK_FIRST: Final = 8 << 20  # from this size on, a look whether it is there is cheaper than sending it twice
_ATTEMPTS: Final = 6
_PAGE: Final = 1000  # versions and markers that the store tells at once
_CONNECTIONS: Final = 32
_ADDRESS_LIVES: Final = timedelta(minutes=5)
_NO_LOCK: Final = "ObjectLockConfigurationNotFoundError"
_ABSENT: Final = {"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", _NO_LOCK}  # the third: a marker's own id


class MinioBlobs:
    """Opened by `open_store`; a thread carries each request, never a slow reader between two pieces."""

    def __init__(self, *, settings: Settings, clock: Clock) -> None:
        self._url = settings.s3_url.rstrip("/")
        self._bucket, self._region = settings.s3_bucket, settings.s3_region
        self._keys = Credentials(settings.s3_access_key, settings.s3_secret_key)
        self._clock = clock
        self._http = connections(_CONNECTIONS)
        address = urlsplit(self._url)
        self._client = Minio(
            address.netloc, settings.s3_access_key, settings.s3_secret_key,
            secure=address.scheme == "https", region=self._region, http_client=self._http,
        )  # fmt: skip
        self._threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="blobs")

    async def check(self) -> None:
        """Raises BucketUnfit unless the bucket exists and was made with Object Lock."""
        if not await self._ask("bucket", self._client.bucket_exists, self._bucket):
            raise BucketUnfit(bucket=self._bucket, why="bucket không tồn tại.")
        try:
            await self._ask("bucket", self._client.get_object_lock_config, self._bucket)
        except errors.NotFound as fault:
            raise BucketUnfit(bucket=self._bucket, why="bucket chưa bật Object Lock.") from fault

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._http.clear()

    async def put(self, digest: Digest, source: Source, size: int, media_type: str) -> BlobStat:
        ask = size >= _ASK_FIRST
        for attempt in range(_ATTEMPTS):
            existing = await self.stat(digest) if ask else None
            if existing is not None and not existing.marker:
                return await self._first_write(existing, size)
            until = locks.at_birth(self._clock.now())
            status, version = await self._ask(
                digest.short, self._send, digest, source, size, media_type, until
            )
            if status == 200:
                return BlobStat(
                    digest=digest, size=size, version=version, lock_mode=locks.MODE, locked_until=until,
                    latest=True,
                )  # fmt: skip
            ask = True  # 412: it is there; 409: somebody is writing it at this moment
            await asyncio.sleep(0.02 * attempt)
        raise errors.Unavailable(what="kho tệp (ghi trùng nhiều lần)")

    async def _first_write(self, existing: BlobStat, size: int) -> BlobStat:
        if existing.size != size:
            raise errors.Corrupt(
                what=f"{existing.digest.short} (kho giữ {existing.size}, không phải {size} byte)"
            )
        await self.retain(existing.digest, existing.version, locks.at_birth(self._clock.now()))
        return await self.stat(existing.digest, existing.version) or existing

    def _send(
        self, digest: Digest, source: Source, size: int, media_type: str, until: datetime, over: bool = False
    ) -> tuple[int, str]:
        url = urlsplit(f"{self._url}/{self._bucket}/{layout.key_of(digest)}")
        now = datetime.now(UTC)  # the signature's date is the wire's business, not the record's
        headers: dict[str, Any] = {
            "Host": url.netloc, "Content-Length": str(size), "Content-Type": media_type,
            **({} if over else {"If-None-Match": "*"}),
            "x-amz-date": to_amz_date(now),
            "x-amz-content-sha256": digest.hex,
            "x-amz-checksum-sha256": digest.base64,
            "x-amz-object-lock-mode": locks.MODE,
            "x-amz-object-lock-retain-until-date": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }  # fmt: skip
        signed: Any = sign_v4_s3(
            method="PUT", url=url, region=self._region, headers=headers, credentials=self._keys,
            content_sha256=digest.hex, date=now,
        )  # fmt: skip
        with source.open("rb") as body:
            if body.seek(0, os.SEEK_END) != size:
                raise errors.Corrupt(what=f"{digest.short} (tệp tạm đổi kích thước trước khi lưu)")
            body.seek(0)
            response = self._http.urlopen("PUT", url.geturl(), body=body, headers=signed)
        if response.status in (409, 412):
            return response.status, ""
        if response.status != 200:
            raise refusal(response, digest)
        version = response.headers.get("x-amz-version-id")
        if not version:
            raise BucketUnfit(bucket=self._bucket, why="kho không giữ phiên bản.")
        return 200, version

    @asynccontextmanager
    async def open(
        self, digest: Digest, version: str | None, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        response = await self._ask(
            digest.short, self._client.get_object, self._bucket, layout.key_of(digest),
            offset=start, length=end - start if end else 0, version_id=version,
        )  # fmt: skip
        reading = Reading(response, self._threads)
        try:
            yield reading
        finally:
            reading.close()

    async def reread(self, digest: Digest, version: str, pace: Callable[[int], float]) -> Reread:
        stop = Event()
        try:
            return await self._ask(digest.short, self._through, digest, version, pace, stop)
        finally:
            stop.set()  # the thread of a caller who was cancelled ends with its piece

    def _through(self, digest: Digest, version: str, pace: Callable[[int], float], stop: Event) -> Reread:
        response = self._client.get_object(self._bucket, layout.key_of(digest), version_id=version)
        size, sha256 = 0, hashlib.sha256()
        try:
            announced = int(response.headers.get("content-length") or 0)
            while not stop.is_set() and (piece := response.read(PIECE, decode_content=False)):
                sha256.update(piece)
                size += len(piece)
                if rest := pace(len(piece)):
                    stop.wait(rest)
            return Reread(_told(digest, response.headers, announced, version), sha256.hexdigest(), size)
        finally:
            response.close()

    async def stat(self, digest: Digest, version: str | None = None) -> BlobStat | None:
        key = layout.key_of(digest)
        look = self._client.stat_object
        try:
            found = await self._ask(digest.short, look, self._bucket, key, version_id=version)
        except errors.NotFound:
            if version is not None:
                return None
            # Not every store says on a 404 that a marker hides the object, so the versions are listed.
            seen = await self._ask(digest.short, list, self._listed(key))
            return next((one for _, one in seen if one and one.latest), None)
        told = _told(digest, found.metadata or {}, found.size or 0, found.version_id or "")
        return told if version else replace(told, latest=True)

    async def walk(self) -> AsyncIterator[BlobStat]:
        async for key, one in self._pages(layout.PREFIX, ""):
            if one is None:
                log.warning("a key that is not ours lies in the bucket: %s", key)
            else:
                yield one

    async def survey(self, after: str = "") -> AsyncIterator[tuple[str, BlobStat | None]]:
        async for found in self._pages("", after):
            yield found

    async def _pages(self, prefix: str, after: str) -> AsyncIterator[tuple[str, BlobStat | None]]:
        """In key order. The client tells the markers of each page of the store's behind its versions, so that
        a marker stands up to a page behind its file: two pages are held and sorted.
        """
        listed = self._listed(prefix, after)
        held: list[tuple[str, BlobStat | None]] = []
        while True:
            more = await self._ask("bucket", lambda: list(islice(listed, _PAGE)))
            complete = max((key for key, _ in held), default="") if more else None
            held = sorted([*held, *more], key=lambda one: one[0])
            for one in held:
                if complete is None or one[0] <= complete:
                    yield one
            if complete is None:
                return
            held = [one for one in held if one[0] > complete]

    def _listed(self, prefix: str, after: str = "") -> Iterator[tuple[str, BlobStat | None]]:
        known: Any = {"prefix": prefix, "recursive": True, "include_version": True}
        if after:
            known["start_after"] = after
        for one in self._client.list_objects(self._bucket, **known):
            key = one.object_name or ""
            digest = layout.digest_of(key)
            if digest is None:
                yield key, None
                continue
            yield key, BlobStat(
                digest=digest, size=one.size or 0, version=one.version_id or "",
                latest=one.is_latest == "true", marker=one.is_delete_marker,
            )  # fmt: skip

    async def replace(self, digest: Digest, source: Source, size: int, media_type: str) -> BlobStat:
        until = locks.at_birth(self._clock.now())
        _, version = await self._ask(
            digest.short, self._send, digest, source, size, media_type, until, over=True
        )
        return BlobStat(
            digest=digest, size=size, version=version, lock_mode=locks.MODE, locked_until=until, latest=True
        )

    async def retain(self, digest: Digest, version: str, until: datetime) -> None:
        lock, setting = Retention(COMPLIANCE, until.replace(microsecond=0)), self._client.set_object_retention
        for attempt in range(_ATTEMPTS):
            # SeaweedFS lets the shorter of two simultaneous settings win, so it is read back until it holds.
            stat = await self._existing(digest, version)
            if locks.due(self._clock.now(), stat.locked_until, lock.retain_until_date) is None:
                return
            try:
                await self._ask(digest.short, setting, self._bucket, layout.key_of(digest), lock, version)
            except errors.Unavailable:
                if attempt == _ATTEMPTS - 1:
                    raise
        raise errors.Unavailable(what="kho tệp (không khóa được phiên bản)")

    async def hold(self, digest: Digest, version: str, on: bool) -> None:
        await self._existing(digest, version)
        switch = self._client.enable_object_legal_hold if on else self._client.disable_object_legal_hold
        await self._ask(digest.short, switch, self._bucket, layout.key_of(digest), version)

    async def address(self, digest: Digest, version: str, filename: str, media_type: str) -> str:
        await self._existing(digest, version)
        answer: Any = {
            "response-content-disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
            "response-content-type": media_type,
        }
        return self._client.presigned_get_object(
            self._bucket, layout.key_of(digest), _ADDRESS_LIVES, answer, version_id=version
        )

    async def _existing(self, digest: Digest, version: str) -> BlobStat:
        stat = await self.stat(digest, version)
        if stat is None:
            raise errors.NotFound(what=f"tệp {digest.short} trong kho")
        return stat

    async def _ask(self, what: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        # Threads of its own: slow uploads would take up the few of the default pool.
        with _faults(what):
            return await asyncio.wrap_future(self._threads.submit(function, *args, **kwargs))


def _told(digest: Digest, headers: Any, size: int, version: str) -> BlobStat:
    """What the store says about one version in the headers of its answer."""
    until = headers.get("x-amz-object-lock-retain-until-date")
    return BlobStat(
        digest=digest, size=size, version=version, lock_mode=headers.get("x-amz-object-lock-mode"),
        locked_until=datetime.fromisoformat(until) if until else None,
        held=headers.get("x-amz-object-lock-legal-hold") == "ON",
    )  # fmt: skip


@contextmanager
def _faults(what: str) -> Iterator[None]:
    """Foreign errors as ours; a refusal that no caller can remedy is Unavailable with the store's code."""
    try:
        yield
    except S3Error as fault:
        if fault.code in _ABSENT:
            raise errors.NotFound(what=f"tệp {what} trong kho") from fault
        raise errors.Unavailable(what=f"kho tệp ({fault.code})") from fault
    except (MinioException, HTTPError, OSError) as fault:
        log.warning("the object store does not answer about %s: %s", what, fault)
        raise errors.Unavailable(what="kho tệp") from fault


@asynccontextmanager
async def open_store(settings: Settings, *, clock: Clock) -> AsyncIterator[MinioBlobs]:
    """The store of an installation, after a look that its bucket keeps what it is given."""
    blobs = MinioBlobs(settings=settings, clock=clock)
    try:
        await blobs.check()
        yield blobs
    finally:
        await asyncio.to_thread(blobs.close)
