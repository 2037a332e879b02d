"""The wire to the object store: connections, bodies in pieces of a mebibyte, refusals."""

import asyncio
import logging
import re
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from repository import errors
from repository.blobs.digest import Digest

log = logging.getLogger(__name__)

PIECE: Final = 1 << 20
_WRONG_BYTES: Final = {
    "BadDigest", "InvalidDigest", "IncompleteBody",
    "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch",
}  # fmt: skip


class _Patience(Retry):
    """A read that ends in 500 is not tried again: SeaweedFS means damaged bytes, and takes long to say so."""

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        if method == "GET" and status_code == 500:
            return False
        return super().is_retry(method, status_code, has_retry_after)


def connections(most: int) -> PoolManager:
    """Kept open between requests. A PUT may be repeated: its condition makes the second one harmless."""
    retries = _Patience(
        total=2, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504), raise_on_status=False
    )  # fmt: skip
    return PoolManager(maxsize=most, blocksize=PIECE, timeout=Timeout(connect=5, read=120), retries=retries)


class Reading:
    """An async iterator, one piece read ahead; a slow reader holds no thread.

    `close` gives the connection back, or drops it where the body was not read to its end.
    """

    def __init__(self, response: BaseHTTPResponse, threads: ThreadPoolExecutor) -> None:
        self._response = response
        self._threads = threads
        self._ahead: Future[bytes] = threads.submit(self._read)

    def __aiter__(self) -> "Reading":
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await asyncio.wrap_future(self._ahead)
        except (HTTPError, OSError) as fault:
            raise errors.Unavailable(what="kho tệp (đứt giữa chừng khi đọc)") from fault
        if not piece:
            raise StopAsyncIteration
        self._ahead = self._threads.submit(self._read)
        return piece

    def close(self) -> None:
        self._ahead.add_done_callback(lambda _: self._response.close())  # at once, unless a read is under way

    def _read(self) -> bytes:
        return self._response.read(PIECE, decode_content=False)


def refusal(response: BaseHTTPResponse, digest: Digest) -> errors.TangThuError:
    """What a refused PUT means; the code stands in the body."""
    found = re.search(rb"<Code>(\w+)</Code>", response.data)
    code = found.group(1).decode() if found else str(response.status)
    log.warning("the object store refuses %s: %s %s", digest.short, response.status, response.data[:500])
    if code in _WRONG_BYTES:
        return errors.Corrupt(what=f"{digest.short} (kho nhận được nội dung khác mã băm)")
    return errors.Unavailable(what=f"kho tệp ({code})")
