"""A paper signed in the browser: by its leader with a SoftHSM token, then sealed by the clerk's remote signer."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from playwright.sync_api import Page, expect

from indexers.wiring import open_indexers
from ops.demo.pki import DemoPki
from repository.access.actors import operator
from repository.access.permissions import Role
from repository.settings import Settings
from tests.factories import make_person, metadata, stream
from tests.repository.signing import conftest as signing
from tests.repository.signing.conftest import AGENCY, LEADER, SECRET, UNIT, full_name, p12, pair, paper
from tests.signers import MODULE, PIN, RemoteSigner
from tests.stories.live import Live, Visitors, log_in
from tests.stories.test_grants_browser import readable

pki, softhsm, tsa, remote = signing.pki, signing.softhsm, signing.tsa, signing.remote
pytestmark = [pytest.mark.clause("Đ8.3"), pytest.mark.clause("Đ8.1"), pytest.mark.timeout(300)]
PATIENCE = 60_000
"""Milliseconds: a signature is some seconds of work, and the machine may be busy with other tests."""


@pytest.fixture
def settings(settings: Settings, pki: DemoPki, tsa: str, remote: RemoteSigner) -> Settings:
    anchors = ":".join(str(path) for path in (pki.anchors, pki.intermediates, *pki.crls))
    return replace(
        settings, trust_anchors=anchors, tsa_url=tsa, pkcs11_module=MODULE, signer_url=remote.url,
        signer_token=remote.token,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=5_000)


def entered(visitors: Visitors, username: str, *, scripts: bool = False) -> Page:
    page = visitors.stranger(scripts=scripts)
    page.set_default_timeout(PATIENCE)
    log_in(page, username)
    expect(page).to_have_url(re.compile(r":\d+/$"))
    return page


@pytest.fixture
def there(live: Live, pki: DemoPki, softhsm: str) -> Iterator[str]:
    """The page of a paper that waits for its signatures."""

    async def make() -> str:
        found, root = live.repository, operator("test")
        name = full_name(pki, LEADER)
        leader = await make_person(found, LEADER, UNIT, Role.LEADER, title="Chánh Văn phòng")
        await found.database["people"].update_one({"_id": leader.id}, {"$set": {"full_name": name}})
        for holder in (UNIT, LEADER):
            pem = pair(pki, holder)[0].public_bytes(serialization.Encoding.PEM)
            if holder == UNIT:
                await found.certificates.add(root, UNIT, pem)
            else:
                await found.certificates.add_for_person(root, leader.id, pem)
        received = await found.intake.receive(
            live.district.clerk, stream(paper(name)), filename="Công văn.pdf"
        )
        given = metadata(subject="Về việc ký số", direction="outgoing", issuer={"name": AGENCY})
        return str((await found.documents.store(live.district.clerk, given, [received]))["_id"])

    yield f"/documents/{live.do(make())}"


async def worked(live: Live) -> None:
    async with open_indexers(live.repository) as opened:
        await opened.worker.drain()


def sign(page: Page, means: str, secret: str, button: str = "Ký số") -> None:
    page.get_by_label("Khóa ở đâu").first.select_option(label=means)
    page.get_by_label("PIN hoặc mật khẩu của khóa").first.fill(secret)
    page.get_by_role("button", name=button, exact=True).click()


def test_signed_with_a_token_and_sealed_by_a_remote_signer(
    live: Live, visitors: Visitors, there: str, remote: RemoteSigner, pki: DemoPki
) -> None:
    remote.hold(*pair(pki, UNIT))
    leader = entered(visitors, LEADER, scripts=True)
    leader.goto(there)
    leader.get_by_role("link", name="Ký số", exact=True).click()
    expect(leader.get_by_role("heading", level=1)).to_have_text("Ký số phiên bản 1")
    expect(leader.locator("code.hash")).to_have_text(re.compile(r"^[0-9a-f]{64}$"))
    readable(leader, f"{there}/versions/1/sign")
    sign(leader, "Thiết bị ký nối máy chủ (PKCS#11)", "000000")
    expect(leader.get_by_role("alert")).to_contain_text("PIN không đúng")
    waiting = leader.get_by_role("region", name=re.compile("Việc ký đang chờ"))
    expect(waiting).to_contain_text("Chờ ký")
    readable(leader, f"{there}/versions/1/sign")
    sign(leader, "Thiết bị ký nối máy chủ (PKCS#11)", PIN, "Ký tiếp và hoàn tất")
    expect(leader.get_by_role("status").first).to_contain_text("Đã ký số")
    expect(leader.locator("ol.versions li")).to_have_count(2)

    clerk = entered(visitors, "vt.vanphong")
    clerk.goto(there)
    clerk.get_by_role("link", name="Ký số", exact=True).click()
    expect(clerk.get_by_role("heading", level=1)).to_have_text("Ký số phiên bản 2")
    clerk.get_by_label(re.compile("Ký của cơ quan")).check()
    remote.down = True
    sign(clerk, "Dịch vụ ký từ xa", PIN)
    expect(clerk.get_by_role("alert")).to_contain_text("ký số từ xa hiện không trả lời")
    remote.down = False
    sign(clerk, "Dịch vụ ký từ xa", PIN, "Ký tiếp và hoàn tất")
    expect(clerk.get_by_role("status").first).to_contain_text("Đã ký số")
    live.do(worked(live))
    clerk.goto(there)
    expect(clerk.get_by_role("heading", name="Văn bản có giá trị pháp lý như bản giấy.")).to_be_visible()
    signatures = clerk.get_by_role("region", name=re.compile("Chữ ký số"))
    expect(signatures.get_by_text("Hợp lệ", exact=True)).to_have_count(2)
    expect(signatures).to_contain_text(full_name(pki, LEADER))
    expect(signatures).to_contain_text(AGENCY)


@pytest.mark.clause("Đ5.3")
def test_a_brought_key_of_somebody_else_is_refused_on_the_page(
    visitors: Visitors, there: str, pki: DemoPki, tmp_path: Path
) -> None:
    leader = entered(visitors, LEADER)
    leader.goto(f"{there}/versions/1/sign")
    wrong, right = tmp_path / "wrong.p12", tmp_path / "right.p12"
    wrong.write_bytes(p12(pki, UNIT))
    right.write_bytes(p12(pki, LEADER))
    leader.get_by_label("Tệp khóa (.p12, .pfx)").first.set_input_files(wrong)
    sign(leader, "Tệp khóa mang theo (PKCS#12)", SECRET)
    expect(leader.get_by_role("alert")).to_contain_text("không phải của tài khoản này")
    leader.get_by_label("Tệp khóa (.p12, .pfx)").first.set_input_files(right)
    sign(leader, "Tệp khóa mang theo (PKCS#12)", SECRET, "Ký tiếp và hoàn tất")
    expect(leader.get_by_role("status").first).to_contain_text("Đã ký số")


def test_who_has_no_certificate_is_told_what_to_do(live: Live, visitors: Visitors, there: str) -> None:
    live.do(make_person(live.repository, "cv.moi", UNIT, Role.OFFICER))
    officer = entered(visitors, "cv.moi")
    officer.goto(there)
    officer.get_by_role("link", name="Ký số", exact=True).click()
    expect(officer.get_by_text("Chưa có chứng thư số nào được đăng ký cho bạn")).to_be_visible()
    expect(officer.get_by_role("button", name="Ký số", exact=True)).to_have_count(0)
