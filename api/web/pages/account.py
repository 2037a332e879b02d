"""Tài khoản của tôi: password, second factor, open sessions, login history. Readable while something is owed."""

import io
from typing import Final

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web.rendering import answer, unit_names
from repository import errors
from repository.access.permissions import ROLE_WORDS, Permission
from repository.clock import local_date
from repository.organisation.accounts.passwords import PasswordRefused
from repository.organisation.accounts.second_factor import Enrolment, WrongCode
from repository.organisation.units.settings import policy_for
from repository.wiring import Repository

_SETTING_UP: Final = 900
"""Seconds that a page with a new secret may stay open."""


@page(Permission.OWN_ACCOUNT)
async def show(request: Request) -> Response:
    return await _account(request)


async def _account(request: Request, *, alert: str = "", status: int = 200) -> Response:
    repository: Repository = request.state.repository
    actor = request.state.actor
    facts = {
        "units": await unit_names(request),
        "roles": ", ".join(ROLE_WORDS[one] for one in sorted(actor.roles)),
        "factor": await repository.own_account.factor_since(actor),
        "sessions": await repository.own_account.sessions(actor),
        "present": request.state.standing.session,
        "elsewhere": request.state.standing.elsewhere,
        "logins": await repository.own_account.logins(actor),
        "alert": alert,
    }
    return answer(request, "account.html", facts, status=status)


@page(Permission.OWN_ACCOUNT, owing=True)
async def password(request: Request) -> Response:
    """The form, and what becomes of it; what was typed wrong is said beside its field."""
    if request.method != "POST":
        return await _password(request, {})
    form = await request.form()
    old, new, again = (str(form.get(name, "")) for name in ("old_password", "new_password", "again"))
    if new != again:
        return await _password(request, {"again": "hai lần nhập chưa giống nhau"}, status=422)
    repository: Repository = request.state.repository
    try:
        session = request.state.standing.session
        await repository.own_account.change_password(request.state.actor, session, old, new)
    except PasswordRefused as fault:
        told = {one["pointer"].strip("/"): one["detail"] for one in fault.errors}
        return await _password(request, told, status=422)
    return RedirectResponse("/account?done=password", 303)


async def _password(request: Request, faults: dict[str, str], *, status: int = 200) -> Response:
    repository: Repository = request.state.repository
    day = local_date(repository.clock.now())
    policy = await policy_for(repository.database, request.state.actor.unit, day)
    facts = {"faults": faults, "policy": policy, "owed": request.state.standing.owes == "password"}
    return answer(request, "account_password.html", facts, status=status)


@page(Permission.OWN_ACCOUNT, owing=True)
async def factor(request: Request) -> Response:
    """Setting up the second factor: QR code, then the first code as proof, then the recovery codes, this once."""
    repository: Repository = request.state.repository
    actor = request.state.actor
    if request.method != "POST":
        if await repository.own_account.factor_since(actor):
            return RedirectResponse("/account", 303)
        return _setting_up(request, await repository.own_account.begin_factor(actor))
    form = await request.form()
    kept = repository.vault.unseal(str(form.get("setup", "")), lasts=_SETTING_UP) or ""
    owner, _, rest = kept.partition(" ")
    secret, _, address = rest.partition(" ")
    if owner != actor.id:
        return RedirectResponse("/account/factor", 303)
    try:
        codes = await repository.own_account.confirm_factor(actor, secret, str(form.get("code", "")))
    except WrongCode as fault:
        return _setting_up(request, Enrolment(secret, address), fault=fault.sentence(), status=422)
    return answer(request, "account_recovery.html", {"codes": codes})


def _setting_up(request: Request, enrolment: Enrolment, *, fault: str = "", status: int = 200) -> Response:
    sealed = f"{request.state.actor.id} {enrolment.secret} {enrolment.address}"
    facts = {
        "qr": _picture(enrolment.address),
        "secret": " ".join(enrolment.secret[i : i + 4] for i in range(0, len(enrolment.secret), 4)),
        "setup": request.state.repository.vault.seal(sealed),
        "faults": {"code": fault} if fault else {},
        "owed": request.state.standing.owes == "factor",
    }
    return answer(request, "account_factor.html", facts, status=status)


def _picture(address: str) -> Markup:
    """The QR code as SVG inside the page: black on white whatever the theme, so that a telephone reads it."""
    out = io.BytesIO()
    segno.make(address, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, scale=5, border=4, dark="#000", light="#fff", omitsize=False,
        title="Mã QR để quét bằng ứng dụng xác thực",
    )  # fmt: skip
    return Markup(out.getvalue().decode())


@page(Permission.OWN_ACCOUNT)
async def drop_factor(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()
    try:
        await repository.own_account.drop_factor(
            request.state.actor, str(form.get("password", "")), str(form.get("code", ""))
        )
    except (errors.Conflict, errors.Invalid, WrongCode) as fault:
        return await _account(request, alert=fault.sentence(), status=422)
    return RedirectResponse("/account?done=factor-removed", 303)


@page(Permission.OWN_ACCOUNT)
async def end_session(request: Request) -> Response:
    """One session, or with none named all but this one."""
    repository: Repository = request.state.repository
    session = str((await request.form()).get("session", ""))
    if session:
        await repository.own_account.end_session(request.state.actor, session)
    else:
        await repository.own_account.end_other_sessions(request.state.actor, request.state.standing.session)
    return RedirectResponse("/account?done=session-ended", 303)


@page(Permission.OWN_ACCOUNT)
async def acknowledge(request: Request) -> Response:
    await request.state.repository.own_account.acknowledge(request.state.actor)
    return RedirectResponse("/account", 303)
