"""`tangthu import`: every file of a folder is reported once, with its outcome; a second run stores
nothing again.
"""

import re
from pathlib import Path

import pytest

from repository.wiring import Repository
from tests.data import make_bad
from tests.factories import District

GOOD = {
    "Quyết định 71.pdf": make_bad.pdf(),
    "thư mục con/ghi chú.txt": "Biên bản họp giao ban tuần".encode(),
    "bản sao của ghi chú.txt": "Biên bản họp giao ban tuần".encode(),
    "hỏng bảng tra.pdf": make_bad.pdf_broken_xref(),
}
BAD = {
    "rỗng.txt": make_bad.empty(),
    "chạy được.pdf": make_bad.exe_as_pdf(),
    "trang.txt": make_bad.html_as_pdf(),
    "mã độc.txt": make_bad.eicar(),
    "mã độc.docx": make_bad.eicar_docx(),
    "bom.zip": make_bad.zip_bomb(),
    "cụt.pdf": make_bad.pdf_truncated(),
    "lạ.xyz": b"\x00\x01\x02",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "văn bản"
    for name, content in {**GOOD, **BAD}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def outcome_of(out: str, name: str) -> str:
    (line,) = [
        one
        for one in out.splitlines()
        if re.search(rf"(đã lưu|trùng|từ chối|sẽ lưu) +{re.escape(name)}( |$)", one)
    ]
    return next(word for word in ("đã lưu", "trùng", "từ chối", "sẽ lưu") if line.strip().startswith(word))


async def test_each_file_is_reported_once_and_a_second_run_finds_only_duplicates(
    tangthu, folder: Path, repository: Repository, district: District
) -> None:
    status, out, _ = await tangthu("import", str(folder), "--unit", "van-phong")
    assert status == 1, "something was refused"
    first = {name: outcome_of(out, name) for name in {**GOOD, **BAD}}
    assert {name for name, outcome in first.items() if outcome == "từ chối"} == set(BAD)
    notes = {"thư mục con/ghi chú.txt", "bản sao của ghi chú.txt"}
    assert sorted(first[name] for name in notes) == ["trùng", "đã lưu"]
    assert all(first[name] == "đã lưu" for name in set(GOOD) - notes)
    assert "trùng: 1, từ chối: 8, đã lưu: 3" in out.splitlines()[-1]
    assert await repository.database["documents"].count_documents({}) == 3
    assert await repository.database["quarantine"].count_documents({}) == 2
    assert not list(repository.settings.staging.iterdir())
    assert await repository.outbox.behind() == 0, "signatures, text and index are done when it ends"

    again, out, _ = await tangthu("import", str(folder), "--unit", "van-phong")
    second = {name: outcome_of(out, name) for name in {**GOOD, **BAD}}
    assert (
        again == 1
        and {second[name] for name in GOOD} == {"trùng"}
        and {second[name] for name in BAD} == {"từ chối"}
    )
    assert await repository.database["documents"].count_documents({}) == 3


async def test_a_dry_run_stores_nothing(
    tangthu, folder: Path, repository: Repository, district: District
) -> None:
    status, out, _ = await tangthu("import", str(folder), "--unit", "van-phong", "--dry-run")
    assert status in (0, 1) and outcome_of(out, "Quyết định 71.pdf") == "sẽ lưu"
    assert await repository.database["documents"].count_documents({}) == 0
    assert await repository.database["quarantine"].count_documents({}) == 0


async def test_numbers_are_taken_where_a_book_is_named(
    tangthu, folder: Path, repository, district: District
) -> None:
    book = district.incoming["_id"]
    await tangthu("import", str(folder), "--unit", "van-phong", "--register", book)
    rows = await repository.database["documents"].find({}).to_list(None)
    assert sorted(row["number"] for row in rows) == [1, 2, 3]


async def test_what_cannot_be_imported_is_said(tangthu, tmp_path: Path, district: District) -> None:
    status, _, said = await tangthu("import", str(tmp_path / "không có"), "--unit", "van-phong")
    assert status == 1 and "không có thư mục" in said
    status, _, said = await tangthu("import", str(tmp_path), "--unit", "khong-co")
    assert status == 1 and "khong-co" in said


async def test_a_long_name_stays_on_its_line(tangthu, tmp_path: Path, district: District) -> None:
    folder = tmp_path / "dài"
    folder.mkdir()
    (folder / f"{'tờ trình xin kinh phí ' * 8}.txt").write_bytes(b"x")
    _, out, _ = await tangthu("import", str(folder), "--unit", "van-phong")
    (line,) = [one for one in out.splitlines() if one.startswith("đã lưu ")]
    assert re.search(r"\.txt  doc-\w{26}", line)


async def test_an_empty_folder_is_no_error(tangthu, tmp_path: Path, district: District) -> None:
    (tmp_path / "trống").mkdir()
    status, out, _ = await tangthu("import", str(tmp_path / "trống"), "--unit", "van-phong")
    assert status == 0 and out.splitlines()[-1] == "không có tệp nào"
