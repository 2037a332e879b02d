"""Time stamps (RFC 3161) from an authority over HTTP, named by the settings."""

from typing import Final

import httpx
from asn1crypto import tsp
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import set_tsp_headers

from repository import errors

_SECONDS: Final = 20.0
_LARGEST: Final = 256 * 1024


class HttpTimestamps(TimeStamper):
    """pyHanko's stamper over our own client: one request each, no session kept, bounded answer."""

    def __init__(self, *, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        headers = set_tsp_headers({})
        try:
            async with httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client:
                answer = await client.post(self._url, content=req.dump(), headers=headers)
                answer.raise_for_status()
        except httpx.HTTPError as fault:
            raise errors.Unavailable(what="cấp dấu thời gian") from fault
        if len(answer.content) > _LARGEST:
            raise errors.Unavailable(what="cấp dấu thời gian (trả lời quá lớn)")
        try:
            return tsp.TimeStampResp.load(answer.content, strict=True)
        except ValueError as fault:
            raise errors.Unavailable(what="cấp dấu thời gian (trả lời không đọc được)") from fault
