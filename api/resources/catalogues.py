"""Lists of dossiers (danh mục hồ sơ): drafted, imported with a dry run, issued, opened from; and what is printed."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.permit import permit
from api.resources.prints import remove, sent
from indexers.prints import dossiers as prints
from indexers.prints.books import FORMATS, draft
from repository import errors
from repository.access.permissions import Permission
from repository.audit import Action
from repository.dossiers.catalogues import CatalogueForm, IssueForm
from repository.mongo import Row
from repository.wiring import Repository


class TableForm(BaseModel):
    """A table as text (CSV) or as base64 of a file (CSV, XLSX)."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(default="", max_length=5_000_000)
    table_base64: str = Field(default="", max_length=7_000_000)
    dry_run: bool = False

    def content(self) -> bytes:
        """The file. Raises Invalid."""
        try:
            return base64.b64decode(self.table_base64, validate=True) or self.table.encode()
        except binascii.Error as fault:
            raise errors.Invalid(why="table_base64 không phải base64") from fault


class CodeForm(BaseModel):
    """Which line of the list."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    code: str = Field(min_length=1, max_length=60)


def shown(row: Row, *, lines: bool = True) -> Row:
    """A list as JSON."""
    fields: Row = {"id": row["_id"]} | {name: row[name] for name in ("unit", "year", "state", "issued")}
    times = {"created_at": answers.moment(row["created_at"]), "created_by": row["created_by"]}
    return fields | times | ({"lines": row["lines"]} if lines else {})


@permit(Permission.READ_DOSSIERS, title="Các danh mục hồ sơ", answers="CatalogueList")
async def list_catalogues(request: Request) -> Response:
    repository: Repository = request.state.repository
    rows = await repository.dossier_work.catalogues.visible(request.state.actor)
    return answers.listed([shown(row, lines=False) for row in rows], total=len(rows))


@permit(
    Permission.KEEP_CATALOGUES, title="Lập danh mục hồ sơ của một năm", body=CatalogueForm, answers="Catalogue",
    status=201,
)  # fmt: skip
async def draft_catalogue(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = CatalogueForm.model_validate(await answers.body_of(request))
    row = await repository.dossier_work.catalogues.draft(request.state.actor, form)
    return answers.created(f"/api/v1/catalogues/{row['_id']}", shown(row), row["revision"])


@permit(Permission.READ_DOSSIERS, title="Một danh mục hồ sơ", answers="Catalogue")
async def show_catalogue(request: Request) -> Response:
    repository: Repository = request.state.repository
    row = await repository.dossier_work.catalogues.get(request.state.actor, request.path_params["id"])
    return answers.shown(shown(row), row["revision"])


@permit(
    Permission.KEEP_CATALOGUES, title="Nhập các dòng danh mục từ CSV, XLSX (dry_run: chỉ kiểm tra)", body=TableForm,
    answers="object",
)  # fmt: skip
async def import_lines(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = TableForm.model_validate(await answers.body_of(request))
    catalogues, actor = repository.dossier_work.catalogues, request.state.actor
    if form.dry_run:
        lines, faults = await catalogues.examine(actor, request.path_params["id"], form.content())
        return JSONResponse({"lines": len(lines), "faults": faults})
    row = await catalogues.take_in(actor, request.path_params["id"], form.content())
    return JSONResponse({"lines": len(row["lines"]), "faults": []})


@permit(Permission.KEEP_CATALOGUES, title="Ban hành danh mục hồ sơ", body=IssueForm, answers="Catalogue")
async def issue_catalogue(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = IssueForm.model_validate(await answers.body_of(request))
    row = await repository.dossier_work.catalogues.issue(request.state.actor, request.path_params["id"], form)
    return answers.shown(shown(row), row["revision"])


@permit(
    Permission.KEEP_DOSSIERS, title="Mở hồ sơ theo danh mục", body=CodeForm, answers="Dossier", status=201
)
async def open_from_catalogue(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = CodeForm.model_validate(await answers.body_of(request))
    row = await repository.dossier_work.catalogues.open_line(
        request.state.actor, request.path_params["id"], form.code
    )
    return answers.created(f"/api/v1/dossiers/{row['_id']}", answers.dossier(row), row["revision"])


@permit(Permission.READ_DOSSIERS, title="In danh mục hồ sơ (pdf, xlsx)", answers="object", query=["format"])
async def print_catalogue(request: Request) -> Response:
    repository: Repository = request.state.repository
    row = await repository.dossier_work.catalogues.get(request.state.actor, request.path_params["id"])
    unit = await repository.units.get(row["unit"])

    async def write(kind: str, target: Path) -> int:
        return await prints.write_catalogue(row, unit["name"], kind, target)

    return await _printed(request, "catalogue", row["_id"], f"danh-muc-ho-so-{row['year']}", write)


@permit(
    Permission.READ_DOSSIERS, title="In mục lục văn bản (form=contents) hoặc biên bản giao nhận (form=minutes)",
    answers="object", query=["format", "form"],
)  # fmt: skip
async def print_dossier(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, dossier_id = request.state.actor, request.path_params["id"]
    row = await repository.dossiers.get(actor, dossier_id)
    names = {one["_id"]: one["name"] for one in await repository.units.all()}

    async def contents(kind: str, target: Path) -> int:
        lines = repository.dossier_work.inventories.lines(actor, dossier_id)
        return await prints.write_contents(row, str(names.get(row["unit"], "")), lines, kind, target)

    if request.query_params.get("form", "contents") == "contents":
        return await _printed(request, "dossier", dossier_id, "muc-luc-van-ban", contents)
    if request.query_params["form"] != "minutes":
        raise errors.Invalid(why="chỉ in contents (mục lục văn bản) hoặc minutes (biên bản giao nhận)")
    batch = await repository.dossier_work.custody.batch(actor, dossier_id)

    async def minutes(kind: str, target: Path) -> int:
        return await prints.write_minutes(batch, lambda unit: str(names.get(unit, unit)), kind, target)

    return await _printed(request, "dossier", dossier_id, "bien-ban-giao-nhan", minutes)


async def _printed(
    request: Request, kind: str, subject: str, name: str, write: Callable[[str, Path], Awaitable[int]]
) -> Response:
    """What was written, as a file; who printed what is recorded."""
    repository: Repository = request.state.repository
    wanted = request.query_params.get("format") or "pdf"
    prints.require_format(wanted)
    target = draft(repository.settings.staging)
    try:
        await write(wanted, target)
        await repository.journal.note(
            request.state.actor, Action.DOSSIER_PRINTED, kind, subject, form=name, format=wanted
        )
    except BaseException:
        await remove(target)
        raise
    return sent(target, FORMATS[wanted], f"{name}.{wanted}")
