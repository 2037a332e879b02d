"""Whether a remark lies over text that was signed: asked of pdfium, which knows where the text is."""

import io
from typing import IO, Final

import pypdfium2

Box = tuple[float, float, float, float]

_MOST_RECTANGLES: Final = 20_000
_LARGEST: Final = 256 * 1024**2


def covers_text(stream: IO[bytes], end: int, boxes: list[tuple[int, Box]]) -> bool:
    """True also when it cannot be told: what may hide something is not to be called harmless."""
    if end > _LARGEST:
        return True
    stream.seek(0)
    try:
        document = pypdfium2.PdfDocument(io.BytesIO(stream.read(end)))
        try:
            return any(_covered(document, page, box) for page, box in boxes)
        finally:
            document.close()
    except (pypdfium2.PdfiumError, ValueError, IndexError, OSError):
        return True


def _covered(document: pypdfium2.PdfDocument, number: int, box: Box) -> bool:
    text = document[number].get_textpage()
    left, bottom, right, top = box
    count = text.count_rects()
    if count > _MOST_RECTANGLES:
        return True
    for index in range(count):
        a, b, c, d = text.get_rect(index)
        if a < right and left < c and b < top and bottom < d:
            return True
    return False
