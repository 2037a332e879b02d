"""Accounts over HTTP: administrators stay in their unit, leaving ends everything at once."""

import re
from datetime import datetime

import httpx
import pytest
from starlette.routing import Route

from api.routes import ROUTES
from repository.access.actors import operator
from repository.access.permissions import Permission, Role
from repository.dossiers.dossiers import DossierForm
from repository.wiring import Repository
from tests.api.visitor import Visitor, admin, it, visitor
from tests.factories import District, make_person

__all__ = ["admin", "it", "visitor"]
ROOT = operator("test")


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
