"""An outgoing document gets number and symbol of the book it is entered in (Decree 30/2020 Đ15)."""

import pytest

from repository.access.actors import operator
from repository.organisation.units.units import UnitForm
from repository.registers.registers import RegisterForm
from repository.wiring import Repository
from tests.factories import District, stored


@pytest.mark.clause("PL2.II.3.2")
async def test_the_office_numbers_in_the_name_of_the_committee(
    repository: Repository, district: District
) -> None:
    root = operator("test")
    await repository.units.create(root, UnitForm(id="vp", name="Văn phòng", symbol="VP"))
    book = await repository.registers.open(
        root, RegisterForm(unit="vp", year=2026, direction="outgoing", symbol="UBND")
    )
    facts = {"unit": "vp", "direction": "outgoing", "register_id": book["_id"]}
    decision = await stored(repository, root, document_type="QĐ", **facts)
    letter = await stored(repository, root, b"thu hai", document_type="CV", **facts)
    assert (decision["number"], decision["symbol"]) == (1, "01/QĐ-UBND")
    assert (letter["number"], letter["symbol"]) == (2, "02/UBND-VP")
