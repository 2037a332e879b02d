"""The own account over HTTP: what is owed comes first; passwords, sessions and the second factor."""

import re
from datetime import UTC, datetime
from urllib.parse import unquote

import pyotp
import pytest

from repository.access.actors import operator
from repository.access.permissions import Role
from repository.organisation.accounts.passwords import hash_password
from repository.organisation.people.people import PersonForm
from repository.wiring import Repository
from tests.api.visitor import Visitor, admin, it, visitor
from tests.factories import PASSWORD, District

__all__ = ["admin", "it", "visitor"]
ROOT = operator("test")
NEW = "Sông-Hương-2026"


@pytest.mark.clause("Đ9.4")
@pytest.mark.clause("Đ10.3b")
async def test_who_was_given_a_password_changes_it_before_anything_else(admin: Visitor, visitor) -> None:
    form = {"username": "cv.moi", "full_name": "Nguyễn Văn Mới", "unit": "van-phong", "roles": ["officer"]}
    made = (await admin.api("POST", "/people", json=form)).json()
    fresh = visitor()
    answer = await fresh.log_in("cv.moi", made["first_password"])
    assert answer.headers["location"] == "/account/password"
    for path in ("/", "/search", "/dossiers", "/account"):
        assert (await fresh.http.get(path)).headers["location"] == "/account/password"
    for method, path in (("GET", "/documents"), ("GET", "/account/sessions"), ("POST", "/dossiers")):
        refused = await fresh.api(method, path)
        assert refused.status_code == 403 and refused.json()["type"] == "/problems/account-owes"
    assert (await fresh.api("GET", "/account")).json()["owes"] == "đổi mật khẩu được cấp"
    for bad in ("ngắn", "matkhau@123", "cv.moi-A1-xyz", made["first_password"]):
        refused = await fresh.post(
            "/account/password", old_password=made["first_password"], new_password=bad, again=bad
        )
        assert refused.status_code == 422 and bad not in refused.text
    done = await fresh.post(
        "/account/password", old_password=made["first_password"], new_password=NEW, again=NEW
    )
    assert done.status_code == 303, done.text
    assert (await fresh.get("/")).status_code == 200
    assert (await visitor().log_in("cv.moi", made["first_password"])).status_code == 403


async def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(visitor) -> None:
    here, there = visitor(), visitor()
    await here.log_in("vt.vanphong")
    await there.log_in("vt.vanphong")
    await here.post("/account/password", old_password=PASSWORD, new_password=NEW, again=NEW)
    assert (await here.get("/dossiers")).status_code == 200
    assert (await there.http.get("/dossiers")).headers["location"].startswith("/login")


@pytest.mark.clause("Đ5.3")
async def test_the_owner_sees_every_login_and_the_other_session_and_ends_it(visitor) -> None:
    here, thief = visitor(), visitor()
    await here.log_in("vt.vanphong")
    await visitor().log_in("vt.vanphong", "sai")
    await thief.log_in("vt.vanphong")
    assert "đã đăng nhập ở nơi khác" in (await here.get("/dossiers")).text
    page = (await here.get("/account")).text
    assert "Đăng nhập bị từ chối" in page and page.count("Phiên này") == 1
    sessions = (await here.api("GET", "/account/sessions")).json()["items"]
    assert [one["present"] for one in sessions] == [False, True]
    other = next(one for one in sessions if not one["present"])
    assert (await here.api("POST", f"/account/sessions/{other['id']}/end")).status_code == 204
    assert (await thief.http.get("/dossiers")).headers["location"].startswith("/login")
    assert "đã đăng nhập ở nơi khác" not in (await here.get("/dossiers")).text
    acts = [one["action"] for one in (await here.api("GET", "/account/logins")).json()["items"]]
    assert acts[:4] == ["session.ended", "login.done", "login.refused", "login.done"]


async def test_nobody_ends_the_session_of_somebody_else(visitor) -> None:
    one, other = visitor(), visitor()
    await one.log_in("vt.vanphong")
    await other.log_in("vt.phuonga")
    sessions = (await other.api("GET", "/account/sessions")).json()["items"]
    assert (await one.api("POST", f"/account/sessions/{sessions[0]['id']}/end")).status_code == 404
    assert (await other.get("/dossiers")).status_code == 200


async def enrol(one: Visitor) -> tuple[str, list[str]]:
    """Sets the second factor up as a person does; its secret and the recovery codes."""
    page = (await one.get("/account/factor")).text
    found = re.search(r'<code class="sign long">([A-Z2-7 ]+)</code>', page)
    setup = re.search(r'name="setup" value="([^"]+)"', page)
    assert found and setup and "<svg" in page
    secret = found.group(1).replace(" ", "")
    wrong = await one.post("/account/factor", setup=setup.group(1), code="000000")
    assert wrong.status_code == 422
    done = await one.post("/account/factor", setup=setup.group(1), code=pyotp.TOTP(secret).now())
    assert done.status_code == 200
    return secret, re.findall(r"<li><code>([a-z2-7-]+)</code></li>", done.text)


def later_code(secret: str) -> str:
    """The code of the next step: the present one was used to enrol."""
    return pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=1)


async def test_a_second_factor_is_asked_for_and_each_code_counts_once(
    visitor, repository: Repository
) -> None:
    one = visitor()
    await one.log_in("vt.vanphong")
    secret, recovery = await enrol(one)
    assert len(recovery) == 10
    dump = repr(await repository.database["people"].find({}).to_list(None)) + repr(
        await repository.database["audit"].find({}).to_list(None)
    )
    assert secret not in dump and not [code for code in recovery if code in dump]

    half = visitor()
    answer = await half.log_in("vt.vanphong")
    assert unquote(answer.headers["location"]) == "/login/code?next=/"
    assert (await half.http.get("/dossiers")).headers["location"] == "/login/code"
    assert (await half.api("GET", "/account")).json()["type"] == "/problems/account-owes"
    await half.get("/login/code")
    assert (await half.post("/login/code", code="123456")).status_code == 403
    code = later_code(secret)
    assert (await half.post("/login/code", code=code)).status_code == 303
    assert (await half.get("/dossiers")).status_code == 200

    again = visitor()
    await again.log_in("vt.vanphong")
    await again.get("/login/code")
    assert (await again.post("/login/code", code=code)).status_code == 403
    assert (await again.post("/login/code", code=recovery[0])).status_code == 303
    third = visitor()
    await third.log_in("vt.vanphong")
    await third.get("/login/code")
    assert (await third.post("/login/code", code=recovery[0])).status_code == 403


async def test_wrong_codes_lock_like_wrong_passwords(visitor) -> None:
    one = visitor()
    await one.log_in("vt.vanphong")
    secret, _ = await enrol(one)
    half = visitor()
    await half.log_in("vt.vanphong")
    await half.get("/login/code")
    for _ in range(5):
        assert (await half.post("/login/code", code="000000")).status_code == 403
    refused = await half.post("/login/code", code=later_code(secret))
    assert refused.status_code == 403 and "bị khóa" in refused.text
    assert (await visitor().log_in("vt.vanphong")).status_code == 403


async def test_a_required_factor_comes_before_work(repository: Repository, visitor, it: Visitor) -> None:
    """The rule of an installation that demands it: administrators first, then everybody in a stricter unit."""
    unit = await it.api("GET", "/units/van-phong")
    rule = await it.api(
        "PUT", "/units/van-phong/rules", json={"totp": "all"}, headers={"If-Match": unit.headers["etag"]}
    )
    assert rule.status_code == 200, rule.text
    one = visitor()
    answer = await one.log_in("vt.vanphong")
    assert answer.headers["location"] == "/account/factor"
    assert (await one.http.get("/dossiers")).headers["location"] == "/account/factor"
    await enrol(one)
    assert (await one.get("/dossiers")).status_code == 200
    kept = await one.post("/account/factor/drop", password=PASSWORD, code="000000")
    assert kept.status_code == 422 and "bắt buộc" in kept.text


async def test_the_hidden_password_is_in_no_answer(
    it: Visitor, repository: Repository, district: District
) -> None:
    form = PersonForm(username="an", full_name="Người ẩn", unit="van-phong", roles=[Role.OFFICER])
    hashed = await hash_password("Mật-khẩu-khác-9")
    row = await repository.people.create(ROOT, form, hashed)
    for path in ("/people", f"/people/{row['_id']}"):
        assert (
            "argon2" not in (await it.api("GET", path)).text
            and "argon2" not in (await it.http.get(path)).text
        )
