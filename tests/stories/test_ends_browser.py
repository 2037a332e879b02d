"""How an account ends or stops, clicked: disabled, locked, left alone, moved away; and entered through a provider."""

import re
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from repository.access.actors import Actor
from repository.access.permissions import Permission, Role
from repository.dossiers.dossiers import DossierForm
from tests.factories import PASSWORD, make_person, stored
from tests.stories.live import Live, Visitors, log_in

NEW = "Dòng-Sông-2026"


def hire(live: Live, username: str, unit: str, *roles: Role, **fields: str) -> Actor:
    return live.do(make_person(live.repository, username, unit, *roles, **fields))


def token_of(live: Live, owner: Actor, unit: str) -> str:
    scopes = [Permission.READ_DOCUMENTS, Permission.READ_REGISTERS]
    credentials = live.repository.credentials
    issuing = credentials.issue_token(owner, system="quét", unit=unit, scopes=scopes, lasts=timedelta(days=9))
    return live.do(issuing)[0]


def answers(live: Live, token: str, path: str = "/api/v1/registers") -> int:
    return httpx.get(
        live.url + path, headers={"Authorization": f"Bearer {token}"}, trust_env=False
    ).status_code


def open_person(page: Page, name: str, form: str) -> Page:
    page.goto("/people")
    page.get_by_role("link", name=name).click()
    page.get_by_text(form, exact=True).first.click()
    return page


@pytest.mark.clause("Đ10.3a")
def test_whoever_is_disabled_is_out_with_the_next_click(live: Live, visitors: Visitors) -> None:
    hire(live, "it.truong", "van-phong", Role.IT)
    leaving = hire(live, "it.nghi", "van-phong", Role.IT, title="Kỹ sư")
    token = token_of(live, leaving, "van-phong")
    his, it = visitors.enter("it.nghi"), visitors.enter("it.truong")
    his.goto("/people")
    expect(his).to_have_url(re.compile("/people$"))
    assert answers(live, token) == 200

    open_person(it, "Người it.nghi", "Ngừng tài khoản")
    it.locator("form[action$='/disable']").get_by_label("Lý do").fill("Nghỉ việc theo quyết định 5")
    it.get_by_role("button", name="Ngừng tài khoản").click()
    expect(it.get_by_role("status").first).to_contain_text(
        "Đã ngừng tài khoản; phiên và mã truy cập đã kết thúc"
    )
    assert answers(live, token) == 401
    his.goto("/people")
    expect(his).to_have_url(re.compile("/login"))
    log_in(his, "it.nghi")
    expect(his.get_by_role("alert")).to_contain_text("hoặc tài khoản đang bị khóa")
    expect(it.get_by_text("Nghỉ việc theo quyết định 5").first).to_be_visible()
    assert it.get_by_role("button", name=re.compile("xóa", re.IGNORECASE)).count() == 0


@pytest.mark.clause("Đ5.3")
def test_five_wrong_passwords_lock_each_time_for_longer(live: Live, visitors: Visitors) -> None:
    page = visitors.stranger()

    def guess(times: int) -> None:
        for _ in range(times):
            log_in(page, "vt.phuonga", "đoán mò")
            expect(page.get_by_role("alert")).to_contain_text("Sau 5 lần sai, tài khoản khóa 10 phút")

    def is_let_in() -> bool:
        log_in(page, "vt.phuonga", PASSWORD)
        page.wait_for_load_state()
        return page.url.endswith("/")

    guess(5)
    assert not is_let_in()
    live.clock.by += timedelta(minutes=9)
    assert not is_let_in()
    live.clock.by += timedelta(minutes=2)
    guess(5)
    live.clock.by += timedelta(minutes=11)
    assert not is_let_in(), "the second lock lasts twice as long"
    live.clock.by += timedelta(minutes=10)
    assert is_let_in()
    page.goto("/account")
    expect(page.get_by_role("row", name=re.compile("Đăng nhập bị từ chối"))).to_have_count(13)


@pytest.mark.clause("Đ9.4")
def test_an_account_left_alone_is_warned_of_then_stopped_then_opened_again(
    live: Live, visitors: Visitors
) -> None:
    hire(live, "it.truong", "van-phong", Role.IT)
    hire(live, "cv.vang", "van-phong", Role.OFFICER)
    live.clock.by = timedelta(days=40)
    warned = live.do(live.repository.idleness.review())
    assert "cv.vang" in {row["username"] for row in warned.warned} and not warned.disabled
    it = visitors.enter("it.truong")
    it.goto("/people")
    expect(it.get_by_role("row", name=re.compile("cv.vang"))).to_contain_text(
        "Sắp tự ngừng vì lâu không dùng"
    )

    live.clock.by = timedelta(days=46)
    stopped = live.do(live.repository.idleness.review())
    assert "cv.vang" in {row["username"] for row in stopped.disabled}
    page = visitors.stranger()
    log_in(page, "cv.vang")
    expect(page.get_by_role("alert")).to_be_visible()

    it = visitors.enter("it.truong")
    open_person(it, "Người cv.vang", "Mở lại tài khoản")
    expect(it.get_by_text("không sử dụng trong 45 ngày").first).to_be_visible()
    it.locator("form[action$='/renew']").get_by_label("Lý do").fill("Đi học về")
    it.get_by_role("button", name="Mở lại").click()
    first = it.locator("code").inner_text()
    log_in(page, "cv.vang", first)
    expect(page).to_have_url(re.compile("/account/password$"))
    page.get_by_label("Mật khẩu hiện tại").fill(first)
    page.get_by_label("Mật khẩu mới", exact=True).fill(NEW)
    page.get_by_label("Nhập lại mật khẩu mới").fill(NEW)
    page.get_by_role("button", name="Đổi mật khẩu").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã đổi mật khẩu")


@pytest.mark.clause("Đ10.3c")
@pytest.mark.clause("Đ9.2")
def test_an_officer_moves_from_ward_a_to_department_b(live: Live, visitors: Visitors) -> None:
    """A's papers vanish, history keeps the old title, open work goes to the successor, session and token die."""
    repository = live.repository
    mai = hire(live, "cv.mai", "phuong-a", Role.OFFICER, title="Công chức địa chính")
    heir = hire(live, "cv.ke", "phuong-a", Role.OFFICER)
    hire(live, "it.truong", "van-phong", Role.IT)
    paper = live.do(stored(repository, mai, subject="Hồ sơ đất thửa 17"))
    page = visitors.enter("cv.mai")
    form = DossierForm(code="01/ĐC-2026", title="Cấp giấy chứng nhận thửa 17")
    dossier = f"/dossiers/{live.do(repository.dossiers.open(mai, form))['_id']}"
    page.goto(dossier)
    expect(page.get_by_role("heading", level=1)).to_contain_text("thửa 17")
    page.goto(f"/documents/{paper['_id']}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hồ sơ đất thửa 17")
    token = token_of(live, mai, "phuong-a")
    assert answers(live, token, f"/api/v1/documents/{paper['_id']}") == 200

    it = visitors.enter("it.truong")
    open_person(it, "Người cv.mai", "Điều chuyển, đổi chức vụ hoặc vai trò")
    form = it.locator("form[action$='/transfer']")
    form.get_by_label("Đơn vị", exact=True).select_option("van-phong")
    form.get_by_label("Chức vụ").fill("Chuyên viên tổng hợp")
    form.get_by_label("Người nhận công việc đang mở").select_option(heir.id)
    form.get_by_label("Căn cứ, lý do").fill("Quyết định 12/QĐ-UBND")
    form.get_by_role("button", name="Điều chuyển").click()
    expect(it.get_by_role("status").first).to_contain_text("Đã ghi nhận vị trí mới")
    assert answers(live, token, f"/api/v1/documents/{paper['_id']}") == 401
    page.goto(f"/documents/{paper['_id']}")
    expect(page).to_have_url(re.compile("/login"))

    log_in(page, "cv.mai")
    expect(page.get_by_role("button", name="Đăng xuất")).to_be_visible()
    gone = page.goto(f"/documents/{paper['_id']}")
    assert gone is not None and gone.status == 404
    assert page.goto(dossier).status == 404  # type: ignore[union-attr]
    page.goto("/")
    expect(page.get_by_text("Hồ sơ đất thửa 17")).to_have_count(0)
    page.goto("/account")
    expect(page.get_by_text("Chuyên viên tổng hợp").first).to_be_visible()

    successor = visitors.enter("cv.ke")
    successor.goto(f"/documents/{paper['_id']}")
    expect(successor.get_by_role("region", name="Bảng lịch sử")).to_contain_text("Công chức địa chính")
    successor.goto(dossier)
    expect(successor.get_by_text("Người cv.ke").first).to_be_visible()
    assert [one["id"] for one in live.do(repository.people.work_of(heir, heir.id))] == [
        dossier.rpartition("/")[2]
    ]


@pytest.mark.clause("Đ5.3")
def test_a_login_through_the_provider_of_the_civil_service(live: Live, visitors: Visitors) -> None:
    page = visitors.stranger()
    page.goto("/dossiers")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    page.get_by_role("link", name=re.compile("Đăng nhập bằng")).click()
    expect(page).to_have_url(re.compile("/dossiers$"))
    page.goto("/account")
    expect(page.get_by_text("Người vt.vanphong").first).to_be_visible()
    expect(page.get_by_role("region", name="Bảng phiên đang mở")).to_contain_text("đăng nhập một lần")

    live.provider.who = {"sub": "9", "preferred_username": "nguoi.la"}
    other = visitors.stranger()
    other.goto("/login")
    other.get_by_role("link", name=re.compile("Đăng nhập bằng")).click()
    expect(other.get_by_role("alert")).to_contain_text(
        "Không có tài khoản đang hoạt động ứng với danh tính này"
    )
