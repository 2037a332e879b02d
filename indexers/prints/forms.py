"""Blank forms for an outage (Đ10.4a), as annex IV of Decree 30/2020 shows them: stamps, slips, empty books."""

from collections.abc import Callable
from typing import BinaryIO, Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from indexers.prints.sheet import BOLD, REGULAR, Heading, Sheets, fonts
from repository.registers.columns import LAYOUTS

_DOTS: Final = "." * 300
PAGES: Final = 4
"""Pages of an empty book: a day of paper work."""


def stamps(target: BinaryIO, unit: str) -> None:
    """A sheet of ĐẾN stamps, 35 × 50 mm each, to cut out and glue on."""
    canvas = _portrait(target, "Dấu ĐẾN")
    wide, high, gap = 50 * mm, 35 * mm, 8 * mm
    left = (A4[0] - 3 * wide - 2 * gap) / 2
    for row in range(6):
        for column in range(3):
            x, y = left + column * (wide + gap), A4[1] - 18 * mm - (row + 1) * high - row * gap
            canvas.rect(x, y, wide, high)
            canvas.setFont(BOLD, 6.5)
            canvas.drawCentredString(x + wide / 2, y + high - 4 * mm, unit.upper()[:44])
            canvas.setFont(BOLD, 13)
            canvas.drawString(x + 2 * mm, y + high - 14 * mm, "ĐẾN")
            canvas.setFont(REGULAR, 7.5)
            lines = (
                (17, 11.5, "Số:"),
                (17, 17.5, "Ngày:"),
                (2, 24, "Chuyển:"),
                (2, 30.5, "Số và ký hiệu HS:"),
            )
            for dx, dy, name in lines:
                _dotted(canvas, x + dx * mm, y + high - dy * mm, x + wide - 2 * mm, name, 7.5)
    canvas.showPage()
    canvas.save()


_PARTS: Final = (
    ("1. Ý kiến của lãnh đạo cơ quan, tổ chức", (
        "- Giao đơn vị, cá nhân chủ trì:",
        "- Giao các đơn vị, cá nhân tham gia phối hợp giải quyết văn bản đến (nếu có):",
        "- Thời hạn giải quyết đối với mỗi đơn vị, cá nhân (nếu có):",
        "- Ngày tháng cho ý kiến phân phối, giải quyết:")),
    ("2. Ý kiến của lãnh đạo đơn vị", (
        "- Giao cho cá nhân; thời hạn giải quyết đối với cá nhân (nếu có):",
        "- Ngày, tháng, năm cho ý kiến:")),
    ("3. Ý kiến đề xuất của người giải quyết", (
        "- Ý kiến đề xuất giải quyết văn bản đến của cá nhân:",
        "- Ngày, tháng, năm đề xuất ý kiến:")),
)  # fmt: skip


def slip(target: BinaryIO, unit: str) -> None:
    """Phiếu giải quyết văn bản đến."""
    canvas = _portrait(target, "Phiếu giải quyết văn bản đến")
    left, right, y = 25 * mm, A4[0] - 18 * mm, A4[1] - 20 * mm
    canvas.setFont(BOLD, 10)
    canvas.drawCentredString(left + 35 * mm, y, unit.upper()[:40])
    canvas.drawCentredString(right - 45 * mm, y, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
    canvas.drawCentredString(right - 45 * mm, y - 13, "Độc lập - Tự do - Hạnh phúc")
    canvas.setFont(REGULAR, 10)
    canvas.drawCentredString(right - 45 * mm, y - 34, "................, ngày ..... tháng ..... năm .......")
    canvas.setFont(BOLD, 13)
    canvas.drawCentredString(A4[0] / 2, y - 66, "PHIẾU GIẢI QUYẾT VĂN BẢN ĐẾN")
    y -= 88
    for _ in range(3):
        _dotted(canvas, left, y, right, "", 10)
        y -= 18
    for head, lines in _PARTS:
        canvas.setFont(BOLD, 11)
        canvas.drawString(left, y - 8, head)
        y -= 28
        for line in lines:
            _dotted(canvas, left, y, right, line, 10)
            _dotted(canvas, left, y - 18, right, "", 10)
            y -= 40
    canvas.showPage()
    canvas.save()


def empty_book(name: str) -> Callable[[BinaryIO, str], None]:
    def write(target: BinaryIO, unit: str) -> None:
        layout = LAYOUTS[name]
        heading = Heading(unit=unit, title=layout.title, span="Năm .......... (ghi tay khi hệ thống ngừng)")
        sheets = Sheets(target, heading=heading, heads=layout.heads)
        for page in range(PAGES):
            if page:
                sheets.turn()
            while sheets.blank():
                pass
        sheets.close()

    return write


FORMS: Final[dict[str, tuple[str, Callable[[BinaryIO, str], None]]]] = {
    "den": ("Tờ dấu ĐẾN", stamps),
    "phieu": ("Phiếu giải quyết văn bản đến", slip),
    "so-di": ("Sổ đăng ký văn bản đi (trống)", empty_book("outgoing")),
    "so-den": ("Sổ đăng ký văn bản đến (trống)", empty_book("incoming")),
    "so-theo-doi": ("Sổ theo dõi giải quyết văn bản đến (trống)", empty_book("follow-up")),
    "so-buu-dien": ("Sổ gửi văn bản đi bưu điện (trống)", empty_book("postal")),
}
"""By the name in its address: what it is called, and what writes it for a unit."""


def _portrait(target: BinaryIO, title: str) -> Canvas:
    fonts()
    canvas = Canvas(target, pagesize=A4, pageCompression=1)
    canvas.setTitle(title)
    canvas.setLineWidth(0.7)
    return canvas


def _dotted(canvas: Canvas, x: float, y: float, right: float, name: str, size: float) -> None:
    """A name and dots up to the margin."""
    canvas.setFont(REGULAR, size)
    canvas.drawString(x, y, name)
    start = x + canvas.stringWidth(name, REGULAR, size) + (1.5 if name else 0)
    dots = int((right - start) / canvas.stringWidth(".", REGULAR, size))
    canvas.drawString(start, y, _DOTS[: max(0, dots)])
