"""A clerk's morning in a real browser: log in, search without marks, read, verify, register, file, annul."""

import hashlib
import io
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from reportlab.pdfgen.canvas import Canvas

expect.set_options(timeout=15_000)
CLERK = "vt.vanphong"
FORGED = "phê duyệt dự toán sửa chữa nhà văn hóa"


@pytest.fixture
def visit(browser: Browser, site) -> Iterator[Callable[..., Page]]:
    """Opens a page for a visitor; at the end no page may have complained, or asked another host."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    foreign: list[str] = []

    def opened(**options) -> Page:
        options = {"viewport": {"width": 1280, "height": 900}, "locale": "vi-VN"} | options
        context = browser.new_context(base_url=site.url, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.on("request", lambda asked: asked.url.startswith(site.url) or foreign.append(asked.url))
        return page

    yield opened
    for context in contexts:
        context.close()
    # A refused form answers 4xx on purpose, which Chromium reports; everything else is a fault of the page.
    assert [one for one in complaints if "the server responded with a status of 4" not in one] == []
    assert [one for one in foreign if not one.startswith(("data:", "blob:"))] == []


@pytest.fixture
def clerk(visit, site) -> Page:
    page = visit()
    log_in(page, site, CLERK)
    return page


def log_in(page: Page, site, username: str) -> None:
    page.goto("/login")
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu").fill(site.accounts[username])
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page).to_have_url(re.compile(r":\d+/$"))


def find(page: Page, words: str, subject: str) -> None:
    """Searches until the index has it (the worker may still be reading the first papers) and opens it."""
    until = time.monotonic() + 90
    while True:
        page.goto("/search")
        page.get_by_label("Từ cần tìm").fill(words)
        page.get_by_role("button", name="Tìm kiếm").click()
        page.wait_for_load_state()
        if page.get_by_role("link", name=subject).count() or time.monotonic() > until:
            break
        time.sleep(0.5)
    page.get_by_role("link", name=subject).first.click()


def choose(page: Page, name: str, content: bytes) -> None:
    """Chooses a file in the page's upload form."""
    page.locator("#file").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


def pdf(pages: int) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    for number in range(pages):
        canvas.drawString(100, 700, f"Trang {number + 1} {time.time_ns()}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def test_a_wrong_password_is_said_and_the_name_is_kept(visit) -> None:
    page = visit()
    page.goto("/search?q=quyet")
    expect(page).to_have_url(re.compile(r"/login\?next=%2Fsearch%3Fq%3Dquyet$"))
    page.get_by_label("Tên đăng nhập").fill("khong-co-ai")
    page.get_by_label("Mật khẩu").fill("sai")
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("alert")).to_contain_text("mật khẩu không đúng")
    expect(page.get_by_label("Tên đăng nhập")).to_have_value("khong-co-ai")


def test_after_the_login_one_is_where_one_wanted_to_go_and_never_elsewhere(visit, site) -> None:
    page = visit()
    for wanted, arrived in (
        ("/search?q=quyet", "/search?q=quyet"),
        ("//example.org/x", "/"),
        ("/\\example.org", "/"),
    ):
        page.goto("/login?next=" + wanted.replace("\\", "%5C"))
        page.get_by_label("Tên đăng nhập").fill(CLERK)
        page.get_by_label("Mật khẩu").fill(site.accounts[CLERK])
        page.get_by_role("button", name="Đăng nhập").click()
        expect(page).to_have_url(site.url + arrived)
        page.get_by_role("button", name="Đăng xuất").click()
        expect(page.get_by_role("status")).to_contain_text("đã đăng xuất")
    page.goto("/dossiers")
    expect(page).to_have_url(re.compile(r"/login\?next="))


def test_a_clerk_finds_reads_and_verifies_without_typing_marks(clerk: Page) -> None:
    find(clerk, "quyet dinh quy che chu ky so", "Quyết định ban hành Quy chế")
    expect(clerk.get_by_role("heading", level=1)).to_contain_text("Quyết định ban hành Quy chế")
    expect(clerk.get_by_role("heading", name="Văn bản có giá trị pháp lý như bản giấy.")).to_be_visible()
    picture = clerk.get_by_role("img", name=re.compile("Trang 1 của"))
    expect(picture).to_be_visible()
    picture.evaluate("image => image.decode()")
    assert picture.evaluate("image => image.naturalWidth") > 800
    signatures = clerk.get_by_role("region", name=re.compile("Chữ ký số"))
    expect(signatures.get_by_text("Hợp lệ", exact=True)).to_have_count(2)
    expect(signatures).to_contain_text("(cơ quan)")
    expect(signatures).to_contain_text("(cá nhân)")
    with clerk.expect_download() as download:
        clerk.get_by_role("link", name="Tải về", exact=True).click()
    digest = hashlib.sha256(Path(download.value.path()).read_bytes()).hexdigest()
    expect(clerk.locator("code.hash").first).to_have_text(digest)
    clerk.get_by_role("button", name="Kiểm tra toàn vẹn").click()
    outcome = clerk.get_by_role("status")
    expect(outcome).to_contain_text("Toàn vẹn: 1/1 phiên bản còn nguyên như khi lưu")
    expect(clerk.get_by_role("region", name="Bảng lịch sử")).to_contain_text("mọi phiên bản nguyên vẹn")


def test_results_are_highlighted_counted_and_narrowed(clerk: Page) -> None:
    find(clerk, "quyet dinh", "Quyết định thành lập Tổ số hóa")
    clerk.go_back()
    expect(clerk.locator(".hits em", has_text="Quyết định").first).to_be_visible()
    facets = clerk.get_by_role("complementary", name="Thu hẹp theo nhóm")
    facets.get_by_role("link", name=re.compile(r"^Quyết định \d")).click()
    types = clerk.locator(".hits .facts").all_inner_texts()
    assert types and all("· Quyết định" in one for one in types)
    clerk.get_by_role("link", name="Bỏ các điều kiện thu hẹp").click()
    assert clerk.locator(".hits .facts").count() > len(types)
    clerk.goto("/search?q=zzzkhongcotunay")
    expect(clerk.get_by_text("Không tìm thấy văn bản phù hợp")).to_be_visible()


def test_a_forged_paper_is_called_so(clerk: Page) -> None:
    find(clerk, "du toan nha van hoa", "Quyết định " + FORGED)
    expect(clerk.get_by_role("heading", name=re.compile("chỉ để tham khảo"))).to_be_visible()
    signatures = clerk.get_by_role("region", name=re.compile("Chữ ký số"))
    expect(signatures).to_contain_text("Không hợp lệ: nội dung đã bị thay đổi sau khi ký")
    expect(clerk.get_by_role("region", name=re.compile("Văn bản chỉ để tham khảo"))).to_contain_text(
        "khoản 2 Điều 7 Quy chế"
    )


def test_a_paper_is_registered_corrected_filed_and_its_number_annulled(clerk: Page) -> None:
    subject = f"Công văn về việc lát vỉa hè đường Hoa Gạo {time.time_ns()}"
    clerk.goto("/documents/new")
    clerk.get_by_label("Số, ký hiệu").fill("15/UBND-ĐT")
    clerk.get_by_label("Ngày ban hành").fill("31/02/2026")
    clerk.get_by_label("Trích yếu").fill(subject)
    clerk.get_by_label("Cơ quan ban hành").fill("UBND phường Hoa Sữa")
    book = clerk.get_by_label("Sổ", exact=True)
    incoming = book.locator("option", has_text="Sổ đăng ký văn bản đến").first
    book.select_option(value=incoming.get_attribute("value"))
    choose(clerk, "cong-van.txt", subject.encode())
    clerk.get_by_role("button", name="Lưu văn bản").click()
    expect(clerk.get_by_label("Ngày ban hành")).to_have_attribute("aria-invalid", "true")
    expect(clerk.locator("#issued_on-fault")).to_contain_text("ngày/tháng/năm")
    expect(clerk.get_by_label("Trích yếu")).to_have_value(subject)
    assert clerk.locator("#file").evaluate("input => input.files.length") == 1, "the chosen file was lost"
    clerk.get_by_label("Ngày ban hành").fill("16/03/2026")
    clerk.get_by_role("button", name="Lưu văn bản").click()
    expect(clerk.get_by_role("status")).to_contain_text("Đã lưu văn bản")
    facts = clerk.get_by_role("region", name="Thông tin")
    expect(facts).to_contain_text("16/03/2026")
    expect(facts).to_contain_text("Số đến")
    clerk.get_by_label("Đưa vào hồ sơ").select_option(index=1)
    clerk.get_by_role("button", name="Đưa vào hồ sơ").click()
    expect(clerk.get_by_role("status")).to_contain_text("Đã đưa văn bản vào hồ sơ")
    facts.get_by_role("link", name=re.compile("Sổ đăng ký văn bản đến")).click()
    line = clerk.get_by_role("row").filter(has_text=subject)
    line.get_by_role("link", name=re.compile("Hủy số")).click()
    clerk.get_by_role("button", name="Hủy số này").click()
    clerk.get_by_label(re.compile("Lý do hủy")).fill("vào nhầm sổ")
    clerk.get_by_role("button", name="Hủy số này").click()
    struck = clerk.get_by_role("row").filter(has_text=subject)
    expect(struck).to_contain_text("Đã hủy")
    expect(struck).to_contain_text("vào nhầm sổ")


def test_pages_are_turned_and_versions_kept_side_by_side(clerk: Page) -> None:
    clerk.goto("/documents/new")
    clerk.get_by_label("Trích yếu").fill("Ba trang để lật")
    choose(clerk, "ba-trang.pdf", pdf(3))
    clerk.get_by_role("button", name="Lưu văn bản").click()
    expect(clerk.get_by_role("status")).to_contain_text("Đã lưu văn bản")
    here = clerk.url
    picture = clerk.locator(".preview img")
    first = picture.evaluate("async image => { await image.decode(); return image.currentSrc }")
    clerk.get_by_role("link", name="Trang sau").click()
    expect(clerk.get_by_role("img", name=re.compile("Trang 2 của ba-trang.pdf"))).to_be_visible()
    second = picture.evaluate("async image => { await image.decode(); return image.currentSrc }")
    assert first.endswith("/1.png") and second.endswith("/2.png")
    expect(clerk.get_by_role("heading", name="Văn bản chỉ để tham khảo")).to_be_visible(timeout=60_000)
    clerk.get_by_text("Thêm phiên bản mới").click()
    choose(clerk, "bon-trang.pdf", pdf(4))
    clerk.get_by_role("button", name="Lưu phiên bản mới").click()
    expect(clerk.get_by_text("Đã lưu phiên bản mới")).to_be_visible()
    expect(clerk.locator("[data-where]")).to_have_text("1/4")
    clerk.get_by_role("link", name="ba-trang.pdf").click()
    expect(clerk.locator("[data-where]")).to_have_text("1/3")
    clerk.get_by_role("button", name="Kiểm tra toàn vẹn").click()
    expect(clerk.get_by_role("status")).to_contain_text("Toàn vẹn: 2/2 phiên bản")
    assert here.split("?")[0] in clerk.url


def test_a_dossier_is_opened_closed_and_reopened_with_a_reason(clerk: Page) -> None:
    code = f"{time.time_ns()}/VP"
    clerk.goto("/dossiers")
    clerk.get_by_text("Mở hồ sơ mới").click()
    clerk.get_by_label(re.compile("^Mã hồ sơ")).fill(code)
    clerk.get_by_label(re.compile("^Tiêu đề hồ sơ")).fill("Hồ sơ về lát vỉa hè")
    clerk.get_by_role("button", name="Mở hồ sơ", exact=True).click()
    expect(clerk.get_by_role("status")).to_contain_text("Đã mở hồ sơ")
    expect(clerk.get_by_text("Hồ sơ chưa có văn bản nào")).to_be_visible()
    clerk.get_by_role("link", name="Kết thúc hồ sơ").click()
    clerk.get_by_role("button", name="Kết thúc hồ sơ").click()
    expect(clerk.get_by_text("Đã kết thúc", exact=True)).to_be_visible()
    clerk.get_by_label(re.compile("^Lý do mở lại")).fill("bổ sung biên bản nghiệm thu")
    clerk.get_by_role("button", name="Mở lại hồ sơ").click()
    expect(clerk.get_by_text("Đang mở", exact=True)).to_be_visible()
    expect(clerk.get_by_role("region", name="Bảng lịch sử")).to_contain_text(
        "lý do: bổ sung biên bản nghiệm thu"
    )


def test_the_keyboard_is_enough(visit, site) -> None:
    page = visit()
    page.goto("/login")
    expect(page.get_by_label("Tên đăng nhập")).to_be_focused()
    page.keyboard.type(CLERK)
    page.keyboard.press("Tab")
    page.keyboard.type(site.accounts[CLERK])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r":\d+/$"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Đến nội dung chính")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#noi-dung")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("quyet dinh")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=quyet\+dinh"))


def test_everything_works_without_scripts(visit, site) -> None:
    page = visit(java_script_enabled=False)
    log_in(page, site, CLERK)
    page.goto("/")
    page.locator("table.list tbody th a").first.click()
    expect(page.locator(".preview img, .preview pre, .preview .empty").first).to_be_visible()
    page.get_by_role("button", name="Kiểm tra toàn vẹn").click()
    expect(page.get_by_role("status")).to_contain_text("còn nguyên như khi lưu")
    page.goto("/documents/new")
    page.get_by_label("Trích yếu").fill("Không kèm tệp")
    page.locator("#file").evaluate("input => input.removeAttribute('required')")
    page.get_by_role("button", name="Lưu văn bản").click()
    expect(page.locator("#file-fault")).to_contain_text("Thiếu tệp")
    expect(page.get_by_label("Trích yếu")).to_have_value("Không kèm tệp")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_hinders_anybody(visit, site, scheme: str, width: int) -> None:
    page = visit(viewport={"width": width, "height": 844}, color_scheme=scheme)
    log_in(page, site, CLERK)
    paths = ["/", "/search?q=quyet+dinh", "/search?q=zzzkhongcotunay", "/documents/new", "/help", "/khong-co"]
    paths += ["/retention", "/schedules", "/catalogues", "/requests", "/account"]
    for start in ("/", "/dossiers", "/registers"):
        page.goto(start)
        paths += [start, page.locator("table.list tbody th a").first.get_attribute("href") or "/"]
    hindered = []
    for path in paths:
        page.goto(path)
        found = Axe().run(page).response["violations"]
        hindered += [
            (path, one["id"], one["nodes"][0]["target"])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            hindered.append((path, "wider than the screen", width))
    assert hindered == []
