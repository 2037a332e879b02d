"""The actor of a request, from its token or its session cookie."""

from typing import Final

from starlette.requests import HTTPConnection

from repository import errors
from repository.access.actors import Actor
from repository.organisation.rights.delegations import NotInForce
from repository.wiring import Repository

COOKIE = "tangthu_session"
ON_BEHALF_OF = "on-behalf-of"
"""The header that names the delegation under which this one request is made."""


class Unauthenticated(errors.TangThuError):
    """No valid token or session: who is calling is not known."""

    vi = (
        "Bạn chưa đăng nhập, hoặc phiên hay mã truy cập đã hết hạn. "
        "Hãy đăng nhập lại; dữ liệu đã lưu không bị ảnh hưởng."
    )
    en = "You are not logged in, or the session or token has expired. Log in again; what is stored is untouched."


class AccountOwes(errors.Forbidden):
    """The session is good, but its person must first do what the account rules demand (QCVN 12:2026/BCA)."""

    vi = "Trước khi làm việc khác, hãy hoàn tất tài khoản: {permission}."
    en = "Before anything else, complete your account: {permission}."

    @property
    def page(self) -> str:
        """Where the person does it."""
        return OWED[str(self.facts["owes"])][0]


OWED: Final = {
    "code": ("/login/code", "nhập mã xác thực hai bước"),
    "password": ("/account/password", "đổi mật khẩu được cấp"),
    "factor": ("/account/factor", "bật xác thực hai bước"),
}
"""What a session may owe → the page where it is done, and its name."""


async def identify(request: HTTPConnection, *, owing: bool = False, own: bool = False) -> Actor:
    """Who calls; the token wins over the cookie. Raises Unauthenticated, or AccountOwes.

    `owing` lets a person through who must change the password or set up a second factor, so that he can.
    `own` is about the caller's own account, which is always under the own name, also while standing in.
    """
    standing = None
    repository: Repository = request.state.repository
    credentials = repository.credentials
    header = request.headers.get("authorization", "")
    if header:
        scheme, _, secret = header.partition(" ")
        actor = await credentials.of_token(secret.strip()) if scheme.lower() == "bearer" else None
    else:
        secret = request.cookies.get(COOKIE, "")
        standing = await credentials.standing(secret) if secret else None
        if standing and standing.owes and not (owing and standing.owes != "code"):
            raise AccountOwes(owes=standing.owes, permission=OWED[standing.owes][1])
        request.state.standing = standing
        actor = standing.actor if standing else None
    if actor is None:
        raise Unauthenticated
    if delegation := request.headers.get(ON_BEHALF_OF, ""):
        actor = await repository.delegations.acting(actor, delegation)
    elif standing is not None and standing.acting:
        worn = await _worn(request, actor, standing.acting, own=own)
        actor = actor if own else worn
    actor = await repository.members.joined(actor)
    request.state.actor = actor
    return actor


async def _worn(request: HTTPConnection, actor: Actor, delegation: str, *, own: bool) -> Actor:
    """The actor in the name that the session chose. When that has lapsed the page says so and shows what the person
    himself may see; a form is refused, since it was filled in the other's name. Raises NotInForce.
    """
    repository: Repository = request.state.repository
    try:
        worn = await repository.delegations.acting(actor, delegation)
    except NotInForce:
        if request.scope.get("method") not in ("GET", "HEAD") and not own:
            raise
        request.state.lapsed = True
        return actor
    request.state.principal = worn.on_behalf_of
    return worn


def by_cookie(request: HTTPConnection) -> bool:
    """Whether the caller is a browser with a session, which another site could make send a request."""
    return "authorization" not in request.headers
