"""Fixity on an office that works: nothing wrong is found where nothing is wrong, whatever goes on meanwhile."""

import pytest

from ops.fixity import examine
from repository.evidence.fixity_runs import Wish
from tests.soak.estate import Estate, open_estate


@pytest.fixture
async def estate(settings, engines):
    async with open_estate(settings, engines) as opened:
        yield opened


async def test_an_honest_office_has_nothing_wrong(estate: Estate) -> None:
    assert await estate.wrong() == set()
    out = await examine(estate.indexers, Wish(again=True))
    assert not out.findings and out.whole and out.objects >= 6 and out.rows > 20
