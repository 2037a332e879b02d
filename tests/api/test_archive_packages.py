"""Archive packages over HTTP and from the page: for whoever hands the dossier over, whole, recorded."""

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from repository.access.actors import operator
from repository.access.permissions import Permission
from repository.dossiers.custody import TransferForm
from tests.factories import PASSWORD
from tests.repository.archive_packages.scene import Bent, accepted, closed_dossier


@pytest.fixture
async def archivist(app, repository, district):
    """A client that may hand dossiers over."""
    token, _ = await repository.credentials.issue_token(
        operator(), system="luu-tru", unit="van-phong", lasts=timedelta(hours=1),
        scopes=[Permission.READ_DOSSIERS, Permission.READ_DOCUMENTS, Permission.HAND_OVER_DOSSIERS],
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu", headers=headers) as opened:
        yield opened


async def test_a_package_is_sent_whole_and_recorded(
    archivist, client, repository, district, tmp_path: Path
) -> None:
    dossier = await closed_dossier(repository, district.clerk)
    path = f"/api/v1/dossiers/{dossier['_id']}/package"
    assert (await client.get(path)).status_code == 403
    assert (await archivist.head(path)).status_code == 200
    assert await repository.database["audit"].count_documents({"action": "dossier.packaged"}) == 0
    answer = await archivist.get(path, params={"kind": "aip", "fonds": "P623", "archive": "G09"})
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    found = tmp_path / "x.zip"
    found.write_bytes(answer.content)
    top = Bent.of(answer.content).top
    assert answer.headers["content-disposition"] == f'attachment; filename="{top}.zip"'
    assert accepted(found).objid.startswith("urn:P623:uuid:")
    [record] = await repository.database["audit"].find({"action": "dossier.packaged"}).to_list(None)
    assert record["subject"] == {"kind": "dossier", "id": dossier["_id"]}
    assert record["detail"]["packed_as"] == "aip" and record["detail"]["documents"] == 3
    assert not list(repository.settings.staging.glob("evidence-*"))


@pytest.mark.parametrize(
    "asked", [{"kind": "dip"}, {"fonds": "mã"}, {"archive": "../x"}, {"fonds": "x" * 36}]
)
async def test_what_cannot_be_asked_is_named(archivist, repository, district, asked: dict[str, str]) -> None:
    dossier = await closed_dossier(repository, district.clerk)
    answer = await archivist.get(f"/api/v1/dossiers/{dossier['_id']}/package", params=asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(asked))}"


async def test_lost_bytes_are_told_before_anything_is_sent(archivist, repository, district) -> None:
    dossier = await closed_dossier(repository, district.clerk)
    change = {"$set": {"versions.0.store_version": "0" * 32}}
    await repository.database["documents"].update_one({"dossiers": dossier["_id"]}, change)
    answer = await archivist.get(f"/api/v1/dossiers/{dossier['_id']}/package")
    assert answer.status_code >= 400 and answer.headers["content-type"] == "application/problem+json"


async def entered(client: httpx.AsyncClient, username: str) -> str:
    """Logs in; the token of the forms."""
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', (await client.get("/login")).text)
    assert csrf
    await client.post("/login", data={"csrf": csrf[1], "username": username, "password": PASSWORD})
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', (await client.get("/dossiers")).text)
    assert found
    return found[1]


async def test_the_receiving_archive_fetches_it_and_answers_on_the_page(app, repository, district) -> None:
    """Seen on its home page with the deadline, fetched whole, sent back, handed over again, received."""
    dossier = await closed_dossier(repository, district.clerk)
    page, form = f"/dossiers/{dossier['_id']}", TransferForm(to="phuong-a")
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu") as person:
        csrf = await entered(person, "vt.phuonga")
        assert (await person.get(f"{page}/package?kind=aip")).status_code == 404
        await repository.dossier_work.custody.transfer(district.clerk, dossier["_id"], form)
        home = (await person.get("/")).text
        assert "Hồ sơ nộp lưu chờ xác nhận" in home and "hạn xác nhận" in home and dossier["title"] in home
        answer = await person.get(f"/api/v1{page}/package?kind=aip")
        assert answer.status_code == 200 and answer.content.startswith(b"PK")
        assert "Xác nhận đã nhận hồ sơ" in (await person.get(page)).text
        short = await person.post(f"{page}/send-back", data={"csrf": csrf, "reason": ""})
        assert short.status_code == 422
        back = await person.post(f"{page}/send-back", data={"csrf": csrf, "reason": "thiếu phụ lục"})
        assert back.headers["location"] == "/dossiers?done=sent-back"
        assert (await person.get(page)).status_code == 404
        await repository.dossier_work.custody.transfer(district.clerk, dossier["_id"], form)
        listed = (await person.get("/api/v1/dossiers?handed=waiting")).json()["items"]
        assert [one["id"] for one in listed] == [dossier["_id"]]
        taken = await person.post(f"{page}/receipt", data={"csrf": csrf, "note": "đủ 3 văn bản"})
        assert taken.headers["location"] == f"{page}?done=received"
        shown = (await person.get(page)).text
        for words in ("Chuỗi quản lý hồ sơ", "Lưu trữ trả lại", "thiếu phụ lục", "Lưu trữ xác nhận đã nhận"):
            assert words in shown
        assert "Xác nhận đã nhận hồ sơ" not in shown
        body = (await person.get(f"/api/v1{page}")).json()
        assert body["handed"]["received"]["at"].endswith("Z") or "+" in body["handed"]["received"]["at"]
        assert (await person.get("/api/v1/dossiers?handed=waiting")).json()["items"] == []


async def test_the_page_offers_it_for_a_closed_dossier(app, repository, district) -> None:
    dossier = await closed_dossier(repository, district.clerk)
    page = f"/dossiers/{dossier['_id']}"
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu") as person:
        csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', (await person.get("/login")).text)
        assert csrf
        form = {"csrf": csrf[1], "username": "vt.vanphong", "password": PASSWORD}
        await person.post("/login", data=form)
        shown = (await person.get(page)).text
        assert "Tải gói SIP" in shown and f'action="{page}/package"' in shown
        answer = await person.get(f"{page}/package?fonds=&archive=&kind=sip")
        assert answer.status_code == 200 and answer.content.startswith(b"PK")
        told = (await person.get(page)).text
        assert "Xuất gói lưu trữ của hồ sơ" in told and "gói SIP uuid-" in told
        await repository.dossiers.reopen(district.clerk, dossier["_id"], "thiếu văn bản")
        assert "Tải gói SIP" not in (await person.get(page)).text
        refused = await person.get(f"{page}/package")
        assert refused.status_code == 409 and "Hồ sơ đang mở" in refused.text
