"""One page of a PDF or picture as a PNG. Runs only inside the sandbox: the files come from anybody."""

import base64
import io
from typing import Any, Final

_WIDTH: Final = 1100
"""Pixels across: a page in A4 stays readable on a large screen."""
_TALLEST: Final = 4000
_MOST_PIXELS: Final = 200_000_000
"""A picture that claims more is a bomb, not a scan."""


def render(path: str, options: dict[str, Any]) -> dict[str, Any]:
    """`{"pages": n}` and, when `options["page"]` is set, `"png"` in base64."""
    page = int(options.get("page") or 0)
    if options["media_type"] == "application/pdf":
        return _pdf(path, page)
    return _picture(path, page)


def _pdf(path: str, page: int) -> dict[str, Any]:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    pages = len(document)
    if not page:
        return {"pages": pages}
    if page > pages:
        raise ValueError(f"page {page} of {pages}")
    document.init_forms()
    sheet = document[page - 1]
    width, height = sheet.get_size()
    scale = min(_WIDTH / max(width, 1), _TALLEST / max(height, 1))
    return {
        "pages": pages,
        "png": _png(sheet.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")),
    }


def _picture(path: str, page: int) -> dict[str, Any]:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS // 2  # Pillow raises at twice this
    with Image.open(path) as picture:
        pages = int(getattr(picture, "n_frames", 1))
        if not page:
            return {"pages": pages}
        picture.seek(page - 1)
        sheet = picture.convert("RGB")
        sheet.thumbnail((_WIDTH, _TALLEST))
        return {"pages": pages, "png": _png(sheet)}


def _png(picture: Any) -> str:
    """Few colours are enough for a preview, and make it a third of the size."""
    buffer = io.BytesIO()
    picture.quantize(colors=96, dither=0).save(buffer, "PNG", optimize=False, compress_level=7)
    return base64.b64encode(buffer.getvalue()).decode()
