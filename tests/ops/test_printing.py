"""`tangthu print`: a book into a file, the blank forms, and what there is to print."""

import openpyxl
import pytest

from repository.wiring import Repository
from tests.factories import District, stored


@pytest.mark.clause("PL2.I.2")
async def test_a_book_is_printed_into_a_file(
    tangthu, repository: Repository, district: District, tmp_path
) -> None:
    book = district.incoming["_id"]
    for n in range(3):
        await stored(repository, district.clerk, b"%d" % n, register_id=book, subject=f"Tờ trình {n}")
    target = tmp_path / "so.xlsx"
    status, out, _ = await tangthu("print", book, "--format", "xlsx", "--out", str(target))
    assert status == 0 and "3 dòng" in " ".join(out.split())
    rows = list(openpyxl.load_workbook(target).active.iter_rows(min_row=6, values_only=True))
    assert [row[1] for row in rows] == ["01", "02", "03"] and rows[2][5] == "Tờ trình 2"
    assert (await tangthu("print", book, "--layout", "outgoing", "--out", str(target))).status == 1
    assert (await tangthu("print", "so-khong-co", "--out", str(target))).status == 1


async def test_blank_forms_and_the_list(tangthu, district: District, tmp_path) -> None:
    target = tmp_path / "den.pdf"
    assert (await tangthu("print", "den", "--unit", "van-phong", "--out", str(target))).status == 0
    assert target.read_bytes().startswith(b"%PDF")
    status, said, _ = await tangthu("print")
    assert status == 0 and "phieu" in said and "2026" in said
