"""The page Lưu giữ and the council's page: who sees what, and that two people do what takes two people."""

from datetime import date

import httpx
import pytest

from api.web.pages.retention import bars
from repository.access.permissions import Role
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import DossierForm
from repository.retention.standing import standing
from repository.wiring import Repository
from tests.api.test_incidents import logged_in, token_in
from tests.factories import District, stored


@pytest.fixture
async def expired(repository: Repository, district: District):
    clerk = district.clerk
    dossier = await repository.dossiers.open(
        clerk,
        DossierForm(code="01", title="Khiếu nại 2018", retention="2 năm", started_on=date(2018, 1, 2)),
    )
    row = await stored(
        repository, clerk, dossier_id=dossier["_id"], page_amount=1, direction="internal", symbol="9/CV"
    )
    await repository.dossiers.close(clerk, dossier["_id"], ClosingForm(ended_on=date(2018, 5, 1)))
    return row


async def post(client: httpx.AsyncClient, page: str, path: str, **fields: str) -> httpx.Response:
    return await client.post(path, data={"csrf": token_in((await client.get(page)).text)} | fields)


async def test_a_hold_is_placed_and_lifted_by_two(app, repository, expired) -> None:
    first = await logged_in(app, repository, "ld1", Role.LEADER)
    second = await logged_in(app, repository, "ld2", Role.LEADER)
    form = {"kind": "document", "target": expired["_id"], "reason": "Thanh tra đột xuất", "authority": "QĐ 1"}
    wrong = await post(first, "/retention", "/holds", **form | {"reason": "ngắn"})
    assert wrong.status_code == 422 and "cần ít nhất 10 ký tự" in wrong.text
    blank = await post(first, "/retention", "/holds", **form | {"kind": "query", "target": "  "})
    assert blank.status_code == 422 and "không được để trống" in blank.text
    assert (await post(first, "/retention", "/holds", **form)).status_code == 303
    said = (await first.get("/retention")).text
    assert "Thanh tra đột xuất" in said and "đang phong tỏa" in said
    hold = (await repository.database["holds"].find_one({}))["_id"]
    lift = {"path": f"/holds/{hold}/lift", "page": "/retention"}
    assert (await post(first, **lift, act="ask", reason="Đã có kết luận")).status_code == 303
    alone = await post(first, **lift, act="confirm")
    assert alone.status_code == 409 and "người thứ hai" in alone.text
    assert "Xác nhận gỡ" not in (await first.get("/retention")).text
    assert "Xác nhận gỡ" in (await second.get("/retention")).text
    confirmed = await post(second, **lift, act="confirm")
    assert confirmed.status_code == 303
    assert "Đã gỡ phong tỏa" in (await second.get(confirmed.headers["location"])).text
    assert (await repository.database["holds"].find_one({}))["state"] == "lifted"


async def test_a_proposal_goes_before_the_council(app, repository, expired) -> None:
    clerk = await logged_in(app, repository, "vt2", Role.CLERK)
    first = await logged_in(app, repository, "ld1", Role.LEADER)
    second = await logged_in(app, repository, "ld2", Role.LEADER)
    made = await post(clerk, "/retention", "/disposals", reason="Hết thời hạn")
    page = made.headers["location"].partition("?")[0]
    assert "9/CV" in (await clerk.get(page)).text and "Đồng ý tiêu hủy" not in (await clerk.get(page)).text
    again = await post(clerk, "/retention", "/disposals")
    assert again.status_code == 409 and "Không có tài liệu nào hết thời hạn" in again.text
    silent = await post(first, page, f"{page}/vote", choice="refuse")
    assert silent.status_code == 422 and "phải nêu lý do" in silent.text
    assert (await post(first, page, f"{page}/vote", choice="approve")).status_code == 303
    twice = await post(first, "/retention", f"{page}/vote", choice="approve")
    assert twice.status_code == 409
    assert (await post(second, page, f"{page}/vote", choice="approve")).status_code == 303
    assert "đã duyệt" in (await second.get(page)).text
    assert (await second.get(f"{page}/certificate")).status_code == 404
    await repository.retention.dispose(page.rpartition("/")[2])  # the store still locks the bytes
    told = (await second.get(page)).text
    assert "đã thực hiện" in told and "đã xóa 0 văn bản, giữ lại 1" in told


async def test_the_locks_are_counted(app, repository, expired) -> None:
    now = await standing(repository.database, repository.clock)
    assert sum(one["documents"] for one in now.spans) == 1
    assert [one["wide"] for one in bars(now)].count(400) == 1
    auditor = await logged_in(app, repository, "kt2", Role.AUDITOR)
    said = (await auditor.get("/retention")).text
    assert "Khóa lưu giữ đến khi nào" in said and "Chưa chạy lần nào" in said
    officer = await logged_in(app, repository, "cv2", Role.OFFICER)
    assert (await officer.get("/retention")).status_code == 403


async def test_a_stub_is_shown_and_its_bytes_are_gone(app, repository, expired, client) -> None:
    """The row as a disposal leaves it: description and hash, no version."""
    gone = {"n": 1, "sha256": expired["versions"][0]["sha256"], "size": 17}
    told = {"disposal": "th-x", "at": repository.clock.now(), "kept_until": "2020-12-31"}
    fields = {"versions": [], "erased": [gone], "disposed": told}
    await repository.database["documents"].update_one({"_id": expired["_id"]}, {"$set": fields})
    clerk = await logged_in(app, repository, "vt3", Role.CLERK)
    page = await clerk.get(f"/documents/{expired['_id']}")
    assert page.status_code == 200 and "tiêu hủy hợp lệ" in page.text and gone["sha256"] in page.text
    shown = (await client.get(f"/api/v1/documents/{expired['_id']}")).json()
    assert shown["versions"] == [] and shown["disposed"]["kept_until"] == "2020-12-31"
    assert (await client.get(f"/api/v1/documents/{expired['_id']}/versions/1/content")).status_code == 410
    assert (await client.post(f"/api/v1/documents/{expired['_id']}/issue", json={})).status_code == 410
