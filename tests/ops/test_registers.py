"""`tangthu registers`: a book listed, its days and its year closed, and found out when a line was bent."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from repository.clock import local_date
from repository.wiring import Repository
from tests.factories import District, stored


@pytest.fixture
async def book(repository: Repository, district: District) -> str:
    """A book with two lines."""
    for n in range(2):
        await stored(repository, district.clerk, f"Tờ {n}".encode(), register_id=district.incoming["_id"])
    return district.incoming["_id"]


@pytest.mark.clause("Đ10.4c")
async def test_days_are_closed_and_a_bent_line_is_found(tangthu, repository: Repository, book: str) -> None:
    status, said, _ = await tangthu("registers", "close-day")
    assert status == 0 and re.search(rf"{book} .*: 2 dòng, 0 hủy, [0-9a-f]{{64}}", said)
    assert "không có gì mới để khóa" in (await tangthu("registers", "close-day", book)).out
    status, said, _ = await tangthu("registers", "verify")
    assert status == 0 and "1 lần khóa sổ, nội dung nguyên như khi khóa" in said
    bent = {"$set": {"columns.subject": "khác"}}
    await repository.database["entries"].update_one({"register": book, "number": 2}, bent)
    status, said, _ = await tangthu("registers", "verify", book)
    assert status == 1 and "SAI KHÁC ở lần khóa 1" in said
    assert (await tangthu("registers", "verify", "so-khong-co")).status == 1


async def test_a_year_is_closed_with_a_reason_and_the_next_book_is_there(tangthu, book: str) -> None:
    today = local_date(datetime.now(UTC))
    if today + timedelta(days=1) != today.replace(month=1, day=1, year=today.year + 1):
        assert (await tangthu("registers", "close-year", book)).status == 1
    status, said, _ = await tangthu("registers", "close-year", book, "--reason", "sáp nhập")
    assert status == 0 and "đã đóng ở số 2; sổ năm sau: so-" in said
    listed = (await tangthu("registers", "list")).out
    assert "đã đóng" in listed and f"năm {today.year + 1}" in listed
