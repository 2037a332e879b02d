"""Small files made here: PDFs with text layers, pictures and stamps, Word 97, zipped office files."""

import struct
import zipfile
import zlib

import pypdfium2


def pdf(*pages):
    """A PDF of pages, each a dict: `text` lines, `picture` (width, height, grey bytes), `annotation` text."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]

    def add(body):
        objects.append(body)
        return len(objects)

    def stream(content, entries=b""):
        return add(b"<< /Length %d %s >>\nstream\n" % (len(content), entries) + content + b"\nendstream")

    numbers = []
    for page in pages:
        content, images, notes = b"", b"", b""
        if picture := page.get("picture"):
            width, height, grey = picture
            kind = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8"
            image = stream(
                zlib.compress(grey), kind + b" /Filter /FlateDecode /Width %d /Height %d" % (width, height)
            )
            content += b"q 595 0 0 842 0 0 cm /Im Do Q\n"
            images = b"/XObject << /Im %d 0 R >>" % image
        content += shown(page.get("text", []))
        if note := page.get("annotation"):
            form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F 3 0 R >> >>"
            look = stream(shown([note]), form)
            note = add(
                b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (s) /F 4 "
                b"/Rect [0 0 595 842] /AP << /N %d 0 R >> >>" % look
            )
            notes = b"/Annots [%d 0 R]" % note
        resources = b"<< /Font << /F 3 0 R >> %s >>" % images
        page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources %s %s >>"
        numbers.append(add(page % (stream(content), resources, notes)))
    kids = b" ".join(b"%d 0 R" % n for n in numbers)
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(numbers))
    return _assembled(objects)


def shown(lines):
    """Drawing operators for lines of 14-point ASCII text from the top of an A4 page."""
    rows = b" ".join(b"(%s) Tj T*" % line.encode("ascii") for line in lines)
    return b"BT /F 14 Tf 22 TL 60 760 Td %s ET\n" % rows if lines else b""


def _assembled(objects):
    out, places = b"%PDF-1.4\n", []
    for n, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % n + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return out + head + table + tail


def picture_of(lines):
    """A scan of a page that shows the lines: (width, height, grey bytes)."""
    document = pypdfium2.PdfDocument(pdf({"text": lines}))
    bitmap = document[0].render(scale=200 / 72, grayscale=True)
    rows = bytes(bitmap.buffer)
    grey = b"".join(rows[y * bitmap.stride :][: bitmap.width] for y in range(bitmap.height))
    size = bitmap.width, bitmap.height
    bitmap.close()
    document.close()
    return *size, grey


def zipped(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def docx(path, body, **parts):
    head = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    return zipped(path, {"word/document.xml": f"{head}{body}</w:body></w:document>", **parts})


def doc(*pieces, encrypted=False):
    """A Word 97 file of pieces: bytes are 8-bit text, strings are UTF-16."""
    main = bytearray(struct.pack("<HH", 0xA5EC, 0xC1).ljust(2048, b"\0"))
    struct.pack_into("<H", main, 0x0A, 0x0200 | (0x0100 if encrypted else 0))
    bounds, places = [0], []
    for piece in pieces:
        eight_bit = isinstance(piece, bytes)
        places.append((len(main) * 2) | (1 << 30) if eight_bit else len(main))
        main += piece if eight_bit else piece.encode("utf-16-le")
        main += b"\0" * (len(main) % 2)
        bounds.append(bounds[-1] + len(piece))
    plc = struct.pack(f"<{len(bounds)}I", *bounds)
    plc += b"".join(struct.pack("<HIH", 0, place, 0) for place in places)
    clx = b"\x01\x02\x00\xff\xff" + b"\x02" + struct.pack("<I", len(plc)) + plc
    struct.pack_into("<II", main, 0x01A2, 0, len(clx))
    return ole({"WordDocument": bytes(main), "1Table": clx})


def ole(streams):
    """A compound file ([MS-CFB] version 3); streams are padded so that none is small."""
    sector = 512
    padded = {name: content.ljust(4096, b"\0") for name, content in streams.items()}
    blocks, chains, starts = [], [], {}
    for name, content in padded.items():
        starts[name] = len(blocks)
        count = -(-len(content) // sector)
        chains += [*range(len(blocks) + 1, len(blocks) + count), 0xFFFFFFFE]
        blocks += [content[i : i + sector].ljust(sector, b"\0") for i in range(0, len(content), sector)]
    directory, table = len(blocks), len(blocks) + 1
    chains += [0xFFFFFFFE, 0xFFFFFFFD]
    names = list(padded)
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    for n, name in enumerate(names, 1):
        right = n + 1 if n < len(names) else 0xFFFFFFFF
        entries.append(_entry(name, 2, starts[name], len(padded[name]), right=right))
    blocks.append(b"".join(entries).ljust(sector, b"\0"))
    blocks.append(struct.pack(f"<{len(chains)}I", *chains).ljust(sector, b"\xff"))
    head = bytes.fromhex("d0cf11e0a1b11ae1").ljust(24, b"\0") + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += b"\0" * 10 + struct.pack("<IIIIIIII", 1, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", table).ljust(436, b"\xff")
    return head + b"".join(blocks)


def _entry(name, kind, start, size, *, child=0xFFFFFFFF, right=0xFFFFFFFF):
    text = name.encode("utf-16-le") + b"\0\0"
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    head += struct.pack("<III", 0xFFFFFFFF, right, child) + b"\0" * 36
    return head + struct.pack("<IQ", start, size)
