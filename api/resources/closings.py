"""The life of a book over HTTP: numbers set aside for paper, days and the year closed, the chain proven."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.permit import permit
from api.resources.registers import ReasonForm
from repository import errors
from repository.access.permissions import Permission
from repository.clock import local_date
from repository.registers.blocks import MOST
from repository.wiring import Repository


class BlockForm(ReasonForm):
    """How many numbers are set aside, and why."""

    count: int = Field(ge=1, le=MOST)


class DayForm(BaseModel):
    """Up to which day; today when left out."""

    model_config = ConfigDict(extra="forbid")

    day: date | None = None


class YearForm(BaseModel):
    """Why a book is closed before its year is over; empty at the year's end."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(default="", max_length=500)


@permit(
    Permission.OPEN_REGISTERS, title="Dành khối số để ghi tay", body=BlockForm, answers="Block", status=201
)
async def reserve_block(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = BlockForm.model_validate(await answers.body_of(request))
    register_id = request.path_params["id"]
    block = await repository.blocks.reserve(request.state.actor, register_id, form.count, form.reason)
    return JSONResponse(answers.block(block), 201, {"Location": f"/api/v1/registers/{register_id}"})


@permit(Permission.OPEN_REGISTERS, title="Kết thúc khối số: số không dùng được gạch", answers="Block")
async def settle_block(request: Request) -> Response:
    repository: Repository = request.state.repository
    n = request.path_params["n"]
    if not n.isascii() or not n.isdigit() or len(n) > 6:
        raise errors.NotFound(what=f"khối số {n[:20]}")
    block = await repository.blocks.settle(request.state.actor, request.path_params["id"], int(n))
    return JSONResponse(answers.block(block))


@permit(Permission.OPEN_REGISTERS, title="Khóa sổ ngày", body=DayForm, answers="ClosingList")
async def close_day(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = DayForm.model_validate(await answers.body_of(request))
    made = await repository.closings.close_day(request.state.actor, request.path_params["id"], form.day)
    return answers.listed([answers.closing(one) for one in made], total=len(made))


@permit(Permission.READ_REGISTERS, title="Các lần khóa sổ", answers="ClosingList", query=["limit", "cursor"])
async def list_closings(request: Request) -> Response:
    repository: Repository = request.state.repository
    limit, cursor = answers.limit_of(request), request.query_params.get("cursor", "")
    after = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else 0
    rows = await repository.closings.of(
        request.state.actor, request.path_params["id"], limit=limit, after=after
    )
    following = str(rows[-1]["n"]) if len(rows) == limit else None
    return answers.listed([answers.closing(one) for one in rows], following=following)


@permit(
    Permission.READ_REGISTERS,
    title="Mã khóa sổ của một ngày (day) ở mọi sổ được xem",
    answers="ClosingList",
    query=["day"],
)
async def list_day(request: Request) -> Response:
    """Today when no day is named: what of it is closed by now."""
    repository: Repository = request.state.repository
    given = request.query_params.get("day", "")
    try:
        day = date.fromisoformat(given) if given else local_date(repository.clock.now())
    except ValueError as fault:
        told = [{"pointer": "/day", "detail": "cần một ngày dạng 2026-11-22"}]
        raise errors.Invalid(why="tham số day chưa đúng", errors=told) from fault
    rows = await repository.closings.of_day(request.state.actor, day)
    return answers.listed([answers.closing(one) for one in rows], total=len(rows))


@permit(Permission.READ_REGISTERS, title="Tính lại mọi lần khóa sổ", answers="ChainCheck")
async def verify_closings(request: Request) -> Response:
    repository: Repository = request.state.repository
    check = await repository.closings.verify(request.state.actor, request.path_params["id"])
    return JSONResponse(
        {"intact": check.intact, "closings": check.closings, "first_difference": check.first_difference}
    )


@permit(Permission.OPEN_REGISTERS, title="Đóng sổ năm, mở sổ năm sau", body=YearForm, answers="Register")
async def close_year(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = YearForm.model_validate(await answers.body_of(request))
    closed, following = await repository.closings.close_year(
        request.state.actor, request.path_params["id"], form.reason
    )
    return JSONResponse(answers.register(closed) | {"following": following["_id"]})
