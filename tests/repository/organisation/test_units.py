"""Units: made once, read by everybody, never removed."""

import asyncio

import pytest

from repository import errors
from repository.access.actors import operator
from repository.organisation.units.units import UnitForm
from repository.wiring import Repository

ROOT = operator("test")


async def test_two_makers_of_one_unit_at_once_make_it_once(repository: Repository) -> None:
    form = UnitForm(id="noi-vu", name="Phòng Nội vụ", symbol="NV")
    outcomes = await asyncio.gather(
        *(repository.units.create(ROOT, form) for _ in range(4)), return_exceptions=True
    )
    made = [one for one in outcomes if isinstance(one, dict)]
    assert len(made) == 1 and all(isinstance(one, errors.Conflict) for one in outcomes if one not in made), (
        outcomes
    )
    assert [one["_id"] for one in await repository.units.all()] == ["noi-vu"]


async def test_an_unknown_unit_is_not_found(repository: Repository) -> None:
    with pytest.raises(errors.NotFound):
        await repository.units.get("khong-co")
    assert not hasattr(repository.units, "delete")
