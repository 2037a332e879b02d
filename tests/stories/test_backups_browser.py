"""The page Sao lưu in a real browser: what IT sees when all is well and when it is late; readable by everybody."""

import os
from datetime import timedelta

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from repository.access.actors import operator
from repository.access.permissions import Role
from tests.factories import make_person
from tests.stories.live import Live, Visitors

ROOT = operator("test")


def look(page: Page, name: str) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    if folder := os.environ.get("TANGTHU_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


async def made(live: Live, hours: int, number: int) -> None:
    at = live.repository.clock.now() - timedelta(hours=hours)
    kind = "incremental" if number else "full"
    row = {
        "_id": f"20261101T00000000{number}Z", "kind": kind, "area": "20261101T000000000Z", "place": "/mnt/sao-luu",
        "at": at, "ended": at, "manifest": "0" * 64, "head": {"size": 700 + number, "root": ""},
        "objects": 1200 + 9 * number, "bytes": 240_000_000 + 2_000_000 * number, "new_objects": 9 if number else 1200,
        "new_bytes": 2_000_000 if number else 240_000_000, "rows": 9000,
    }  # fmt: skip
    await live.repository.backups.made(ROOT, row)


def test_it_sees_how_the_copies_stand(live: Live, visitors: Visitors) -> None:
    live.do(make_person(live.repository, "cntt", "van-phong", Role.IT))
    page = visitors.enter("cntt", scripts=True)
    page.goto("/backups")
    expect(page.get_by_text("chưa đặt nơi sao lưu (TANGTHU_BACKUP_TO)")).to_be_visible()
    for number in range(4):
        live.do(made(live, 96 - 24 * number, number))
    now = live.repository.clock.now()
    compared = {"objects": 1227, "rows": 9000, "registers": 3, "leaves": 703, "search": 2400}
    drill = {"set": "20261101T000000003Z", "at": now, "ended": now, "passed": True, "findings": []}
    live.do(live.repository.backups.drilled(ROOT, drill | {"compared": compared}))
    live.do(live.repository.backups.judged(ROOT, "20261101T000000001Z", damaged="thiếu facts.json.zst.age"))
    page.goto("/")
    page.get_by_role("link", name="Sao lưu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sao lưu")
    expect(page.get_by_text("thiếu facts.json.zst.age")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(5)
    expect(page.get_by_text("so khớp 1227 tệp")).to_be_visible()
    look(page, "backups")
