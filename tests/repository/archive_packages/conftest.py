"""Packages made without engines: of rows written by hand."""

from pathlib import Path

import pytest

from repository.archive_packages.contents import Kind
from tests.repository.archive_packages.scene import Bent, by_hand


@pytest.fixture(params=list(Kind))
async def package(request: pytest.FixtureRequest, tmp_path: Path) -> Bent:
    """A good package, of either kind."""
    return Bent.of(await by_hand(request.param, tmp_path))


@pytest.fixture
async def sip(tmp_path: Path) -> Bent:
    return Bent.of(await by_hand(Kind.SIP, tmp_path))


@pytest.fixture
async def aip(tmp_path: Path) -> Bent:
    return Bent.of(await by_hand(Kind.AIP, tmp_path))
