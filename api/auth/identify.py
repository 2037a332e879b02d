"""The actor of a request, from its token or its session cookie."""

from starlette.requests import HTTPConnection

from repository import errors
from repository.access.actors import Actor
from repository.wiring import Repository

COOKIE = "tangthu_session"
ON_BEHALF_OF = "on-behalf-of"
"""The header that names the delegation under which this one request is made."""


class Unauthenticated(errors.TangThuError):
    """No valid token or session: who is calling is not known."""

    vi = "Bạn chưa đăng nhập, hoặc phiên hay mã truy cập đã hết hạn. Hãy đăng nhập lại; dữ liệu đã lưu không bị ảnh hưởng."
    en = "You are not logged in, or the session or token has expired. Log in again; what is stored is untouched."


async def identify(request: HTTPConnection) -> Actor:
    """Who calls; the token wins over the cookie. Raises Unauthenticated."""
    repository: Repository = request.state.repository
    credentials = repository.credentials
    header = request.headers.get("authorization", "")
    if header:
        scheme, _, secret = header.partition(" ")
        actor = await credentials.of_token(secret.strip()) if scheme.lower() == "bearer" else None
    else:
        secret = request.cookies.get(COOKIE, "")
        actor = await credentials.of_session(secret) if secret else None
    if actor is None:
        raise Unauthenticated()
    if delegation := request.headers.get(ON_BEHALF_OF, ""):
        actor = await repository.delegations.acting(actor, delegation)
    actor = await repository.members.joined(actor)
    request.state.actor = actor
    return actor


def by_cookie(request: HTTPConnection) -> bool:
    """Whether the caller is a browser with a session, which another site could make send a request."""
    return "authorization" not in request.headers
