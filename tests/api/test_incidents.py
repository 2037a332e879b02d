"""The register of incidents over the API and on its pages (Đ9.5): told by anybody, read and settled by who keeps."""

import re
from contextlib import aclosing
from datetime import timedelta

import httpx
import pytest

from repository import errors
from repository.access.actors import operator
from repository.access.permissions import Permission, Role
from repository.incidents.incidents import Report
from repository.wiring import Repository
from tests.factories import PASSWORD, District, make_district, make_person

pytestmark = pytest.mark.clause("Đ9.5")


def token_in(page: str) -> str:
    seen = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert seen, page[:300]
    return seen.group(1)


async def logged_in(app, repository: Repository, username: str, role: Role) -> httpx.AsyncClient:
    """A browser of somebody with that role."""
    if not await repository.database["units"].find_one({"_id": "van-phong"}):
        await make_district(repository)
    await make_person(repository, username, "van-phong", role)
    client = httpx.AsyncClient(transport=app, base_url="http://tangthu")
    form = {"csrf": token_in((await client.get("/login")).text), "username": username, "password": PASSWORD}
    assert (await client.post("/login", data=form)).status_code == 303
    return client


async def found(repository: Repository, kind: str = "object.missing", subject: str = "doc-x"):
    return await repository.incidents.report(
        operator("fixity"), kind=kind, subject_kind="document", subject_id=subject, found="mất <b>tệp</b>",
        todo="phục hồi từ bản sao lưu",
    )  # fmt: skip


@pytest.fixture
async def client(client, repository: Repository):
    """A system that was given the right to report."""
    secret, _ = await repository.credentials.issue_token(
        operator("test"), system="gsát", unit="van-phong", scopes=[Permission.REPORT_INCIDENTS],
        lasts=timedelta(hours=1),
    )  # fmt: skip
    client.headers["Authorization"] = f"Bearer {secret}"
    return client


async def test_a_system_tells_and_cannot_read(client, repository: Repository) -> None:
    answer = await client.post(
        "/api/v1/incidents", json={"found": "Không gửi được văn bản", "reach": "máy lẻ 12"}
    )
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["kind"] == "person" and told["state"] == "open" and told["reach"] == "máy lẻ 12"
    assert (await client.get("/api/v1/incidents")).status_code == 403
    row = await repository.incidents.get(told["id"])
    assert row["told_by"]["id"] and row["unit"] == "van-phong" and "browser" in row["context"]
    assert await repository.database["audit"].count_documents({"subject.id": told["id"]}) == 1


async def test_what_is_told_is_checked(client) -> None:
    for body in ({}, {"found": "abc"}, {"found": "x" * 5000}, {"found": "đủ dài mà", "state": "settled"}):
        assert (await client.post("/api/v1/incidents", json=body)).status_code == 422


async def test_two_reports_are_two_matters_and_a_found_thing_is_one(
    repository: Repository, district: District
) -> None:
    report = Report(found="Trang chủ không mở được")
    one = await repository.incidents.tell(district.clerk, report, {})
    two = await repository.incidents.tell(district.clerk, report, {})
    assert one["_id"] != two["_id"]
    first, again = await found(repository), await found(repository)
    assert first["_id"] == again["_id"] and again["seen"] == 2
    assert await repository.incidents.kinds() == {"person": 2, "object.missing": 1}


async def test_only_who_keeps_the_system_settles(repository: Repository, district: District) -> None:
    row = await found(repository)
    with pytest.raises(errors.Forbidden):
        await repository.incidents.settle(district.auditor, row["_id"], "xong")
    keeper = await make_person(repository, "cntt", "van-phong", Role.IT)
    settled = await repository.incidents.settle(keeper, row["_id"], "đã phục hồi")
    assert settled["state"] == "settled" and settled["settled_by"]["id"] == keeper.id
    with pytest.raises(errors.Conflict):
        await repository.incidents.settle(keeper, row["_id"], "lần nữa")
    assert (await found(repository))["_id"] != row["_id"], "what comes back is opened again"
    assert await repository.incidents.count_open() == 1


async def test_the_pages_show_what_to_do_and_take_what_people_tell(app, repository: Repository) -> None:
    """By the pages: a keeper reads and settles, an officer tells; what was found is shown as text."""
    await found(repository)
    async with aclosing(await logged_in(app, repository, "cntt", Role.IT)) as keeper:
        page = (await keeper.get("/incidents")).text
        assert (
            "mất &lt;b&gt;tệp&lt;/b&gt;" in page
            and "phục hồi từ bản sao lưu" in page
            and "Tệp mất khỏi kho" in page
        )
        assert "Sự cố đang mở" in (await keeper.get("/")).text
        row = (await repository.incidents.find())[0]
        fields = {"csrf": token_in(page)}
        assert (
            await keeper.post(f"/incidents/{row['_id']}/settle", data=fields | {"why": ""})
        ).status_code == 422
        done = await keeper.post(f"/incidents/{row['_id']}/settle", data=fields | {"why": "đã phục hồi"})
        assert done.status_code == 303 and await repository.incidents.count_open() == 0
        assert "đã phục hồi" in (await keeper.get("/incidents?state=settled")).text
        assert "Không có sự cố nào" in (await keeper.get("/incidents")).text
    async with aclosing(await logged_in(app, repository, "cv", Role.OFFICER)) as officer:
        assert (await officer.get("/incidents")).status_code == 403
        page = (await officer.get("/incidents/new", headers={"referer": "http://x/search?q=bi-mat"})).text
        assert "/search" in page and "bi-mat" not in page and repository.settings.contact in page
        fields = {"csrf": token_in(page), "found": "Tìm kiếm trả lỗi", "from": "/search"}
        assert (await officer.post("/incidents/new", data=fields | {"found": "x"})).status_code == 422
        assert (await officer.post("/incidents/new", data=fields)).status_code == 303
    told = (await repository.incidents.find(kind="person"))[0]
    assert told["context"]["page"] == "/search" and told["told_by"]["name"] == "Người cv"
