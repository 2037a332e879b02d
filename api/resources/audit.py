"""The sealed log over HTTP: its signed head, that a leaf is in it, that it only grew; all of it as a file."""

import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from api.permit import permit
from repository import errors
from repository.access.permissions import Permission
from repository.audit import Action
from repository.audit.checkpoint import leaf_of
from repository.audit.export import FORMS, exported
from repository.audit.record import canonical
from repository.mongo import Row
from repository.wiring import Repository


@permit(
    Permission.PROVE_LOG,
    title="Bản ký mới nhất của nhật ký (C2SP tlog-checkpoint)",
    answers="text",
    query=["size"],
)
async def checkpoint(request: Request) -> Response:
    """The signed note with the witnesses' signatures under ours; `?size=` for an earlier one."""
    checkpoints = _repository(request).log.checkpoints
    size = _whole(request, "size", default=0)
    row = await (checkpoints.of_size(size) if size else checkpoints.latest())
    if row is None:
        raise errors.NotFound(what="bản ký nhật ký")
    return PlainTextResponse(note_of(row))


@permit(
    Permission.PROVE_LOG,
    title="Bằng chứng một bản ghi nằm trong nhật ký",
    answers="LogProof",
    query=["leaf", "size"],
)
async def proof(request: Request) -> Response:
    """The inclusion proof; with the record itself for who may read the log."""
    log = _repository(request).log
    found = await log.proof(_whole(request, "leaf"), _whole(request, "size", default=0))
    shown = found.proof.as_json() | {
        "leaf_hash": leaf_of(found.record).hex(), "checkpoint": note_of(found.checkpoint), "record": None,
    }  # fmt: skip
    if request.state.actor.may(Permission.READ_LOG):
        shown["record"] = json.loads(canonical(found.record))
    return JSONResponse(shown)


@permit(
    Permission.PROVE_LOG,
    title="Bằng chứng nhật ký chỉ được ghi thêm",
    answers="LogConsistency",
    query=["from", "to"],
)
async def consistency(request: Request) -> Response:
    log = _repository(request).log
    old, new = _whole(request, "from"), _whole(request, "to")
    hashes = await log.consistency(old, new)
    return JSONResponse({"from": old, "to": new, "hashes": [one.hex() for one in hashes]})


@permit(
    Permission.READ_LOG,
    title="Cả nhật ký đã ký ra một tệp: form=jsonl (mỗi dòng kèm bằng chứng) hoặc csv",
    answers="bytes",
    query=["form"],
)
async def export_log(request: Request) -> Response:
    """The file that `tangthu audit export` writes, sent while it is made; recorded before its first byte leaves."""
    repository, form = _repository(request), request.query_params.get("form", "jsonl")
    if form not in FORMS:
        fault = {"pointer": "/form", "detail": f"một trong {', '.join(FORMS)}"}
        raise errors.Invalid(why="tham số form chưa đúng", errors=[fault])
    found = await exported(repository.log, form)
    headers = {
        "Content-Type": FORMS[form], "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="nhat-ky-{found.size}.{form}"',
    }  # fmt: skip
    if request.method == "HEAD":
        return Response(headers=headers)
    # The head and the first page before the status: a tree that does not add up is a problem and not a broken file.
    begun = [piece async for piece in _first(found.pieces, 2)]
    await repository.journal.note(
        request.state.actor, Action.LOG_EXPORTED, "log", repository.log.origin, exported=found.size, form=form
    )

    async def body() -> AsyncIterator[str]:
        for piece in begun:
            yield piece
        async for piece in found.pieces:
            yield piece

    return StreamingResponse(body(), headers=headers)


async def _first(pieces: AsyncIterator[str], count: int) -> AsyncIterator[str]:
    for _ in range(count):
        if (piece := await anext(pieces, None)) is not None:
            yield piece


def note_of(row: Row) -> str:
    """The checkpoint with the lines of its witnesses."""
    return str(row["note"]) + "".join(f"{one['line']}\n" for one in row["cosignatures"])


def _repository(request: Request) -> Repository:
    repository: Repository = request.state.repository
    return repository


def _whole(request: Request, name: str, *, default: int | None = None) -> int:
    """A whole number of the address. Raises Invalid naming it."""
    given = request.query_params.get(name, "")
    if not given and default is not None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        fault = {"pointer": f"/{name}", "detail": "cần một số nguyên không âm"}
        raise errors.Invalid(why=f"tham số {name} chưa đúng", errors=[fault])
    return int(given)
