"""Days, sizes, numbers and clauses as people here write them, and read back from what was typed."""

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Final

from repository.clock import local


def quarter(value: str) -> str:
    """`2026-Q4` as `quý 4/2026`."""
    year, _, number = value.partition("-Q")
    return f"quý {number}/{year}"


def whole(value: str) -> int:
    """The number in a form's hidden field; 0, which no row has, for anything else."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def moment(value: datetime | str | None) -> str:
    """`22/11/2026 14:05` in Viet Nam."""
    if not value:
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return f"{local(value):%d/%m/%Y %H:%M}"


def day(value: date | datetime | str | None) -> str:
    """`22/11/2026`; a moment is told by its day in Viet Nam."""
    if not value:
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    return f"{local(value) if isinstance(value, datetime) else value:%d/%m/%Y}"


def typed_day(value: str) -> date:
    """The day that a person or a link wrote: `22/11/2026` or `2026-11-22`. Raises ValueError."""
    for shape in ("%d/%m/%Y", "%Y-%m-%d"):
        with suppress(ValueError):
            return datetime.strptime(value.strip(), shape).date()  # noqa: DTZ007  a day, not a moment
    raise ValueError(value)


def as_typed_day(value: str) -> str:
    """What a date field shows again: as people here write it; what is no date stays as it was typed."""
    with suppress(ValueError):
        return day(typed_day(value))
    return value


def size(value: int) -> str:
    """`350 KB`, `1,2 MB`: with the decimal comma."""
    if value < 1024:
        return f"{value} byte"
    amount, unit = float(value), "KB"
    for unit in ("KB", "MB", "GB"):
        amount /= 1024
        if amount < 1024 or unit == "GB":
            break
    return f"{amount:.{0 if amount >= 100 else 1}f} {unit}".replace(".", ",").replace(",0 ", " ")


def number(value: int) -> str:
    """`13.116`: with the thousands point."""
    return f"{value:,}".replace(",", ".")


_CLAUSE: Final = re.compile(r"^(?:(?P<act>[^.\s]+)\.)?Đ(?P<article>\d+)(?:\.(?P<item>\w+))?$")
_ACTS: Final = {None: "Quy chế", "NĐ30": "Nghị định 30/2020/NĐ-CP", "NĐ": "Nghị định 30/2020/NĐ-CP"}


def clause(code: str) -> str:
    """`NĐ30.Đ5.1` as people cite it: `khoản 1 Điều 5 Nghị định 30/2020/NĐ-CP`."""
    found = _CLAUSE.match(code)
    if found is None:
        return code
    item = re.match(r"(\d*)([a-zđ]?)", found["item"] or "")
    point = f"điểm {item[2]} " if item and item[2] else ""
    paragraph = f"khoản {item[1]} " if item and item[1] else ""
    return f"{point}{paragraph}Điều {found['article']} {_ACTS.get(found['act'], found['act'])}"


DAY_WANTED: Final = "ngày phải có dạng ngày/tháng/năm, ví dụ 16/01/2018"


def row_fault(fault: dict[str, str], columns: dict[str, tuple[str, ...]]) -> str:
    """What is wrong in a table that was sent: the line, the column by its proper head, and the fault."""
    line, _, name = fault["pointer"].strip("/").partition("/")
    where = [f"dòng {line}"] if line.isdigit() else []
    where += [f"cột «{columns[name][0]}»"] if name in columns else []
    said = f"{', '.join(where)}: {fault['detail']}" if where else fault["detail"]
    return said[:1].upper() + said[1:]
