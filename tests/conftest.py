"""Fixtures shared by all tests: engines once a session, a fresh database and index for each test."""

import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from api.app import create_app
from indexers.wiring import Indexers, open_indexers
from ops.stack import EngineAddresses
from repository import mongo, schema
from repository.clock import FixedClock, SystemClock
from repository.organisation.accounts import passwords
from repository.settings import Settings
from repository.wiring import Repository, open_repository
from tests.engines import engines
from tests.factories import District, make_district
from tests.site import site

__all__ = ["engines", "site"]


_SPARE: list[str] = []
"""Databases that hold nothing but their indexes: to make one anew was most of what a small test cost."""


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> None:
    """Argon2 at its weakest: hundreds of logins would cost minutes. What the program itself runs with is held by
    `tests/repository/organisation/test_passwords.py`, and the processes that tests start hash in earnest.
    """
    passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def settings(engines: EngineAddresses, tmp_path: Path) -> Settings:
    """Settings over the session's engines with a database of the test's own."""
    return Settings(
        data=tmp_path,
        mongo_url=engines.mongo_url,
        mongo_database=_SPARE.pop() if _SPARE else f"t_{secrets.token_hex(6)}",
        log_origin=f"tangthu/{secrets.token_hex(6)}",  # the bucket is shared: a log knows its checkpoints by it
        s3_url=engines.s3_url,
        s3_access_key=engines.s3_access_key,
        s3_secret_key=engines.s3_secret_key,
        s3_bucket=engines.bucket,
        clamd_url=engines.clamd or "",
        search_url=f"tantivy:{tmp_path / 'search'}",
        max_file_size=8 * 1024 * 1024,
        secret="test",
        admin_totp="optional",
    )


@pytest.fixture
def clock() -> SystemClock:
    """The machine's clock: the store checks object locks against real time."""
    return SystemClock()


@pytest.fixture
def fixed_clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def repository(settings: Settings, clock: SystemClock) -> AsyncIterator[Repository]:
    async with open_repository(settings, clock=clock) as opened:
        yield opened
        await emptied(opened.database)
    _SPARE.append(settings.mongo_database)


async def emptied(database: mongo.Database) -> None:
    """Leaves the collections that the program makes itself, with nothing in them."""
    for name in await database.list_collection_names():
        if name in schema.INDEXES:
            await database[name].delete_many({})
        else:
            await database.drop_collection(name)


@pytest.fixture
async def indexers(repository: Repository) -> AsyncIterator[Indexers]:
    async with open_indexers(repository) as opened:
        yield opened


@pytest.fixture
async def district(repository: Repository) -> District:
    """Two units with a clerk each, an auditor, books for this year."""
    return await make_district(repository)


@pytest.fixture
async def app(repository: Repository) -> AsyncIterator[httpx.ASGITransport]:
    """The API over the test's repository, as a transport for clients."""
    application = create_app(opened=repository)
    async with application.router.lifespan_context(application) as state:

        async def with_state(scope, receive, send):
            await application({**scope, "state": dict(state)}, receive, send)

        yield httpx.ASGITransport(app=with_state, raise_app_exceptions=False)


@pytest.fixture
async def client(app: httpx.ASGITransport, district: District) -> AsyncIterator[httpx.AsyncClient]:
    """A client that bears the token of the office's clerk system."""
    headers = {"Authorization": f"Bearer {district.token}"}
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu", headers=headers) as opened:
        yield opened


@pytest.fixture
async def stranger(app: httpx.ASGITransport, district: District) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another unit."""
    headers = {"Authorization": f"Bearer {district.foreign_token}"}
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu", headers=headers) as opened:
        yield opened


@pytest.fixture
async def nobody(app: httpx.ASGITransport) -> AsyncIterator[httpx.AsyncClient]:
    """A client without any credentials."""
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu") as opened:
        yield opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow folders first, so that two processes come to their end together."""
    first = ("stories", "ops")
    items.sort(
        key=lambda item: next((n for n, one in enumerate(first) if one in item.path.parts), len(first))
    )


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Long bytes make no name: a zip's tell the second it was made in, and workers must agree on each test's name."""
    return argname if isinstance(val, bytes) and len(val) > 16 else None


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Under CI a test that skips for a missing component has failed: the machine was to be set up for it."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") == "true" and skipped and exitstatus == 0:
        reporter.write_line(f"{len(skipped)} skipped under CI: a component is missing", red=True)
        session.exitstatus = 1
