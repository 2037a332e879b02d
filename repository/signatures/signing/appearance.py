"""How a signature looks (NĐ 30/2020, annex I): a person's blue image, an agency's red seal over a third of it,
on an annex text alone. Drawn as a small PDF of its own; runs in the sandbox, for the pictures are uploads.
"""

import base64
import io
import math
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import fontpkg_be_vietnam_pro
import pypdfium2
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from reportlab.lib.colors import Color
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

Box = tuple[float, float, float, float]

SEAL: Final = 36 * mm
"""An agency's seal in its real size."""
HAND: Final = (42 * mm, 18 * mm)
NOTE: Final = (62 * mm, 10 * mm)
_OVERLAP: Final = 1 / 3
_MARGIN: Final = 15 * mm
_GAP: Final = 2 * mm
_BLUE, _RED, _BLACK = Color(0.11, 0.23, 0.66), Color(0.78, 0.06, 0.12), Color(0, 0, 0)
TIMES, UPRIGHT, SLANTED = "SignTimes", "SignUpright", "SignSlanted"
_LARGEST_PICTURE: Final = 4000


@cache
def _fonts() -> None:
    folder = Path(fontpkg_be_vietnam_pro.ROOT) / "files"
    pdfmetrics.registerFont(TTFont(SLANTED, folder / "BeVietnamPro-Italic.ttf"))
    pdfmetrics.registerFont(TTFont(UPRIGHT, folder / "BeVietnamPro-Regular.ttf"))
    with suppress(TTFError):  # not installed here: the letter above stands in
        pdfmetrics.registerFont(TTFont(TIMES, "LiberationSerif-Regular.ttf"))


def upright(words: str) -> str:
    """Times' metrics where installed and able to write the words, else a letter that can write them all."""
    _fonts()
    if TIMES not in pdfmetrics.getRegisteredFontNames():
        return UPRIGHT
    glyphs = pdfmetrics.getFont(TIMES).face.charToGlyph
    return TIMES if all(ord(one) in glyphs for one in words) else UPRIGHT


def drawn(options: dict[str, Any], box: Box) -> bytes:
    """One page of the size of the box, with what the kind of signature shows."""
    width, height = box[2] - box[0], box[3] - box[1]
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width, height))
    if options["kind"] == "annex":
        _note(canvas, options["lines"], height)
    elif options.get("picture"):
        canvas.drawImage(
            _picture(options["picture"]), 0, 0, width, height, mask="auto", preserveAspectRatio=True
        )
    elif options["kind"] == "agency":
        _ring(canvas, options["name"], min(width, height))
    else:
        _hand(canvas, options["name"], width, height)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _picture(encoded: str) -> ImageReader:
    picture = Image.open(io.BytesIO(base64.b64decode(encoded)), formats=["PNG"])
    if max(picture.size) > _LARGEST_PICTURE:
        raise ValueError("ảnh chữ ký, con dấu quá lớn")
    return ImageReader(picture.convert("RGBA"))


def _note(canvas: Canvas, lines: list[str], height: float) -> None:
    """Số ký hiệu and time, ten points, black, upright."""
    canvas.setFillColor(_BLACK)
    canvas.setFont(upright("".join(lines)), 10)
    for index, line in enumerate(lines):
        canvas.drawString(1, height - 10 - 12 * index, line)


def _hand(canvas: Canvas, name: str, width: float, height: float) -> None:
    """Where no image of the hand is kept: the name, blue and slanted."""
    _fonts()
    size = min(18.0, 18.0 * (width - 4) / max(1.0, canvas.stringWidth(name, SLANTED, 18)))
    canvas.setFillColor(_BLUE)
    canvas.setFont(SLANTED, size)
    canvas.drawCentredString(width / 2, height / 2 - size / 3, name)
    canvas.setStrokeColor(_BLUE)
    canvas.line(width * 0.2, height / 2 - size * 0.7, width * 0.8, height / 2 - size * 0.55)


def _ring(canvas: Canvas, name: str, size: float) -> None:
    """Where no image of the seal is kept: a red double ring with the name along it."""
    canvas.setStrokeColor(_RED)
    canvas.setFillColor(_RED)
    middle = size / 2
    for radius, width in ((middle - 1.2, 1.6), (middle - 4, 0.5), (middle * 0.55, 0.6)):
        canvas.setLineWidth(width)
        canvas.circle(middle, middle, radius)
    words = name.upper()
    font = upright(words)
    radius = middle * 0.66
    room = 1.55 * math.pi * radius
    letter = min(8.0, 8.0 * room / max(1.0, canvas.stringWidth(words, font, 8)))
    angle = canvas.stringWidth(words, font, letter) / radius / 2
    canvas.setFont(font, letter)
    for one in words:
        wide = canvas.stringWidth(one, font, letter) / radius
        at = angle - wide / 2
        canvas.saveState()
        canvas.translate(middle - radius * math.sin(at), middle + radius * math.cos(at))
        canvas.rotate(math.degrees(at))
        canvas.drawCentredString(0, 0, one)
        canvas.restoreState()
        angle -= wide


def place(path: str, reader: PdfFileReader, options: dict[str, Any]) -> tuple[int, Box]:
    """Page (from 0) and box: as asked, else over the person's name, by the person's signature, or top right."""
    if given := options.get("place"):
        return int(given["page"]) - 1, tuple(float(edge) for edge in given["box"])  # type: ignore[return-value]
    pages = int(reader.root["/Pages"]["/Count"])
    if options["kind"] == "annex":
        width, height = _page_size(path, 0)
        return 0, (width - _MARGIN - NOTE[0], height - _MARGIN - NOTE[1], width - _MARGIN, height - _MARGIN)
    if options["kind"] == "agency":
        if found := _newest_signature(reader):
            return found[0], beside(found[1])
        page, box = _over_name(path, pages, "")
        return page, beside(box)
    return _over_name(path, pages, options["name"])


def beside(hand: Box) -> Box:
    """The seal's box: over the left third of the person's signature."""
    right = hand[0] + (hand[2] - hand[0]) * _OVERLAP
    middle = (hand[1] + hand[3]) / 2
    left = max(2.0, right - SEAL)
    return (left, middle - SEAL / 2, left + SEAL, middle + SEAL / 2)


def _newest_signature(reader: PdfFileReader) -> tuple[int, Box] | None:
    """Page and box of the last visible signature that is there."""
    boxes: list[tuple[int, Box]] = []
    numbers = {page.reference: n for n, page in enumerate(_page_references(reader))}
    for signature in reader.embedded_regular_signatures:
        rect = [float(edge) for edge in signature.sig_field.get("/Rect", [])]
        page = signature.sig_field.get_value_as_reference("/P", optional=True)
        if len(rect) == 4 and rect[2] - rect[0] > 4 and rect[3] - rect[1] > 4 and page in numbers:
            boxes.append((numbers[page], (rect[0], rect[1], rect[2], rect[3])))
    return boxes[-1] if boxes else None


def _page_references(reader: PdfFileReader) -> list[generic.IndirectObject]:
    return [reader.find_page_for_modification(n)[0] for n in range(int(reader.root["/Pages"]["/Count"]))]


def _over_name(path: str, pages: int, name: str) -> tuple[int, Box]:
    """Above the last place where the name is printed; without one, at the lower right of the last page."""
    document = pypdfium2.PdfDocument(path)
    try:
        for number in range(pages - 1, max(-1, pages - 4), -1) if name else ():
            if found := _printed(document, number, name):
                middle, bottom = (found[0] + found[2]) / 2, found[3] + _GAP
                left = max(2.0, middle - HAND[0] / 2)
                return number, (left, bottom, left + HAND[0], bottom + HAND[1])
    finally:
        document.close()
    width, _ = _page_size(path, pages - 1)
    right = width - _MARGIN - 10 * mm
    return pages - 1, (right - HAND[0], 40 * mm, right, 40 * mm + HAND[1])


def _printed(document: Any, number: int, name: str) -> Box | None:
    text = document[number].get_textpage()
    searcher, last = text.search(name), None
    while found := searcher.get_next():
        last = found
    if last is None:
        return None
    boxes = [text.get_rect(n) for n in range(text.count_rects(*last))]
    if not boxes:
        return None
    return (
        min(b[0] for b in boxes), min(b[1] for b in boxes),
        max(b[2] for b in boxes), max(b[3] for b in boxes),
    )  # fmt: skip


def _page_size(path: str, number: int) -> tuple[float, float]:
    document = pypdfium2.PdfDocument(path)
    try:
        width, height = document[number].get_size()
        return float(width), float(height)
    finally:
        document.close()
