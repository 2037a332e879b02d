"""Proof that a form came from our own page: an HMAC of the session's secret, so nothing need be stored."""

import hashlib
import hmac

from starlette.requests import HTTPConnection, Request

from api.auth.identify import COOKIE
from repository import errors

FIELD = "csrf"
HEADER = "x-csrf-token"


class ForeignForm(errors.Forbidden):
    """The form does not bear this session's proof."""

    vi = "Biểu mẫu đã hết hạn hoặc không đến từ trang này. Hãy tải lại trang rồi gửi lại."
    en = "The form is out of date or did not come from this site. Reload the page and send it again."


def token(request: HTTPConnection) -> str:
    """The proof to put into a form of this session (or of this visitor, before the login)."""
    secret = request.cookies.get(COOKIE, "") or "visitor"
    return hmac.new(request.app.state.secret, secret.encode(), hashlib.sha256).hexdigest()


async def require(request: Request) -> None:
    """Raises ForeignForm unless the header or the form field bears the proof, or the browser vouches for the origin.

    A multipart form is read once, as a stream, by its endpoint: there the browser's word about the origin is the proof.
    """
    given = request.headers.get(HEADER, "")
    if (
        not given
        and request.headers.get("content-type", "").startswith("multipart/form-data")
        and _vouched(request)
    ):
        return
    if not given and request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        given = str((await request.form()).get(FIELD, ""))
    if not hmac.compare_digest(given.encode(), token(request).encode()):
        raise ForeignForm(permission="csrf")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForeignForm(permission="csrf")


def _vouched(request: Request) -> bool:
    """Whether the browser says that one of our own pages sent this; no page can make it say so falsely."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return request.headers.get("origin") == own
