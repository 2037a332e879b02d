"""The pages over the real services: sessions, rights, forged forms, escaping, truthful checks, refusals."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from api.problems import HANDLERS
from api.web.pages.login import local_path
from repository import errors
from repository.access.permissions import Role
from repository.dossiers.dossiers import DossierForm
from repository.wiring import Repository
from tests.factories import PASSWORD, District, make_person, stored

SAME = {"Sec-Fetch-Site": "same-origin"}
LogIn = Callable[[str], Awaitable[httpx.AsyncClient]]


def proof(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found
    return found.group(1)


@pytest.fixture
async def log_in(app: httpx.ASGITransport, district: District) -> AsyncIterator[LogIn]:
    opened: list[httpx.AsyncClient] = []

    async def enter(username: str) -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=app, base_url="http://tangthu", headers={"Accept": "text/html"})
        opened.append(client)
        form = {"csrf": proof((await client.get("/login")).text), "username": username, "password": PASSWORD}
        answer = await client.post("/login", data=form)
        assert answer.status_code == 303, answer.text
        return client

    yield enter
    for client in opened:
        await client.aclose()


@pytest.fixture
async def clerk(log_in: LogIn) -> httpx.AsyncClient:
    return await log_in("vt.vanphong")


@pytest.mark.parametrize("wanted", ["/", "/search?q=a%20b&p=20", "/documents/doc-x#phien-ban"])
def test_local_paths_are_kept(wanted: str) -> None:
    assert local_path(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "", "evil", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "https://evil.example", "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example",
        " //evil.example", "/login", "/login?next=/", "/logout", "/a\x00b", "//[", "/%0d%0aSet-Cookie:x\r\n",
    ],
)  # fmt: skip
def test_every_other_place_is_home(wanted: str) -> None:
    assert local_path(wanted) == "/"


async def test_the_session_cookie_is_out_of_reach_of_scripts(nobody: httpx.AsyncClient, district) -> None:
    form = {"csrf": proof((await nobody.get("/login")).text), "username": "vt.vanphong", "password": PASSWORD}
    answer = await nobody.post("/login", data=form | {"next": "//evil.example"})
    cookie = answer.headers["set-cookie"].lower()
    assert answer.headers["location"] == "/"
    assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie
    secured = httpx.AsyncClient(transport=nobody._transport, base_url="https://tangthu")
    form["csrf"] = proof((await secured.get("/login")).text)
    assert "secure" in (await secured.post("/login", data=form)).headers["set-cookie"].lower()
    await secured.aclose()


async def test_a_session_that_was_ended_opens_nothing(clerk: httpx.AsyncClient) -> None:
    page = await clerk.get("/")
    secret = clerk.cookies["tangthu_session"]
    await clerk.post("/logout", data={"csrf": proof(page.text)})
    clerk.cookies.set("tangthu_session", secret)
    answer = await clerk.get("/dossiers")
    assert answer.status_code == 303 and answer.headers["location"] == "/login?next=%2Fdossiers"


async def test_pages_carry_no_inline_code_and_are_not_shared(clerk: httpx.AsyncClient) -> None:
    for path in ("/", "/search", "/documents/new", "/dossiers", "/registers", "/help"):
        answer = await clerk.get(path)
        assert answer.status_code == 200
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "no-store" in answer.headers["cache-control"]
        assert not re.search(
            r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://(?!www\.w3\.org)", answer.text
        )


async def test_static_files_keep_by_fingerprint(clerk: httpx.AsyncClient) -> None:
    page = (await clerk.get("/")).text
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        answer = await clerk.get(address)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"], address
    assert (await clerk.get("/static/../rendering.py")).status_code == 404
    assert (await clerk.get("/static/%2e%2e/rendering.py")).status_code == 404


async def test_a_form_without_our_proof_changes_nothing(
    clerk: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk)
    dossier = await repository.dossiers.open(district.clerk, DossierForm(code="1", title="Hồ sơ"))
    for path, data in (
        (f"/documents/{row['_id']}/register", {"register_id": district.incoming["_id"]}),
        (f"/documents/{row['_id']}/check", {}),
        (f"/documents/{row['_id']}/file", {"dossier_id": dossier["_id"]}),
        (f"/dossiers/{dossier['_id']}/close", {"csrf": "0" * 64}),
        (f"/dossiers/{dossier['_id']}/close", {"csrf": "đ" * 64}),
        ("/dossiers", {"code": "2", "title": "x"}),
    ):
        assert (await clerk.post(path, data=data)).status_code == 403, path
    files = {"file": ("a.txt", b"noi dung")}
    right = {"csrf": proof((await clerk.get("/documents/new")).text), "subject": "Lừa"}
    for headers, data in (
        ({"Sec-Fetch-Site": "cross-site"}, right),
        ({"Sec-Fetch-Site": "same-site"}, right),
        ({"Origin": "http://evil.example"}, right),
        ({}, right),
        (SAME, right | {"csrf": "0" * 64}),
        (SAME, {"subject": "Lừa"}),
    ):
        answer = await clerk.post("/documents/new", data=data, files=files, headers=headers)
        assert answer.status_code == 403, (headers, data)
    assert [one["_id"] for one in await repository.documents.newest(district.clerk)] == [row["_id"]]
    assert (await repository.documents.get(district.clerk, row["_id"]))["register"] == ""


async def test_an_upload_is_stored_numbered_and_shown(
    clerk: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    form = {
        "csrf": proof((await clerk.get("/documents/new")).text),
        "subject": 'Ho\u0300a Mai <script>alert(1)</script> & "ngoặc"',
        "issued_on": "22/11/2026",
        "register_id": district.incoming["_id"],
    }
    answer = await clerk.post(
        "/documents/new", data=form, files={"file": ("công văn.txt", b"noi dung")}, headers=SAME
    )
    assert answer.status_code == 303, answer.text
    page = (await clerk.get(answer.headers["location"])).text
    assert "Đã lưu văn bản" in page and "Hòa Mai &lt;script&gt;" in page and "<script>alert" not in page
    [row] = await repository.documents.newest(district.clerk)
    assert (row["number"], row["issued_on"]) == (1, "2026-11-22")
    book = (await clerk.get(f"/registers/{district.incoming['_id']}")).text
    assert "&lt;script&gt;alert(1)" in book and "<script>alert" not in book
    assert book.count('<th scope="col">') == 10


async def test_a_refused_upload_keeps_what_was_typed(clerk: httpx.AsyncClient, repository, district) -> None:
    form = {
        "csrf": proof((await clerk.get("/documents/new")).text),
        "subject": "Giữ lại <b>",
        "symbol": "1/A",
    }
    for files, said in (
        ({"file": ("rong.txt", b"")}, "file-fault"),
        ({"file": ("a.exe", b"MZ" + bytes(200))}, "file-fault"),
        ({"file": ("", b"")}, "Thiếu tệp"),
    ):
        answer = await clerk.post("/documents/new", data=form, files=files, headers=SAME)
        assert answer.status_code == 422, answer.text
        assert said in answer.text and "Giữ lại &lt;b&gt;" in answer.text and 'value="1/A"' in answer.text
    wrong = await clerk.post(
        "/documents/new", data=form | {"page_amount": "0"}, files={"file": ("a.txt", b"x")}, headers=SAME
    )
    assert wrong.status_code == 422 and 'id="page_amount-fault"' in wrong.text
    assert await repository.documents.newest(district.clerk) == []


async def test_a_foreign_document_does_not_exist(
    log_in: LogIn, repository: Repository, district: District
) -> None:
    row = await stored(repository, district.foreign_clerk, subject="Chuyện riêng của phường")
    clerk, foreign = await log_in("vt.vanphong"), await log_in("vt.phuonga")
    assert "Chuyện riêng" in (await foreign.get(f"/documents/{row['_id']}")).text
    for path in ("", "/versions/1/preview/1.png"):
        answer = await clerk.get(f"/documents/{row['_id']}{path}")
        assert answer.status_code == 404 and "Chuyện riêng" not in answer.text
    checked = await clerk.post(
        f"/documents/{row['_id']}/check", data={"csrf": proof((await clerk.get("/help")).text)}
    )
    assert checked.status_code == 404
    assert "Chuyện riêng" not in (await clerk.get("/")).text
    assert "Chuyện riêng" in (await (await log_in("ktv")).get("/")).text


async def test_an_integrity_check_says_what_it_found(
    clerk: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk)
    page = await clerk.get(f"/documents/{row['_id']}")
    form = {"csrf": proof(page.text)}
    whole = await clerk.post(f"/documents/{row['_id']}/check", data=form)
    assert "1/1 phiên bản còn nguyên như khi lưu" in whole.text and 'class="notice ok"' in whole.text
    # The store keeps what it has; so the record is made to expect other bytes.
    await repository.database["documents"].update_one(
        {"_id": row["_id"]}, {"$set": {"versions.0.size": row["versions"][0]["size"] + 1}}
    )
    broken = await clerk.post(f"/documents/{row['_id']}/check", data=form)
    assert "Phát hiện sai lệch ở 1/1 phiên bản" in broken.text and "kích thước" in broken.text
    assert 'class="notice ok"' not in broken.text
    assert "sai lệch ở phiên bản 1" in (await clerk.get(f"/documents/{row['_id']}")).text


async def test_a_preview_is_a_picture_whatever_is_asked(
    clerk: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk)
    for page in ("1", "0", "99999", "x"):
        answer = await clerk.get(f"/documents/{row['_id']}/versions/1/preview/{page}.png")
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("image/")
    for n in ("0", "2", "x"):
        assert (await clerk.get(f"/documents/{row['_id']}/versions/{n}/preview/1.png")).status_code == 404


async def test_refused_deeds_are_said_on_the_page_they_were_tried_on(
    clerk: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk)
    here = f"/documents/{row['_id']}"
    form = {"csrf": proof((await clerk.get(here)).text)}
    for deed, data in (
        ("register", {}),
        ("issue", {}),
        ("register", {"register_id": district.outgoing["_id"]}),
    ):
        answer = await clerk.post(f"{here}/{deed}", data=form | data)
        assert (
            answer.status_code in (409, 422)
            and 'role="alert"' in answer.text
            and row["subject"] in answer.text
        )
    taken = await clerk.post(f"{here}/register", data=form | {"register_id": district.incoming["_id"]})
    assert taken.status_code == 303
    again = await clerk.post(f"{here}/register", data=form | {"register_id": district.incoming["_id"]})
    assert again.status_code == 409
    added = await clerk.post(
        f"{here}/versions", data=form | {"seen": "1"}, files={"file": ("a.txt", b"mot")}, headers=SAME
    )
    assert added.status_code == 303
    stale = await clerk.post(
        f"{here}/versions", data=form | {"seen": "1"}, files={"file": ("b.txt", b"hai")}, headers=SAME
    )
    assert stale.status_code == 409 and "đã được người khác sửa" in stale.text
    book = f"/registers/{district.incoming['_id']}"
    assert (await clerk.post(f"{book}/annul", data=form | {"number": "1"})).status_code == 422
    assert (await clerk.post(f"{book}/annul", data=form | {"number": "7", "reason": "x"})).status_code == 422
    struck = await clerk.post(f"{book}/annul", data=form | {"number": "1", "reason": "nhầm <sổ>"})
    assert struck.status_code == 303
    assert "nhầm &lt;sổ&gt;" in (await clerk.get(book)).text


async def test_only_what_was_scanned_is_issued(
    clerk: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk, direction="outgoing", register_id=district.outgoing["_id"])
    here = f"/documents/{row['_id']}"
    await repository.database["documents"].update_one(
        {"_id": row["_id"]}, {"$set": {"versions.0.scan.verdict": "not_scanned"}}
    )
    page = (await clerk.get(here)).text
    assert "Quét lại mã độc" in page and "Chưa quét mã độc" in page
    form = {"csrf": proof(page)}
    refused = await clerk.post(f"{here}/issue", data=form)
    assert refused.status_code == 409 and "chưa quét mã độc (văn bản.txt)" in refused.text
    if not repository.settings.clamd_url:
        pytest.skip("no clamd here: nothing can be scanned, so nothing can be issued")
    assert (await clerk.post(f"{here}/rescan", data=form)).status_code == 303
    assert (await clerk.post(f"{here}/issue", data=form)).status_code == 303
    issued = (await clerk.get(here)).text
    assert "Đã phát hành" in issued and "Thêm phiên bản mới" not in issued and row["symbol"] in issued


async def test_people_see_only_what_they_may_do(
    log_in: LogIn, repository: Repository, district: District
) -> None:
    await make_person(repository, "cv.a", "van-phong", Role.OFFICER)
    await make_person(repository, "it.a", "van-phong", Role.IT)
    row = await stored(repository, district.clerk)
    officer, technician = await log_in("cv.a"), await log_in("it.a")
    page = (await officer.get(f"/documents/{row['_id']}")).text
    assert "Kiểm tra toàn vẹn" in page and "Vào sổ, cấp số" not in page
    form = {"csrf": proof(page), "register_id": district.incoming["_id"]}
    refused = await officer.post(f"/documents/{row['_id']}/register", data=form)
    assert refused.status_code == 403 and "Không có quyền" in refused.text
    home = await technician.get("/")
    assert home.status_code == 200 and row["subject"] not in home.text
    assert (await technician.get(f"/documents/{row['_id']}")).status_code == 403


@pytest.mark.clause("PL2.II.1.8")
async def test_home_reminds_of_the_dossier_that_is_not_there_yet(
    clerk: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    assert "Phải phản hồi, chưa có hồ sơ" not in (await clerk.get("/")).text
    row = await stored(repository, district.clerk, must_reply=True, direction="incoming")
    assert "Phải phản hồi, chưa có hồ sơ" in (await clerk.get("/")).text
    await repository.dossiers.open(
        district.clerk, DossierForm(code="01", title="Trả lời", incoming=row["_id"])
    )
    assert "Phải phản hồi, chưa có hồ sơ" not in (await clerk.get("/")).text


async def test_search_takes_anything(clerk: httpx.AsyncClient) -> None:
    for query in (
        "q=%00", 'q="', "q=" + "a" * 5000, "from=x&to=32/13/2026", "sort=zzz&p=-1", "p=999999999",
        "type=không", "unit=%3Cscript%3E", "dossier=hs-x", "q=" + quote("71/QĐ-UBND AND (* OR ["),
    ):  # fmt: skip
        answer = await clerk.get(f"/search?{query}")
        assert answer.status_code == 200, query
        assert "<script>" not in answer.text


async def test_refusals_tell_what_is_safe_and_whom_to_call(clerk: httpx.AsyncClient, repository) -> None:
    for path in (
        "/khong-co",
        "/documents/doc-x",
        "/dossiers/hs-x",
        "/registers/so-x",
        "/documents/../../etc",
    ):
        answer = await clerk.get(path)
        assert answer.status_code == 404
        for words in ("Dữ liệu", "Việc cần làm", repository.settings.contact, "Mã yêu cầu"):
            assert words in answer.text


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (errors.Unavailable(what="MongoDB"), 503, "chưa được ghi nếu bạn chưa thấy thông báo thành công"),
        (errors.Corrupt(what="phiên bản 1"), 500, "báo người phụ trách kèm mã yêu cầu"),
        (errors.Gone(what="Văn bản"), 410, "tiêu hủy hợp lệ"),
        (RuntimeError("bí mật bên trong"), 500, "đã ghi nhật ký kỹ thuật"),
    ],
)
async def test_a_failure_is_a_page_without_its_insides(repository, fault, status: int, said: str) -> None:
    async def fail(request: Request) -> None:
        raise fault

    broken = Starlette(routes=[Route("/", fail)], exception_handlers=HANDLERS)
    broken.state.secret = b"test"

    async def with_state(scope, receive, send) -> None:
        await broken({**scope, "state": {"repository": repository}}, receive, send)

    transport = httpx.ASGITransport(app=with_state, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://tangthu") as client:
        page = await client.get("/", headers={"Accept": "text/html"})
        plain = await client.get("/")
    assert page.status_code == plain.status_code == status
    assert said in page.text and repository.settings.contact in page.text
    assert "bí mật" not in page.text + plain.text
    assert plain.headers["content-type"] == "application/problem+json"
