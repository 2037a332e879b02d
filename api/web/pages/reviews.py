"""Rà soát quyền hằng quý: every account of the unit with what it may do, confirmed by its leader."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web import written
from api.web.rendering import answer, unit_names
from repository import errors
from repository.access.permissions import ROLE_WORDS, Permission, Role
from repository.organisation.people.people import oversees_all
from repository.organisation.rights.reviews import ReviewForm
from repository.text import nfc
from repository.wiring import Repository

_PREFIX: Final = "change-"
_LONGEST: Final = 500


@page(Permission.REVIEW_RIGHTS)
async def review(request: Request) -> Response:
    return await _page(request)


@page(Permission.REVIEW_RIGHTS)
async def confirm(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = await request.form()
    changes = {
        name.removeprefix(_PREFIX): nfc(str(value)).strip()[:_LONGEST]
        for name, value in form.items()
        if name.startswith(_PREFIX) and str(value).strip()
    }
    note = nfc(str(form.get("note", ""))).strip()[:_LONGEST]
    wanted = ReviewForm(seen=written.whole(str(form.get("seen", ""))), changes=changes, note=note)
    unit = str(form.get("unit", "")) or request.state.actor.unit
    try:
        await repository.reviews.confirm(request.state.actor, unit, wanted)
    except errors.Conflict as fault:
        return await _page(request, unit=unit, alert=fault.sentence(), status=409)
    return RedirectResponse("/reviews?done=reviewed", 303)


async def _page(request: Request, *, unit: str = "", alert: str = "", status: int = 200) -> Response:
    repository: Repository = request.state.repository
    actor = request.state.actor
    wide = oversees_all(actor) or actor.may(Permission.READ_EVERYTHING)
    unit = unit or request.query_params.get("unit", "") or actor.unit
    found = await repository.reviews.show(actor, unit, request.query_params.get("quarter", ""))
    facts = {
        "review": found,
        "past": await repository.reviews.past(unit),
        "units": await unit_names(request),
        "wide": wide,
        "missing": await repository.reviews.missing() if wide else [],
        "may_confirm": not found["confirmed"] and unit == actor.unit and Role.LEADER in actor.roles,
        "role_words": ROLE_WORDS,
        "alert": alert,
    }
    return answer(request, "reviews.html", facts, status=status)
