"""The many shapes of a PDF file: streams, encryption, ends of lines, two sections, pictures, size."""

import io

from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.repository.signatures.forge import Forge
from tests.repository.signatures.honest.made import SEAL, honest
from tests.repository.signatures.papers import (
    edited,
    empty_signature_field,
    paper,
    sign,
    with_streams,
)


@honest
def cross_reference_and_object_streams(forge: Forge) -> bytes:
    return sign(forge, sign(forge, with_streams(), "person"), "agency", box=SEAL)


@honest
def compressed_content(forge: Forge) -> bytes:
    return sign(forge, sign(forge, paper(compressed=True), "person"), "agency", box=SEAL)


@honest
def encrypted_with_an_empty_password(forge: Forge) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, encrypt=StandardEncryption("", ownerPassword="chu", strength=128))
    canvas.drawString(100, 700, "Trang 1. So tien: 350.000.000 dong")
    canvas.save()
    return sign(forge, sign(forge, out.getvalue(), "person"), "agency", box=SEAL)


@honest
def invisible_signatures(forge: Forge) -> bytes:
    return sign(forge, sign(forge, paper(), "person", box=None), "agency", box=None)


@honest
def in_existing_fields(forge: Forge) -> bytes:
    prepared = edited(
        paper(), empty_signature_field("LanhDao", (60, 60, 300, 120)), empty_signature_field("ConDau")
    )
    pdf = sign(forge, prepared, "person", field="LanhDao", existing=True)
    return sign(forge, pdf, "agency", field="ConDau", existing=True)


@honest
def white_space_after_the_end(forge: Forge) -> bytes:
    return sign(forge, paper(), "agency") + b"\r\n\r\n\0"


@honest
def producer_without_a_last_newline(forge: Forge) -> bytes:
    return sign(forge, sign(forge, paper().rstrip(), "person"), "agency", box=SEAL)


@honest
def producer_with_bytes_after_its_end(forge: Forge) -> bytes:
    """Some makers leave a comment and spaces behind their end mark; it is all signed."""
    return sign(forge, sign(forge, paper() + b"% made by a tool\r\n   \r\n", "person"), "agency", box=SEAL)


@honest
def carriage_returns_after_every_line_of_the_end(forge: Forge) -> bytes:
    pdf = paper()
    at = pdf.rindex(b"startxref")
    return sign(forge, sign(forge, pdf[:at] + pdf[at:].replace(b"\n", b"\r\n"), "person"), "agency", box=SEAL)


def scan() -> bytes:
    """Two pages that are pictures."""
    out = io.BytesIO()
    canvas = Canvas(out)
    for shade in (255, 240):
        picture = Image.linear_gradient("L").point(lambda one, shade=shade: min(one, shade))
        canvas.drawImage(ImageReader(picture), 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@honest
def scanned(forge: Forge) -> bytes:
    return sign(forge, scan(), "agency", box=SEAL)


@honest
def big(forge: Forge) -> bytes:
    return sign(forge, sign(forge, paper(200), "person"), "agency", box=SEAL)


@honest
def linearised(forge: Forge) -> bytes:
    """Two cross-reference sections, the first page's at the head of the file, as fast web view has them."""
    return sign(forge, sign(forge, in_two_sections(), "person"), "agency", box=SEAL)


def in_two_sections() -> bytes:
    """A file whose newest section stands before the older one, as in a linearised file."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        4: b"<</Length 55>>stream\nBT /F1 12 Tf 100 700 Td (So tien: 350.000.000) Tj ET   \nendstream",
        5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        6: b"<</Linearized 1/L 0/H[0 0]/O 3/E 0/N 1/T 0>>",
    }
    head = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"

    def lay(prev: int) -> tuple[bytes, int, int]:
        out = bytearray(head)
        at = {6: len(out)}
        out += b"6 0 obj\n" + objects[6] + b"\nendobj\n"
        first = len(out)
        table = b"xref\n3 4\n%s" % b"".join(b"%010d 00000 n \n" % where.get(n, 0) for n in (3, 4, 5, 6))
        out += table + b"trailer\n<</Size 7/Root 1 0 R/Prev %010d>>\nstartxref\n0\n%%%%EOF\n" % prev
        for n in (3, 4, 5, 1, 2):
            at[n] = len(out)
            out += b"%d 0 obj\n%s\nendobj\n" % (n, objects[n])
        second = len(out)
        where.update(at)
        out += b"xref\n0 3\n0000000000 65535 f \n"
        out += b"".join(b"%010d 00000 n \n" % where[n] for n in (1, 2))
        out += b"trailer\n<</Size 3>>\nstartxref\n%d\n%%%%EOF\n" % first
        return bytes(out), first, second

    where: dict[int, int] = {}
    _, _, second = lay(0)
    made, _, _ = lay(second)
    return made
