"""Who sees what, and why: documents shared and unshared, members of dossiers, the answer to "why can X see this?"."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.permit import permit
from api.resources.registers import ReasonForm
from repository.access.permissions import Permission
from repository.access.rules import Grant
from repository.documents.levels import LevelForm
from repository.documents.sharing import ShareForm
from repository.dossiers.members import MemberForm
from repository.mongo import Row
from repository.wiring import Repository


@permit(
    Permission.SHARE_DOCUMENTS,
    title="Chia sẻ văn bản cho đơn vị hoặc người (nêu lý do)",
    body=ShareForm,
    answers="Share",
    status=201,
)
async def share_document(request: Request) -> Response:
    repository: Repository = request.state.repository
    document_id = request.path_params["id"]
    await repository.documents.get(request.state.actor, document_id)
    form = ShareForm.model_validate(await answers.body_of(request))
    row = await repository.sharing.share(request.state.actor, document_id, form)
    made = row["shares"][-1]
    place = f"/api/v1/documents/{document_id}/shares/{quote(made['mark'], safe=':@')}"
    return answers.created(place, _share(made), row["revision"])


@permit(Permission.SHARE_DOCUMENTS, title="Kết thúc chia sẻ (nêu lý do)", body=ReasonForm, answers="Share")
async def end_share(request: Request) -> Response:
    repository: Repository = request.state.repository
    document_id, mark = request.path_params["id"], request.path_params["mark"]
    await repository.documents.get(request.state.actor, document_id)
    form = ReasonForm.model_validate(await answers.body_of(request))
    row = await repository.sharing.end(request.state.actor, document_id, mark, form.reason)
    ended = [one for one in row["shares"] if one["mark"] == mark][-1]
    return answers.shown(_share(ended), row["revision"])


@permit(
    Permission.SHARE_DOCUMENTS,
    title="Đổi mức phổ biến của văn bản (nêu lý do)",
    body=LevelForm,
    answers="Document",
)
async def change_level(request: Request) -> Response:
    repository: Repository = request.state.repository
    document_id = request.path_params["id"]
    await repository.documents.get(request.state.actor, document_id)
    form = LevelForm.model_validate(await answers.body_of(request))
    row = await repository.levels.change(request.state.actor, document_id, form)
    return answers.shown(answers.document(row), row["revision"])


@permit(
    Permission.EXPLAIN_ACCESS,
    title="Ai xem được văn bản, theo quy tắc nào; ?person= hỏi riêng một người",
    answers="Access",
    query=["person"],
)
async def document_access(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, document_id = request.state.actor, request.path_params["id"]
    wanted = request.query_params.get("person", "")
    if not wanted:
        found = await repository.sharing.grants(actor, document_id)
        row = await repository.documents.get(actor, document_id)
        shares = [_share(one) for one in row.get("shares", [])]
        return JSONResponse({"person": None, "sees": None, "reasons": _reasons(found), "shares": shares})
    await repository.sharing.grants(actor, document_id)
    person, *worn = await repository.delegations.hats(wanted)
    reasons = _reasons(
        await repository.sharing.why(actor, document_id, await repository.members.joined(person))
    )
    for hat in worn:
        found = await repository.sharing.why(actor, document_id, await repository.members.joined(hat))
        reasons += [one | {"rule": "delegation", "by": _principal(hat.as_row())} for one in _reasons(found)]
    shown = {name: person.as_row()[name] for name in ("id", "name", "unit", "title")}
    return JSONResponse({"person": shown, "sees": bool(reasons), "reasons": reasons, "shares": []})


@permit(Permission.SHARE_DOCUMENTS, title="Thêm thành viên hồ sơ", body=MemberForm, answers="MemberList")
async def add_member(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, dossier_id = request.state.actor, request.path_params["id"]
    await repository.dossiers.get(actor, dossier_id)
    form = MemberForm.model_validate(await answers.body_of(request))
    return _members(await repository.members.add(actor, dossier_id, form))


@permit(Permission.SHARE_DOCUMENTS, title="Kết thúc thành viên hồ sơ", body=ReasonForm, answers="MemberList")
async def end_member(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, dossier_id = request.state.actor, request.path_params["id"]
    await repository.dossiers.get(actor, dossier_id)
    form = ReasonForm.model_validate(await answers.body_of(request))
    row = await repository.members.end(actor, dossier_id, request.path_params["person"], form.reason)
    return _members(row)


def _principal(row: Row) -> str:
    return str(row["on_behalf_of"]["name"])


def _reasons(found: list[Grant]) -> list[Row]:
    return [vars(one) | {"at": answers.moment(one.at)} for one in found]


def _share(row: Row) -> Row:
    ended = row["ended"]
    times = {"at": answers.moment(row["at"]), "ended": ended and ended | {"at": answers.moment(ended["at"])}}
    return {name: row[name] for name in ("mark", "to", "by", "reason")} | times


def _members(row: Row) -> Response:
    items = [
        {name: one[name] for name in ("id", "name", "unit", "reason", "by")}
        | {"at": answers.moment(one["at"])}
        | {"ended": one["ended"] and one["ended"] | {"at": answers.moment(one["ended"]["at"])}}
        for one in row["members"]
    ]
    return answers.listed(items, total=len(items))
