"""The office of 2018 whose eraser can be stopped at any moment, and its people."""

import pytest

from repository.access.actors import operator
from repository.organisation.units.units import UnitForm
from tests.repository.retention.crashing import FusedEraser
from tests.repository.retention.office import moved, staff


@pytest.fixture
async def office(settings):
    async with moved(settings, "2018-03-01", eraser=FusedEraser) as opened:
        root = operator("test")
        await opened.units.create(root, UnitForm(id="van-phong", name="Văn phòng UBND", symbol="UBND"))
        yield opened


@pytest.fixture
async def people(office):
    return await staff(office)
