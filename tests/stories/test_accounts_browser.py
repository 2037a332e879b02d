"""Accounts in a real browser: a new colleague, a second factor, a move, an end; each page readable by everybody."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

NEW = "Dòng-Sông-2026"


@pytest.fixture
def visit(browser: Browser, site) -> Iterator[Callable[..., Page]]:
    """A browser of one's own, without scripts: none is needed. No page may complain or ask another host."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(*, scripts: bool = False, width: int = 1280) -> Page:
        context = browser.new_context(
            base_url=site.url,
            viewport={"width": width, "height": 900},
            locale="vi-VN",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.on(
            "request", lambda asked: asked.url.startswith((site.url, "data:")) or complaints.append(asked.url)
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def log_in(page: Page, username: str, password: str) -> None:
    page.goto("/login")
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu").fill(password)
    page.get_by_role("button", name="Đăng nhập").click()


def hire(page: Page, username: str, name: str) -> str:
    """A new officer of the unit; the first password."""
    page.goto("/people")
    page.get_by_text("Tạo tài khoản", exact=True).first.click()
    page.get_by_label(re.compile("^Tên đăng nhập")).fill(username)
    page.get_by_label("Họ và tên").fill(name)
    page.get_by_label("Chuyên viên").check()
    page.get_by_role("button", name="Tạo tài khoản").click()
    return page.locator("code").inner_text()


def first_login(page: Page, username: str, first: str) -> None:
    log_in(page, username, first)
    expect(page).to_have_url(re.compile("/account/password$"))
    page.goto("/dossiers")
    expect(page).to_have_url(re.compile("/account/password$"))
    page.get_by_label("Mật khẩu hiện tại").fill(first)
    page.get_by_label("Mật khẩu mới", exact=True).fill(NEW)
    page.get_by_label("Nhập lại mật khẩu mới").fill(NEW)
    page.get_by_role("button", name="Đổi mật khẩu").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã đổi mật khẩu")


@pytest.mark.clause("Đ10.3b")
def test_a_new_colleague_begins_and_turns_the_second_factor_on(visit, site) -> None:
    admin = visit()
    log_in(admin, "qt.vanphong", site.accounts["qt.vanphong"])
    expect(admin).to_have_url(re.compile(r":\d+/$"))
    first = hire(admin, "cv.hai", "Lương Thế Hai")
    admin.goto("/people")
    assert first not in admin.content(), "shown once"

    page = visit()
    first_login(page, "cv.hai", first)
    page.get_by_role("link", name="Bật xác thực hai bước").click()
    secret = page.locator("code.sign").inner_text().replace(" ", "")
    expect(page.locator("svg[width]").first).to_be_visible()
    page.get_by_label("Mã 6 số").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Bật").click()
    recovery = page.locator("li code").first.inner_text()
    page.get_by_role("link", name="Tôi đã ghi lại").click()
    expect(page.get_by_text("Đang bật")).to_be_visible()

    page = visit()
    log_in(page, "cv.hai", NEW)
    expect(page).to_have_url(re.compile("/login/code"))
    page.get_by_label("Mã xác thực").fill("000000")
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page.get_by_role("alert")).to_contain_text("Mã xác thực không đúng")
    page.get_by_label("Mã xác thực").fill(pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=1))
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page).to_have_url(re.compile(r":\d+/$"))
    page = visit()
    log_in(page, "cv.hai", NEW)
    page.get_by_label("Mã xác thực").fill(recovery)
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page).to_have_url(re.compile(r":\d+/$"))
    page.goto("/account")
    expect(page.get_by_text("còn 9 mã dự phòng")).to_be_visible()


@pytest.mark.clause("Đ10.3a")
@pytest.mark.clause("Đ9.2")
def test_a_colleague_moves_and_another_one_leaves(visit, site) -> None:
    it = visit()
    log_in(it, "it.cntt", site.accounts["it.cntt"])
    expect(it).to_have_url(re.compile(r":\d+/$"))
    first = hire(it, "cv.ba", "Lương Thế Ba")
    page = visit()
    first_login(page, "cv.ba", first)
    page.goto("/dossiers")
    page.get_by_text("Mở hồ sơ mới").click()
    page.get_by_label("Mã hồ sơ").fill("09/VP-2026")
    page.get_by_label("Tiêu đề hồ sơ").fill("Hồ sơ của người sắp đi")
    page.get_by_role("button", name="Mở hồ sơ").click()
    expect(page).to_have_url(re.compile("/dossiers/hs-"))

    it.goto("/people")
    it.get_by_role("link", name="Lương Thế Ba").click()
    it.get_by_text("Điều chuyển, đổi chức vụ hoặc vai trò").click()
    transfer = it.locator("form[action$='/transfer']")
    transfer.get_by_label("Đơn vị", exact=True).select_option("noi-vu")
    transfer.get_by_label("Căn cứ, lý do").fill("Quyết định 12/QĐ-UBND")
    transfer.get_by_role("button", name="Điều chuyển").click()
    expect(it.get_by_role("alert")).to_contain_text("hãy chọn người nhận bàn giao")
    it.get_by_text("Điều chuyển, đổi chức vụ hoặc vai trò").click()
    transfer.get_by_label("Đơn vị", exact=True).select_option("noi-vu")
    transfer.get_by_label("Người nhận công việc đang mở").select_option(label="Phạm Đức Anh (cv.vanphong)")
    transfer.get_by_label("Căn cứ, lý do").fill("Quyết định 12/QĐ-UBND")
    transfer.get_by_role("button", name="Điều chuyển").click()
    expect(it.get_by_role("status").first).to_contain_text("Đã ghi nhận vị trí mới")
    page.goto("/dossiers")
    expect(page).to_have_url(re.compile("/login"))
    log_in(page, "cv.ba", NEW)
    expect(page).to_have_url(re.compile(r":\d+/"))
    expect(page.get_by_role("button", name="Đăng xuất")).to_be_visible()
    page.goto("/dossiers")
    expect(page.get_by_text("Hồ sơ của người sắp đi")).to_have_count(0)

    it.get_by_text("Ngừng tài khoản", exact=True).first.click()
    it.locator("form[action$='/disable']").get_by_label("Lý do").fill("Thôi việc")
    it.get_by_role("button", name="Ngừng tài khoản").click()
    expect(it.get_by_role("status").first).to_contain_text("Đã ngừng tài khoản")
    page.goto("/dossiers")
    expect(page).to_have_url(re.compile("/login"))
    log_in(page, "cv.ba", NEW)
    expect(page.get_by_role("alert")).to_be_visible()


@pytest.mark.clause("Đ5.3")
def test_a_wrong_password_five_times_locks_and_its_owner_is_told(visit, site) -> None:
    owner, thief = visit(), visit()
    log_in(owner, "vt.phuongvi", site.accounts["vt.phuongvi"])
    expect(owner).to_have_url(re.compile(r":\d+/$"))
    for _ in range(5):
        log_in(thief, "vt.phuongvi", "đoán mò")
        expect(thief.get_by_role("alert")).to_be_visible()
    log_in(thief, "vt.phuongvi", site.accounts["vt.phuongvi"])
    expect(thief.get_by_role("alert")).to_contain_text("bị khóa")
    owner.goto("/account")
    expect(owner.get_by_role("row", name=re.compile("Đăng nhập bị từ chối"))).to_have_count(6)


def test_the_pages_can_be_read_by_everybody(visit, site) -> None:
    page = visit(scripts=True)
    log_in(page, "it.cntt", site.accounts["it.cntt"])
    expect(page).to_have_url(re.compile(r":\d+/$"))
    page.goto("/people")
    person = page.get_by_role("link", name="Lê Thị Thanh Thúy").get_attribute("href")
    for path in (
        "/account",
        "/account/password",
        "/account/factor",
        "/people",
        person,
        "/units",
        "/units/van-phong",
        "/login/code",
    ):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(path)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            found = Axe().run(page)
            assert found.violations_count == 0, f"{path} at {width}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (
                f"{path} is wider than {width}"
            )
