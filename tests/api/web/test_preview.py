"""Page images: made in the sandbox from good files, refused with a reason for bad ones, kept once made."""

import base64
import io
import zlib
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from api.web.preview import render
from api.web.previews import Outline, open_previews
from repository.wiring import Repository
from tests.factories import District, metadata, stream


def pdf(pages: int) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    for number in range(pages):
        canvas.drawString(100, 700, f"Trang {number + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def tiff(frames: int) -> bytes:
    out = io.BytesIO()
    first, *rest = [Image.new("1", (300, 400), 1) for _ in range(frames)]
    first.save(out, "TIFF", save_all=True, append_images=rest)
    return out.getvalue()


def bomb() -> bytes:
    """A picture of 60,000 × 60,000 in a few bytes."""
    out = io.BytesIO()
    Image.new("1", (8, 8)).save(out, "PNG")
    raw = bytearray(out.getvalue())
    raw[16:24] = (60_000).to_bytes(4, "big") * 2
    raw[29:33] = zlib.crc32(raw[12:29]).to_bytes(4, "big")
    return bytes(raw)


@pytest.mark.parametrize(
    ("content", "media_type", "pages"), [(pdf(3), "application/pdf", 3), (tiff(2), "image/tiff", 2)]
)
def test_every_page_becomes_a_picture(tmp_path: Path, content: bytes, media_type: str, pages: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert render(str(path), {"media_type": media_type, "page": 0}) == {"pages": pages}
    shown = render(str(path), {"media_type": media_type, "page": pages})
    with Image.open(io.BytesIO(base64.b64decode(shown["png"]))) as picture:
        assert picture.format == "PNG" and picture.width >= 300


async def test_previews_are_kept_and_failures_are_told(repository: Repository, district: District) -> None:
    async def kept(content: bytes, filename: str) -> dict:
        received = await repository.intake.receive(district.clerk, stream(content), filename=filename)
        row = await repository.documents.store(district.clerk, metadata(), [received])
        return row["versions"][0]

    async with open_previews(repository) as previews:
        good = await kept(pdf(2), "hai trang.pdf")
        assert await previews.outline(good) == Outline(2)
        first = await previews.page(good, 1)
        assert first is not None and first.startswith(b"\x89PNG")
        assert await previews.page(good, 3) is None and await previews.page(good, 0) is None
        text = await kept("Chữ thôi.".encode(), "chu.txt")
        assert await previews.outline(text) == Outline(0)
        # What intake let through may still not open: the worst of it, under a name that is believed.
        for worst in (text | {"media_type": "application/pdf"}, await kept(bomb(), "bom.png")):
            told = await previews.outline(worst)
            assert await previews.page(worst, 1) is None
            assert told.pages == 1 or told.why
    async with open_previews(repository) as later:
        assert await later.page(good | {"store_version": "gone"}, 1) == first, "made again instead of kept"
