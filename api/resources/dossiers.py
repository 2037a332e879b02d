"""Work dossiers: opened, listed, filled, closed, reopened."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.permit import permit
from api.resources.registers import EntryForm, ReasonForm
from repository.access.permissions import Permission
from repository.dossiers.dossiers import DossierForm
from repository.wiring import Repository


@permit(Permission.KEEP_DOSSIERS, title="Mở hồ sơ", body=DossierForm, answers="Dossier", status=201)
async def open_dossier(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = DossierForm.model_validate(await answers.body_of(request))
    row = await repository.dossiers.open(request.state.actor, form)
    return answers.created(f"/api/v1/dossiers/{row['_id']}", answers.dossier(row), row["revision"])


@permit(Permission.READ_DOSSIERS, title="Các hồ sơ", answers="DossierList", query=["limit", "cursor"])
async def list_dossiers(request: Request) -> Response:
    repository: Repository = request.state.repository
    limit = answers.limit_of(request)
    rows = await repository.dossiers.visible(
        request.state.actor, limit=limit, before=request.query_params.get("cursor", "")
    )
    following = rows[-1]["_id"] if len(rows) == limit else None
    return answers.listed([answers.dossier(row) for row in rows], following=following)


@permit(
    Permission.READ_DOSSIERS,
    title="Một hồ sơ và văn bản trong đó",
    answers="Dossier",
    query=["limit", "cursor"],
)
async def show_dossier(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, dossier_id = request.state.actor, request.path_params["id"]
    row = await repository.dossiers.get(actor, dossier_id)
    filed = await repository.dossiers.contents(
        actor, dossier_id, limit=answers.limit_of(request, default=200)
    )
    body = answers.dossier(row) | {"documents": [answers.document(one) for one in filed]}
    return answers.shown(body, row["revision"])


@permit(Permission.KEEP_DOSSIERS, title="Đưa văn bản vào hồ sơ", body=EntryForm, answers="Document")
async def file_document(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = EntryForm.model_validate(await answers.body_of(request))
    row = await repository.dossiers.file(request.state.actor, request.path_params["id"], form.document)
    return answers.shown(answers.document(row), row["revision"])


@permit(Permission.KEEP_DOSSIERS, title="Kết thúc hồ sơ", answers="Dossier")
async def close_dossier(request: Request) -> Response:
    repository: Repository = request.state.repository
    row = await repository.dossiers.close(request.state.actor, request.path_params["id"])
    return JSONResponse(answers.dossier(row))


@permit(Permission.KEEP_DOSSIERS, title="Mở lại hồ sơ (nêu lý do)", body=ReasonForm, answers="Dossier")
async def reopen_dossier(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = ReasonForm.model_validate(await answers.body_of(request))
    row = await repository.dossiers.reopen(request.state.actor, request.path_params["id"], form.reason)
    return JSONResponse(answers.dossier(row))
