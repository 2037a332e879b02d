"""Trợ giúp: how to do the daily things, what the words mean, whom to call."""

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from api.auth.identify import AccountOwes, Unauthenticated, identify
from api.permit import open_to_all
from api.web.rendering import answer


@open_to_all
async def show(request: Request) -> Response:
    """Readable before the login too: that is when some people need it most."""
    with suppress(Unauthenticated, AccountOwes):
        await identify(request, owing=True, own=True)  # for the frame: who is logged in
    return answer(request, "help.html")
