"""Sổ sự cố: what is wrong and what to do, for those who keep the system; and the form by which anybody tells (Đ9.5)."""

from urllib.parse import urlsplit

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.resources.incidents import context
from api.web.rendering import answer
from repository.access.permissions import Permission
from repository.documents.metadata import faults
from repository.incidents.incidents import OPEN, SETTLED, Report, Settlement
from repository.text import nfc
from repository.wiring import Repository

_PAGE = 100


@page(Permission.READ_INCIDENTS)
async def incidents(request: Request) -> Response:
    """Open ones first asked for; by kind; a page at a time."""
    return await _list(request, "")


async def _list(request: Request, fault: str, status: int = 200) -> Response:
    repository: Repository = request.state.repository
    asked = request.query_params.get("state", OPEN)
    state = asked if asked in (OPEN, SETTLED) else OPEN
    kind, after = request.query_params.get("kind", "")[:60], request.query_params.get("after", "")[:60]
    rows = await repository.incidents.find(state=state, kind=kind, after=after, limit=_PAGE)
    facts = {
        "rows": rows,
        "state": state,
        "kind": kind,
        "kinds": await repository.incidents.kinds(),
        "further": rows[-1]["_id"] if len(rows) == _PAGE else "",
        "may_settle": request.state.actor.may(Permission.SETTLE_INCIDENTS),
        "alert": fault,
    }
    return answer(request, "incidents.html", facts, status=status)


@page(Permission.SETTLE_INCIDENTS)
async def settle(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()
    try:
        done = Settlement(why=nfc(str(form.get("why", ""))))
    except ValidationError:
        return await _list(request, "Hãy ghi việc đã làm (ít nhất 3 chữ) trước khi kết thúc.", 422)
    await repository.incidents.settle(request.state.actor, request.path_params["id"], done.why)
    return RedirectResponse("/incidents?done=incident-settled", 303)


@page(Permission.REPORT_INCIDENTS)
async def tell(request: Request) -> Response:
    """The form; the page that somebody came from is noted with it."""
    if request.method != "POST":
        return _form(request, {"from": _own_path(request.headers.get("referer", ""))}, {})
    form = await request.form()
    typed = {name: nfc(str(form.get(name, ""))).strip() for name in ("found", "reach", "from")}
    try:
        report = Report(found=typed["found"], reach=typed["reach"])
    except ValidationError as fault:
        return _form(request, typed, {one["pointer"].strip("/"): one["detail"] for one in faults(fault)}, 422)
    repository: Repository = request.state.repository
    told = context(request, _own_path(typed["from"]))
    await repository.incidents.tell(request.state.actor, report, told)
    return RedirectResponse("/incidents/new?done=incident-told", 303)


def _form(request: Request, typed: dict[str, str], found: dict[str, str], status: int = 200) -> Response:
    facts = {"typed": typed, "faults": found, "alert": "Chưa gửi được: xem chỗ ghi ở ô." if found else ""}
    return answer(request, "incident_form.html", facts, status=status)


def _own_path(address: str) -> str:
    """The path alone: what was searched for stays with who searched."""
    try:
        return urlsplit(address).path[:300]
    except ValueError:
        return ""
