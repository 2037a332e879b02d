"""Lists, contents and minutes on paper: every line is there, in the columns of annex V."""

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from openpyxl import load_workbook

from indexers.prints import dossiers as prints
from repository import errors
from repository.mongo import Row

CATALOGUE = {
    "year": 2026,
    "issued": {"symbol": "12/QĐ-UBND", "issued_on": "2026-01-05"},
    "lines": [
        {
            "code": f"{n:02}.TH",
            "title": "=Kế hoạch",
            "retention": "10 năm",
            "rule": "",
            "keeper": "A",
            "note": "",
        }
        for n in range(1, 31)
    ],
}
HAND = {
    "kind": "archive", "from": "a", "to": "b", "on": "2026-03-01", "at": datetime(2026, 3, 1, tzinfo=UTC),
    "by": {"name": "Lê Thị Giao"}, "receiver": "Trần Văn Nhận",
}  # fmt: skip
DOSSIER = {
    "code": "01", "title": "Hồ sơ sửa chữa", "state": "handed_over", "started_on": "2018-01-05",
    "ended_on": "2018-12-01", "retention": {"words": "20 năm"}, "doc_total": 2, "page_total": 5,
    "handed": {"late": True}, "custody": [HAND],
}  # fmt: skip


async def lines() -> AsyncIterator[Row]:
    for n in (1, 2):
        yield {
            "n": n, "symbol": f"{n}/CV", "issued_on": "2018-01-05", "document_type": "CV", "subject": "Về việc",
            "issuer": "UBND", "from_sheet": 3 * n - 2, "sheets": n + 1, "note": "", "recipients": [],
        }  # fmt: skip


def words(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def cells(path: Path) -> list[list[str]]:
    sheet = load_workbook(io.BytesIO(path.read_bytes())).active
    return [["" if one is None else str(one) for one in row] for row in sheet.iter_rows(values_only=True)]


async def test_the_yearly_list(tmp_path: Path) -> None:
    await prints.write_catalogue(CATALOGUE, "UBND quận", "xlsx", tmp_path / "a.xlsx")
    rows = cells(tmp_path / "a.xlsx")
    assert rows[2][0] == "Năm 2026 · Ban hành kèm theo 12/QĐ-UBND ngày 05/01/2026"
    assert rows[5] == ["01.TH", "=Kế hoạch", "10 năm", "A", ""] and len(rows) == 35
    await prints.write_catalogue(CATALOGUE | {"issued": None}, "UBND quận", "pdf", tmp_path / "a.pdf")
    said = words(tmp_path / "a.pdf")
    assert "DỰ THẢO" in said and "30.TH" in said and "Phụ lục V" in said


async def test_the_contents_with_sheets_counted_through(tmp_path: Path) -> None:
    await prints.write_contents(DOSSIER, "UBND quận", lines(), "xlsx", tmp_path / "a.xlsx")
    assert [row[5] for row in cells(tmp_path / "a.xlsx")[5:]] == ["1–2", "4–6"]


async def test_the_minutes_name_both_sides_and_count(tmp_path: Path) -> None:
    await prints.write_minutes(
        [DOSSIER], {"a": "Phòng A", "b": "Lưu trữ"}.__getitem__, "pdf", tmp_path / "a.pdf"
    )
    said = words(tmp_path / "a.pdf")
    for word in ("Phòng A", "Lưu trữ", "Lê Thị Giao", "Trần Văn Nhận", "1 hồ sơ, 2 văn bản", "nộp sau hạn"):
        assert word in said


def test_other_formats_are_refused() -> None:
    with pytest.raises(errors.Invalid):
        prints.require_format("docx")
