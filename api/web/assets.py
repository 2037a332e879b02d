"""Stylesheet, scripts, icons, fonts: an address carries a hash of the bytes, so they may be kept for good."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER: Final = Path(__file__).parent / "static"
_FOR_GOOD: Final = "public, max-age=31536000, immutable"


@cache
def address(name: str) -> str:
    """Where a file of ours is served: `/static/app.css?v=0f3a…`; a new version is a new address."""
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


class Assets(StaticFiles):
    """Static files; what is asked for by its fingerprint never needs to be asked for again."""

    permission = "public"
    described: dict[str, object] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        # The stylesheet names the fonts without a fingerprint: a new cut of a font gets a new name.
        fingerprinted = b"v=" in scope.get("query_string", b"") or path.endswith(".woff2")
        answer.headers.setdefault("Cache-Control", _FOR_GOOD if fingerprinted else "public, max-age=3600")
        return answer
