"""What every refusal must leave behind: a service that is fit, and not one row or object more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from repository.wiring import Repository

COUNTED = (
    "documents",
    "entries",
    "dossiers",
    "registers",
    "units",
    "people",
    "tokens",
    "outbox",
    "idempotency",
)


async def counts(repository: Repository) -> dict[str, int]:
    return {name: await repository.database[name].count_documents({}) for name in COUNTED}


def assert_problem(answer: httpx.Response, *statuses: int) -> dict:
    """A clear refusal of RFC 9457 that shows nothing of our insides."""
    wanted = statuses or tuple(range(400, 500))
    assert answer.status_code in wanted, (answer.status_code, answer.text[:300])
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"].startswith("/problems/") and problem["title"] and problem["detail"]
    assert "Traceback" not in answer.text and ".py" not in problem["detail"] and "{" not in problem["detail"]
    return problem


@asynccontextmanager
async def unchanged(repository: Repository, client: httpx.AsyncClient) -> AsyncIterator[None]:
    """The body may be refused but must not change anything, nor leave a staged file."""
    before = await counts(repository)
    yield
    assert await counts(repository) == before
    assert not list(repository.settings.staging.iterdir())
    assert (await client.get("/readyz")).status_code == 200
