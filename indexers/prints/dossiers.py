"""Dossiers on paper: danh mục hồ sơ (5 columns), mục lục văn bản (7), biên bản giao nhận with mục lục hồ sơ (7);
Decree 30/2020 annex V, as PDF or XLSX.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final

from indexers.prints.books import FORMATS, Page, page_of
from indexers.prints.sheet import Heading
from repository import errors
from repository.mongo import Row
from repository.policy.retention import KINDS, Kind
from repository.registers.columns import content, day

Heads = tuple[tuple[str, float], ...]
_FORM: Final = "Mẫu: Phụ lục V Nghị định 30/2020/NĐ-CP"
CATALOGUE: Final[Heads] = (
    ("Số và ký hiệu hồ sơ", 26), ("Tiêu đề hồ sơ", 104), ("Thời hạn bảo quản", 36), ("Người lập hồ sơ", 40),
    ("Ghi chú", 44),
)  # fmt: skip
CONTENTS: Final[Heads] = (
    ("Số TT", 12), ("Số, ký hiệu văn bản", 34), ("Ngày, tháng, năm văn bản", 24),
    ("Tên loại và trích yếu nội dung văn bản", 96), ("Tác giả văn bản", 50), ("Tờ số", 16), ("Ghi chú", 30),
)  # fmt: skip
HANDED: Final[Heads] = (
    ("Số TT", 12), ("Số, ký hiệu hồ sơ", 34), ("Tiêu đề hồ sơ", 100), ("Thời gian tài liệu", 40),
    ("Thời hạn bảo quản", 32), ("Số tờ, số văn bản", 26), ("Ghi chú", 26),
)  # fmt: skip
_AT_ONCE: Final = 500


def require_format(kind: str) -> None:
    """Raises Invalid for what cannot be made."""
    if kind not in FORMATS:
        raise errors.Invalid(why="chỉ in ra pdf hoặc xlsx")


def maintenance(dossier: Row) -> str:
    """How long it is kept, in the words of lists."""
    kept = dossier.get("retention")
    if isinstance(kept, dict):
        return str(kept["words"])
    return str(dossier.get("maintenance") or kept or KINDS[Kind.UNDETERMINED])


async def write_catalogue(catalogue: Row, unit: str, kind: str, target: Path) -> int:
    """The list of a year; how many pages or rows."""
    issued = catalogue["issued"]
    span = f"Năm {catalogue['year']}"
    span += (
        f" · Ban hành kèm theo {issued['symbol']} ngày {day(issued['issued_on'])}" if issued else " · DỰ THẢO"
    )
    heading = Heading(unit=unit, title="DANH MỤC HỒ SƠ", span=span, form=_FORM)

    def fill(page: Page) -> None:
        for one in catalogue["lines"]:
            period = one["retention"] or one["rule"]
            page.row([one["code"], one["title"], period, one["keeper"], one["note"]])

    return await asyncio.to_thread(_write, target, kind, heading, CATALOGUE, fill)


async def write_contents(dossier: Row, unit: str, lines: AsyncIterator[Row], kind: str, target: Path) -> int:
    """The contents list of one dossier, written while its lines are read."""
    state = "" if dossier["state"] != "open" else " · hồ sơ đang mở"
    span = f"Hồ sơ {dossier['code']}: {dossier['title']}"[:150] + state
    heading = Heading(unit=unit, title="MỤC LỤC VĂN BẢN, TÀI LIỆU TRONG HỒ SƠ", span=span, form=_FORM)
    with target.open("wb") as file:
        page = page_of(file, kind, heading, CONTENTS)
        due: list[list[str]] = []
        async for line in lines:
            due.append(_cells(line))
            if len(due) == _AT_ONCE:
                await asyncio.to_thread(_rows, page, due)
                due = []
        await asyncio.to_thread(_rows, page, due)
        return await asyncio.to_thread(page.close)


async def write_minutes(dossiers: Sequence[Row], units: Callable[[str], str], kind: str, target: Path) -> int:
    """The minutes of one hand-over: who gave what to whom, with the list of dossiers and room to sign."""
    hand = next(one for one in reversed(dossiers[0]["custody"]) if one["kind"] == "archive")
    giver, taker = units(hand["from"]), units(hand["to"])
    span = f"Ngày {day(hand['on'])} · Bên giao: {giver} · Bên nhận: {taker}"[:160]
    heading = Heading(unit=giver, title="BIÊN BẢN GIAO NHẬN HỒ SƠ, TÀI LIỆU", span=span, form=_FORM)

    def fill(page: Page) -> None:
        for n, one in enumerate(dossiers, start=1):
            page.row(_handed(n, one))
        papers = sum(one["doc_total"] or 0 for one in dossiers)
        page.row(["", "", f"Tổng số: {len(dossiers)} hồ sơ, {papers} văn bản", "", "", "", ""])
        page.row(["", "", f"Đại diện bên giao: {hand['by']['name']} (ký, ghi rõ họ tên)", "", "", "", ""])
        receiver = hand["receiver"] or "……………"
        page.row(["", "", f"Đại diện bên nhận: {receiver} (ký, ghi rõ họ tên)", "", "", "", ""])

    return await asyncio.to_thread(_write, target, kind, heading, HANDED, fill)


def _handed(n: int, one: Row) -> list[str]:
    held = f"{one['page_total'] or 0} tờ, {one['doc_total'] or 0} văn bản"
    days = f"{day(one['started_on'])} – {day(one['ended_on'])}"
    late = "nộp sau hạn" if one["handed"]["late"] else ""
    return [str(n), one["code"], one["title"], days, maintenance(one), held, late]


def _cells(line: Row) -> list[str]:
    sheets = ""
    if line["from_sheet"]:
        last = line["from_sheet"] + line["sheets"] - 1
        sheets = f"{line['from_sheet']}" if last == line["from_sheet"] else f"{line['from_sheet']}–{last}"
    return [
        str(line["n"]), line["symbol"] or "", day(line["issued_on"]), content(line), line["issuer"], sheets,
        line["note"],
    ]  # fmt: skip


def _rows(page: Page, rows: list[list[str]]) -> None:
    for one in rows:
        page.row(one)


def _write(target: Path, kind: str, heading: Heading, heads: Heads, fill: Callable[[Page], None]) -> int:
    with target.open("wb") as file:
        page = page_of(file, kind, heading, heads)
        fill(page)
        return page.close()
