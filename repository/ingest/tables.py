"""Tables that people send (CSV, XLSX) as rows of text; read only inside the sandbox, with bounds on every side."""

import csv
import io
from itertools import islice
from pathlib import Path
from typing import Any, Final

from repository import errors, text
from repository.ingest.staging import Staging
from repository.sandbox import Failure, Sandbox

LARGEST: Final = 5 * 1024 * 1024
MOST_ROWS: Final = 20_000
_MOST_COLUMNS: Final = 30
_LONGEST: Final = 2_000


def read(path: str, options: dict[str, Any]) -> dict[str, Any]:
    """The rows of a file; runs in the sandbox. A spreadsheet's first sheet, a CSV with comma, semicolon or tab."""
    if Path(path).read_bytes()[:2] == b"PK":
        return {"rows": _spreadsheet(path)}
    written = Path(path).read_bytes().decode("utf-8-sig")
    head = written.partition("\n")[0]
    comma = max(",;\t", key=head.count)
    return {
        "rows": [
            _row(one) for one in islice(csv.reader(io.StringIO(written), delimiter=comma), MOST_ROWS + 1)
        ]
    }


def _spreadsheet(path: str) -> list[list[str]]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(Path(path).read_bytes()), read_only=True, data_only=True)
    sheet: Any = book.worksheets[0]
    return [_row(one) for one in islice(sheet.iter_rows(values_only=True), MOST_ROWS + 1)]


def _row(cells: Any) -> list[str]:
    return ["" if one is None else _written(one)[:_LONGEST] for one in list(cells)[:_MOST_COLUMNS]]


def _written(cell: Any) -> str:
    whole = isinstance(cell, float) and cell.is_integer()
    return text.nfc(str(int(cell) if whole else cell)).strip()


class Tables:
    """Reads what was sent into rows by the names of their columns."""

    def __init__(self, *, sandbox: Sandbox, staging: Staging) -> None:
        self._sandbox = sandbox
        self._staging = staging

    async def rows(self, content: bytes, columns: dict[str, tuple[str, ...]]) -> list[dict[str, str]]:
        """Each row as {name: text, "line": n}; `columns`: heads under which a column may stand, the proper one first.

        Lines above the heads are passed over. Raises Invalid, TooLarge.
        """
        if len(content) > LARGEST:
            raise errors.TooLarge(filename="bảng kê", limit=LARGEST)
        async with self._staging.open() as staged:
            await staged.write(content)
            answer = await self._sandbox.run(staged.path)
        if isinstance(answer, Failure):
            raise errors.Invalid(why="không đọc được bảng: phải là XLSX, hoặc CSV chữ Unicode (UTF-8)")
        return _named(answer["rows"], columns)


def _named(rows: list[list[str]], columns: dict[str, tuple[str, ...]]) -> list[dict[str, str]]:
    if len(rows) > MOST_ROWS:
        raise errors.Invalid(why=f"bảng quá {MOST_ROWS} dòng")
    folded = {name: {text.fold(one) for one in known} for name, known in columns.items()}
    for n, row in enumerate(rows[:20]):
        heads = [" ".join(text.fold(one).split()) for one in row]
        places = {
            name: at for name, known in folded.items() for at, head in enumerate(heads) if head in known
        }
        if len(places) >= min(2, len(columns)):
            return [
                {name: one[at] if at < len(one) else "" for name, at in places.items()} | {"line": str(line)}
                for line, one in enumerate(rows[n + 1 :], start=n + 2)
                if any(one) and not all(cell.startswith("(") for cell in one if cell)
            ]
    heads_wanted = ", ".join(known[0] for known in columns.values())
    raise errors.Invalid(why=f"không thấy dòng tên cột trong 20 dòng đầu; tên các cột: {heads_wanted}")
