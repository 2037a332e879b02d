"""What surrounds every request: an id, security headers, an access log line, patience with refused uploads."""

import logging
import re
import time
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from repository import ids

log = logging.getLogger("tangthu.access")

SECURITY: Final = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PATIENCE_SECONDS: Final = 30.0


class Surroundings:
    """Gives the request an id, the answer its headers, the log one line without query or secrets."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        given = Headers(scope=scope).get("x-request-id", "")
        scope["request_id"] = given if _ID.fullmatch(given) else ids.new("req")
        seen = {"status": 0}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = scope["request_id"]
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", "max-age=31536000")
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            took = time.perf_counter() - started
            self._metrics.count(scope["method"], seen["status"], took)
            log.info(
                "%s %s %s %.0fms %s",
                scope["method"],
                scope["path"],
                seen["status"],
                took * 1000,
                scope["request_id"],
            )


class PatientRefusal:
    """Reads on for a while when an upload is refused half way, so that the client gets to see why.

    A client that is still sending when the connection closes reads no answer, only a reset. Whoever asks first
    (`Expect: 100-continue`) is answered at once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        state = {"more": True, "asks": "expect" in Headers(scope=scope), "began": False}

        async def hear() -> Message:
            message = await receive()
            state["began"] = True
            state["more"] = message["type"] == "http.request" and message.get("more_body", False)
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400 and state["more"]:
                await self._drain(hear, state)
            await send(message)

        await self._app(scope, hear, answer)

    @staticmethod
    async def _drain(hear: Receive, state: dict[str, bool]) -> None:
        if state["asks"] and not state["began"]:
            return
        until = time.monotonic() + _PATIENCE_SECONDS
        while state["more"] and time.monotonic() < until:
            await hear()
