"""Accounts over HTTP: what is owed comes first, administrators stay in their unit, leaving ends everything at once."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import unquote

import httpx
import pyotp
import pytest
from starlette.routing import Route

from api.routes import ROUTES
from repository.access.actors import operator
from repository.access.permissions import Permission, Role
from repository.dossiers.dossiers import DossierForm
from repository.organisation.accounts.passwords import hash_password
from repository.organisation.people.people import PersonForm
from repository.wiring import Repository
from tests.factories import PASSWORD, District, make_person

ROOT = operator("test")
NEW = "Sông-Hương-2026"


class Visitor:
    """A browser of one person: cookies, the CSRF proof of the last page."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.page: httpx.Response | None = None

    async def get(self, path: str) -> httpx.Response:
        self.page = await self.http.get(path)
        return self.page

    async def post(self, path: str, /, **form) -> httpx.Response:
        answer = await self.http.post(path, data={"csrf": self.proof, **form})
        self.page = answer if "csrf" in answer.text else self.page
        return answer

    async def api(self, method: str, path: str, **options) -> httpx.Response:
        headers = {"x-csrf-token": self.proof, "accept": "application/json"} | options.pop("headers", {})
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **options)

    @property
    def proof(self) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.page.text if self.page else "")
        assert found, self.page and self.page.text[:500]
        return found.group(1)

    async def log_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        await self.get("/login")
        answer = await self.post("/login", username=username, password=password)
        if (
            answer.status_code == 303
            and answer.headers["location"].startswith("/")
            and "code" not in answer.headers["location"]
        ):
            assert (await self.get("/account/password")).status_code == 200
        return answer


@pytest.fixture
async def visitor(app: httpx.ASGITransport, district: District) -> AsyncIterator:
    opened: list[httpx.AsyncClient] = []

    def make() -> Visitor:
        client = httpx.AsyncClient(transport=app, base_url="http://tangthu", headers={"Accept": "text/html"})
        opened.append(client)
        return Visitor(client)

    yield make
    for one in opened:
        await one.aclose()


@pytest.fixture
async def admin(visitor, repository: Repository) -> Visitor:
    """The administrator of van-phong."""
    await make_person(repository, "qt.a", "van-phong", Role.UNIT_ADMIN)
    one = visitor()
    await one.log_in("qt.a")
    return one


@pytest.fixture
async def it(visitor, repository: Repository) -> Visitor:
    await make_person(repository, "it.a", "van-phong", Role.IT)
    one = visitor()
    await one.log_in("it.a")
    return one


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


@pytest.mark.clause("Đ10.2")
@pytest.mark.clause("Đ13.1")
async def test_a_units_administrator_reaches_his_unit_and_no_further(
    admin: Visitor, repository: Repository, district: District
) -> None:
    foreign = district.foreign_clerk.id
    reason = {"reason": "thử"}
    for method, path, body in (
        ("GET", "", None), ("GET", "/work", None), ("POST", "/disable", reason), ("POST", "/reset", reason),
        ("POST", "/reinstate", reason), ("POST", "/transfer", reason | {"unit": "van-phong", "roles": ["officer"]}),
        ("POST", "/handover", reason | {"successor": district.clerk.id}), ("PATCH", "", {"full_name": "Tên khác"}),
    ):  # fmt: skip
        answer = await admin.api(method, f"/people/{foreign}{path}", json=body, headers={"If-Match": '"r1"'})
        assert answer.status_code == 404, (method, path, answer.text)
    listed = (await admin.api("GET", "/people?unit=phuong-a")).json()["items"]
    assert {one["unit"] for one in listed} == {"van-phong"}
    assert (await admin.http.get(f"/people/{foreign}")).status_code == 404

    higher = await make_person(repository, "it.b", "van-phong", Role.IT)
    assert (await admin.api("POST", f"/people/{higher.id}/reset", json=reason)).status_code == 403
    form = {"username": "x.y", "full_name": "Người mới", "unit": "van-phong", "roles": ["it"]}
    assert (await admin.api("POST", "/people", json=form)).status_code == 403
    assert (
        await admin.api("POST", "/people", json=form | {"roles": ["officer"], "unit": "phuong-a"})
    ).status_code == 403
    assert (await admin.api("POST", "/people", json=form | {"roles": ["operator"]})).status_code == 422
    moved = {"unit": "phuong-a", "roles": ["officer"]} | reason
    assert (await admin.api("POST", f"/people/{district.clerk.id}/transfer", json=moved)).status_code == 403
    made = await admin.api("POST", "/people", json=form | {"roles": ["officer"], "staff_code": "CB-17"})
    assert made.status_code == 201
    history = await repository.journal.history(made.json()["id"])
    assert history[0]["actor"]["name"] == "Người qt.a"


@pytest.mark.clause("Đ9.1")
async def test_one_person_has_one_account(it: Visitor, repository: Repository) -> None:
    form = {"full_name": "Trần Thị Một", "unit": "van-phong", "roles": ["officer"], "staff_code": "CB-01"}
    assert (await it.api("POST", "/people", json=form | {"username": "mot"})).status_code == 201
    assert (
        await it.api("POST", "/people", json=form | {"username": "hai", "unit": "phuong-a"})
    ).status_code == 409
    other = await it.api("POST", "/people", json=form | {"username": "ba", "staff_code": ""})
    assert other.status_code == 201
    tag = {"If-Match": other.headers["etag"]}
    taken = await it.api("PATCH", f"/people/{other.json()['id']}", json={"staff_code": "CB-01"}, headers=tag)
    assert taken.status_code == 409
    renamed = await it.api(
        "PATCH", f"/people/{other.json()['id']}", json={"full_name": "Trần Thị Ba"}, headers=tag
    )
    assert renamed.status_code == 200 and renamed.json()["full_name"] == "Trần Thị Ba"
    stale = await it.api("PATCH", f"/people/{other.json()['id']}", json={"full_name": "X Y"}, headers=tag)
    assert stale.status_code == 412
    assert (
        await it.api("PATCH", f"/people/{other.json()['id']}", json={"full_name": "X Y"})
    ).status_code == 428


@pytest.mark.clause("Đ9.2")
@pytest.mark.clause("Đ10.3c")
async def test_who_moves_leaves_sight_sessions_tokens_and_work_behind(
    it: Visitor, visitor, repository: Repository, district: District
) -> None:
    mover, heir = district.clerk, await make_person(repository, "cv.heir", "van-phong", Role.OFFICER)
    dossier = await repository.dossiers.open(mover, DossierForm(code="01", title="Việc dở dang"))
    secret, _ = await repository.credentials.issue_token(
        mover,
        system="may",
        unit="van-phong",
        scopes=[Permission.SEARCH],
        lasts=datetime.max - datetime(9999, 12, 1),
    )
    old = visitor()
    await old.log_in("vt.vanphong")
    assert (await old.get(f"/dossiers/{dossier['_id']}")).status_code == 200

    move = {"unit": "phuong-a", "title": "Chuyên viên", "roles": ["officer"], "reason": "QĐ 12"}
    path = f"/people/{mover.id}/transfer"
    left = await it.api("POST", path, json=move)
    assert left.status_code == 409 and "hồ sơ đang mở" in left.json()["detail"]
    assert (await old.get("/dossiers")).status_code == 200, "nothing was changed"
    unfit = await it.api("POST", path, json=move | {"successor": district.foreign_clerk.id})
    assert unfit.status_code == 422
    moved = await it.api("POST", path, json=move | {"successor": heir.id})
    assert moved.status_code == 200, moved.text

    assert (await old.http.get("/dossiers")).headers["location"].startswith("/login")
    assert await repository.credentials.of_token(secret) is None
    new = visitor()
    await new.log_in("vt.vanphong")
    assert (await new.get(f"/dossiers/{dossier['_id']}")).status_code == 404
    pieces = (await it.api("GET", f"/people/{heir.id}/work")).json()["items"]
    assert [one["id"] for one in pieces] == [dossier["_id"]]
    positions = moved.json()["positions"]
    assert [(one["unit"], one["title"], bool(one["until"])) for one in positions] == [
        ("van-phong", "Văn thư", True), ("phuong-a", "Chuyên viên", False),
    ]  # fmt: skip
    opened = (await repository.journal.history(dossier["_id"]))[0]["actor"]
    assert (opened["title"], opened["unit"]) == ("Văn thư", "van-phong"), "the act keeps the title of its day"


@pytest.mark.clause("Đ10.3a")
async def test_who_leaves_is_out_at_once_and_his_work_has_an_owner(
    it: Visitor, visitor, repository: Repository, district: District
) -> None:
    leaver, heir = district.clerk, await make_person(repository, "cv.heir", "van-phong", Role.OFFICER)
    dossier = await repository.dossiers.open(leaver, DossierForm(code="02", title="Việc khác"))
    session = visitor()
    await session.log_in("vt.vanphong")
    path = f"/people/{leaver.id}/disable"
    assert (await it.api("POST", path, json={"reason": "nghỉ hưu"})).status_code == 409
    assert (await session.get("/dossiers")).status_code == 200
    done = await it.api("POST", path, json={"reason": "nghỉ hưu", "successor": heir.id})
    assert done.status_code == 200 and done.json()["disabled_at"]
    assert (await session.http.get("/dossiers")).headers["location"].startswith("/login")
    assert (await visitor().log_in("vt.vanphong")).status_code == 403
    assert [one["id"] for one in await repository.people.work_of(ROOT, heir.id)] == [dossier["_id"]]
    assert "Ngừng tài khoản" in (await it.get(f"/people/{leaver.id}")).text

    back = await it.api("POST", f"/people/{leaver.id}/reinstate", json={"reason": "hợp đồng lại"})
    assert (await visitor().log_in("vt.vanphong")).status_code == 403, "the old password stays dead"
    again = visitor()
    await again.log_in("vt.vanphong", back.json()["first_password"])
    assert (await again.http.get("/dossiers")).headers["location"] == "/account/password"


async def test_a_stolen_account_is_ended_at_once_and_its_work_handed_over_later(
    it: Visitor, repository: Repository, district: District
) -> None:
    heir = await make_person(repository, "cv.heir", "van-phong", Role.OFFICER)
    await repository.dossiers.open(district.clerk, DossierForm(code="03", title="Việc gấp"))
    urgent = {"reason": "nghi lộ mật khẩu", "urgent": True}
    assert (await it.api("POST", f"/people/{district.clerk.id}/disable", json=urgent)).status_code == 200
    assert len((await it.api("GET", f"/people/{district.clerk.id}/work")).json()["items"]) == 1
    handed = await it.api(
        "POST", f"/people/{district.clerk.id}/handover", json={"successor": heir.id, "reason": "bàn giao"}
    )
    assert handed.json() == {"handed_over": 1}


async def test_no_administrator_changes_his_own_rights_or_ends_himself(
    it: Visitor, repository: Repository
) -> None:
    own = (await repository.people.named("it.a"))["_id"]
    move = {"unit": "phuong-a", "roles": ["auditor", "it"], "reason": "thử"}
    assert (await it.api("POST", f"/people/{own}/transfer", json=move)).status_code == 409
    assert (await it.api("POST", f"/people/{own}/disable", json={"reason": "thử"})).status_code == 409


@pytest.mark.clause("Đ10.3a")
async def test_nothing_deletes_a_person(it: Visitor, repository: Repository, district: District) -> None:
    """Not by route, not by service, not by command, not by the journal's own change."""
    from ops.cli import COMMANDS
    from repository.journal import Change

    for route in ROUTES:
        if isinstance(route, Route) and ("people" in route.path or "units" in route.path):
            path = route.path.replace("{id}", district.clerk.id)
            answer = await it.http.request("DELETE", path, headers={"x-csrf-token": it.proof})
            assert answer.status_code == 405, path
    removing = re.compile("delete|remove|erase|purge|drop")
    for offered in (Change, type(repository.people), type(repository.postings), type(repository.units)):
        assert not [name for name in dir(offered) if removing.search(name)]
    assert not [name for name in COMMANDS if removing.search(name)]
    from ops.cli import run

    with pytest.raises(SystemExit) as refused:
        run(["people", "delete", "vt.vanphong"])
    assert refused.value.code == 2
    assert await repository.people.get(district.clerk.id)


async def test_a_machine_token_has_no_account(
    repository: Repository, app: httpx.ASGITransport, district: District
) -> None:
    secret, _ = await repository.credentials.issue_token(
        ROOT,
        system="may",
        unit="van-phong",
        scopes=list(Permission),
        lasts=datetime.max - datetime(9999, 12, 1),
    )
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu", headers=headers) as machine:
        for path in ("/account", "/account/sessions", "/account/logins"):
            assert (await machine.get(f"/api/v1{path}")).status_code == 403
        assert (await machine.get("/api/v1/people")).status_code == 403
        assert (await machine.get("/api/v1/units")).status_code == 200


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


async def test_pages_of_people_and_units_carry_no_inline_code(it: Visitor, district: District) -> None:
    for path in (
        "/account", "/account/password", "/account/factor", "/people", f"/people/{district.clerk.id}", "/units",
        "/units/van-phong", "/login/code",
    ):  # fmt: skip
        answer = await it.get(path)
        assert answer.status_code == 200, path
        assert not re.search(
            r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://(?!www\.w3\.org)", answer.text
        ), path
        assert len(answer.content) < 150_000


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
