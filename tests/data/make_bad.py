"""Builds hostile and broken files in memory, each by a function returning bytes. Nothing harmful lies in the repository:
the EICAR test string is put together at run time, and the bombs are a few hundred kilobytes until somebody unpacks them.
"""

import io
import struct
import zipfile
import zlib
from functools import cache

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MACRO_TYPE = "application/vnd.ms-word.document.macroEnabled.main+xml"
BOMB_PIECE = 32 * 1024 * 1024


def empty() -> bytes:
    return b""


# --- the EICAR test string: plain, zipped, inside office files, zipped twice ---------------------------------------


def eicar() -> bytes:
    """The standard anti-malware test string, 68 bytes; never written in one piece in any source file."""
    pieces = ("X5O!P%@AP", "[4\\PZX54(P^)", "7CC)7}$EICAR", "-STANDARD-ANTI", "VIRUS-TEST", "-FILE!$H+H*")
    return "".join(pieces).encode("ascii")


def eicar_zip() -> bytes:
    return _zip({"ghi-chu.txt": "Ghi chú cuộc họp".encode(), "phu-luc/eicar.com": eicar()})


def eicar_nested_zip() -> bytes:
    """A zip in a zip in a zip."""
    return _zip({"tai-lieu.zip": _zip({"ben-trong.zip": eicar_zip()})})


def eicar_docx() -> bytes:
    return _docx({"word/media/image1.png": eicar()})


# --- archives that grow ---------------------------------------------------------------------------------------------


def zip_bomb(entries: int = 32) -> bytes:
    """About a mebibyte that honestly says it unpacks to a gibibyte of zeros."""
    packed, crc = _zeros()
    return _raw_zip([(f"{index:03d}.bin", packed, crc, BOMB_PIECE) for index in range(entries)])


def docx_bomb(entries: int = 32) -> bytes:
    """The same, dressed as a Word file: it has the right parts and then a gibibyte of pictures."""
    packed, crc = _zeros()
    parts = [_stored(name, data) for name, data in _docx_parts(WORD_TYPE).items()]
    parts += [(f"word/media/image{index}.bin", packed, crc, BOMB_PIECE) for index in range(entries)]
    return _raw_zip(parts)


def nested_zip_bomb() -> bytes:
    """A small zip of zips of zips: 8 * 8 * 8 * 32 MiB when all is unpacked."""
    data = zip_bomb(8)
    for level in range(2):
        data = _zip({f"{level}-{index}.zip": data for index in range(8)})
    return data


def lying_zip() -> bytes:
    """Says its only entry is 8 bytes long; unpacks to 32 MiB."""
    packed, crc = _zeros()
    return _raw_zip([("nho.txt", packed, crc, 8)])


def path_trick_zip() -> bytes:
    return _zip({"../../../tmp/ra-ngoai.txt": b"x", "/etc/thoat.txt": b"x", "C:\\windows\\x.txt": b"x"})


# --- not what the name says -----------------------------------------------------------------------------------------


def exe_as_pdf() -> bytes:
    """The head of a Windows program, to be sent as `bao-cao.pdf`."""
    head = bytearray(b"MZ" + bytes(62))
    struct.pack_into("<I", head, 0x3C, 0x80)
    return bytes(head) + b"This program cannot be run in DOS mode.".ljust(64, b"\0") + b"PE\0\0" + b"\x64\x86" + bytes(512)


def html_as_pdf() -> bytes:
    return "<!doctype html><html><body><script>alert(1)</script>Báo cáo</body></html>".encode()


def docx_with_macro() -> bytes:
    """A macro-enabled document that calls itself .docx."""
    project = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "Attribute VB_Name".encode("utf-16-le")
    return _docx({"word/vbaProject.bin": project}, MACRO_TYPE)


# --- PDFs ------------------------------------------------------------------------------------------------------------


def pdf() -> bytes:
    """A good small PDF, the ground the bad ones are made from."""
    return _pdf({})


def pdf_broken_xref() -> bytes:
    """The cross-reference table is gone and startxref points past the end of the file."""
    good = pdf()
    return good[: good.index(b"xref\n")] + b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n999999\n%%EOF\n"


def pdf_truncated() -> bytes:
    """Cut off in the middle, as a broken transfer leaves it."""
    good = pdf()
    return good[: len(good) // 2]


def pdf_with_javascript() -> bytes:
    """Runs a script when it is opened."""
    return _pdf({"root": "/OpenAction << /S /JavaScript /JS (app.alert\\('xin chao'\\)) >>"})


def pdf_with_launch() -> bytes:
    """Starts a program when it is opened."""
    return _pdf({"root": "/OpenAction << /S /Launch /F (cmd.exe) >>"})


def pdf_false_signature() -> bytes:
    """A signature dictionary without a form, whose ByteRange goes past the end: no valid signature at all."""
    signature = "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 10 99999 500]"
    return _pdf({"extra": f"<< {signature} /Contents <{'00' * 64}> /M (D:20260105090000+07'00') >>"})


# --- state secrets: must be refused, no bytes kept -------------------------------------------------------------------


def secret_stamp_text() -> bytes:
    return (
        "ỦY BAN NHÂN DÂN QUẬN HÒA MAI\nTUYỆT MẬT\nSố: 01/BC-UBND\n\n"
        "Báo cáo giả định dùng để thử việc từ chối văn bản thuộc danh mục bí mật nhà nước.\n"
    ).encode()


# --- how they are made -----------------------------------------------------------------------------------------------


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in files.items():
            pack.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 9, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _docx_parts(main_type: str) -> dict[str, bytes]:
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    texts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
        f'<Default Extension="png" ContentType="image/png"/><Override PartName="/word/document.xml" ContentType="{main_type}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{word}"><w:body><w:p><w:r>'
        "<w:t>Tờ trình về việc mua sắm thiết bị</w:t></w:r></w:p></w:body></w:document>",
    }
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return {name: (head + text).encode() for name, text in texts.items()}


def _docx(more: dict[str, bytes], main_type: str = WORD_TYPE) -> bytes:
    return _zip({**_docx_parts(main_type), **more})


@cache
def _zeros() -> tuple[bytes, int]:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block, crc, out = bytes(1024 * 1024), 0, []
    for _ in range(BOMB_PIECE // len(block)):
        out.append(packer.compress(block))
        crc = zlib.crc32(block, crc)
    return b"".join([*out, packer.flush()]), crc


def _stored(name: str, data: bytes) -> tuple[str, bytes, int, int]:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return name, packer.compress(data) + packer.flush(), zlib.crc32(data), len(data)


def _raw_zip(entries: list[tuple[str, bytes, int, int]]) -> bytes:
    """A zip written by hand from ready-packed entries (name, deflated bytes, crc, claimed size)."""
    body, directory = bytearray(), bytearray()
    for name, packed, crc, size in entries:
        common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0x4820, 0x5C22, crc, len(packed), size, len(name), 0)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, len(body))
        directory += name.encode("ascii")
        body += b"PK\x03\x04" + common + name.encode("ascii") + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return bytes(body + directory + b"PK\x05\x06" + end)


def _pdf(more: dict[str, str]) -> bytes:
    """One page with one line; `root` goes into the catalogue, `extra` is one more object."""
    drawing = "BT /F1 14 Tf 72 760 Td (Cong van thu nghiem) Tj ET"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {more.get('root', '')} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    objects += [more["extra"]] if "extra" in more else []
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, text in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    start, count = len(out), len(objects) + 1
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    out += f"xref\n0 {count}\n0000000000 65535 f \n{rows}".encode()
    out += f"trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
