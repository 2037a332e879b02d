"""The life of a dossier in a real browser: from the yearly list to the archive, with axe on each page."""

import os
import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.repository.archive_packages.scene import refusal
from tests.stories.test_browser import choose, clerk, log_in, pdf, visit

assert clerk and log_in and visit  # fixtures
WORD = re.compile
UNIT = "van-phong"
_CATALOGUE = (
    "Số và ký hiệu hồ sơ,Tiêu đề hồ sơ,Thời hạn bảo quản,Người lập hồ sơ,Ghi chú\n"
    "01.XD,Hồ sơ sửa chữa trụ sở,20 năm,Nguyễn Văn A,\n02.XD,Hồ sơ mua sắm,lâu lắm,,\n"
)


def sound(page: Page) -> None:
    """No fault that axe can see."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("TANGTHU_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def taken_in(page: Page, table: str, button: str) -> None:
    page.locator("#file").set_input_files(
        {"name": "danh-muc.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    page.get_by_role("button", name=button).click()


def stored(page: Page, dossier: str, subject: str) -> None:
    """One more paper of its own bytes into the dossier."""
    page.goto(f"/documents/new?dossier_id={dossier}")
    choose(page, f"{time.time_ns()}.pdf", pdf(1))
    page.get_by_label("Chiều văn bản").select_option("internal")
    page.get_by_label(WORD("^Trích yếu")).fill(subject)
    page.locator("form.sheet button.primary").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(subject)


def received_by_the_archive(page: Page) -> None:
    """The archive of the clerk's own unit: waiting on the home page, confirmed, in the chain of custody."""
    page.goto("/")
    waiting = page.get_by_role("region", name=WORD("^Hồ sơ nộp lưu chờ xác nhận"))
    expect(waiting).to_contain_text("hạn xác nhận")
    shot(page, "home-waiting")
    sound(page)
    waiting.get_by_role("link", name="Hồ sơ sửa chữa trụ sở").first.click()
    shot(page, "waiting")
    sound(page)
    page.get_by_label("Ghi chú khi nhận").fill("đủ 2 văn bản")
    page.get_by_role("button", name="Xác nhận đã nhận hồ sơ").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Đã xác nhận nhận hồ sơ")
    hands = page.get_by_role("region", name="Bảng chuỗi quản lý hồ sơ").locator("tbody tr")
    expect(hands).to_have_count(2)
    expect(hands.last).to_contain_text("đủ 2 văn bản")
    shot(page, "received")
    sound(page)


@pytest.mark.clause("Đ2.2")
def test_from_the_yearly_list_to_the_archive(clerk: Page) -> None:
    year = 1950 + time.time_ns() % 250
    clerk.goto("/catalogues")
    clerk.get_by_label(WORD("^Năm")).fill(str(year))
    clerk.get_by_role("button", name="Lập danh mục").click()
    expect(clerk.get_by_role("status")).to_contain_text("Đã lập danh mục")
    taken_in(clerk, _CATALOGUE, "Xem thử")
    expect(clerk.get_by_text("không hiểu thời hạn bảo quản")).to_be_visible()
    sound(clerk)
    taken_in(clerk, _CATALOGUE.replace("lâu lắm", "5 năm"), "Nhập bảng")
    expect(clerk.get_by_text("Hồ sơ mua sắm")).to_be_visible()
    clerk.get_by_text("Ban hành danh mục", exact=True).click()
    clerk.get_by_label(WORD("^Số, ký hiệu văn bản ban hành")).fill("12/QĐ-UBND")
    clerk.get_by_role("button", name="Ban hành", exact=True).click()
    shot(clerk, "catalogue")
    sound(clerk)
    clerk.get_by_role("button", name="Mở hồ sơ 01.XD").click()
    expect(clerk.get_by_role("heading", level=1)).to_have_text("Hồ sơ sửa chữa trụ sở")
    here = clerk.url.partition("?")[0]
    dossier = here.rpartition("/")[2]
    for subject in ("Tờ trình sửa chữa", "Dự toán sửa chữa", "Bản chụp tờ trình"):
        stored(clerk, dossier, subject)
    clerk.goto(here)
    rows = clerk.get_by_role("region", name="Văn bản trong hồ sơ").locator("tbody tr")
    expect(rows).to_have_count(3)
    clerk.get_by_role("button", name="Chuyển văn bản thứ 2 lên").press("Enter")
    expect(clerk.get_by_role("status")).to_contain_text("Đã sắp xếp")
    expect(rows.first).to_contain_text("Dự toán sửa chữa")
    clerk.get_by_role("link", name="Đưa văn bản thứ 3 ra").click()
    clerk.get_by_label(WORD("^Lý do")).fill("bản chụp trùng")
    shot(clerk, "dossier")
    sound(clerk)
    clerk.get_by_role("button", name="Đưa ra khỏi hồ sơ").click()
    expect(rows).to_have_count(2)
    clerk.get_by_role("link", name="Kết thúc hồ sơ").click()
    expect(clerk.get_by_text("Hiện xác định: 20 năm")).to_be_visible()
    shot(clerk, "closing")
    sound(clerk)
    clerk.get_by_role("button", name="Kết thúc hồ sơ").click()
    expect(clerk.get_by_text("Đã kết thúc", exact=True)).to_be_visible()
    expect(clerk.get_by_text(WORD("20 năm, giữ đến hết 31/12/"))).to_be_visible()
    clerk.get_by_label(WORD("^Đơn vị nhận")).select_option(UNIT)
    clerk.get_by_label(WORD("^Người nhận")).fill("Trần Thị Lưu")
    shot(clerk, "closed")
    sound(clerk)
    clerk.get_by_role("button", name="Nộp lưu hồ sơ").click()
    expect(clerk.get_by_text("Đã nộp lưu", exact=True)).to_be_visible()
    for line in ("In mục lục văn bản", "In biên bản giao nhận"):
        for kind, magic in (("PDF", b"%PDF-"), ("Excel", b"PK")):
            with clerk.expect_download() as download:
                clerk.locator("span", has_text=line).get_by_role("link", name=kind).click()
            assert download.value.path().read_bytes().startswith(magic)
    for kind, begins in (("SIP", "uuid-"), ("AIP", "urn_")):
        clerk.get_by_label("Mã phông").fill("P623")
        with clerk.expect_download() as download:
            clerk.get_by_role("button", name=f"Tải gói {kind}").press("Enter")
        assert download.value.suggested_filename.startswith(begins)
        assert not refusal(download.value.path())
    received_by_the_archive(clerk)
    clerk.goto("/schedules")
    expect(clerk.get_by_text("Chưa đầy đủ").first).to_be_visible()
    sound(clerk)
    shot(clerk, "schedules")


def test_the_list_of_what_is_due_has_its_page(clerk: Page) -> None:
    clerk.goto("/dossiers")
    clerk.get_by_role("link", name="Sắp đến hạn nộp lưu").click()
    expect(clerk.get_by_role("heading", level=1)).to_have_text("Hồ sơ công việc")
    sound(clerk)
