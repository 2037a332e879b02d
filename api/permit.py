"""No route without a permission: `@permit(...)` for JSON, `@page(...)` for HTML, `@open_to_all` said aloud."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.auth import csrf
from api.auth.identify import Unauthenticated, by_cookie, identify
from repository.access.permissions import Permission

Endpoint = Callable[[Request], Awaitable[Response]]
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def permit(
    permission: Permission, *, owing: bool = False, **described: Any
) -> Callable[[Endpoint], Endpoint]:
    """The caller must be known and hold the permission; `described` is what OpenAPI says of the route.

    `owing` admits a person who must complete the account first; only the account's own routes say so.
    """

    def wrap(endpoint: Endpoint) -> Endpoint:
        @functools.wraps(endpoint)
        async def guarded(request: Request) -> Response:
            actor = await identify(request, owing=owing, own=permission is Permission.OWN_ACCOUNT)
            actor.require(permission)
            if by_cookie(request) and request.method not in _SAFE:
                await csrf.require(request)
            return await endpoint(request)

        return _marked(guarded, permission.value, described)

    return wrap


def page(permission: Permission, *, owing: bool = False) -> Callable[[Endpoint], Endpoint]:
    """As `permit`, for people: a visitor is sent to the login and comes back afterwards."""

    def wrap(endpoint: Endpoint) -> Endpoint:
        @functools.wraps(endpoint)
        async def guarded(request: Request) -> Response:
            try:
                actor = await identify(request, owing=owing, own=permission is Permission.OWN_ACCOUNT)
            except Unauthenticated:
                wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                back = wanted if request.method in _SAFE else "/"
                return RedirectResponse(f"/login?next={quote(back, safe='')}", status_code=303)
            actor.require(permission)
            if request.method not in _SAFE:
                await csrf.require(request)
            return await endpoint(request)

        return _marked(guarded, permission.value, {})

    return wrap


def open_to_all(endpoint: Endpoint) -> Endpoint:
    """Anybody may call this; openness must be declared too."""
    return _marked(endpoint, "public", {})


def _marked(endpoint: Endpoint, permission: str, described: dict[str, Any]) -> Endpoint:
    endpoint.permission = permission  # type: ignore[attr-defined]
    endpoint.described = described  # type: ignore[attr-defined]
    return endpoint
