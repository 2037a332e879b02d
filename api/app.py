"""The ASGI application: opened services, the routes, what surrounds a request, what refuses one."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware

from api.metrics import Metrics
from api.middleware import PatientRefusal, Surroundings
from api.problems import HANDLERS
from api.refusals import Refusals
from api.routes import ROUTES
from api.web.previews import open_previews
from indexers.wiring import open_indexers
from repository.settings import Settings, from_environment
from repository.wiring import Repository, open_repository


def create_app(settings: Settings | None = None, *, opened: Repository | None = None) -> Starlette:
    """An app over the given settings (the environment's by default), or over a repository opened by the caller."""
    chosen = opened.settings if opened else settings or from_environment()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with AsyncExitStack() as stack:
            repository = opened
            if repository is None:
                repository = await stack.enter_async_context(open_repository(chosen))
            indexers = await stack.enter_async_context(open_indexers(repository))
            previews = await stack.enter_async_context(open_previews(repository))
            yield {
                "repository": repository, "searcher": indexers.searcher, "texts": indexers.texts, "previews": previews,
            }  # fmt: skip

    metrics = Metrics()
    app = Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        exception_handlers=HANDLERS,
        middleware=[Middleware(Surroundings, metrics=metrics), Middleware(PatientRefusal)],
    )
    app.state.metrics = metrics
    app.state.refusals = Refusals()
    app.state.secret = (chosen.secret or secrets.token_hex(32)).encode()
    return app
