"""Books over HTTP: entered, found, described, reserved, closed, printed; the print holds the rows of the database."""

import io
from datetime import date
from typing import Any

import httpx
import openpyxl
import pypdfium2
import pytest

from repository.clock import local_date
from repository.registers.columns import LAYOUTS
from repository.wiring import Repository
from tests.factories import District, stored

BOOKS = "/api/v1/registers"


@pytest.fixture
def path(district: District) -> str:
    return f"{BOOKS}/{district.incoming['_id']}"


async def enter(repository: Repository, district: District, count: int = 3, **fields: Any) -> None:
    for n in range(1, count + 1):
        described = {
            "symbol": f"{n:02d}/UBND", "issued_on": f"2026-11-{1 + n % 28:02d}", "issuer": {"name": f"Cơ quan số {n}"},
            "subject": f"Về việc giải quyết hồ sơ đất đai của công dân lần thứ {n}", "document_type": "CV",
            "recipients": [{"name": "Phòng Tài nguyên và Môi trường"}], "register_id": district.incoming["_id"],
        } | fields  # fmt: skip
        await stored(repository, district.clerk, b"so %d" % n, **described)


async def test_an_entry_without_a_named_book_lands_in_this_years(
    client: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk)
    answer = await client.post("/api/v1/entries", json={"document": row["_id"]})
    assert answer.status_code == 201 and answer.json()["number"] == 1
    assert answer.json()["register_id"] == district.incoming["_id"]


async def test_the_same_paper_again_is_told_in_the_answer(
    client: httpx.AsyncClient, repository: Repository, district: District, path: str
) -> None:
    paper = {"symbol": "7/UBND", "issued_on": "2026-11-02", "issuer": {"name": "UBND"}}
    first = await stored(repository, district.clerk, b"1", **paper)
    second = await stored(repository, district.clerk, b"2", **paper)
    answer = (await client.post(f"{path}/entries", json={"document": second["_id"]})).json()
    assert answer["duplicates"] == [first["_id"]] and "Có thể trùng" in answer["warnings"][0]
    lines = (await client.get(f"{path}/entries", params={"state": "duplicate"})).json()["items"]
    assert [one["document"] for one in lines] == [second["_id"]]


async def test_lines_are_filtered_and_paged(
    client: httpx.AsyncClient, repository: Repository, district: District, path: str
) -> None:
    await enter(repository, district, 5)
    today = local_date(repository.clock.now()).isoformat()
    for query, numbers in (
        ({"issuer": "co quan so 2"}, [2]),
        ({"symbol": "03/ubnd"}, [3]),
        ({"from": today, "to": today, "type": "CV"}, [1, 2, 3, 4, 5]),
        ({"to": "2020-01-01"}, []),
        ({"number": "4"}, [4]),
    ):
        answer = (await client.get(f"{path}/entries", params=query)).json()
        assert [one["number"] for one in answer["items"]] == numbers, query
    page = (await client.get(f"{path}/entries", params={"type": "CV", "limit": 2})).json()
    rest = (await client.get(f"{path}/entries", params={"type": "CV", "cursor": page["next"]})).json()
    assert [one["number"] for one in page["items"] + rest["items"]] == [1, 2, 3, 4, 5] and rest[
        "next"
    ] is None
    assert (await client.get(f"{path}/entries", params={"from": "hôm qua"})).status_code == 422
    assert (await client.get(f"{path}/entries", params={"mau": "đỏ"})).status_code == 422


async def test_a_line_is_described_against_its_reading(
    client: httpx.AsyncClient, repository: Repository, district: District, path: str
) -> None:
    await enter(repository, district, 1)
    tag = (await client.get(f"{path}/entries/1")).headers["etag"]
    wanted = {"receiver": "Phòng Nội vụ", "forwarded_on": "2026-11-24"}
    assert (await client.patch(f"{path}/entries/1", json=wanted)).status_code == 428
    done = await client.patch(f"{path}/entries/1", json=wanted, headers={"If-Match": tag})
    assert done.status_code == 200 and done.json()["details"] == wanted
    assert (
        await client.patch(f"{path}/entries/1", json=wanted, headers={"If-Match": tag})
    ).status_code == 412


@pytest.mark.clause("Đ10.4a", "Đ10.4c")
async def test_an_outage_from_block_to_settlement(
    client: httpx.AsyncClient, repository: Repository, district: District, path: str
) -> None:
    block = await client.post(f"{path}/blocks", json={"count": 3, "reason": "mất điện"})
    assert block.status_code == 201 and (block.json()["first"], block.json()["last"]) == (1, 3)
    assert (await client.post(f"{path}/blocks", json={"count": 0, "reason": "mất điện"})).status_code == 422
    row = await stored(repository, district.clerk)
    late = {"number": 2, "happened_on": local_date(repository.clock.now()).isoformat(), "reason": "ghi tay"}
    answer = await client.post(f"{path}/entries", json={"document": row["_id"], "late": late})
    assert answer.status_code == 201 and answer.json()["number"] == 2
    settled = (await client.post(f"{path}/blocks/1/settlement")).json()
    assert settled["unused"] == [1, 3] and settled["settled"]
    lines = (await client.get(f"{path}/entries")).json()["items"]
    assert [(one["number"], one["late"]["reason"]) for one in lines if not one["annulled"]] == [
        (2, "ghi tay")
    ]


@pytest.mark.clause("PL2.I.2")
async def test_days_and_the_year_are_closed_and_proven(
    client: httpx.AsyncClient, repository: Repository, district: District, path: str
) -> None:
    await enter(repository, district, 2)
    made = (await client.post(f"{path}/closings", json={})).json()["items"]
    assert [one["entries"] for one in made] == [2] and len(made[0]["digest"]) == 64
    assert (await client.get(f"{path}/closings/check")).json() == {
        "intact": True, "closings": 1, "first_difference": None,
    }  # fmt: skip
    query = {"register": district.incoming["_id"], "number": 1}
    await repository.database["entries"].update_one(query, {"$set": {"columns.issuer": "Ai đó"}})
    check = (await client.get(f"{path}/closings/check")).json()
    assert not check["intact"] and check["first_difference"]["day"] == made[0]["day"]
    closed = await client.post(f"{path}/close", json={"reason": "đơn vị giải thể"})
    assert closed.status_code == 200 and closed.json()["closed"]
    row = await stored(repository, district.clerk, b"sau")
    assert (await client.post(f"{path}/entries", json={"document": row["_id"]})).status_code == 409


async def expected(repository: Repository, register: dict, layout: str) -> list[list[str]]:
    rows = repository.database["entries"].find({"register": register["_id"]}).sort("number", 1)
    return [LAYOUTS[layout].cells(row) async for row in rows]


def words(content: bytes) -> list[str]:
    """The letters of each page without spaces: cells wrap, and PDF knows no words."""
    document = pypdfium2.PdfDocument(content)
    pages = ["".join(page.get_textpage().get_text_bounded().split()) for page in document]
    document.close()
    return pages


@pytest.mark.clause("PL2.I.2")
@pytest.mark.parametrize("layout", ["incoming", "follow-up"])
async def test_a_printed_book_holds_the_rows_of_the_database(
    client: httpx.AsyncClient, repository: Repository, district: District, path: str, layout: str
) -> None:
    await enter(repository, district, 60)
    await repository.registers.annul(district.clerk, district.incoming["_id"], 7, "ghi nhầm sổ")
    rows = await expected(repository, district.incoming, layout)
    columns = {"incoming": 10, "follow-up": 7}[layout]
    assert len(rows) == 60 and {len(row) for row in rows} == {columns} and "ĐÃ HỦY" in rows[6][-1]

    answer = await client.get(f"{path}/print", params={"format": "xlsx", "layout": layout})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    table = [["" if one is None else str(one) for one in row] for row in sheet.iter_rows(values_only=True)]
    assert table[3] == [name for name, _ in LAYOUTS[layout].heads] and table[5:] == rows
    assert sheet.page_setup.orientation == "landscape" and sheet.print_title_rows == "$4:$5"

    answer = await client.get(f"{path}/print", params={"format": "pdf", "layout": layout})
    assert answer.headers["content-type"] == "application/pdf"
    pages = words(answer.content)
    assert len(pages) > 1
    for n, page in enumerate(pages, start=1):
        assert f"Trang{n}" in page and f"({columns})" in page
        assert "".join(LAYOUTS[layout].title.split()) in page
    whole = "".join(pages)
    for row in rows:
        assert all("".join(cell.split()) in whole for cell in row[:3]), row
    assert b"/FontFile2" in answer.content, "the font is not embedded"


async def test_prints_of_the_outgoing_book_and_of_days(
    client: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    book = district.outgoing
    await stored(repository, district.clerk, register_id=book["_id"], direction="outgoing", document_type="QĐ",
                 subject="=1+1 công bố", recipients=[{"name": "Sở Nội vụ"}])  # fmt: skip
    for layout, columns in (("outgoing", 10), ("postal", 6)):
        query = {"format": "xlsx", "layout": layout}
        content = (await client.get(f"{BOOKS}/{book['_id']}/print", params=query)).content
        table = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
        assert [["" if one is None else one for one in row] for row in table[5:]] == await expected(
            repository, book, layout
        )
        assert len(table[3]) == columns and "01/QĐ-UBND" in table[5]
    query = {"format": "xlsx", "to": date(2020, 1, 1).isoformat()}
    content = (await client.get(f"{BOOKS}/{book['_id']}/print", params=query)).content
    assert len(list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows())) == 5
    for wrong in ({"layout": "incoming"}, {"format": "docx"}, {"from": "hôm qua"}):
        assert (await client.get(f"{BOOKS}/{book['_id']}/print", params=wrong)).status_code == 422


@pytest.mark.clause("Đ10.4a")
@pytest.mark.parametrize(
    ("name", "said"),
    [("den", "ĐẾN"), ("phieu", "PHIẾU GIẢI QUYẾT VĂN BẢN ĐẾN"), ("so-di", "SỔ ĐĂNG KÝ VĂN BẢN ĐI"),
     ("so-den", "SỔ ĐĂNG KÝ VĂN BẢN ĐẾN"), ("so-theo-doi", "THEO DÕI"), ("so-buu-dien", "BƯU ĐIỆN")],
)  # fmt: skip
async def test_blank_forms_for_paper(client: httpx.AsyncClient, name: str, said: str) -> None:
    answer = await client.get(f"/api/v1/forms/{name}.pdf")
    assert answer.status_code == 200 and "".join(said.split()) in words(answer.content)[0]
    assert (await client.get("/api/v1/forms/khong-co.pdf")).status_code == 404


async def test_a_foreign_book_is_neither_printed_nor_closed(
    stranger: httpx.AsyncClient, district: District, path: str
) -> None:
    for method, tail, body in (
        ("GET", "/print", None), ("GET", "/closings", None), ("GET", "/closings/check", None),
        ("POST", "/closings", {}), ("POST", "/close", {"reason": "x"}), ("GET", "/entries?issuer=a", None),
        ("POST", "/blocks", {"count": 1, "reason": "mất điện"}), ("POST", "/blocks/1/settlement", {}),
    ):  # fmt: skip
        answer = await stranger.request(method, path + tail, json=body)
        assert answer.status_code == 404, tail


async def test_what_is_printed_is_recorded_and_leaves_no_file(
    client: httpx.AsyncClient, repository: Repository, district: District, path: str
) -> None:
    await client.get(f"{path}/print")
    assert await repository.database["audit"].count_documents({"action": "register.printed"}) == 1
    assert not list(repository.settings.staging.glob("print-*"))
