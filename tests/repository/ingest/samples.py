"""Small files of every format, good and bad, made on the spot."""

import io
import struct
import zipfile

import docx
import odf.opendocument
import odf.text
import openpyxl
from PIL import Image
from reportlab.pdfgen import canvas

from tests.contracts.scanner import zipped

SECTOR = 512


def image(kind):
    out = io.BytesIO()
    Image.new("RGB", (9, 9), "red").save(out, kind)
    return out.getvalue()


def pdf(**_):
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.drawString(100, 700, "Quyet dinh")
    page.save()
    return out.getvalue()


def word():
    out = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("Quyết định")
    document.save(out)
    return out.getvalue()


def sheet():
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


def odf_of(make):
    out = io.BytesIO()
    make().write(out)
    return out.getvalue()


def ole(*streams, storages=()):
    """A compound file whose root holds the named empty streams; `storages` lie one level deeper."""
    names = ["Root Entry", *streams, *storages]
    entries = b""
    for n, name in enumerate(names):
        raw = (name + "\0").encode("utf-16-le")
        nothing = 0xFFFFFFFF
        child = 1 if n == 0 and len(names) > 1 else nothing
        last_at_root = len(streams)
        right = n + 1 if 0 < n < last_at_root else nothing
        if n == 1 and storages:
            child = last_at_root + 1
        if n > last_at_root:
            right = n + 1 if n + 1 < len(names) else nothing
        entries += raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw), 5 if n == 0 else 2, 1)
        entries += struct.pack("<LLL", nothing, right, child) + bytes(48)
    entries += bytes(-len(entries) % SECTOR)
    count = len(entries) // SECTOR
    chain = [0xFFFFFFFD] + [n + 2 for n in range(count - 1)] + [0xFFFFFFFE]
    fat = struct.pack(f"<{len(chain)}L", *chain).ljust(SECTOR, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += (
        bytes(10) + struct.pack("<LLLL", 1, 1, 0, 4096) + struct.pack("<LLLL", 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    )
    header += struct.pack("<109L", 0, *[0xFFFFFFFF] * 108)
    return header + fat + entries


def endless_ole():
    """Its directory chain points back to its own beginning."""
    made = bytearray(ole("WordDocument"))
    struct.pack_into("<L", made, SECTOR + 4, 1)
    return bytes(made)


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", bytes(90 * 1024**2))
    return out.getvalue()


def crowd():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for n in range(10_001):
            archive.writestr(f"{n}", b"")
    return out.getvalue()


def overlapping():
    """Two directory entries that name the same compressed bytes."""
    content = bytearray(zipped(a=bytes(range(256)) * 40))
    start = content.rfind(b"PK\1\2")
    end = content.rfind(b"PK\5\6")
    entry, tail = bytes(content[start:end]), bytearray(content[end:])
    struct.pack_into("<HHLL", tail, 8, 40, 40, len(entry) * 40, start)
    return bytes(content[:start]) + entry * 40 + bytes(tail)


def locked_zip():
    """The flag of encryption set on a member."""
    content = bytearray(zipped(a=b"x"))
    at = content.rfind(b"PK\1\2")
    content[at + 8] |= 1
    return bytes(content)


def docx_with(**members):
    made = io.BytesIO(word())
    with zipfile.ZipFile(made, "a") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return made.getvalue()


GOOD = {
    "a.txt": "Nội dung công văn\n".encode(),
    "bom.txt": b"\xef\xbb\xbf" + "Nội dung".encode(),
    "utf16.txt": "Nội dung".encode("utf-16"),
    "a.csv": "số,ký hiệu\n71,QĐ-UBND\n".encode(),
    "a.xml": b"<?xml version='1.0'?><edXML/>",
    "a.edxml": b"<edXML/>",
    "a.rtf": rb"{\rtf1 x}",
    "a.p7s": bytes.fromhex("308006092a864886f70d010702a080300302010100000000000000"),
    "a.doc": ole("WordDocument", "1Table"),
    "a.xls": ole("Workbook"),
    "old.xls": ole("Book"),
    "a.ppt": ole("PowerPoint Document"),
    "a.docx": word(),
    "a.xlsx": sheet(),
    "a.pptx": zipped(**{"[Content_Types].xml": b"<x/>", "ppt__presentation.xml": b"<x/>"}),
    "a.odt": odf_of(odf.opendocument.OpenDocumentText),
    "a.ods": odf_of(odf.opendocument.OpenDocumentSpreadsheet),
    "a.odp": odf_of(odf.opendocument.OpenDocumentPresentation),
    "a.pdf": pdf(),
    "A.PDF": pdf(),
    "a.png": image("PNG"), "a.jpg": image("JPEG"), "a.jpeg": image("JPEG"), "a.gif": image("GIF"),
    "a.bmp": image("BMP"), "a.tif": image("TIFF"), "a.tiff": image("TIFF"),
}  # fmt: skip
