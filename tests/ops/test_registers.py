"""`tangthu registers`: a book listed, its days and its year closed, and found out when a line was bent."""

import asyncio
import re
from datetime import timedelta

import pytest

from repository.access.actors import operator
from repository.clock import local_date
from repository.registers.registers import RegisterForm
from repository.settings import from_environment
from repository.wiring import open_repository
from tests.factories import make_person, stored
from tests.ops.test_people_units import Tangthu, tangthu

__all__ = ["tangthu"]


@pytest.fixture
def book(tangthu: Tangthu) -> str:
    """A book with two lines."""
    assert tangthu("units", "create", "van-phong", "--name", "Văn phòng", "--symbol", "UBND")[0] == 0

    async def fill() -> str:
        from repository.access.permissions import Role

        async with open_repository(from_environment()) as repository:
            year = local_date(repository.clock.now()).year
            form = RegisterForm(unit="van-phong", year=year, direction="incoming")
            row = await repository.registers.open(operator("test"), form)
            clerk = await make_person(repository, "vt.a", "van-phong", Role.CLERK)
            for n in range(2):
                await stored(repository, clerk, f"Tờ {n}".encode(), register_id=row["_id"])
            return str(row["_id"])

    return asyncio.run(fill())


def bend(book: str) -> None:
    async def reach_past_the_program() -> None:
        async with open_repository(from_environment()) as repository:
            entries = repository.database["entries"]
            await entries.update_one({"register": book, "number": 2}, {"$set": {"columns.subject": "khác"}})

    asyncio.run(reach_past_the_program())


@pytest.mark.clause("Đ10.4c")
def test_days_are_closed_and_a_bent_line_is_found(tangthu: Tangthu, book: str) -> None:
    status, said = tangthu("registers", "close-day")
    assert status == 0 and re.search(rf"{book} .*: 2 dòng, 0 hủy, [0-9a-f]{{64}}", said)
    assert "không có gì mới để khóa" in tangthu("registers", "close-day", book)[1]
    status, said = tangthu("registers", "verify")
    assert status == 0 and "1 lần khóa sổ, nội dung nguyên như khi khóa" in said
    bend(book)
    status, said = tangthu("registers", "verify", book)
    assert status == 1 and "SAI KHÁC ở lần khóa 1" in said
    assert tangthu("registers", "verify", "so-khong-co")[0] == 1


def test_a_year_is_closed_with_a_reason_and_the_next_book_is_there(tangthu: Tangthu, book: str) -> None:
    from datetime import UTC, datetime

    today = local_date(datetime.now(UTC))
    if today + timedelta(days=1) != today.replace(month=1, day=1, year=today.year + 1):
        assert tangthu("registers", "close-year", book)[0] == 1
    status, said = tangthu("registers", "close-year", book, "--reason", "sáp nhập")
    assert status == 0 and "đã đóng ở số 2; sổ năm sau: so-" in said
    listed = tangthu("registers", "list")[1]
    assert "đã đóng" in listed and f"năm {today.year + 1}" in listed
