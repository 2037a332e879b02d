"""Text of the old binary formats: .doc (Word 97 to 2003, [MS-DOC]), .xls and .rtf.

Word's text lies in pieces that a table in another stream lists; each piece is 8-bit or UTF-16. Formatting is
left alone. Letters of legacy Vietnamese fonts become Unicode in `letters`.
"""

import re
import struct
from pathlib import Path
from typing import Final

import olefile
import xlrd
from striprtf.striprtf import rtf_to_text

from indexers.text.letters import repaired
from indexers.text.pages import Pages, Unreadable

_WORD: Final = 0xA5EC
_ENCRYPTED: Final = 0x0100
_TABLE_ONE: Final = 0x0200
_EIGHT_BIT: Final = 1 << 30
_FIELD_CODE: Final = re.compile(r"\x13[^\x13\x14\x15]*(?:\x14|(?=\x15))")
_BREAKS: Final = str.maketrans(
    {"\r": "\n", "\x07": "\n", "\x0b": "\n", "\x0c": "\n", "\x1e": "-", "\x1f": None, "\x15": None}
)


def read_doc(path: Path, pages: Pages) -> None:
    """The whole text as one page: pages exist only once Word has laid the document out."""
    pages.by = "ms-doc"
    if not olefile.isOleFile(path):
        head = path.read_bytes()[:512].lstrip()
        if head.startswith(b"{\\rtf"):
            return read_rtf(path, pages)
        raise Unreadable(why="Tệp .doc không đúng định dạng Word 97–2003.")
    with olefile.OleFileIO(path) as file:
        if not file.exists("WordDocument"):
            raise Unreadable(why="Tệp .doc không chứa văn bản Word.")
        main = file.openstream("WordDocument").read()
        identifier, version = struct.unpack_from("<HH", main, 0)
        (flags,) = struct.unpack_from("<H", main, 0x0A)
        if identifier != _WORD:
            raise Unreadable(why="Tệp .doc thuộc phiên bản Word cũ chưa đọc được.")
        if flags & _ENCRYPTED:
            raise Unreadable(why="Tệp .doc đặt mật khẩu nên không đọc được nội dung.")
        table = "1Table" if flags & _TABLE_ONE else "0Table"
        if version < 0xC1 or not file.exists(table):
            raise Unreadable(why="Tệp .doc thuộc phiên bản Word 6/95 chưa đọc được.")
        text = "".join(_pieces(main, file.openstream(table).read()))
    pages.add("layer", repaired(_plain(text)))
    return None


def _pieces(main: bytes, table: bytes) -> list[str]:
    """The pieces in the order of the text, from the piece table ([MS-DOC] 2.8.35, Clx)."""
    start, size = struct.unpack_from("<II", main, 0x01A2)
    clx = table[start : start + size]
    at = 0
    while at + 5 <= len(clx) and clx[at] == 1:  # formatting that pieces share
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if at + 5 > len(clx) or clx[at] != 2:
        raise Unreadable(why="Bảng đoạn văn của tệp .doc bị hỏng.")
    (size,) = struct.unpack_from("<I", clx, at + 1)
    plc = clx[at + 5 : at + 5 + size]
    count = (len(plc) - 4) // 12
    bounds = struct.unpack_from(f"<{count + 1}I", plc, 0)
    found = []
    for n in range(count):
        (place,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * n + 2)
        length = bounds[n + 1] - bounds[n]
        if place & _EIGHT_BIT:
            begin = (place & ~_EIGHT_BIT) // 2
            found.append(main[begin : begin + length].decode("cp1252", "replace"))
        else:
            found.append(main[place : place + 2 * length].decode("utf-16-le", "replace"))
    return found


def _plain(text: str) -> str:
    """Without field codes (their results stay) and drawing anchors; paragraph and cell ends become lines."""
    before = ""
    while before != text:  # fields may lie in fields
        before, text = text, _FIELD_CODE.sub("", text)
    return text.translate(_BREAKS)


def read_rtf(path: Path, pages: Pages) -> None:
    pages.by = "striprtf"
    text: str = rtf_to_text(path.read_bytes().decode("latin-1"), errors="ignore")  # type: ignore[no-untyped-call]
    pages.add("layer", repaired(text))


def read_xls(path: Path, pages: Pages) -> None:
    """A page a sheet, a line a row."""
    pages.by = "xlrd"
    try:
        book = xlrd.open_workbook(str(path), on_demand=True, logfile=_Silence())
    except (xlrd.XLRDError, struct.error, IndexError, AssertionError) as fault:
        raise Unreadable(why=f"Tệp .xls không đọc được: {fault}.") from fault
    for name in book.sheet_names():
        sheet = book.sheet_by_name(name)
        rows = (
            [_shown(cell) for cell in sheet.row(n) if cell.value not in ("", None)]
            for n in range(sheet.nrows)
        )
        pages.add("layer", repaired("\n".join([name, *("\t".join(row) for row in rows if row)])))
        if pages.full:
            break


def _shown(cell: xlrd.sheet.Cell) -> str:
    if cell.ctype == xlrd.XL_CELL_NUMBER and float(cell.value).is_integer():
        return str(int(cell.value))
    return str(cell.value)


class _Silence:
    """Where xlrd's chatter goes."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        return None
