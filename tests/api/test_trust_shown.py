"""What stands behind a verdict, on the page and in the API: chain, revocation, time, purpose; the owed paper."""

import dataclasses
import re
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives import serialization

from repository.access.actors import operator
from repository.settings import Settings
from repository.wiring import Repository
from tests.api.web.test_pages import LogIn, clerk, log_in, proof  # noqa: F401  (fixtures)
from tests.factories import District, metadata, stream
from tests.repository.signatures.forge import AGENCY, SIGNED, Forge, _name, issue, paper


@pytest.fixture(scope="module")
def forge(tmp_path_factory) -> Forge:
    return Forge(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def letter(forge: Forge) -> bytes:
    """Signed by person and agency, the second with a time stamp."""
    return forge.sign(
        forge.sign(paper(), "person", at=SIGNED), "agency", at=SIGNED + timedelta(hours=1), stamped=True
    )


@pytest.fixture
def settings(settings: Settings, forge: Forge) -> Settings:
    return dataclasses.replace(settings, trust_anchors=f"{forge.anchors}:{forge.crl}")


async def kept(repository: Repository, district: District, content: bytes, name: str, **fields):
    file = await repository.intake.receive(district.clerk, stream(content), filename=name)
    wanted = metadata(issuer={"name": AGENCY}, **fields)
    row = await repository.documents.store(district.clerk, wanted, [file])
    await repository.judge.judge(row["_id"])
    return row["_id"]


@pytest.mark.clause("Đ8.1")
@pytest.mark.clause("Đ8.2")
async def test_the_report_shows_what_the_verdict_stands_on(
    repository: Repository, district: District, clerk: httpx.AsyncClient, letter: bytes  # noqa: F811
):  # fmt: skip
    document = await kept(repository, district, letter, "a.pdf", direction="incoming")
    page = (await clerk.get(f"/documents/{document}")).text
    plain = re.sub(r"\s+", " ", page)
    for words in (
        "Chuỗi chứng thư", "RootCA thử nghiệm", "Chưa bị thu hồi", "danh sách thu hồi lập", "từ tệp cài đặt",
        "Xét chứng thư tại", "dấu thời gian trên chữ ký", "chứng thư thử nghiệm", "Vì sao là", "TOTAL-PASSED",
    ):  # fmt: skip
        assert words in plain, words
    assert "Còn nợ bản giấy" not in plain
    answer = await clerk.get(f"/api/v1/documents/{document}/versions/1/signatures")
    person, agency = answer.json()["items"]
    assert [one["purpose"] for one in (person["trust"], agency["trust"])] == ["thu-nghiem"] * 2
    assert len(agency["trust"]["chain"]) == 3
    assert (agency["trust"]["evidence"][0]["kind"], agency["proof"]["source"]) == ("crl", "timestamp")
    assert answer.json()["report"]["weakens_on"]


@pytest.mark.clause("Đ7.2")
async def test_the_owed_paper_is_asked_for_and_recorded_on_the_page(
    repository: Repository, district: District, clerk: httpx.AsyncClient  # noqa: F811
):  # fmt: skip
    document = await kept(repository, district, paper(), "b.pdf", direction="incoming")
    page = (await clerk.get(f"/documents/{document}")).text
    assert "Còn nợ bản giấy" in page
    assert (await clerk.get(f"/api/v1/documents/{document}")).json()["paper_owed"] is True
    form = {"csrf": proof(page), "on": "không phải ngày", "note": ""}
    refused = await clerk.post(f"/documents/{document}/paper", data=form)
    assert refused.status_code == 422 and "23/11/2026" in refused.text
    done = await clerk.post(
        f"/documents/{document}/paper", data=form | {"on": "05/01/2026", "note": "bưu điện 77"}
    )
    assert done.status_code == 303
    page = (await clerk.get(done.headers["location"])).text
    assert "Bản giấy kèm theo: đã đến ngày 05/01/2026 (bưu điện 77)" in page
    assert (await clerk.get(f"/api/v1/documents/{document}")).json()["paper_owed"] is False


@pytest.mark.clause("Đ10.1")
async def test_the_page_asks_why_nobody_signed(
    repository: Repository, district: District, clerk: httpx.AsyncClient  # noqa: F811
):  # fmt: skip
    holder = issue(_name("Văn phòng", o="Quận", uid="MST:1"), None)
    content = holder.certificate.public_bytes(serialization.Encoding.PEM)
    await repository.certificates.add(operator("test"), "van-phong", content)
    book = district.outgoing["_id"]
    document = await kept(
        repository, district, paper(), "c.pdf", direction="outgoing", document_type="QĐ", register_id=book
    )
    page = (await clerk.get(f"/documents/{document}")).text
    assert "Lý do phát hành không ký số" in page
    form = {"csrf": proof(page)}
    refused = await clerk.post(f"/documents/{document}/issue", data=form)
    assert refused.status_code == 409 and "Điều 10.1" in refused.text
    headers = {"X-CSRF-Token": proof(page)}
    through = await clerk.post(f"/api/v1/documents/{document}/issue", json={}, headers=headers)
    assert through.status_code == 409
    done = await clerk.post(
        f"/documents/{document}/issue", data=form | {"unsigned_reason": "thiết bị ký hỏng"}
    )
    assert done.status_code == 303
    page = (await clerk.get(f"/documents/{document}")).text
    assert "Phát hành không ký số: thiết bị ký hỏng" in page
