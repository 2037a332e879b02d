"""Books: opened once, each number once, a line struck with a reason, a foreign book not there."""

import asyncio

import pytest

from repository import errors
from repository.access.actors import operator
from repository.access.permissions import Role
from repository.registers.registers import RegisterForm
from repository.wiring import Repository
from tests.factories import District, make_person, stored


async def numbered(repository: Repository, district: District, count: int) -> list[dict]:
    return [
        await stored(repository, district.clerk, b"so %d" % n, register_id=district.incoming["_id"])
        for n in range(count)
    ]


async def test_opening_twice_is_harmless_even_at_once(repository: Repository, district: District) -> None:
    form = RegisterForm(unit="van-phong", year=2031, direction="incoming")
    books = await asyncio.gather(*(repository.registers.open(district.clerk, form) for _ in range(6)))
    assert len({one["_id"] for one in books}) == 1
    assert await repository.database["registers"].count_documents({"year": 2031}) == 1


async def test_a_book_of_an_unknown_unit_is_refused_at_its_field(
    repository: Repository, district: District
) -> None:
    form = RegisterForm(unit="khong-co", year=2026, direction="incoming")
    with pytest.raises(errors.Invalid) as refused:
        await repository.registers.open(operator("test"), form)
    assert refused.value.errors[0]["pointer"] == "/unit"


async def test_series_and_years_count_for_themselves(repository: Repository, district: District) -> None:
    other = await repository.registers.open(
        district.clerk,
        RegisterForm(unit="van-phong", year=district.incoming["year"], direction="incoming", series="mat"),
    )
    first = await stored(repository, district.clerk, b"1", register_id=district.incoming["_id"])
    second = await stored(repository, district.clerk, b"2", register_id=other["_id"])
    third = await stored(repository, district.clerk, b"3", register_id=district.incoming["_id"])
    assert [first["number"], second["number"], third["number"]] == [1, 1, 2]


@pytest.mark.clause("PL2.II.1.2")
async def test_a_refused_document_takes_no_number(repository: Repository, district: District) -> None:
    with pytest.raises(errors.NotFound):
        await stored(
            repository, district.clerk, b"x", register_id=district.incoming["_id"], dossier_id="hs-khong-co"
        )
    with pytest.raises(errors.Conflict):
        await stored(
            repository, district.clerk, b"x", register_id=district.incoming["_id"], direction="outgoing"
        )
    (row,) = await numbered(repository, district, 1)
    assert row["number"] == 1


async def test_a_struck_number_stays_taken(repository: Repository, district: District) -> None:
    await numbered(repository, district, 2)
    struck = await repository.registers.annul(district.clerk, district.incoming["_id"], 2, "ghi nhầm")
    assert struck["annulled"]["reason"] == "ghi nhầm" and struck["annulled"]["by"]["id"] == district.clerk.id
    with pytest.raises(errors.NotFound):
        await repository.registers.annul(district.clerk, district.incoming["_id"], 2, "lần nữa")
    with pytest.raises(errors.NotFound):
        await repository.registers.annul(district.clerk, district.incoming["_id"], 99, "không có")
    after = await stored(repository, district.clerk, b"moi", register_id=district.incoming["_id"])
    assert after["number"] == 3
    lines = await repository.registers.entries(district.clerk, district.incoming["_id"])
    assert [(one["number"], bool(one["annulled"])) for one in lines] == [(1, False), (2, True), (3, False)]


async def test_a_closed_book_gives_no_number(repository: Repository, district: District) -> None:
    await repository.database["registers"].update_one(
        {"_id": district.incoming["_id"]}, {"$set": {"closed": True}}
    )
    with pytest.raises(errors.Conflict):
        await stored(repository, district.clerk, register_id=district.incoming["_id"])
    assert await repository.database["documents"].count_documents({}) == 0


@pytest.mark.clause("Đ1.p2")
async def test_a_foreign_book_is_not_there(repository: Repository, district: District) -> None:
    book = district.foreign_incoming["_id"]
    for attempt in (
        repository.registers.get(district.clerk, book),
        repository.registers.entries(district.clerk, book),
        repository.registers.annul(district.clerk, book, 1, "không phải của tôi"),
        stored(repository, district.clerk, register_id=book),
    ):
        with pytest.raises(errors.NotFound):
            await attempt
    seen = {one["unit"] for one in await repository.registers.visible(district.clerk)}
    assert seen == {"van-phong"}
    assert {one["unit"] for one in await repository.registers.visible(district.auditor)} == {
        "van-phong",
        "phuong-a",
    }


async def test_an_officer_neither_opens_nor_enters_nor_strikes(
    repository: Repository, district: District
) -> None:
    officer = await make_person(repository, "cv", "van-phong", Role.OFFICER)
    row = await stored(repository, officer)
    for attempt in (
        repository.registers.open(officer, RegisterForm(unit="van-phong", year=2032, direction="incoming")),
        repository.documents.register(officer, row["_id"], district.incoming["_id"]),
        repository.registers.annul(officer, district.incoming["_id"], 1, "không được"),
    ):
        with pytest.raises(errors.Forbidden):
            await attempt


async def test_lines_page_by_number_and_keep_the_columns_of_the_day(
    repository: Repository, district: District
) -> None:
    await numbered(repository, district, 5)
    first = await repository.registers.entries(district.clerk, district.incoming["_id"], limit=2)
    rest = await repository.registers.entries(district.clerk, district.incoming["_id"], after=2)
    assert [one["number"] for one in [*first, *rest]] == [1, 2, 3, 4, 5]
    columns = {"symbol", "issued_on", "issuer", "document_type", "subject", "recipients"}
    assert all(set(one["columns"]) >= columns for one in first)
