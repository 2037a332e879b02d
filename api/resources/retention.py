"""Retention schedules: listed, tried dry, imported, applied. Nothing is shortened without an explicit act."""

from datetime import date

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.permit import permit
from api.resources.catalogues import TableForm
from repository.access.permissions import Permission
from repository.documents.metadata import Text
from repository.mongo import Row
from repository.policy.retention import Rule
from repository.retention.schedules import Schedule
from repository.retention.schedules_import import ApplyForm, ScheduleForm
from repository.wiring import Repository


class ScheduleImport(TableForm):
    """A schedule's table with its name and day."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,38}$")
    name: Text = Field(min_length=3, max_length=200)
    source: Text = Field(min_length=3, max_length=500)
    in_force: date
    partial: bool = False

    def form(self) -> ScheduleForm:
        return ScheduleForm.model_validate(self.model_dump(include=set(ScheduleForm.model_fields)))


def rule(row: Rule) -> Row:
    """A schedule's row as JSON."""
    return {
        "id": row.id, "group": row.group, "title": row.title, "variant": row.variant,
        "period": str(row.period), "kind": row.period.kind.value, "years": row.period.years,
        "supersedes": list(row.supersedes),
    }  # fmt: skip


def schedule(row: Schedule) -> Row:
    """A schedule as JSON; `partial` says that only the rows that are known stand in it."""
    imported = row.imported and row.imported | {"at": answers.moment(row.imported["at"])}
    return {
        "id": row.id, "name": row.name, "in_force": row.in_force.isoformat(), "source": row.source,
        "partial": row.partial, "imported": imported, "rules": [rule(one) for one in row.rules],
    }  # fmt: skip


@permit(Permission.READ_DOSSIERS, title="Các bảng thời hạn bảo quản", answers="ScheduleList")
async def list_schedules(request: Request) -> Response:
    repository: Repository = request.state.repository
    rows = await repository.retention.schedules.all()
    return answers.listed([schedule(row) for row in rows], total=len(rows))


@permit(
    Permission.KEEP_SCHEDULES, title="Nhập bảng thời hạn bảo quản (dry_run: cho biết sẽ kéo dài, rút ngắn hồ sơ nào)",
    body=ScheduleImport, answers="object", status=201,
)  # fmt: skip
async def import_schedule(request: Request) -> Response:
    repository: Repository = request.state.repository
    wanted = ScheduleImport.model_validate(await answers.body_of(request))
    imports, content = repository.retention.imports, wanted.content()
    outcome = await imports.try_dry(wanted.form(), content)
    if wanted.dry_run:
        return JSONResponse(outcome)
    await imports.take_in(request.state.actor, wanted.form(), content)
    return JSONResponse(outcome, 201, {"Location": "/api/v1/retention/schedules"})


@permit(
    Permission.KEEP_SCHEDULES,
    title="Áp dụng bảng cho hồ sơ đã kết thúc; rút ngắn phải xác nhận đúng số hồ sơ và nêu lý do",
    body=ApplyForm, answers="object",
)  # fmt: skip
async def apply_schedule(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = ApplyForm.model_validate(await answers.body_of(request))
    done = await repository.retention.imports.apply(request.state.actor, request.path_params["id"], form)
    return JSONResponse(done)
