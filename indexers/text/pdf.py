"""Text of PDF pages by pypdfium2; a page that is a picture is read by OCR.

What a signature shows on the page is an annotation and no text of the document. Whether a page's own text
counts is decided by how much of it there is and how much of the page pictures cover: a stamp flattened onto
a scan is a few words over a full picture, and must not pass for the text.
"""

from pathlib import Path
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from indexers.text.letters import repaired
from indexers.text.ocr import DPI, Ocr
from indexers.text.pages import Pages, Unreadable

PAGES: Final = 2_000
"""Pages opened of one file."""
_COVERED: Final = 0.5
"""Share of the page from which pictures make it a scan, unless it bears a real text layer."""
_FEW: Final = 150
"""Letters fewer than which over a picture are a stamp or a page number, not a text layer."""
_OUTLINES: Final = 60
"""Drawn shapes that, without any text, may be letters turned into outlines."""
_LARGEST: Final = 40_000_000
"""Pixels of a page image."""


def read_pdf(path: Path, pages: Pages, ocr: Ocr) -> None:
    pages.by = "pdfium"
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as fault:
        locked = "password" in str(fault).lower()
        raise Unreadable(
            why="Tệp PDF đặt mật khẩu nên không đọc được nội dung." if locked else "Tệp PDF hỏng."
        ) from fault
    for n in range(min(len(document), PAGES)):
        if pages.full:
            break
        _read_page(document, n, pages, ocr)
    if len(document) > PAGES:
        pages.note(f"Chỉ đọc {PAGES} trang đầu trong {len(document)} trang.")


def _read_page(document: Any, n: int, pages: Pages, ocr: Ocr) -> None:
    try:
        page = document[n]
        text = page.get_textpage().get_text_bounded()
        if not _is_picture(page, sum(char.isalnum() for char in text)):
            pages.add("layer", repaired(text))
            return
        seen = ocr.read(_picture(page))
    except pypdfium2.PdfiumError:
        pages.note(f"Trang {n + 1} hỏng, không đọc được.")
        pages.add("none")
        return
    if seen is None:
        pages.note(ocr.why)
        pages.add("none")
    else:
        if "tesseract" not in pages.by:
            pages.by += "+tesseract"
        pages.add("ocr", seen)


def _is_picture(page: Any, letters: int) -> bool:
    if letters >= _FEW:
        return False
    width, height = page.get_size()
    covered, outlines = 0.0, 0
    for shape in page.get_objects(max_depth=4):
        if shape.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = shape.get_bounds()
            inside = max(0.0, min(right, width) - max(left, 0)) * max(0.0, min(top, height) - max(bottom, 0))
            covered += inside / max(width * height, 1.0)
        outlines += shape.type == pdfium.FPDF_PAGEOBJ_PATH
    return covered >= _COVERED or (not letters and (covered > 0 or outlines >= _OUTLINES))


def _picture(page: Any) -> bytes:
    """The page without annotations, in grey, as PGM."""
    width, height = page.get_size()
    scale = min(DPI / 72, (_LARGEST / max(width * height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False, draw_annots=False)
    rows = memoryview(bitmap.buffer)
    lines = (bytes(rows[y * bitmap.stride : y * bitmap.stride + bitmap.width]) for y in range(bitmap.height))
    return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + b"".join(lines)
