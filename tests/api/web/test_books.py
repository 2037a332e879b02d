"""The pages of a book: filtered, written on, kept for paper, closed; every refusal is told where it was typed."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from repository.clock import local_date
from repository.wiring import Repository
from tests.factories import PASSWORD, District, stored


@pytest.fixture
async def clerk(
    app: httpx.ASGITransport, repository: Repository, district: District
) -> AsyncIterator[httpx.AsyncClient]:
    """The office's clerk in a browser."""
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu") as browser:
        form = {"username": "vt.vanphong", "password": PASSWORD} | proof((await browser.get("/login")).text)
        assert (await browser.post("/login", data=form)).status_code == 303
        yield browser


def proof(page: str) -> dict[str, str]:
    """The hidden field that a form of ours bears."""
    found = re.search(r'<input type="hidden" name="([^"]*csrf[^"]*|[^"]*)" value="([^"]+)">', page)
    assert found, page[:2000]
    return {found.group(1): found.group(2)}


async def send(clerk: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    book = (
        path.split("/entries")[0].rsplit("/", 1)[0] if "/entries" not in path else path.split("/entries")[0]
    )
    return await clerk.post(path, data=fields | proof((await clerk.get(book)).text))


@pytest.fixture
def path(district: District) -> str:
    return f"/registers/{district.incoming['_id']}"


async def test_the_page_filters_by_columns(
    clerk: httpx.AsyncClient, repository: Repository, district: District, path: str
) -> None:
    for n, issuer in ((1, "UBND phường A"), (2, "Sở Nội vụ")):
        await stored(repository, district.clerk, b"%d" % n, register_id=district.incoming["_id"],
                     issuer={"name": issuer}, subject=f"Giấy mời họp lần {n}")  # fmt: skip
    both = (await clerk.get(path)).text
    assert "họp lần 1" in both and "họp lần 2" in both and "print?format=pdf&amp;layout=incoming" in both
    one = (await clerk.get(path, params={"issuer": "so noi vu"})).text
    assert "họp lần 2" in one and "họp lần 1" not in one
    assert "Không có số nào khớp" in (await clerk.get(path, params={"issuer": "ai đó"})).text
    wrong = await clerk.get(path, params={"from": "hôm qua"})
    assert wrong.status_code == 200 and "ngày phải có dạng" in wrong.text


async def test_a_line_is_written_on(
    clerk: httpx.AsyncClient, repository: Repository, district: District, path: str
) -> None:
    await stored(repository, district.clerk, register_id=district.incoming["_id"])
    assert "Đơn vị hoặc người nhận" in (await clerk.get(f"{path}/entries/1")).text
    typed = {"receiver": "Phòng Nội vụ", "forwarded_on": "24/11/2026", "revision": "1"}
    done = await send(clerk, f"{path}/entries/1", **typed)
    assert done.status_code == 303, done.text
    page = (await clerk.get(path)).text
    assert "Phòng Nội vụ" in page and "24/11/2026" in page
    assert (await send(clerk, f"{path}/entries/1", **typed)).status_code == 409
    for odd in ("²", "9" * 5000):
        assert (await send(clerk, f"{path}/entries/1", revision=odd)).status_code == 409
    wrong = await send(clerk, f"{path}/entries/1", forwarded_on="mai", revision="2")
    assert wrong.status_code == 422 and "ngày phải có dạng" in wrong.text
    assert (await clerk.get(f"{path}/entries/99")).status_code == 404


@pytest.mark.clause("Đ10.4c")
async def test_an_outage_on_the_page(
    clerk: httpx.AsyncClient, repository: Repository, district: District, path: str
) -> None:
    refused = await send(clerk, f"{path}/reserve", count="nhiều", reason="mất điện")
    assert refused.status_code == 422 and "mất điện" in refused.text
    assert (await send(clerk, f"{path}/reserve", count="2", reason="mất điện")).status_code == 303
    row = await stored(repository, district.clerk, subject="Công văn ghi tay")
    assert "Công văn ghi tay" in (await clerk.get(path)).text
    today = f"{local_date(repository.clock.now()):%d/%m/%Y}"
    late = {"document": row["_id"], "number": "2", "happened_on": today, "reason": "ghi tay"}
    refused = await send(clerk, f"{path}/late", **late | {"number": "7"})
    assert refused.status_code == 422 and "khối số dành sẵn" in refused.text
    assert (await send(clerk, f"{path}/late", **late)).status_code == 303
    assert "Ghi bổ sung</strong>" in (await clerk.get(path)).text
    assert (await send(clerk, f"{path}/settle", n="1")).status_code == 303
    assert "Số dành sẵn không dùng đến" in (await clerk.get(path)).text


async def test_a_day_and_a_year_are_closed(
    clerk: httpx.AsyncClient, repository: Repository, district: District, path: str
) -> None:
    await stored(repository, district.clerk, register_id=district.incoming["_id"])
    assert (await send(clerk, f"{path}/close-day")).status_code == 303
    assert "nguyên như khi khóa" in (await clerk.get(path, params={"check": "1"})).text
    early = await send(clerk, f"{path}/close-year")
    assert early.status_code in (303, 422)
    if early.status_code == 422:
        assert "phải nêu lý do" in early.text
        assert (await send(clerk, f"{path}/close-year", reason="giải thể")).status_code == 303
    assert "Đã đóng sổ" in (await clerk.get(path)).text


async def test_a_series_and_the_blank_forms_are_offered(clerk: httpx.AsyncClient) -> None:
    page = (await clerk.get("/registers")).text
    assert "Sao y" in page and "/api/v1/forms/den.pdf" in page
    form = await clerk.get("/api/v1/forms/den.pdf")
    assert form.status_code == 200 and form.content.startswith(b"%PDF")


async def test_the_same_paper_twice_is_told_on_its_page_and_in_the_book(
    clerk: httpx.AsyncClient, repository: Repository, district: District, path: str
) -> None:
    paper = {"symbol": "7/UBND", "issued_on": "2026-11-02", "issuer": {"name": "UBND"}}
    rows = [
        await stored(repository, district.clerk, b"%d" % n, register_id=district.incoming["_id"], **paper)
        for n in range(2)
    ]
    told = (await clerk.get(f"/documents/{rows[1]['_id']}")).text
    assert "Có thể trùng" in told and f"/documents/{rows[0]['_id']}" in told
    assert "Có thể trùng" not in (await clerk.get(f"/documents/{rows[0]['_id']}")).text
    lines = (await clerk.get(path, params={"state": "duplicate"})).text
    assert 'id="so-2"' in lines and 'id="so-1"' not in lines
