"""What an office also keeps beside signed PDFs: a Word draft, an Excel table, an OpenDocument note, and scans
of paper (image only, 200 dpi, crooked and dusty). Clocks are stilled, so that equal calls give equal bytes.
"""

import io
import random
import zipfile
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

import docx
import openpyxl
import pypdfium2
from docx.enum.text import WD_ALIGN_PARAGRAPH
from openpyxl.styles import Font
from PIL import Image, ImageChops
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ops.demo.district import party
from ops.demo.papers import TYPE_NAMES, Paper

_STILL = datetime(2026, 1, 2, 9, 0)  # noqa: DTZ001 - office formats carry naive times
_ODT_TYPE = "application/vnd.oasis.opendocument.text"
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"


def word(paper: Paper) -> bytes:
    """The paper as a draft in Word."""
    document = docx.Document()
    document.core_properties.title = paper.subject
    document.core_properties.author = paper.signer
    document.core_properties.created = document.core_properties.modified = _STILL
    for line in (
        party(paper.issuer)["name"].upper(),
        TYPE_NAMES.get(paper.type, ""),
        paper.shown or paper.subject,
    ):
        if line:
            heading = document.add_paragraph()
            heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
            heading.add_run(line).bold = True
    for line in (*paper.basis, *paper.body):
        document.add_paragraph(line.removeprefix("# "))
    closing = document.add_table(rows=1, cols=2)
    closing.cell(0, 0).text = "Nơi nhận:\n" + "\n".join(f"- {line}" for line in paper.recipients)
    closing.cell(0, 1).text = f"{paper.title}\n\n\n{paper.signer}"
    out = io.BytesIO()
    document.save(out)
    return _stilled(out.getvalue())


def sheet(title: str, head: tuple[str, ...], rows: tuple[tuple[Any, ...], ...]) -> bytes:
    """A table in Excel with a title, a head and a sum over the last column."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Dự toán"
    page.append([title])
    page["A1"].font = Font(bold=True, size=14)
    page.append([])
    page.append(list(head))
    for cell in page[3]:
        cell.font = Font(bold=True)
    for row in rows:
        page.append(list(row))
    page.append(["", "Tổng cộng", *[""] * (len(head) - 3), sum(row[-1] for row in rows)])
    for column, width in zip("ABCDE", (6, 52, 16, 14, 18), strict=True):
        page.column_dimensions[column].width = width
    book.properties.title, book.properties.created = title, _STILL
    out = io.BytesIO()
    book.save(out)
    return _stilled(out.getvalue())


def opendocument(title: str, lines: tuple[str, ...]) -> bytes:
    """A plain OpenDocument text; the type comes first and unpacked, as the standard wants."""
    body = "".join(f"<text:p>{escape(line)}</text:p>" for line in (title, *lines))
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.3"'
        f' xmlns:office="{_ODF}office:1.0" xmlns:text="{_ODF}text:1.0"><office:body><office:text>{body}'
        "</office:text></office:body></office:document-content>"
    )
    manifest = (
        f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest manifest:version="1.3"'
        f' xmlns:manifest="{_ODF}manifest:1.0"><manifest:file-entry manifest:full-path="/"'
        f' manifest:media-type="{_ODT_TYPE}"/><manifest:file-entry manifest:full-path="content.xml"'
        ' manifest:media-type="text/xml"/></manifest:manifest>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        pack.writestr(_entry("mimetype", zipfile.ZIP_STORED), _ODT_TYPE)
        pack.writestr(_entry("content.xml"), content)
        pack.writestr(_entry("META-INF/manifest.xml"), manifest)
    return out.getvalue()


def scanned(pdf: bytes, *, seed: int = 1) -> list[Image.Image]:
    """The pages as a scanner would see them at 200 dpi: slightly turned, greyish, with specks."""
    chance = random.Random(seed)
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()  # without it the signatures' pictures are not drawn
    pages = []
    for index in range(len(document)):
        page = document[index].render(scale=200 / 72).to_pil().convert("L")
        page = page.rotate(0.6, resample=Image.Resampling.BICUBIC, fillcolor=255)
        grain = _noise(page.size, chance).point(lambda value: value // 14)
        # two rare values meeting in one place: about one pixel in sixteen thousand
        rare = [_noise(page.size, chance).point(lambda value: 200 if value < 2 else 0) for _ in range(2)]
        dusty = ImageChops.subtract(ImageChops.subtract(page, grain), ImageChops.darker(rare[0], rare[1]))
        pages.append(dusty)
    document.close()
    return pages


def _noise(size: tuple[int, int], chance: random.Random) -> Image.Image:
    return Image.frombytes("L", size, chance.randbytes(size[0] * size[1]))


def image_file(pages: list[Image.Image], kind: str) -> bytes:
    """Scanned pages as `PDF` (images only), `PNG` (the first page) or `TIFF`."""
    out = io.BytesIO()
    if kind == "PDF":
        # not Pillow's own PDF writer: its cross-reference table is one that strict readers refuse
        paper = Canvas(out, pagesize=A4, invariant=1)
        for page in pages:
            photo = io.BytesIO()
            page.save(photo, "JPEG", quality=60, dpi=(200, 200))
            paper.drawImage(ImageReader(photo), 0, 0, *A4)
            paper.showPage()
        paper.save()
    elif kind == "TIFF":
        bitonal = [page.point(lambda grey: 255 if grey > 150 else 0).convert("1") for page in pages]
        bitonal[0].save(
            out, "TIFF", dpi=(200, 200), compression="group4", save_all=True, append_images=bitonal[1:]
        )
    else:
        # white ground and few greys keep the picture small; the specks stay
        coarse = pages[0].point(lambda grey: 255 if grey > 200 else grey).quantize(16)
        coarse.save(out, "PNG", dpi=(200, 200))
    return out.getvalue()


def _entry(name: str, compress: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (2026, 1, 2, 9, 0, 0))
    info.compress_type = compress
    return info


def _stilled(pack: bytes) -> bytes:
    """The same zip with every clock in it set to one moment, openpyxl's own in the properties too."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(pack)) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename == "docProps/core.xml" and b"openpyxl" in data:
                start = data.index(b"<dcterms:modified")
                data = data[:start] + data[data.index(b"</dcterms:modified>") + 19 :]
            target.writestr(_entry(info.filename), data)
    return out.getvalue()
