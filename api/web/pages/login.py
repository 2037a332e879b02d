"""Đăng nhập, đăng xuất: a session cookie in, a session ended; nobody is ever sent to a foreign address."""

from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.auth import csrf, oidc
from api.auth.identify import COOKIE, OWED, AccountOwes, Unauthenticated, identify
from api.permit import open_to_all
from api.web.rendering import answer
from repository import errors
from repository.organisation.accounts.credentials import Credentials, LoginRefused, Origin
from repository.organisation.accounts.second_factor import WrongCode
from repository.wiring import Repository


def local_path(wanted: str) -> str:
    """The path to go to after the login; anything that a browser could take for another host becomes `/`."""
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return "/"
    if any(ord(c) <= 32 or ord(c) == 127 for c in wanted):
        return "/"
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    away = parts.scheme or parts.netloc or parts.path in ("/login", "/logout")
    return "/" if away else wanted


@open_to_all
async def login(request: Request) -> Response:
    """The form, and what becomes of it."""
    wanted = local_path(request.query_params.get("next", "/"))
    if request.method != "POST":
        return answer(request, "login.html", {"next": wanted, "username": ""})
    await csrf.require(request)
    form = await request.form()
    wanted = local_path(str(form.get("next", "/")))
    username, password = str(form.get("username", "")).strip(), str(form.get("password", ""))
    if not username or not password:
        facts = {"next": wanted, "username": username, "alert": "Hãy nhập tên đăng nhập và mật khẩu."}
        return answer(request, "login.html", facts, status=422)
    try:
        secret, _ = await _credentials(request).log_in(username, password, _origin(request))
    except LoginRefused as fault:
        return _refused(request, wanted, fault.sentence(), username=username)
    return await _entered(request, secret, wanted)


@open_to_all
async def code(request: Request) -> Response:
    """The second factor's code, after the password; without one nothing else opens."""
    wanted = local_path(request.query_params.get("next", "/"))
    if request.method != "POST":
        return answer(request, "login_code.html", {"next": wanted})
    await csrf.require(request)
    form = await request.form()
    wanted = local_path(str(form.get("next", "/")))
    try:
        secret = await _credentials(request).prove(request.cookies.get(COOKIE, ""), str(form.get("code", "")))
    except WrongCode as fault:
        return answer(request, "login_code.html", {"next": wanted, "alert": fault.sentence()}, status=403)
    except LoginRefused as fault:
        return _refused(request, wanted, fault.sentence())
    return await _entered(request, secret, wanted)


@open_to_all
async def leave(request: Request) -> Response:
    """To the identity provider, where one is configured."""
    repository: Repository = request.state.repository
    if not repository.settings.oidc_issuer:
        raise errors.NotFound(what="đăng nhập một lần")
    wanted = local_path(request.query_params.get("next", "/"))
    left = await oidc.leave(repository.settings, repository.vault, _way_back(request), wanted)
    response = RedirectResponse(left.address, 303)
    response.set_cookie(
        oidc.COOKIE, left.sealed, max_age=oidc.LASTS, httponly=True, samesite="lax",
        secure=request.url.scheme == "https", path="/login",
    )  # fmt: skip
    return response


@open_to_all
async def come_back(request: Request) -> Response:
    """From the identity provider: into the account that it vouches for, if there is one."""
    repository: Repository = request.state.repository
    if not repository.settings.oidc_issuer:
        raise errors.NotFound(what="đăng nhập một lần")
    sealed, query = request.cookies.get(oidc.COOKIE, ""), dict(request.query_params)
    try:
        vouched = await oidc.come_back(
            repository.settings, repository.vault, sealed, query, _way_back(request)
        )
        origin = _origin(request, via="oidc", strong=vouched.strong)
        secret, _ = await _credentials(request).admit(vouched.username, vouched.email, origin)
    except oidc.ProviderRefused as fault:
        return _refused(request, "/", fault.sentence())
    except LoginRefused:
        return _refused(
            request,
            "/",
            "Không có tài khoản đang hoạt động ứng với danh tính này. Hãy liên hệ quản trị đơn vị.",
        )
    response = await _entered(request, secret, local_path(vouched.next))
    response.delete_cookie(oidc.COOKIE, path="/login", httponly=True, samesite="lax")
    return response


def _credentials(request: Request) -> Credentials:
    repository: Repository = request.state.repository
    return repository.credentials


def _origin(request: Request, *, via: str = "password", strong: bool = False) -> Origin:
    address = request.client.host if request.client else ""
    return Origin(address, request.headers.get("user-agent", ""), via, strong)


def _way_back(request: Request) -> str:
    return str(request.url_for("oidc-back"))


def _refused(request: Request, wanted: str, said: str, *, username: str = "") -> Response:
    facts = {"next": wanted, "username": username, "alert": said}
    return answer(request, "login.html", facts, status=403)


async def _entered(request: Request, secret: str, wanted: str) -> Response:
    """On to the page that was wanted, or first to what the account owes."""
    standing = await _credentials(request).standing(secret)
    owed = standing.owes if standing else ""
    there = OWED[owed][0] if owed else wanted
    if owed == "code":
        there += f"?next={quote(wanted, safe='')}"
    response = RedirectResponse(there, 303)
    response.set_cookie(
        COOKIE, secret, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )
    return response


@open_to_all
async def logout(request: Request) -> Response:
    """Ends the session here and on the server; done twice it does no harm."""
    await csrf.require(request)
    try:
        actor = await identify(request, owing=True, own=True)
    except (Unauthenticated, AccountOwes):
        actor = None
    secret = request.cookies.get(COOKIE, "")
    if actor is not None and secret:
        await request.state.repository.credentials.log_out(secret, actor)
    response = RedirectResponse("/login?done=logged-out", 303)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return response
