"""`tangthu print`: a book into a file, the blank forms, and what there is to print."""

import asyncio

import openpyxl
import pytest

from ops import cli
from repository.settings import environment_of
from repository.wiring import Repository
from tests.factories import District, stored


@pytest.fixture
def tangthu(repository: Repository, monkeypatch: pytest.MonkeyPatch):
    for name, value in environment_of(repository.settings).items():
        monkeypatch.setenv(name, value)

    async def run(*words: str) -> int:
        return await asyncio.to_thread(cli.run, ["print", *words])

    return run


@pytest.mark.clause("PL2.I.2")
async def test_a_book_is_printed_into_a_file(
    tangthu, repository: Repository, district: District, tmp_path, capsys
) -> None:
    book = district.incoming["_id"]
    for n in range(3):
        await stored(repository, district.clerk, b"%d" % n, register_id=book, subject=f"Tờ trình {n}")
    target = tmp_path / "so.xlsx"
    assert await tangthu(book, "--format", "xlsx", "--out", str(target)) == 0
    assert "3 dòng" in " ".join(capsys.readouterr().out.split())
    rows = list(openpyxl.load_workbook(target).active.iter_rows(min_row=6, values_only=True))
    assert [row[1] for row in rows] == ["01", "02", "03"] and rows[2][5] == "Tờ trình 2"
    assert await tangthu(book, "--layout", "outgoing", "--out", str(target)) == 1
    assert await tangthu("so-khong-co", "--out", str(target)) == 1


async def test_blank_forms_and_the_list(tangthu, district: District, tmp_path, capsys) -> None:
    target = tmp_path / "den.pdf"
    assert await tangthu("den", "--unit", "van-phong", "--out", str(target)) == 0
    assert target.read_bytes().startswith(b"%PDF")
    capsys.readouterr()
    assert await tangthu() == 0
    said = capsys.readouterr().out
    assert "phieu" in said and "2026" in said
