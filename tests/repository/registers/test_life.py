"""The life of a book: this year's, numbers kept for paper, late entries, days and years closed, lines found again."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from repository import errors
from repository.access.permissions import Role
from repository.clock import FixedClock, local_date
from repository.registers.lines import Filter, LateEntry
from repository.registers.registers import EntryDetails, RegisterForm, WrongYear
from repository.wiring import Repository
from tests.factories import District, make_person, metadata, stored

SILVESTER = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)
"""23:59 in Viet Nam: 2027 begins at 17:00 UTC."""


@pytest.fixture
def clock(fixed_clock: FixedClock) -> FixedClock:
    """23 November 2026, 08:00 in Viet Nam, until a test moves it."""
    return fixed_clock


async def entered(repository: Repository, district: District, count: int = 1, **fields) -> list[dict]:
    book = district.incoming["_id"]
    return [
        await stored(repository, district.clerk, b"so %d" % n, register_id=book, **fields)
        for n in range(count)
    ]


@pytest.mark.clause("PL2.II.1.2")
async def test_numbers_restart_at_midnight_local_time(
    repository: Repository, district: District, clock: FixedClock
) -> None:
    clock.moment = SILVESTER
    waiting = [await stored(repository, district.clerk, b"%d" % n) for n in range(3)]
    last = await repository.documents.register(district.clerk, waiting[0]["_id"])
    clock.advance(timedelta(minutes=2))
    first = await repository.documents.register(district.clerk, waiting[1]["_id"])
    second = await repository.documents.register(district.clerk, waiting[2]["_id"], series="chung")
    assert [last["number"], first["number"], second["number"]] == [1, 1, 2]
    assert last["register"] == district.incoming["_id"] != first["register"] == second["register"]
    book = await repository.registers.get(district.clerk, first["register"])
    assert (book["year"], book["series"], book["symbol"]) == (2027, "chung", district.incoming["symbol"])
    with pytest.raises(WrongYear):
        await stored(repository, district.clerk, b"muon", register_id=district.incoming["_id"])


async def test_no_book_is_made_up_for_a_series_nobody_keeps(
    repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk)
    with pytest.raises(errors.Conflict):
        await repository.documents.register(district.clerk, row["_id"], series="mat")


async def test_a_type_or_a_copy_has_a_series_of_its_own(repository: Repository, district: District) -> None:
    from repository.registers.registers import RegisterForm

    year = district.outgoing["year"]
    for series in ("QĐ", "SY"):
        form = RegisterForm(unit="van-phong", year=year, direction="outgoing", series=series)
        await repository.registers.open(district.clerk, form)
    made = []
    for kind, series in (("QĐ", ""), ("CV", ""), ("QĐ", "SY")):
        row = await stored(repository, district.clerk, b"a", direction="outgoing", document_type=kind)
        made.append(
            (await repository.documents.register(district.clerk, row["_id"], series=series))["symbol"]
        )
    assert made == ["01/QĐ-UBND", "01/UBND", "01/SY-UBND"]
    row = await stored(repository, district.clerk, b"a", direction="outgoing", document_type="CV")
    with pytest.raises(errors.Conflict):
        await repository.documents.register(district.clerk, row["_id"], series="QĐ")


@pytest.mark.clause("Đ10.4a")
async def test_reserved_numbers_are_not_given_on_line(repository: Repository, district: District) -> None:
    await entered(repository, district, 2)
    block = await repository.blocks.reserve(district.clerk, district.incoming["_id"], 3, "mất điện")
    (after,) = await entered(repository, district, 1)
    assert (block["first"], block["last"], after["number"]) == (3, 5, 6)


@pytest.mark.clause("Đ10.4c")
async def test_a_late_entry_bears_both_days_and_a_reserved_number(
    repository: Repository, district: District, clock: FixedClock
) -> None:
    book = district.incoming["_id"]
    await repository.blocks.reserve(district.clerk, book, 3, "mất điện")
    clock.advance(timedelta(days=2))
    row = await stored(repository, district.clerk)
    late = LateEntry(number=2, happened_on=date(2026, 11, 23), reason="ghi tay khi mất điện")
    done = await repository.documents.register(district.clerk, row["_id"], book, late=late)
    line = await repository.registers.entry(district.clerk, book, 2)
    assert done["number"] == 2 and line["day"] == "2026-11-23" and line["entered_at"] == clock.now()
    assert line["late"] == {"happened_on": "2026-11-23", "reason": "ghi tay khi mất điện"}
    history = await repository.documents.history(district.clerk, row["_id"])
    (record,) = [one for one in history if one["action"] == "entry.made"]
    assert record["detail"]["happened_on"] == "2026-11-23" and record["at"] == clock.now()

    other = await stored(repository, district.clerk, b"khac")
    for wrong in (
        late,  # used
        late.model_copy(update={"number": 4}),  # in no block
        late.model_copy(update={"number": 3, "happened_on": date(2026, 12, 30)}),  # has not come
        late.model_copy(update={"number": 3, "happened_on": date(2025, 12, 30)}),  # another year's
    ):
        with pytest.raises(errors.Conflict):
            await repository.documents.register(district.clerk, other["_id"], book, late=wrong)
    settled = await repository.blocks.settle(district.clerk, book, 1)
    assert settled["unused"] == [1, 3]
    with pytest.raises(errors.Conflict):
        again = late.model_copy(update={"number": 3})
        await repository.documents.register(district.clerk, other["_id"], book, late=again)
    lines = await repository.registers.entries(district.clerk, book)
    assert [(one["number"], bool(one["annulled"])) for one in lines] == [(1, True), (2, False), (3, True)]


async def test_the_same_paper_twice_is_told_not_refused(repository: Repository, district: District) -> None:
    paper = {"symbol": "12/UBND-VP", "issued_on": "2026-11-20", "issuer": {"name": "UBND phường A"}}
    (first,) = await entered(repository, district, 1, **paper)
    (second,) = await entered(repository, district, 1, **paper)
    (other,) = await entered(repository, district, 1, **paper | {"issued_on": "2026-11-21"})
    assert (first["duplicates"], second["duplicates"], other["duplicates"]) == ([], [first["_id"]], [])
    found, _ = await repository.registers.matching(
        district.clerk, district.incoming["_id"], Filter(state="duplicate")
    )
    assert [one["number"] for one in found] == [2]


async def close_three_days(repository: Repository, district: District, clock: FixedClock) -> str:
    book = district.incoming["_id"]
    await entered(repository, district, 3)
    clock.advance(timedelta(days=1))
    await entered(repository, district, 2)
    clock.advance(timedelta(days=1))
    await repository.registers.annul(district.clerk, book, 2, "ghi nhầm")
    made = await repository.closings.close_day(district.clerk, book)
    assert [(one["day"], one["entries"], one["annulments"]) for one in made] == [
        ("2026-11-23", 3, 0), ("2026-11-24", 2, 0), ("2026-11-25", 0, 1),
    ]  # fmt: skip
    assert made[1]["previous"] == made[0]["digest"] and made[0]["previous"] == ""
    return book


@pytest.mark.clause("PL2.I.2")
async def test_closed_days_verify_and_a_changed_line_names_its_day(
    repository: Repository, district: District, clock: FixedClock
) -> None:
    book = await close_three_days(repository, district, clock)
    await entered(repository, district, 1)
    assert (await repository.closings.verify(district.clerk, book)).intact
    made = await repository.closings.close_day(district.clerk, book)
    assert [(one["n"], one["day"], one["entries"]) for one in made] == [(4, "2026-11-25", 1)]
    assert await repository.closings.close_day(district.clerk, book) == []
    assert (await repository.closings.verify(district.clerk, book)).closings == 4
    entries = repository.database["entries"]
    await entries.update_one({"register": book, "number": 4}, {"$set": {"columns.subject": "Nội dung khác"}})
    found = await repository.closings.verify(district.clerk, book)
    assert found.first_difference and found.first_difference["day"] == "2026-11-24"


@pytest.mark.parametrize("hurt", ["line gone", "annulment gone", "closing gone", "closing redated"])
async def test_what_is_missing_is_noticed(
    repository: Repository, district: District, clock: FixedClock, hurt: str
) -> None:
    book = await close_three_days(repository, district, clock)
    database = repository.database
    if hurt == "line gone":
        await database["entries"].delete_one({"register": book, "number": 1})
    elif hurt == "annulment gone":
        await database["entries"].update_one(
            {"register": book, "number": 2}, {"$set": {"annulled": None, "keys": []}}
        )
    elif hurt == "closing gone":
        await database["closings"].delete_one({"register": book, "n": 3})
    else:
        await database["closings"].update_one({"register": book, "n": 3}, {"$set": {"day": "2026-11-26"}})
    assert not (await repository.closings.verify(district.clerk, book)).intact


async def test_a_closed_year_takes_nothing_more_and_the_next_book_is_open(
    repository: Repository, district: District, clock: FixedClock
) -> None:
    book = district.incoming["_id"]
    await entered(repository, district, 2)
    await repository.blocks.reserve(district.clerk, book, 2, "dự phòng")
    with pytest.raises(errors.Conflict):
        await repository.closings.close_year(district.clerk, book)
    clock.moment = SILVESTER
    closed, following = await repository.closings.close_year(district.clerk, book)
    assert closed["closed"] and following["year"] == 2027 and following["last"] == 0
    lines = await repository.registers.entries(district.clerk, book)
    assert [bool(one["annulled"]) for one in lines] == [False, False, True, True]
    assert (await repository.closings.verify(district.clerk, book)).intact
    for attempt in (
        stored(repository, district.clerk, register_id=book),
        repository.registers.annul(district.clerk, book, 1, "sau khi đóng"),
        repository.closings.close_year(district.clerk, book),
        repository.blocks.reserve(district.clerk, book, 1, "sau khi đóng"),
    ):
        with pytest.raises(errors.Conflict):
            await attempt


@pytest.mark.clause("PL2.I.2")
async def test_lines_are_found_by_every_column(
    repository: Repository, district: District, clock: FixedClock
) -> None:
    book, clerk = district.incoming["_id"], district.clerk
    for n in range(1, 9):
        await stored(
            repository, clerk, b"%d" % n, register_id=book, symbol=f"{n}/UBND", issued_on=f"2026-11-{n:02d}",
            issuer={"name": "Phòng Nội vụ" if n % 2 else "Phòng Tài chính"},
            document_type="QĐ" if n % 4 == 0 else "CV", recipients=[{"name": f"Đơn vị {n}"}],
        )  # fmt: skip
        clock.advance(timedelta(hours=12))
    details = EntryDetails(signer="Nguyễn Văn A", receiver="Phòng Y tế", received_by="Lê B", copies=3,
                           keeper="Lưu trữ", forwarded_on=date(2026, 11, 24))  # fmt: skip
    described = await repository.registers.describe(clerk, book, 5, details, 1)
    assert described["revision"] == 2
    with pytest.raises(errors.Stale):
        await repository.registers.describe(clerk, book, 5, details, 1)

    async def found(**wanted) -> list[int]:
        rows, following = await repository.registers.matching(clerk, book, Filter.model_validate(wanted))
        assert following is None
        return [one["number"] for one in rows]

    assert await found(issuer="phong noi vu") == [1, 3, 5, 7]
    assert await found(symbol="3/ubnd") == [3] and await found(number=6) == [6]
    assert await found(type="QĐ") == [4, 8] and await found(type="QĐ", issuer="Phòng Tài chính") == [4, 8]
    assert await found(issued_on="2026-11-02") == [2] and await found(recipient="đơn vị 7") == [7]
    assert await found(signer="nguyen van a") == await found(copies=3) == await found(keeper="lưu trữ") == [5]
    assert await found(receiver="phòng y tế") == await found(received_by="lê b") == [5]
    assert await found(forwarded_on="2026-11-24") == [5] and await found(entered_by=clerk.id) == [
        *range(1, 9)
    ]
    assert await found(**{"from": "2026-11-24", "to": "2026-11-24"}) == [3, 4]
    assert await found(**{"from": "2026-11-25"}, issuer="phong noi vu") == [5, 7]
    assert await found(to="2026-11-23") == [1, 2] and await found(type="QĐ", issuer="phong noi vu") == []


async def test_filtered_lines_come_page_by_page(repository: Repository, district: District) -> None:
    await entered(repository, district, 7, issuer={"name": "UBND"})
    wanted, seen, after = Filter(issuer="ubnd"), [], 0
    while True:
        rows, following = await repository.registers.matching(
            district.clerk, district.incoming["_id"], wanted, limit=3, after=after
        )
        seen += [one["number"] for one in rows]
        if following is None:
            break
        after = following
    assert seen == list(range(1, 8))


async def test_the_same_paper_stored_twice_at_once_is_told_to_the_second(
    repository: Repository, district: District
) -> None:
    paper = {"symbol": "13/UBND-VP", "issued_on": "2026-11-20", "issuer": {"name": "UBND phường A"}}
    files = [str(n).encode() for n in range(6)]
    rows = await asyncio.gather(
        *(stored(repository, district.clerk, one, classification="han_che", **paper) for one in files)
    )
    assert sorted(len(row["duplicates"]) for row in rows) == list(range(6))
    later = await stored(repository, district.clerk, **paper)
    officer = await make_person(repository, "cv.x", "van-phong", Role.OFFICER)
    assert await repository.documents.alike(officer, later) == ([], 6), "that there are some, and no more"
    seen, hidden = await repository.documents.alike(district.clerk, later)
    assert len(seen) == 6 and hidden == 0


@pytest.mark.clause("PL2.II.1.2")
async def test_a_paper_is_stored_into_the_running_book_by_its_series(
    repository: Repository, district: District
) -> None:
    today = local_date(repository.clock.now())
    form = RegisterForm(unit="van-phong", year=today.year, direction="outgoing", series="QĐ")
    decisions = await repository.registers.open(district.clerk, form)
    kind = {"direction": "outgoing", "document_type": "QĐ"}
    own = await stored(repository, district.clerk, register_series="", **kind)
    general = await stored(repository, district.clerk, register_series="chung", **kind)
    assert (own["register"], own["symbol"]) == (decisions["_id"], "01/QĐ-UBND")
    assert general["register"] == district.outgoing["_id"] and "register_series" not in own
    with pytest.raises(errors.Conflict, match="chưa mở sổ"):
        await stored(repository, district.clerk, register_series="SY", **kind)
    with pytest.raises(ValueError, match="not both"):
        metadata(register_series="", register_id=decisions["_id"])
    officer = await make_person(repository, "cv.x", "van-phong", Role.OFFICER)
    for asked in ({"register_series": ""}, {"register_id": district.incoming["_id"]}):
        with pytest.raises(errors.Forbidden):
            await stored(repository, officer, **asked)
