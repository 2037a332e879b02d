"""Alive, ready (each dependency's state), measured."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.permit import open_to_all
from repository import errors, mongo
from repository.blobs.digest import Digest
from repository.wiring import Repository


@open_to_all
async def alive(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


@open_to_all
async def ready(request: Request) -> Response:
    """200 when documents can be taken in and read; the scanner and the index may lag, and it is said."""
    repository: Repository = request.state.repository
    needed = {
        "mongodb": lambda: mongo.ping(repository.database),
        "objects": lambda: repository.blobs.stat(Digest.of(b"ready?")),
    }
    useful = {"scanner": lambda: _scanner(repository), "search": request.state.searcher.ping}
    states = dict(
        zip(
            [*needed, *useful],
            await asyncio.gather(*map(_state, [*needed.values(), *useful.values()])),
            strict=True,
        )
    )
    fit = all(states[name] == "ok" for name in needed)
    behind = await repository.outbox.behind() if states["mongodb"] == "ok" else None
    log = await repository.log.sealer.status() if states["mongodb"] == "ok" else None
    sealing = log and {"leaves": log.size, "unsealed": log.unsealed, "oldest_seconds": round(log.age)}
    body = {
        "status": "ok" if fit else "down",
        "dependencies": states,
        "outbox_pending": behind,
        "log": sealing,
    }
    return JSONResponse(body, 200 if fit else 503)


async def _scanner(repository: Repository) -> None:
    if not (await repository.scanner.health()).answers:
        raise errors.Unavailable(what="clamd")


async def _state(ask: Callable[[], Awaitable[object]]) -> str:
    try:
        async with asyncio.timeout(5):
            await ask()
    except TimeoutError:
        return "timeout"
    except errors.TangThuError as fault:
        return fault.sentence("en")
    return "ok"


@open_to_all
async def metrics(request: Request) -> Response:
    page = await request.app.state.metrics.page(request.state.repository)
    return Response(page, media_type="text/plain; version=0.0.4")
