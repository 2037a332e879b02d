"""The auditor's samples in a real browser, by the keyboard: picked, verified in steps, taken away and proven."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from repository.evidence import samples
from repository.evidence.verify import verify
from tests.factories import stored
from tests.stories.live import Live, Visitors
from tests.stories.test_auditor_browser import look


async def papers(live: Live) -> None:
    for n in range(3):
        await stored(
            live.repository,
            live.district.foreign_clerk,
            b"van ban %d" % n,
            subject=f"Công văn {n} của phường",
        )


def steps_stop_when_told(page: Page, here: str) -> None:
    """From the first again; told to stop during the first step, the next is not begun, and goes on when pressed."""
    held: list[Route] = []

    def hold(
        route: Route,
    ) -> None:  # a function of ours: the library marks it, which a built-in does not allow
        held.append(route)

    page.route("**/check", hold)
    page.get_by_role("button", name="Kiểm tra lại từ đầu").press("Enter")
    stop = page.get_by_role("button", name="Dừng lại")
    expect(stop).to_be_focused()
    page.keyboard.press("Enter")
    while not held:
        page.wait_for_timeout(20)
    held.pop().continue_()
    more = page.get_by_role("button", name="Kiểm tra tiếp")
    expect(more).to_be_focused()
    expect(page.get_by_role("status").first).to_contain_text("Đã kiểm tra 2 trong")
    assert not held  # no further step was sent
    page.unroute("**/check")
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.url.endswith("/check") else None)
    cookies = page.context.cookies()
    page.context.clear_cookies()  # the session has ended: no step is sent again and again
    more.press("Enter")
    expect(page.locator("form[data-steps]")).to_have_count(0)
    assert len(sent) == 1
    page.context.add_cookies(cookies)
    page.goto(here)
    page.get_by_role("button", name="Kiểm tra tiếp").press("Enter")
    expect(page.get_by_role("button", name="Kiểm tra lại từ đầu")).to_be_focused()
    page.route("**/check", lambda route: route.abort())
    page.get_by_role("button", name="Kiểm tra lại từ đầu").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Mất kết nối")
    expect(page.get_by_role("button", name="Kiểm tra lại từ đầu")).to_be_enabled()
    page.unroute("**/check")


def test_an_auditor_picks_verifies_and_takes_away(
    live: Live, visitors: Visitors, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(samples, "STEP", 2)
    live.do(papers(live))
    page = visitors.enter("ktv", scripts=True)
    page.goto("/audit")
    page.get_by_role("link", name="Mẫu kiểm tra").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mẫu kiểm tra")
    look(page, "/samples", "samples")
    page.get_by_label("Số văn bản").fill("200")
    page.get_by_label("Hạt giống").fill("kỳ kiểm tra tháng 11")
    page.get_by_label("Đơn vị").focus()
    page.get_by_label("Đơn vị").select_option("phuong-a")
    page.get_by_label("Hạt giống").press("Enter")
    here = page.url.partition("?")[0]
    plain = visitors.enter("ktv")  # without scripts each step is a press
    plain.goto(here)
    plain.get_by_role("button", name="Kiểm tra ngay").press("Enter")
    expect(plain.locator("main")).to_contain_text(re.compile(r"Đã kiểm tra 2/\d+ văn bản"))
    page.reload()
    page.get_by_role("button", name="Kiểm tra tiếp").press("Enter")  # and with them one press is enough
    expect(page.locator("main")).to_contain_text("Không thấy hư hỏng ở văn bản nào của mẫu")
    expect(page.get_by_role("button", name="Kiểm tra lại từ đầu")).to_be_focused()
    steps_stop_when_told(page, here)
    with page.expect_download() as taken:
        page.get_by_role("link", name="Tải gói chứng cứ").press("Enter")
    with zipfile.ZipFile(taken.value.path()) as whole:
        packages = [one for one in whole.namelist() if one.startswith("goi/")]
        path = tmp_path / "goi.zip"
        path.write_bytes(whole.read(packages[0]))
    assert len(packages) >= 3 and verify(path, trusted=live.repository.log.keys.public()).ok
    look(page, here, "sample")
