"""Books and blank forms on paper: made in a file beside the others of the moment, sent, removed."""

from contextlib import suppress
from datetime import date
from pathlib import Path

from anyio import to_thread
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api.permit import permit
from indexers.prints.books import FORMATS, Wanted, draft, write_book
from indexers.prints.forms import FORMS
from repository import errors
from repository.access.permissions import Permission
from repository.audit import Action
from repository.mongo import Row
from repository.wiring import Repository


@permit(
    Permission.READ_REGISTERS,
    title="In sổ theo mẫu Phụ lục IV (layout: outgoing, incoming, follow-up, postal)",
    answers="object",
    query=["format", "layout", "from", "to"],
)
async def print_register(request: Request) -> Response:
    return await printed(request, await request.state.repository.registers.get(
        request.state.actor, request.path_params["id"]
    ))  # fmt: skip


async def printed(request: Request, register: Row) -> Response:
    """The book as a file; who printed what is recorded."""
    repository: Repository = request.state.repository
    asked = request.query_params
    wanted = Wanted(
        format=asked.get("format") or "pdf", layout=asked.get("layout") or "",
        first=_day(asked.get("from", ""), "/from"), last=_day(asked.get("to", ""), "/to"),
    )  # fmt: skip
    layout = wanted.layout_for(register)
    unit = await repository.units.get(register["unit"])
    target = draft(repository.settings.staging)
    try:
        count = await write_book(
            repository.registers.lines, register, unit["name"], wanted, target, progress=lambda _: None
        )
        await repository.journal.note(
            request.state.actor, Action.REGISTER_PRINTED, "register", register["_id"],
            layout=layout.name, format=wanted.format, lines=count,
        )  # fmt: skip
    except BaseException:
        await remove(target)
        raise
    name = f"{layout.name}-{register['year']}.{wanted.format}"
    return sent(target, FORMATS[wanted.format], name)


@permit(
    Permission.READ_REGISTERS, title="Biểu mẫu trống để ghi tay khi hệ thống ngừng (PDF)", answers="object"
)
async def blank_form(request: Request) -> Response:
    repository: Repository = request.state.repository
    name = request.path_params["name"]
    if name not in FORMS:
        raise errors.NotFound(what="biểu mẫu")
    unit = await repository.units.get(request.state.actor.unit)
    target = draft(repository.settings.staging)
    try:
        await to_thread.run_sync(_write, target, name, unit["name"])
    except BaseException:
        await remove(target)
        raise
    return sent(target, FORMATS["pdf"], f"{name}.pdf")


def _write(target: Path, name: str, unit: str) -> None:
    with target.open("wb") as file:
        FORMS[name][1](file, unit)


def sent(target: Path, media_type: str, name: str) -> Response:
    """A file that is removed once it is sent."""
    return FileResponse(
        target, media_type=media_type, filename=name, background=BackgroundTask(remove, target),
        headers={"Cache-Control": "private, no-store"},
    )  # fmt: skip


async def remove(target: Path) -> None:
    with suppress(FileNotFoundError):
        await to_thread.run_sync(target.unlink)


def _day(value: str, pointer: str) -> date | None:
    """A day as systems or people write it. Raises Invalid."""
    if not value:
        return None
    try:
        if "/" in value:
            day, month, year = value.split("/")
            return date(int(year), int(month), int(day))
        return date.fromisoformat(value)
    except ValueError as fault:
        told = [{"pointer": pointer, "detail": "ngày phải có dạng 2026-01-16 hoặc 16/01/2026"}]
        raise errors.Invalid(why="ngày không đúng", errors=told) from fault
