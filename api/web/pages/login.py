"""Đăng nhập, đăng xuất: a session cookie in, a session ended; nobody is ever sent to a foreign address."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.auth import csrf
from api.auth.identify import COOKIE, Unauthenticated, identify
from api.permit import open_to_all
from api.web.rendering import answer
from repository.organisation.credentials import LoginRefused


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
        secret, _ = await request.state.repository.credentials.log_in(username, password)
    except LoginRefused as fault:
        facts = {"next": wanted, "username": username, "alert": fault.sentence()}
        return answer(request, "login.html", facts, status=403)
    response = RedirectResponse(wanted, 303)
    response.set_cookie(
        COOKIE, secret, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )
    return response


@open_to_all
async def logout(request: Request) -> Response:
    """Ends the session here and on the server; done twice it does no harm."""
    await csrf.require(request)
    try:
        actor = await identify(request)
    except Unauthenticated:
        actor = None
    secret = request.cookies.get(COOKIE, "")
    if actor is not None and secret:
        await request.state.repository.credentials.log_out(secret, actor)
    response = RedirectResponse("/login?done=logged-out", 303)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return response
