"""Numbers and symbols as Decree 30/2020 Đ15 and annex I write them. Pure rules.

Numbers start at 1 each 1 January; below 10 they are written with a leading zero: `05/QĐ-UBND`. A công văn carries
no type, only the issuing unit and the drafting one: `15/UBND-VP`.
"""

from datetime import date
from typing import Final

from repository import errors, text

DIRECTIONS: Final = ("incoming", "outgoing", "internal")
OFFICIAL_LETTER: Final = "CV"

TYPES: Final[dict[str, str]] = {
    "NQ": "Nghị quyết", "QĐ": "Quyết định", "CT": "Chỉ thị", "QC": "Quy chế", "QyĐ": "Quy định",
    "TC": "Thông cáo", "TB": "Thông báo", "HD": "Hướng dẫn", "CTr": "Chương trình", "KH": "Kế hoạch",
    "PA": "Phương án", "ĐA": "Đề án", "DA": "Dự án", "BC": "Báo cáo", "BB": "Biên bản", "TTr": "Tờ trình",
    "HĐ": "Hợp đồng", "CĐ": "Công điện", "BGN": "Bản ghi nhớ", "BTT": "Bản thỏa thuận", "GUQ": "Giấy ủy quyền",
    "GM": "Giấy mời", "GGT": "Giấy giới thiệu", "GNP": "Giấy nghỉ phép", "PG": "Phiếu gửi",
    "PC": "Phiếu chuyển", "PB": "Phiếu báo", OFFICIAL_LETTER: "Công văn", "ThC": "Thư công", "KHAC": "Loại khác",
}  # fmt: skip
"""The 29 kinds of administrative document and their abbreviations (annex III); công văn and thư công have none."""


COPIES: Final[dict[str, str]] = {"SY": "Sao y", "TrS": "Trích sao", "SL": "Sao lục"}
"""Certified copies are numbered in series of their own (annex I, part II)."""
ONE_SERIES: Final = "chung"


def written(number: int) -> str:
    """The number as it is written on paper."""
    return f"{number:02d}"


def symbol(*, number: int, document_type: str, unit_symbol: str, drafter: str = "") -> str:
    """Số ký hiệu: `71/QĐ-UBND`, or `15/UBND-VP` for an official letter."""
    if document_type in (OFFICIAL_LETTER, "ThC"):
        tail = f"{unit_symbol}-{drafter}" if drafter else unit_symbol
        return f"{written(number)}/{tail}"
    return f"{written(number)}/{document_type}-{unit_symbol}"


def type_of(code_or_name: str) -> str:
    """The code for a code or a name, however it is capitalised. Raises Invalid for an unknown one."""
    if code_or_name in TYPES:
        return code_or_name
    wanted = text.fold(code_or_name)
    for code, name in TYPES.items():
        if wanted in (text.fold(name), text.fold(code)):
            return code
    pointer = [{"pointer": "/document_type", "detail": f"không có loại văn bản «{code_or_name}»"}]
    raise errors.Invalid(why=f"không có loại văn bản «{code_or_name}»", errors=pointer)


def series_words(series: str) -> str:
    """What a series is called: nothing for the common one, a type's or a copy's name, else as it was named."""
    if series == ONE_SERIES:
        return ""
    return COPIES.get(series) or TYPES.get(series) or series


def type_in(series: str, document_type: str) -> str:
    """The type that a document bears in a book of that series. Raises Conflict when it has no place there."""
    if series in COPIES:
        return series
    if series in TYPES and document_type != series:
        raise errors.Conflict(
            why=f"sổ loại «{TYPES[series]}» không nhận «{TYPES.get(document_type, document_type)}»"
        )
    return document_type


def year_of(day: date) -> int:
    """Which year's book a local date belongs to."""
    return day.year
