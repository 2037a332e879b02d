"""Whether a remark lies over something that was signed: asked of pdfium, which draws what was signed.

Drawn rather than read: a scanned page has no text, and a figure may be a line drawing.
"""

import io
from typing import IO, Final

import pypdfium2

Box = tuple[float, float, float, float]

_LARGEST: Final = 256 * 1024**2
_WIDEST: Final = 3000
"""Points; a page larger than that is not drawn."""


def covers_something(stream: IO[bytes], end: int, boxes: list[tuple[int, Box]]) -> bool:
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
    """Whether the place on the page is anything but one even colour."""
    page = document[number]
    width, height = page.get_size()
    left, _, _, top = page.get_cropbox()
    if page.get_rotation() or max(width, height) > _WIDEST:
        return True
    picture = page.render(scale=1).to_pil().convert("RGB")
    place = (
        max(0, int(box[0] - left)), max(0, int(top - box[3])),
        min(picture.width, int(box[2] - left) + 1), min(picture.height, int(top - box[1]) + 1),
    )  # fmt: skip
    if place[0] >= place[2] or place[1] >= place[3]:
        return False
    return any(low != high for low, high in picture.crop(place).getextrema())
