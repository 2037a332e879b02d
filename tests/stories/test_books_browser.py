"""A book's days and its year, clicked under a clock that is moved: closed by day, ended, begun again from 01."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from repository.access.permissions import Role
from repository.dossiers.dossiers import DossierForm
from repository.mongo import Row
from tests.factories import make_person, stored
from tests.stories.live import Live, Visitors


def enter(page: Page, document: str, book: str) -> None:
    """Vào sổ, from the document's page."""
    page.goto(f"/documents/{document}")
    page.get_by_label("Vào sổ").select_option(book)
    page.get_by_role("button", name="Vào sổ, cấp số").click()


def papers(live: Live, count: int, **fields: str) -> list[str]:
    clerk = live.district.clerk
    return [
        live.do(stored(live.repository, clerk, f"Tờ {n}".encode(), subject=f"Công văn thứ {n}", **fields))[
            "_id"
        ]
        for n in range(count)
    ]


async def falsify(live: Live, book: str) -> None:
    """Past the program, as somebody with the database's password could."""
    entries = live.repository.database["entries"]
    await entries.update_one({"register": book, "number": 1}, {"$set": {"columns.subject": "sửa lén"}})


async def lines(live: Live) -> list[Row]:
    return await live.repository.database["entries"].find({}).sort("entered_at", 1).to_list(None)


@pytest.mark.clause("Đ10.4c")
def test_a_day_is_closed_and_proves_itself(live: Live, visitors: Visitors) -> None:
    book = live.district.incoming["_id"]
    page = visitors.enter("vt.vanphong")
    for paper in papers(live, 2):
        enter(page, paper, book)
        expect(page.get_by_role("status").first).to_contain_text("Đã vào sổ")
    page.goto(f"/registers/{book}")
    page.get_by_role("button", name="Khóa sổ đến hết hôm nay").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã khóa sổ đến hết hôm nay")
    page.get_by_role("link", name="Kiểm tra các lần khóa sổ").click()
    expect(page.get_by_text("Đã tính lại 1 lần khóa sổ: nội dung sổ nguyên như khi khóa")).to_be_visible()
    live.do(falsify(live, book))
    page.goto(f"/registers/{book}?check=1")
    expect(page.get_by_text(re.compile(r"Ngày .* \(lần khóa 1\): .*Báo ngay"))).to_be_visible()


@pytest.mark.clause("PL2.I.2")
def test_the_year_rolls_over_at_midnight_in_viet_nam(live: Live, visitors: Visitors) -> None:
    """23:59 on 31 December is 16:59 UTC: the last number of the year; two minutes later the first of the next."""
    year = live.district.incoming["year"]
    live.clock.move_to(datetime(year, 12, 31, 16, 55, tzinfo=UTC))
    first, second, third = papers(live, 3)
    old = live.district.incoming["_id"]
    page = visitors.enter("vt.vanphong")
    live.clock.move_to(datetime(year, 12, 31, 16, 59, tzinfo=UTC))
    enter(page, first, old)
    expect(page.get_by_role("status").first).to_contain_text("Đã vào sổ")

    page.goto(f"/documents/{second}")
    page.get_by_label("Vào sổ").select_option(old)
    live.clock.move_to(datetime(year, 12, 31, 17, 1, tzinfo=UTC))
    page.get_by_role("button", name="Vào sổ, cấp số").click()
    expect(page.get_by_role("alert").first).to_contain_text(
        f"Sổ năm {year} không cấp số cho ngày 01/01/{year + 1}"
    )

    page.goto(f"/registers/{old}")
    page.get_by_text(f"Đóng sổ năm {year}", exact=True).click()
    page.get_by_role("button", name="Đóng sổ", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Đã đóng sổ năm; sổ năm sau đã mở")
    page.goto("/registers")
    page.get_by_role("link", name=f"Sổ đăng ký văn bản đến năm {year + 1}").click()
    new = page.url.rpartition("/")[2]
    assert new != old
    for paper, number in ((second, "01"), (third, "02")):
        enter(page, paper, new)
        expect(page.get_by_role("status").first).to_contain_text("Đã vào sổ")
        page.goto(f"/registers/{new}")
        expect(page.locator("#so-" + str(int(number)))).to_contain_text(number)
    rows = live.do(lines(live))
    assert [(row["register"], row["number"], row["day"]) for row in rows] == [
        (old, 1, f"{year}-12-31"),
        (new, 1, f"{year + 1}-01-01"),
        (new, 2, f"{year + 1}-01-01"),
    ]


def test_a_year_is_not_ended_early_without_a_reason(live: Live, visitors: Visitors) -> None:
    book = live.district.outgoing
    page = visitors.enter("vt.vanphong")
    page.goto(f"/registers/{book['_id']}")
    page.get_by_text(f"Đóng sổ năm {book['year']}", exact=True).click()
    page.get_by_role("button", name="Đóng sổ", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("chưa hết; đóng sổ sớm phải nêu lý do")


@pytest.mark.clause("Đ10.3a")
def test_open_work_is_handed_over_on_the_page(live: Live, visitors: Visitors) -> None:
    repository = live.repository
    tired = live.do(make_person(repository, "cv.met", "phuong-a", Role.OFFICER))
    fresh = live.do(make_person(repository, "cv.khoe", "phuong-a", Role.OFFICER))
    live.do(make_person(repository, "qt.phuonga", "phuong-a", Role.UNIT_ADMIN))
    for n in range(3):
        live.do(repository.dossiers.open(tired, DossierForm(code=f"0{n}/PA", title=f"Việc thứ {n}")))
    page = visitors.enter("qt.phuonga")
    page.goto(f"/people/{tired.id}")
    page.get_by_text("Bàn giao ngay", exact=True).click()
    form = page.locator("form[action$='/handover']")
    form.get_by_role("button", name="Bàn giao").click()
    assert page.url.endswith(tired.id), "a reason is asked for"
    form.get_by_label("Người nhận bàn giao").select_option(fresh.id)
    form.get_by_label("Lý do").fill("Nghỉ thai sản")
    form.get_by_role("button", name="Bàn giao").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã bàn giao công việc")
    expect(page.get_by_text("Không có công việc nào đang mở")).to_be_visible()
    assert len(live.do(repository.people.work_of(fresh, fresh.id))) == 3
