"""The actor of a request, from its token or its session cookie."""

from typing import Final

from starlette.requests import HTTPConnection

from repository import errors
from repository.access.actors import Actor
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


async def identify(request: HTTPConnection, *, owing: bool = False) -> Actor:
    """Who calls; the token wins over the cookie. Raises Unauthenticated, or AccountOwes.

    `owing` lets a person through who must change the password or set up a second factor, so that he can.
    """
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
    actor = await repository.members.joined(actor)
    request.state.actor = actor
    return actor


def by_cookie(request: HTTPConnection) -> bool:
    """Whether the caller is a browser with a session, which another site could make send a request."""
    return "authorization" not in request.headers
