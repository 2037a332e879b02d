"""Đ9.2 clicked: an officer asks for a new function and gets it on its day; the rights of the quarter reviewed."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from repository.access.permissions import Role
from tests.factories import make_person
from tests.stories.live import Live, Visitors
from tests.stories.test_grants_browser import readable


@pytest.mark.clause("Đ9.2")
def test_a_new_function_is_asked_for_and_begins_on_its_day(live: Live, visitors: Visitors) -> None:
    officer = live.do(make_person(live.repository, "cv.binh", "phuong-a", Role.OFFICER))
    live.do(make_person(live.repository, "qt.a", "phuong-a", Role.UNIT_ADMIN))
    page, admin = visitors.enter("cv.binh"), visitors.enter("qt.a", scripts=True)
    page.goto("/account")
    page.get_by_role("link", name="Đề nghị vị trí, quyền").click()
    page.get_by_label("Từ ngày").fill("hôm nào đó")
    page.get_by_label("Căn cứ, lý do").fill("Quyết định 9/QĐ-UBND")
    page.get_by_role("button", name="Gửi đề nghị").click()
    expect(page.locator("#since-fault")).to_contain_text("ngày/tháng/năm")
    expect(page.locator("#roles-fault")).to_contain_text("ít nhất một vai trò")
    tomorrow = live.clock.now() + timedelta(days=1, hours=7)
    page.get_by_label("Từ ngày").fill(f"{tomorrow:%d/%m/%Y}")
    page.get_by_label("Chức vụ").fill("Văn thư phường")
    page.get_by_label("Văn thư", exact=True).check()
    page.get_by_label("Đề nghị được tập huấn").check()
    page.get_by_role("button", name="Gửi đề nghị").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã gửi đề nghị đến quản trị đơn vị")

    readable(admin, "/requests")
    admin.goto("/requests")
    expect(admin.get_by_role("article")).to_contain_text("Văn thư phường")
    admin.get_by_label("Lý do quyết định").fill("Đồng ý")
    admin.get_by_role("button", name="Duyệt", exact=True).click()
    expect(admin.get_by_role("status").first).to_contain_text("Đã ghi quyết định")
    admin.goto(f"/people/{officer.id}")
    admin.get_by_text("Ghi nhận tập huấn", exact=True).click()
    admin.get_by_label("Ngày tập huấn").fill("05/01/2026")
    admin.get_by_label("Nội dung").fill("Vào sổ, khóa sổ")
    admin.get_by_role("button", name="Ghi nhận").click()
    expect(admin.get_by_text("05/01/2026: Vào sổ, khóa sổ")).to_be_visible()

    page = visitors.enter("cv.binh")
    expect(page.get_by_role("link", name="Sổ văn bản")).to_be_visible()
    assert page.goto("/registers").ok  # type: ignore[union-attr]
    expect(page.get_by_text("Mở sổ", exact=True)).to_have_count(0)
    live.clock.by = timedelta(days=1, minutes=1)
    page = visitors.enter("cv.binh")
    page.goto("/registers")
    expect(page.get_by_text(re.compile("Mở sổ")).first).to_be_visible()


@pytest.mark.clause("Đ5.2")
def test_the_leader_confirms_who_may_do_what(live: Live, visitors: Visitors) -> None:
    live.do(make_person(live.repository, "ld.an", "phuong-a", Role.LEADER, title="Chủ tịch"))
    live.do(make_person(live.repository, "it.x", "van-phong", Role.IT))
    leader, it = visitors.enter("ld.an", scripts=True), visitors.enter("it.x")
    it.goto("/reviews")
    expect(it.get_by_role("region", name=re.compile("Đơn vị chưa xác nhận"))).to_contain_text("UBND phường A")
    readable(leader, "/reviews")
    leader.goto("/reviews")
    leader.get_by_label("Cần đổi gì ở quyền của Người vt.phuonga").fill("Thu quyền văn thư từ tháng sau")
    leader.get_by_role("button", name="Xác nhận đã rà soát").click()
    expect(leader.get_by_role("status").first).to_contain_text("Đã xác nhận rà soát quyền")
    expect(leader.get_by_role("button", name="Xác nhận đã rà soát")).to_have_count(0)
    expect(leader.get_by_text("Người ld.an (Chủ tịch)").first).to_be_visible()
    it.goto("/reviews?unit=phuong-a")
    row = it.get_by_role("row", name=re.compile("vt.phuonga"))
    expect(row).to_contain_text("Thu quyền văn thư từ tháng sau")
