"""Trang chủ: one search box, what waits to be entered in a book, what arrived, the unit's open dossiers."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.auth.identify import Unauthenticated, identify
from api.permit import open_to_all
from api.web.rendering import answer, unit_names
from repository.access.permissions import Permission
from repository.clock import local_date
from repository.wiring import Repository

_LOOKED_AT = 60
_SHOWN = 12


@open_to_all
async def home(request: Request) -> Response:
    """Everybody who is logged in has a home; what it holds depends on what one may read."""
    try:
        actor = await identify(request)
    except Unauthenticated:
        return RedirectResponse(f"/login?next={quote('/', safe='')}", 303)
    repository: Repository = request.state.repository
    newest, dossiers, waiting, unfiled, handed = [], [], [], [], []
    if actor.may(Permission.READ_DOCUMENTS):
        newest = await repository.documents.newest(actor, limit=_LOOKED_AT)
    if actor.may(Permission.READ_DOSSIERS):
        found = await repository.dossiers.visible(actor, limit=_LOOKED_AT)
        dossiers = [row for row in found if row["unit"] == actor.unit and row["state"] == "open"]
    if actor.may(Permission.MAKE_ENTRIES):
        waiting = [
            row for row in newest
            if row["unit"] == actor.unit and row["state"] == "stored" and row["direction"] != "internal"
        ]  # fmt: skip
    if actor.may(Permission.KEEP_DOSSIERS) and actor.may(Permission.READ_DOCUMENTS):
        unfiled = await repository.dossier_work.wanting.find(actor, limit=_SHOWN)
    if actor.may(Permission.RECEIVE_DOSSIERS):
        handed = await repository.dossier_work.acceptance.waiting(actor, limit=_SHOWN)
    facts = {
        "newest": newest[:_SHOWN],
        "waiting": waiting[:_SHOWN],
        "dossiers": dossiers[:_SHOWN],
        "unfiled": unfiled,
        "handed": handed,
        "today": local_date(repository.clock.now()).isoformat(),
        "units": await unit_names(request),
        "incidents": await repository.incidents.count_open() if actor.may(Permission.READ_INCIDENTS) else 0,
        "behind": await repository.outbox.behind(),
    }
    return answer(request, "home.html", facts)
