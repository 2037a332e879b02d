"""A command run as a shell would run it, over the test's own database and store."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest

from ops import cli
from repository.settings import environment_of
from repository.wiring import Repository


class Said(NamedTuple):
    """Exit status, what was printed, what went to stderr."""

    status: int
    out: str
    err: str


@pytest.fixture
def tangthu(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Awaitable[Said]]:
    for name, value in environment_of(repository.settings).items():
        monkeypatch.setenv(name, value)

    async def run(*words: str) -> Said:
        capsys.readouterr()
        status = await asyncio.to_thread(cli.run, list(words))
        return Said(status, *capsys.readouterr())

    return run
