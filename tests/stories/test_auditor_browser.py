"""The auditor's pages in a real browser: the log with its proofs, what was found wrong, the papers of every unit."""

import os
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from repository.access.actors import operator
from repository.audit import Action
from repository.evidence.fixity_runs import Wish
from repository.settings import Settings
from tests.engines import EngineAddresses
from tests.factories import stored
from tests.soak.estate import alone
from tests.stories.live import Live, Visitors


@pytest.fixture
def settings(settings: Settings, engines: EngineAddresses) -> Settings:
    """A bucket of its own: a whole run looks at everything that lies in it, other tests' leavings too."""
    return alone(settings, engines)


def look(page: Page, path: str, name: str) -> None:
    """Readable by everybody, on a desk and in a hand."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
        if folder := os.environ.get("TANGTHU_SHOTS"):
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


async def worked(live: Live) -> tuple[str, str]:
    """A paper of another unit, something found wrong, everything sealed but what comes afterwards."""
    repository = live.repository
    document = await stored(repository, live.district.foreign_clerk, subject="Công văn của phường")
    await repository.incidents.report(
        operator("fixity"), kind="object.changed", subject_kind="documents", subject_id=document["_id"],
        found="tệp 0123 (phiên bản 1): SHA-256 hiện là khác", todo="Ngừng dùng bản này.",
    )  # fmt: skip
    [closed] = await repository.closings.close_day(live.district.clerk, live.district.incoming["_id"])
    await repository.fixity.run(operator("fixity"), Wish())
    await repository.database["documents"].update_one({"_id": document["_id"]}, {"$set": {"urgency": 3}})
    await repository.fixity.run(operator("fixity"), Wish())
    await repository.database["documents"].update_one({"_id": document["_id"]}, {"$set": {"urgency": 0}})
    outcomes = {"xóa": "refused (AccessDenied)", "ghi đè": "added (200)"}
    await repository.journal.note(
        operator("attack"), Action.DRILL_RUN, "job", "attack", outcomes=outcomes, wrong=[]
    )
    await repository.log.sealer.catch_up()
    await repository.log.sealer.issue_when_due(at_once=True)
    return str(document["_id"]), str(closed["day"])


def test_an_auditor_reads_proves_and_changes_nothing(live: Live, visitors: Visitors) -> None:
    document, day = live.do(worked(live))
    page = visitors.enter("ktv", scripts=True)
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type in ("error", "warning") else None)

    page.goto("/audit")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/audit?action=document.stored")
    page.locator("a[href*='record=']").first.click()
    proven = page.url
    expect(page.locator("main")).to_contain_text(re.compile("lá"))
    page.goto("/audit?action=login.done")  # done after the last checkpoint: in the log, not proven yet
    page.locator("a[href*='record=']").first.click()
    expect(page.locator("main")).to_contain_text(re.compile("chưa nằm dưới bản ký"))
    unsealed = page.url

    page.goto("/audit")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Tải JSON kèm bằng chứng").click()
    assert re.fullmatch(r"nhat-ky-\d+\.jsonl", taken.value.suggested_filename)
    assert '"checkpoint"' in taken.value.path().read_text("utf-8").splitlines()[0]
    page.get_by_role("navigation").get_by_role("link", name="Kiểm tra", exact=True).click()
    expect(page.locator("svg.chart")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("2 đòn: 1 bị từ chối, 1 chỉ thêm"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Dữ liệu bị sửa ngoài hệ thống"))).to_be_visible()

    page.goto("/incidents")
    expect(page.get_by_text("SHA-256 hiện là khác")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Kết thúc"))).to_have_count(0)
    page.goto(f"/documents/{document}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Công văn của phường")
    for path, name in (
        ("/audit", "audit"), (proven, "audit-proven"), (unsealed, "audit-unsealed"), ("/incidents", "incidents"),
        ("/inspections", "inspections"), (f"/inspections?day={day}", "inspections-day"),
        (f"/documents/{document}", "audited-document"), ("/registers", "registers"), ("/search?q=phường", "search"),
    ):  # fmt: skip
        look(page, path, name)
    assert said == []
