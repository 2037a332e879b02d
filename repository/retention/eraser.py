"""The only thing in the program that can take bytes out of the store: one version, by its id, when nothing locks it.

It is its own identity at the store, with no right but that; `wiring` hands it to retention and to nobody else.
"""

import asyncio
import logging
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from minio import Minio
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from repository import errors
from repository.blobs import layout
from repository.blobs.digest import Digest
from repository.blobs.wire import connections
from repository.settings import Settings

_LOG: Final = logging.getLogger(__name__)
_LOCKED: Final = {"AccessDenied", "InvalidRequest", "ObjectLocked"}
"""What stores answer for a version under a lock or a hold; one without the right answers the same."""
_GONE: Final = {"NoSuchKey", "NoSuchVersion"}


class StillLocked(errors.OnHold):
    """The store refuses: its lock has not run out, or the version is held."""

    vi = "Kho tệp từ chối xóa {what}: còn khóa lưu giữ hoặc đang bị phong tỏa."
    en = "The store refuses to erase {what}: it is locked or held."


class NoEraser(errors.Unavailable):
    """This process was given no eraser: only the worker has one."""

    vi = (
        "Tiến trình này không giữ khóa xóa tệp (TANGTHU_S3_ERASER_ACCESS_KEY); chưa có gì bị xóa. "
        "Việc tiêu hủy đã duyệt do tiến trình nền làm."
    )
    en = "This process holds no eraser; nothing was erased. Approved disposals are carried out by the worker."


class Eraser(Protocol):
    """One verb. Raises StillLocked, Unavailable; what is gone already is no error."""

    async def erase(self, digest: Digest, version: str) -> None: ...


class NothingErases:
    """Stands where no eraser was configured."""

    async def erase(self, digest: Digest, version: str) -> None:
        raise NoEraser(what=digest.short)


class StoreEraser:
    """Removes versions with the identity `eraser`; the store itself refuses what is locked."""

    def __init__(self, *, settings: Settings) -> None:
        address = urlsplit(settings.s3_url.rstrip("/"))
        self._bucket = settings.s3_bucket
        self._http = connections(4)
        self._client = Minio(
            address.netloc, settings.s3_eraser_access_key, settings.s3_eraser_secret_key,
            secure=address.scheme == "https", region=settings.s3_region, http_client=self._http,
        )  # fmt: skip

    async def erase(self, digest: Digest, version: str) -> None:
        if not version:  # without an id a store only puts a marker on top
            raise errors.Invalid(why="xóa tệp phải nêu đúng phiên bản")
        await asyncio.to_thread(self._erase, digest, version)

    def _erase(self, digest: Digest, version: str) -> None:
        asked: Any = {"version_id": version}
        try:
            self._client.remove_object(self._bucket, layout.key_of(digest), **asked)
        except S3Error as fault:
            if fault.code in _GONE:
                return
            _LOG.warning("the store does not erase %s %s: %s", digest.short, version, fault.code)
            if fault.code in _LOCKED:
                raise StillLocked(what=digest.short, until="hết khóa") from fault
            raise errors.Unavailable(what=f"kho tệp ({fault.code})") from fault
        except (MinioException, HTTPError, OSError) as fault:
            raise errors.Unavailable(what="kho tệp") from fault


def eraser_of(settings: Settings) -> Eraser:
    """The eraser that the settings give this process; most get none."""
    return StoreEraser(settings=settings) if settings.s3_eraser_access_key else NothingErases()
