"""What a document's page can do: check, register, issue, scan again, file, share, take a new version."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.auth import csrf
from api.forms import read_page_form
from api.permit import page
from api.web.pages.document import address, document_page
from api.web.written import typed_day
from repository import errors
from repository.access.permissions import Permission
from repository.documents.issuing import IssueForm
from repository.documents.levels import LevelForm
from repository.documents.paper import PaperForm
from repository.documents.sharing import ShareForm
from repository.text import nfc
from repository.wiring import Repository


@page(Permission.VERIFY)
async def check(request: Request) -> Response:
    """Kiểm tra toàn vẹn: every version read back from the store now and compared."""
    repository: Repository = request.state.repository
    document_id = request.path_params["id"]
    found = await repository.versions.check(request.state.actor, document_id)
    return await document_page(request, document_id, checks=found)


@page(Permission.MAKE_ENTRIES)
async def register(request: Request) -> Response:
    repository: Repository = request.state.repository
    book = str((await request.form()).get("register_id", ""))

    async def do(document_id: str) -> Any:
        if not book:
            raise errors.Invalid(why="hãy chọn sổ")
        return await repository.documents.register(request.state.actor, document_id, book)

    return await _carried_out(request, do, "registered")


@page(Permission.ISSUE_DOCUMENTS)
async def issue(request: Request) -> Response:
    """Phát hành; a unit that could sign and did not says why."""
    repository: Repository = request.state.repository
    reason = nfc(str((await request.form()).get("unsigned_reason", ""))).strip()[:500]
    form = IssueForm(unsigned_reason=reason)
    return await _carried_out(
        request, lambda d: repository.documents.issue(request.state.actor, d, form), "issued"
    )


@page(Permission.MAKE_ENTRIES)
async def paper(request: Request) -> Response:
    """Ghi nhận bản giấy của văn bản chỉ để tham khảo."""
    repository: Repository = request.state.repository
    form = await request.form()
    given, note = str(form.get("on", "")), nfc(str(form.get("note", ""))).strip()

    async def do(document_id: str) -> Any:
        await repository.documents.get(request.state.actor, document_id)
        try:
            wanted = PaperForm(on=typed_day(given), note=note)
        except ValueError as fault:
            raise errors.Invalid(why="hãy ghi ngày bản giấy đến hoặc đi, ví dụ 23/11/2026") from fault
        return await repository.papers.settle(request.state.actor, document_id, wanted)

    return await _carried_out(request, do, "paper")


@page(Permission.STORE_DOCUMENTS)
async def rescan(request: Request) -> Response:
    repository: Repository = request.state.repository
    return await _carried_out(
        request, lambda d: repository.versions.rescan(request.state.actor, d), "rescanned"
    )


@page(Permission.KEEP_DOSSIERS)
async def file(request: Request) -> Response:
    repository: Repository = request.state.repository
    dossier = str((await request.form()).get("dossier_id", ""))

    async def do(document_id: str) -> Any:
        if not dossier:
            raise errors.Invalid(why="hãy chọn hồ sơ")
        return await repository.dossiers.file(request.state.actor, dossier, document_id)

    return await _carried_out(request, do, "filed")


@page(Permission.STORE_DOCUMENTS)
async def add_version(request: Request) -> Response:
    """A new main version, unless another one came since the page was read.

    The revision would refuse too much here: the judge raises it on its own.
    """
    repository: Repository = request.state.repository

    async def do(document_id: str) -> Any:
        await repository.documents.get(request.state.actor, document_id)
        form = await read_page_form(request, None, lambda fields: csrf_of(request, fields))
        if len(form.files) != 1:
            raise errors.Invalid(why="mỗi lần chỉ thêm một phiên bản")
        document = await repository.documents.get(request.state.actor, document_id)
        if form.fields.get("seen") != str(len(document["versions"])):
            raise errors.Stale
        return await repository.versions.add(request.state.actor, document_id, form.files[0], None)

    return await _carried_out(request, do, "version")


@page(Permission.SHARE_DOCUMENTS)
async def share(request: Request) -> Response:
    """Chia sẻ: to a unit or a named person, with the reason."""
    repository: Repository = request.state.repository
    form = await request.form()
    given = {name: nfc(str(form.get(name, ""))).strip() for name in ("unit", "person", "reason")}

    async def do(document_id: str) -> Any:
        try:
            wanted = ShareForm.model_validate(given)
        except ValidationError as fault:
            raise errors.Invalid(
                why="hãy chọn một đơn vị hoặc ghi tên đăng nhập của một người, và nêu lý do"
            ) from fault
        return await repository.sharing.share(request.state.actor, document_id, wanted)

    return await _carried_out(request, do, "shared")


@page(Permission.SHARE_DOCUMENTS)
async def level(request: Request) -> Response:
    """Đổi mức phổ biến, with the reason."""
    repository: Repository = request.state.repository
    form = await request.form()
    given = {name: nfc(str(form.get(name, ""))).strip() for name in ("classification", "reason")}

    async def do(document_id: str) -> Any:
        await repository.documents.get(request.state.actor, document_id)
        try:
            wanted = LevelForm.model_validate(given)
        except ValidationError as fault:
            raise errors.Invalid(why="hãy chọn mức phổ biến và nêu lý do") from fault
        return await repository.levels.change(request.state.actor, document_id, wanted)

    return await _carried_out(request, do, "level")


@page(Permission.SHARE_DOCUMENTS)
async def unshare(request: Request) -> Response:
    """Kết thúc chia sẻ, with the reason."""
    repository: Repository = request.state.repository
    form = await request.form()
    mark, reason = str(form.get("mark", "")), nfc(str(form.get("reason", ""))).strip()

    async def do(document_id: str) -> Any:
        await repository.documents.get(request.state.actor, document_id)
        if not 3 <= len(reason) <= 500:
            raise errors.Invalid(why="hãy nêu lý do kết thúc chia sẻ")
        return await repository.sharing.end(request.state.actor, document_id, mark, reason)

    return await _carried_out(request, do, "unshared")


def csrf_of(request: Request, fields: dict[str, str]) -> None:
    """Raises ForeignForm unless a streamed form bears this session's proof."""
    given = fields.pop(csrf.FIELD, "")
    if not hmac.compare_digest(given.encode(), csrf.token(request).encode()):
        raise csrf.ForeignForm(permission="csrf")


async def _carried_out(request: Request, do: Callable[[str], Awaitable[Any]], done: str) -> Response:
    """Back to the document; what could not be done is said there, so that nobody loses the place."""
    document_id = request.path_params["id"]
    try:
        await do(document_id)
    except (errors.Conflict, errors.Invalid, errors.TooLarge) as fault:
        status = 409 if isinstance(fault, errors.Conflict) else 422
        return await document_page(request, document_id, alert=fault.sentence(), status=status)
    return RedirectResponse(address(document_id, done), 303)
