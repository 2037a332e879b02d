"""The books as annex IV of Decree 30/2020 lays them out: heads, widths and cells in its words and order. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from repository import text
from repository.clock import local, local_date
from repository.mongo import Row
from repository.registers import numbering


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One printed book: what it is called, its heads with their widths in millimetres, what a line writes there."""

    name: str
    title: str
    direction: str
    heads: tuple[tuple[str, float], ...]
    cells: Callable[[Row], list[str]]


def day(value: str | date | None) -> str:
    """`05/02/2026`; days below 10 and months 1 and 2 bear a zero (annex I), as here all do."""
    if not value:
        return ""
    return f"{date.fromisoformat(value) if isinstance(value, str) else value:%d/%m/%Y}"


def content(columns: Row) -> str:
    """Tên loại và trích yếu; the type is not said twice when the subject begins with it."""
    kind, subject = str(columns.get("document_type", "KHAC")), str(columns.get("subject", ""))
    name = numbering.TYPES.get(kind, kind)
    if kind == "KHAC" or text.fold(subject).startswith(text.fold(name)):
        return subject
    return f"{name}: {subject}"


def note(row: Row) -> str:
    """Ghi chú: what the clerk wrote, and why a line is unusual."""
    said = [str((row.get("details") or {}).get("note", ""))]
    if late := row.get("late"):
        said.append(f"Ghi bổ sung ngày {day(local_date(row['entered_at']))}: {late['reason']}")
    if struck := row["annulled"]:
        said.append(
            f"ĐÃ HỦY {local(struck['at']):%d/%m/%Y %H:%M}, {struck['by']['name']}: {struck['reason']}"
        )
    return "; ".join(one for one in said if one)


def _detail(row: Row, name: str) -> str:
    value = (row.get("details") or {}).get(name)
    return "" if value is None else str(value)


def stands_for(row: Row) -> str:
    """The day of the line: of its entry, or the one on which its number was used on paper."""
    return day(row.get("day") or local_date(row["entered_at"]))


def _recipients(row: Row) -> str:
    return "; ".join(row["columns"].get("recipients", []))


def _outgoing(row: Row) -> list[str]:
    columns = row["columns"]
    return [
        columns.get("symbol") or numbering.written(row["number"]), day(columns.get("issued_on")) or stands_for(row),
        content(columns), _detail(row, "signer"), _recipients(row), _detail(row, "keeper"),
        _detail(row, "copies"), day(_detail(row, "forwarded_on")), _detail(row, "received_by"), note(row),
    ]  # fmt: skip


def _incoming(row: Row) -> list[str]:
    columns = row["columns"]
    return [
        stands_for(row), numbering.written(row["number"]), str(columns.get("issuer", "")),
        str(columns.get("symbol", "")), day(columns.get("issued_on")), content(columns),
        _detail(row, "receiver") or _recipients(row), day(_detail(row, "forwarded_on")),
        _detail(row, "received_by"), note(row),
    ]  # fmt: skip


def _follow_up(row: Row) -> list[str]:
    columns = row["columns"]
    document = [content(columns)]
    if columns.get("symbol"):
        document.append(f"số {columns['symbol']}")
    if columns.get("issued_on"):
        document.append(f"ngày {day(columns['issued_on'])}")
    if columns.get("issuer"):
        document.append(f"của {columns['issuer']}")
    return [
        numbering.written(row["number"]), ", ".join(document), _detail(row, "receiver") or _recipients(row),
        day(_detail(row, "due_on")), _detail(row, "progress"), _detail(row, "answered_by"), note(row),
    ]  # fmt: skip


def _postal(row: Row) -> list[str]:
    columns = row["columns"]
    return [
        day(_detail(row, "posted_on") or _detail(row, "forwarded_on")), str(columns.get("symbol", "")),
        _recipients(row), _detail(row, "envelopes"), _detail(row, "received_by"), note(row),
    ]  # fmt: skip


LAYOUTS: Final[dict[str, Layout]] = {
    "outgoing": Layout(
        name="outgoing", title="SỔ ĐĂNG KÝ VĂN BẢN ĐI", direction="outgoing", cells=_outgoing,
        heads=(
            ("Số, ký hiệu văn bản", 27), ("Ngày tháng văn bản", 23), ("Tên loại và trích yếu nội dung văn bản", 58),
            ("Người ký", 28), ("Nơi nhận văn bản", 34), ("Đơn vị, người nhận bản lưu", 24), ("Số lượng bản", 13),
            ("Ngày chuyển", 23), ("Ký nhận", 17), ("Ghi chú", 26),
        ),
    ),
    "incoming": Layout(
        name="incoming", title="SỔ ĐĂNG KÝ VĂN BẢN ĐẾN", direction="incoming", cells=_incoming,
        heads=(
            ("Ngày đến", 23), ("Số đến", 15), ("Tác giả", 32), ("Số, ký hiệu văn bản", 27),
            ("Ngày tháng văn bản", 23), ("Tên loại và trích yếu nội dung văn bản", 56),
            ("Đơn vị hoặc người nhận", 30), ("Ngày chuyển", 23), ("Ký nhận", 18), ("Ghi chú", 26),
        ),
    ),
    "follow-up": Layout(
        name="follow-up", title="SỔ THEO DÕI GIẢI QUYẾT VĂN BẢN ĐẾN", direction="incoming", cells=_follow_up,
        heads=(
            ("Số đến", 16), ("Tên loại, số, ký hiệu, ngày, tháng và tên cơ quan, tổ chức ban hành văn bản", 92),
            ("Đơn vị hoặc người nhận", 42), ("Thời hạn giải quyết", 26), ("Tiến độ giải quyết", 34),
            ("Số, ký hiệu văn bản trả lời", 33), ("Ghi chú", 30),
        ),
    ),
    "postal": Layout(
        name="postal", title="SỔ GỬI VĂN BẢN ĐI BƯU ĐIỆN", direction="outgoing", cells=_postal,
        heads=(
            ("Ngày chuyển", 28), ("Số, ký hiệu văn bản", 45), ("Nơi nhận văn bản", 90), ("Số lượng bì", 22),
            ("Ký nhận và dấu bưu điện", 50), ("Ghi chú", 38),
        ),
    ),
}  # fmt: skip
"""By name; the first of a direction is the book itself, the other one is kept beside it."""
