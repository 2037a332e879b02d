"""Rights given on pages: a token for another system, a member for a dossier; each taken back."""

import re

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from repository.access.permissions import Role
from repository.dossiers.dossiers import DossierForm
from tests.factories import make_person
from tests.stories.live import Live, Visitors


def readable(page: Page, *paths: str) -> None:
    for path in paths:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(path)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            found = Axe().run(page)
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"


def asked(live: Live, secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.get(f"{live.url}/api/v1/registers", headers=headers, trust_env=False).status_code


@pytest.mark.clause("Đ10.3b")
def test_a_token_is_issued_shown_once_and_revoked(live: Live, visitors: Visitors) -> None:
    live.do(make_person(live.repository, "it.truong", "van-phong", Role.IT))
    it = visitors.enter("it.truong", scripts=True)
    it.get_by_role("link", name="Mã truy cập").click()
    it.get_by_text("Cấp mã truy cập", exact=True).first.click()
    it.get_by_label("Hệ thống", exact=False).first.fill("Một cửa")
    it.get_by_role("button", name="Cấp mã").click()
    expect(it.locator("#scopes-fault")).to_contain_text("ít nhất một quyền")
    it.get_by_label("xem sổ văn bản").check()
    it.get_by_role("button", name="Cấp mã").click()
    secret = it.locator("code.sign").inner_text()
    assert asked(live, secret) == 200
    it.goto("/tokens")
    assert secret not in it.content()
    readable(it, "/tokens")
    it.get_by_role("button", name=re.compile("Thu hồi mã của Một cửa")).click()
    expect(it.get_by_role("status").first).to_contain_text("Đã thu hồi mã truy cập")
    assert asked(live, secret) == 401


@pytest.mark.clause("Đ1.p2")
def test_somebody_of_another_unit_joins_a_dossier_and_leaves_it(live: Live, visitors: Visitors) -> None:
    form = DossierForm(code="01/VP-2026", title="Đề án chung")
    dossier = live.do(live.repository.dossiers.open(live.district.clerk, form))
    there = f"/dossiers/{dossier['_id']}"
    clerk, guest = visitors.enter("vt.vanphong", scripts=True), visitors.enter("vt.phuonga")
    assert guest.goto(there).status == 404  # type: ignore[union-attr]
    clerk.goto(f"{there}/members")
    for name in ("khong.co", "vt.phuonga"):
        clerk.get_by_label("Tên đăng nhập").fill(name)
        clerk.get_by_role("textbox", name="Lý do", exact=False).last.fill("Cùng soạn đề án")
        clerk.get_by_role("button", name="Thêm thành viên").click()
        told = "không có người này" if name == "khong.co" else "Đã thêm thành viên hồ sơ"
        expect(clerk.get_by_text(re.compile(told)).first).to_be_visible()
    assert guest.goto(there).status == 200  # type: ignore[union-attr]
    guest.goto(f"{there}/members")
    expect(guest.get_by_role("button", name="Thêm thành viên")).to_have_count(0)
    readable(clerk, f"{there}/members")
    clerk.goto(f"{there}/members")
    clerk.get_by_text("Kết thúc", exact=True).click()
    clerk.get_by_label("Lý do kết thúc").fill("Đề án đã xong")
    clerk.get_by_role("button", name=re.compile("Kết thúc thành viên")).click()
    expect(clerk.get_by_role("status").first).to_contain_text("Đã kết thúc thành viên")
    assert guest.goto(there).status == 404  # type: ignore[union-attr]
