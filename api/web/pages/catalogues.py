"""Danh mục hồ sơ: the lists of a unit's dossiers by year, imported, issued, opened from; and the schedules."""

from typing import Final

from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web import written
from api.web.rendering import answer, unit_names
from repository import errors
from repository.access.permissions import Permission
from repository.clock import local_date
from repository.documents.metadata import faults
from repository.dossiers.catalogues import COLUMNS, CatalogueForm, IssueForm
from repository.ingest.tables import LARGEST
from repository.mongo import Row
from repository.text import nfc
from repository.wiring import Repository

_PAGE: Final = 200
_TOLD: Final = 50


@page(Permission.READ_DOSSIERS)
async def catalogues(request: Request) -> Response:
    return await _list(request)


@page(Permission.KEEP_CATALOGUES)
async def draft(request: Request) -> Response:
    """A new, empty list."""
    repository: Repository = request.state.repository
    year = written.whole(str((await request.form()).get("year", "")))
    try:
        row = await repository.dossier_work.catalogues.draft(request.state.actor, CatalogueForm(year=year))
    except ValidationError:
        return await _list(request, alert="Chưa lập được danh mục: năm phải từ 1945 đến 2200.", status=422)
    except errors.Conflict as fault:
        return await _list(request, alert=fault.sentence(), status=409)
    return RedirectResponse(f"/catalogues/{row['_id']}?done=catalogue", 303)


async def _list(request: Request, *, alert: str = "", status: int = 200) -> Response:
    repository: Repository = request.state.repository
    facts = {
        "rows": await repository.dossier_work.catalogues.visible(request.state.actor),
        "units": await unit_names(request),
        "year": local_date(repository.clock.now()).year,
        "alert": alert,
    }
    return answer(request, "catalogues.html", facts, status=status)


@page(Permission.READ_DOSSIERS)
async def catalogue(request: Request) -> Response:
    return await _one(request)


async def _one(
    request: Request, *, alert: str = "", wrong: list[Row] | None = None, tried: int = 0, status: int = 200
) -> Response:
    repository: Repository = request.state.repository
    row = await repository.dossier_work.catalogues.get(request.state.actor, request.path_params["id"])
    first = written.whole(request.query_params.get("from", ""))
    lines = row["lines"][first : first + _PAGE]
    facts = {
        "row": row,
        "lines": lines,
        "opened": await repository.dossier_work.catalogues.opened(row, [one["code"] for one in lines]),
        "later": first + _PAGE if first + _PAGE < len(row["lines"]) else 0,
        "earlier": max(0, first - _PAGE) if first else -1,
        "units": await unit_names(request),
        "own": request.state.actor.unit == row["unit"],
        "wrong": [written.row_fault(one, COLUMNS) for one in (wrong or [])[:_TOLD]],
        "wrong_count": len(wrong or []),
        "tried": tried,
        "today": f"{local_date(repository.clock.now()):%d/%m/%Y}",
        "alert": alert,
    }
    return answer(request, "catalogue.html", facts, status=status)


@page(Permission.KEEP_CATALOGUES)
async def lines(request: Request) -> Response:
    """A table taken in, or only looked through."""
    catalogues, actor = request.state.repository.dossier_work.catalogues, request.state.actor
    async with request.form() as form:
        sent, trying = form.get("file"), bool(form.get("try"))
        content = await sent.read(LARGEST + 1) if isinstance(sent, UploadFile) else b""
    try:
        if trying:
            found, wrong = await catalogues.examine(actor, request.path_params["id"], content)
            return await _one(request, wrong=wrong, tried=len(found))
        await catalogues.take_in(actor, request.path_params["id"], content)
    except errors.Invalid as fault:
        said = str(fault.facts.get("why", fault))
        return await _one(request, alert=f"Chưa nhận bảng: {said}.", wrong=list(fault.errors), status=422)
    except (errors.Conflict, errors.TooLarge) as refused:
        return await _one(request, alert=refused.sentence(), status=409)
    return RedirectResponse(f"/catalogues/{request.path_params['id']}?done=lines", 303)


@page(Permission.KEEP_CATALOGUES)
async def issue(request: Request) -> Response:
    """Ban hành danh mục."""
    form = await request.form()
    catalogues, actor = request.state.repository.dossier_work.catalogues, request.state.actor
    try:
        day = written.typed_day(str(form.get("issued_on", "")))
        wanted = IssueForm(symbol=nfc(str(form.get("symbol", ""))), issued_on=day)
        await catalogues.issue(actor, request.path_params["id"], wanted)
    except ValidationError as fault:
        return await _one(request, alert="; ".join(one["detail"] for one in faults(fault)), status=422)
    except ValueError:
        return await _one(request, alert=written.DAY_WANTED, status=422)
    except errors.Conflict as refused:
        return await _one(request, alert=refused.sentence(), status=409)
    return RedirectResponse(f"/catalogues/{request.path_params['id']}?done=catalogue-issued", 303)


@page(Permission.KEEP_DOSSIERS)
async def open_line(request: Request) -> Response:
    """Mở hồ sơ theo danh mục."""
    code = nfc(str((await request.form()).get("code", "")))
    catalogues = request.state.repository.dossier_work.catalogues
    try:
        row = await catalogues.open_line(request.state.actor, request.path_params["id"], code)
    except errors.Conflict as refused:
        return await _one(request, alert=refused.sentence(), status=409)
    return RedirectResponse(f"/dossiers/{row['_id']}?done=opened", 303)


@page(Permission.READ_DOSSIERS)
async def schedules(request: Request) -> Response:
    """Bảng thời hạn bảo quản: what holds from which day, and what is known to be missing."""
    repository: Repository = request.state.repository
    facts = {"rows": (await repository.retention.schedules.all())[::-1]}
    return answer(request, "schedules.html", facts)
