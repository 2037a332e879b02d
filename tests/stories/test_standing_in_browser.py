"""Delegation clicked: a leader goes away, an officer stands in for her, both names are recorded, and it ends."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from repository.access.permissions import Role
from tests.factories import make_person, stored
from tests.stories.live import Live, Visitors


def delegate(page: Page, to: str, until: str) -> None:
    page.goto("/delegations")
    page.get_by_label("Người làm thay").select_option(to)
    page.get_by_label("Đến hết ngày").fill(until)
    page.get_by_label("Lý do", exact=False).last.fill("Nghỉ phép năm")
    page.get_by_role("button", name="Ủy quyền", exact=True).click()


@pytest.mark.clause("Đ5.3")
def test_an_officer_stands_in_for_the_absent_leader(live: Live, visitors: Visitors) -> None:
    repository = live.repository
    leader = live.do(make_person(repository, "ld.an", "phuong-a", Role.LEADER, title="Chủ tịch"))
    officer = live.do(make_person(repository, "cv.binh", "phuong-a", Role.OFFICER, title="Chuyên viên"))
    hidden = live.do(stored(repository, leader, subject="Việc hạn chế", classification="han_che"))
    away, page = visitors.enter("ld.an"), visitors.enter("cv.binh")
    assert page.goto(f"/documents/{hidden['_id']}").status == 404  # type: ignore[union-attr]

    delegate(away, officer.id, "31/02/2026")
    expect(away.locator("#until-fault")).to_contain_text("ngày/tháng/năm")
    last = (live.clock.now() + timedelta(days=3)).strftime("%d/%m/%Y")
    delegate(away, officer.id, last)
    expect(away.get_by_role("status").first).to_contain_text("Đã ủy quyền")

    page.goto("/delegations")
    page.get_by_role("button", name="Làm thay Người ld.an").click()
    banner = page.get_by_role("note").filter(has_text="Bạn đang làm thay")
    expect(banner).to_contain_text("Người ld.an (Chủ tịch)")
    page.goto(f"/documents/{hidden['_id']}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Việc hạn chế")
    page.get_by_role("button", name="Kiểm tra toàn vẹn").click()
    row = page.get_by_role("region", name="Bảng lịch sử").get_by_role(
        "row", name=re.compile("Kiểm tra toàn vẹn")
    )
    expect(row).to_contain_text("Người cv.binh (Chuyên viên) thay Người ld.an")
    page.goto("/account")
    expect(page.get_by_role("definition").filter(has_text="Người cv.binh").first).to_be_visible()
    assert page.goto("/people").status == 403  # type: ignore[union-attr]

    page.goto(f"/documents/{hidden['_id']}")
    away.goto("/delegations")
    away.get_by_text("Kết thúc", exact=True).click()
    away.get_by_label("Lý do kết thúc").fill("Đi làm lại sớm")
    away.get_by_role("button", name="Kết thúc ủy quyền").click()
    expect(away.get_by_role("status").first).to_contain_text("Đã kết thúc ủy quyền")
    page.get_by_role("button", name="Kiểm tra toàn vẹn").click()
    expect(page.get_by_text("hãy bấm “Thôi làm thay”")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("note")).to_contain_text("Ủy quyền mà bạn đang dùng đã hết hiệu lực")
    page.get_by_role("button", name="Thôi làm thay").click()
    expect(page.get_by_role("status").first).to_contain_text("bằng quyền của chính mình")
    expect(page.get_by_role("note")).to_have_count(0)


def test_the_last_day_ends_it_and_the_page_is_readable(live: Live, visitors: Visitors) -> None:
    live.do(make_person(live.repository, "ld.an", "phuong-a", Role.LEADER))
    officer = live.do(make_person(live.repository, "cv.binh", "phuong-a", Role.OFFICER))
    away, page = visitors.enter("ld.an"), visitors.enter("cv.binh", scripts=True)
    delegate(away, officer.id, f"{live.clock.now() + timedelta(hours=7):%d/%m/%Y}")
    page.goto("/delegations")
    page.get_by_role("button", name="Làm thay").click()
    expect(page.get_by_role("note")).to_contain_text("Bạn đang làm thay")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("/delegations")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    live.clock.by = timedelta(days=1)
    page = visitors.enter("cv.binh")
    page.goto("/delegations")
    expect(page.get_by_text("Không có hiệu lực hôm nay")).to_be_visible()
    expect(page.get_by_role("button", name="Làm thay")).to_have_count(0)


@pytest.mark.clause("Đ1.p2")
def test_a_level_is_chosen_with_the_upload_and_changed_with_a_reason(live: Live, visitors: Visitors) -> None:
    live.do(make_person(live.repository, "cv.binh", "van-phong", Role.OFFICER))
    clerk, officer = visitors.enter("vt.vanphong"), visitors.enter("cv.binh")
    clerk.goto("/documents/new")
    clerk.get_by_label("Trích yếu").fill("Danh sách cán bộ dự nguồn")
    clerk.get_by_label("Mức phổ biến").select_option("han_che")
    file = {"name": "danh-sach.txt", "mimeType": "text/plain", "buffer": "Danh sách".encode()}
    clerk.locator("#file").set_input_files(file)
    clerk.get_by_role("button", name="Lưu văn bản").click()
    expect(clerk.get_by_role("definition").filter(has_text="Hạn chế").first).to_be_visible()
    there = clerk.url.partition("?")[0]
    assert officer.goto(there).status == 404  # type: ignore[union-attr]
    clerk.get_by_text("Đổi mức phổ biến", exact=True).first.click()
    clerk.locator("#level").select_option("thuong")
    clerk.get_by_label("Lý do đổi").fill("Đã công bố")
    clerk.get_by_role("button", name="Đổi mức").click()
    expect(clerk.get_by_role("status").first).to_contain_text("Đã đổi mức phổ biến")
    expect(clerk.get_by_role("region", name="Bảng lịch sử")).to_contain_text(
        "đổi: mức phổ biến; lý do: Đã công bố"
    )
    assert officer.goto(there).status == 200  # type: ignore[union-attr]
