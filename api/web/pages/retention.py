"""Lưu giữ: what is locked until when, what is held, what lies before the council; and the council's own page."""

from typing import Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.resources.disposals import show_certificate
from api.resources.holds import LiftForm, lifted
from api.web import words
from api.web.rendering import answer
from api.web.words import State
from repository import errors
from repository.access.permissions import Permission
from repository.audit.council import COUNCIL, faces
from repository.documents.metadata import faults
from repository.mongo import Row
from repository.retention.disposal import VoteForm
from repository.retention.holding import KINDS, HoldForm
from repository.retention.standing import Standing, standing
from repository.text import nfc
from repository.wiring import Repository

_HOLDS: Final = {
    "active": State("đang phong tỏa", "warn"), "lifting": State("đề nghị gỡ, chờ người thứ hai", "warn"),
    "lifted": State("đã gỡ", "idle"),
}  # fmt: skip
_DISPOSALS: Final = {
    "proposed": State("chờ hội đồng", "warn"), "approved": State("đã duyệt, tự thực hiện trong ít phút", "info"),
    "refused": State("không đồng ý", "idle"), "done": State("đã thực hiện", "ok"),
}  # fmt: skip
_ITEMS: Final = {
    "planned": State("đề nghị", "idle"), "kept": State("giữ lại", "ok"), "disposed": State("đang xóa", "warn"),
    "erased": State("đã xóa", "bad"),
}  # fmt: skip
_LIFTED: Final = {"ask": "lift-asked", "confirm": "lift-confirmed", "refuse": "lift-refused"}
_WIDE: Final = 400


@page(Permission.READ_RETENTION)
async def overview(request: Request) -> Response:
    """With a `kind` and a `target`, as the pages of papers and dossiers link here, the form of a new hold is open."""
    asked = request.query_params
    return await _overview(
        request, {name: asked[name][:60] for name in ("kind", "target") if name in asked}, {}
    )


async def _overview(
    request: Request, typed: dict[str, str], wrong: dict[str, str], *, alert: str = "", status: int = 200
) -> Response:
    repository: Repository = request.state.repository
    actor, now = request.state.actor, await standing(repository.database, repository.clock)
    holds = await repository.retention.holds.find(actor, limit=50)
    disposals = await repository.retention.disposals.find(actor, limit=50)
    facts = {
        "now": now,
        "bars": bars(now),
        "runs": list(reversed(now.runs)),
        "most": max((one["extended"] for one in now.runs), default=0) or 1,
        "holds": [(one, _HOLDS[one["state"]], _may_confirm(one, actor.as_row())) for one in holds],
        "disposals": [(one, _DISPOSALS[one["state"]]) for one in disposals],
        "kinds": [(one.value, said) for one, said in KINDS.items()],
        "kind_words": {one.value: said for one, said in KINDS.items()},
        "may_hold": actor.may(Permission.HOLD_DOCUMENTS),
        "may_propose": actor.may(Permission.PROPOSE_DISPOSALS),
        "typed": typed,
        "faults": wrong,
        "alert": alert or ("Chưa phong tỏa được: xem chỗ ghi ở từng ô." if wrong else ""),
    }
    return answer(request, "retention.html", facts, status=status)


def bars(now: Standing) -> list[Row]:
    """Each span as wide as its share of the largest."""
    most = max(one["documents"] for one in now.spans) or 1
    return [one | {"wide": round(_WIDE * one["documents"] / most)} for one in now.spans]


def _may_confirm(hold: Row, actor: Row) -> bool:
    return hold["state"] == "lifting" and not faces(actor) & faces(hold["lift"]["by"])


@page(Permission.HOLD_DOCUMENTS)
async def place(request: Request) -> Response:
    """A new hold; the words of a query are its target's field."""
    repository: Repository = request.state.repository
    form = await request.form()
    typed = {name: nfc(str(form.get(name, ""))).strip() for name in ("kind", "target", "reason", "authority")}
    if not typed["target"]:
        return await _overview(request, typed, {"target": "không được để trống"}, status=422)
    asked: Row = dict(typed)
    if typed["kind"] == "query":
        asked |= {"target": "", "query": {"words": typed["target"]}}
    try:
        await repository.retention.holds.place(request.state.actor, HoldForm.model_validate(asked))
    except ValidationError as fault:
        told = {
            one["pointer"].strip("/").partition("/")[0] or "target": one["detail"] for one in faults(fault)
        }
        return await _overview(request, typed, told, status=422)
    except (errors.NotFound, errors.Gone) as fault:
        return await _overview(request, typed, {"target": fault.sentence()}, status=404)
    return RedirectResponse("/retention?done=held", 303)


@page(Permission.HOLD_DOCUMENTS)
async def lift(request: Request) -> Response:
    repository: Repository = request.state.repository
    form, hold_id = await request.form(), request.path_params["id"]
    reason = nfc(str(form.get("reason", ""))).strip()[:500]
    try:
        asked = LiftForm(act=str(form.get("act", "ask")), reason=reason)
        await lifted(repository.retention.holds, request.state.actor, hold_id, asked)
    except (ValidationError, errors.Invalid):
        return await _overview(request, {}, {}, alert="Hãy nêu lý do.", status=422)
    except errors.Conflict as fault:
        return await _overview(request, {}, {}, alert=fault.sentence(), status=409)
    return RedirectResponse(f"/retention?done={_LIFTED[asked.act]}", 303)


@page(Permission.PROPOSE_DISPOSALS)
async def propose(request: Request) -> Response:
    repository: Repository = request.state.repository
    reason = nfc(str((await request.form()).get("reason", ""))).strip()[:500]
    actor = request.state.actor
    try:
        row = await repository.retention.disposals.propose(actor, actor.unit, reason=reason)
    except errors.Conflict as fault:
        return await _overview(request, {}, {}, alert=fault.sentence(), status=409)
    return RedirectResponse(f"/disposals/{row['_id']}?done=proposed", 303)


@page(Permission.READ_RETENTION)
async def disposal(request: Request) -> Response:
    return await _disposal(request)


async def _disposal(request: Request, *, alert: str = "", status: int = 200) -> Response:
    repository: Repository = request.state.repository
    actor = request.state.actor
    row = await repository.retention.disposals.get(actor, request.path_params["id"])
    before = [row["proposed"]["by"], *(one["by"] for one in row["votes"])]
    new = not any(faces(actor.as_row()) & faces(one) for one in before)
    items = await repository.retention.disposals.items(row["_id"])
    facts = {
        "row": row,
        "state": _DISPOSALS[row["state"]],
        "erased": sum(one["state"] == "erased" for one in items),
        "items": [(one, _ITEMS[one["state"]]) for one in items],
        "units": {one["_id"]: one["name"] for one in await repository.units.all()},
        "may_vote": row["state"] == "proposed" and actor.may(Permission.JUDGE_DISPOSALS) and new,
        "council": COUNCIL,
        "alert": alert,
    }
    return answer(request, "disposal.html", facts, status=status)


@page(Permission.JUDGE_DISPOSALS)
async def vote(request: Request) -> Response:
    repository: Repository = request.state.repository
    form, disposal_id = await request.form(), request.path_params["id"]
    reason = nfc(str(form.get("reason", ""))).strip()[:1000]
    try:
        given = VoteForm(approve=form.get("choice") == "approve", reason=reason)
        await repository.retention.disposals.vote(request.state.actor, disposal_id, given)
    except errors.Invalid:
        return await _disposal(request, alert="Không đồng ý phải nêu lý do.", status=422)
    except errors.Conflict as fault:
        return await _disposal(request, alert=words.permission_told(fault.sentence()), status=409)
    return RedirectResponse(f"/disposals/{disposal_id}?done=voted", 303)


@page(Permission.READ_RETENTION)
async def certificate(request: Request) -> Response:
    return await show_certificate(request)
