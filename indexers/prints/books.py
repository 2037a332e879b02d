"""A book on paper: its lines in the annex-IV columns as PDF or XLSX, written to a file while they are read.

Lines come from the database a few hundred at a time and go to the file at once, so a year of 20,000 lines needs no
more memory than one of 200.
"""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from indexers.prints.sheet import Heading, Sheets
from repository import errors
from repository.mongo import Row
from repository.registers import numbering
from repository.registers.columns import LAYOUTS, Layout, day
from repository.registers.lines import Lines

FORMATS: Final = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_AT_ONCE: Final = 500
_FORMULA: Final = ("=", "+", "-", "@")


class Page(Protocol):
    """Something that takes the lines of a book one by one."""

    def row(self, cells: list[str], *, struck: bool = False) -> None: ...
    def close(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is printed: a book's rows between two days in a layout and a format."""

    format: str = "pdf"
    layout: str = ""
    first: date | None = None
    last: date | None = None

    def layout_for(self, register: Row) -> Layout:
        """The layout named, or the book's own. Raises Invalid for one that is not of this direction."""
        name = self.layout or register["direction"]
        if name not in LAYOUTS or LAYOUTS[name].direction != register["direction"]:
            raise errors.Invalid(why=f"sổ này không in theo mẫu «{name}»")
        if self.format not in FORMATS:
            raise errors.Invalid(why="chỉ in ra pdf hoặc xlsx")
        return LAYOUTS[name]


async def write_book(
    lines: Lines, register: Row, unit: str, wanted: Wanted, target: Path, *, progress: Callable[[int], None]
) -> int:
    """Writes the book to a file; how many lines. `progress` hears the number reached."""
    layout = wanted.layout_for(register)
    heading = Heading(unit=unit, title=layout.title, span=_span(register, wanted))
    written = 0
    with target.open("wb") as file:
        page = page_of(file, wanted.format, heading, layout.heads)
        number = 0
        while number < register["last"]:
            rows = await lines.after(register, number, _AT_ONCE)
            if not rows:
                break
            due = [row for row in rows if _within(row, wanted)]
            await asyncio.to_thread(_write, page, layout, due)
            written, number = written + len(due), int(rows[-1]["number"])
            progress(number)
        await asyncio.to_thread(page.close)
    return written


def _write(page: Page, layout: Layout, rows: list[Row]) -> None:
    for row in rows:
        page.row(layout.cells(row), struck=bool(row["annulled"]))


def _within(row: Row, wanted: Wanted) -> bool:
    stands = row.get("day", "")
    after = wanted.first is None or stands >= wanted.first.isoformat()
    return after and (wanted.last is None or stands <= wanted.last.isoformat())


def _span(register: Row, wanted: Wanted) -> str:
    series = numbering.series_words(register["series"])
    said = [f"Năm {register['year']}"] + ([f"Loại sổ: {series}"] if series else [])
    first, last = day(wanted.first), day(wanted.last)
    if first and first == last:
        said.append(f"Ngày {first}")
    elif first or last:
        said.append(f"Từ ngày {first or '01/01'} đến ngày {last or '31/12'}")
    return " · ".join(said)


def page_of(file: BinaryIO, kind: str, heading: Heading, heads: tuple[tuple[str, float], ...]) -> Page:
    """An empty table of that format, to be filled row by row and closed."""
    if kind == "xlsx":
        return _Workbook(file, heading, heads)
    return Sheets(file, heading=heading, heads=heads)


class _Workbook:
    """The same as a spreadsheet: heads repeated on each printed page, everything as text."""

    def __init__(self, file: BinaryIO, heading: Heading, heads: tuple[tuple[str, float], ...]) -> None:
        self._file = file
        self._book = Workbook(write_only=True)
        self._sheet: Any = self._book.create_sheet("Sổ")
        setup = self._sheet.page_setup
        setup.orientation, setup.paperSize, setup.fitToHeight = "landscape", 9, 0
        self._sheet.sheet_properties.pageSetUpPr.fitToPage = True
        self._sheet.print_title_rows = "4:5"
        self._sheet.oddFooter.right.text = "Trang &P/&N"
        self._sheet.freeze_panes = "A6"
        for n, (_, width) in enumerate(heads, start=1):
            self._sheet.column_dimensions[get_column_letter(n)].width = width / 1.9
        self._sheet.append([self._cell(heading.unit.upper(), bold=True)])
        self._sheet.append([self._cell(heading.title, bold=True)])
        self._sheet.append([self._cell(heading.span)])
        self._sheet.append([self._cell(name, bold=True) for name, _ in heads])
        self._sheet.append([self._cell(f"({n})") for n in range(1, len(heads) + 1)])
        self._rows = 0

    def row(self, cells: list[str], *, struck: bool = False) -> None:
        self._sheet.append([self._cell(one, struck=struck) for one in cells])
        self._rows += 1

    def close(self) -> int:
        self._book.save(self._file)
        return self._rows

    def _cell(self, value: str, *, bold: bool = False, struck: bool = False) -> WriteOnlyCell:
        cell = WriteOnlyCell(self._sheet, value=value)
        if value.startswith(_FORMULA):
            cell.data_type = "s"  # what somebody wrote is never reckoned as a formula
        cell.font = Font(name="Times New Roman", bold=bold, strike=struck)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        return cell


def draft(folder: Path) -> Path:
    """A file of its own for a print that is being made; whoever sends it removes it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="print-", delete=False) as file:
        return Path(file.name)
