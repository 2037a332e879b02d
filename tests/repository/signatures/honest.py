"""The honest set: signed papers as agencies and their tools make them. None may be refused or called forged.

Each takes a `Forge` and gives a file whose signatures are all intact, with their real signers. Run as a module
with a folder's name it writes them there, with the anchors, for `tangthu bench signatures FOLDER`.
"""

import io
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from asn1crypto import x509
from cryptography.hazmat.primitives import serialization
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.repository.signatures.forge import SIGNED, Forge
from tests.repository.signatures.papers import (
    ADOBE,
    PADES,
    add_page,
    annotate,
    appended,
    dictionary,
    draw,
    edited,
    empty_signature_field,
    field_of,
    fill,
    object_at,
    page_of,
    paper,
    sign,
    stream,
    with_streams,
)

Make = Callable[[Forge], bytes]
HONEST: dict[str, Make] = {}
SEAL = (320, 60, 540, 120)
INITIALS = (20, 20, 60, 40)


def honest(make: Make) -> Make:
    HONEST[make.__name__.replace("_", "-")] = make
    return make


def stamped(forge: Forge, pdf: bytes, days: int = 1) -> bytes:
    """A document time stamp, later."""
    stamper = PdfTimeStamper(forge.stamper(SIGNED + timedelta(days=days)))
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    return bytes(stamper.timestamp_pdf(writer, "sha256", validation_context=None).read())


def secured(forge: Forge, pdf: bytes) -> bytes:
    """Validation data in a document security store."""
    der = [one.certificate.public_bytes(serialization.Encoding.DER) for one in (forge.root, forge.issuer)]
    out = io.BytesIO(pdf)
    found = re.findall(rb"/Contents <([0-9a-fA-F]+)>", pdf)[-1]
    DocumentSecurityStore.add_dss(
        out, sig_contents=bytes.fromhex(found.decode()), certs=[x509.Certificate.load(one) for one in der]
    )
    return out.getvalue()


@honest
def agency_alone(forge: Forge) -> bytes:
    return sign(forge, paper(), "agency")


@honest
def person_then_agency(forge: Forge) -> bytes:
    return sign(forge, sign(forge, paper(), "person"), "agency", box=SEAL)


@honest
def initials_then_person_then_seal(forge: Forge) -> bytes:
    pdf = sign(forge, paper(), "person", box=INITIALS)
    pdf = sign(forge, pdf, "person")
    return sign(forge, pdf, "agency", box=SEAL)


@honest
def initials_on_every_page(forge: Forge) -> bytes:
    pdf = paper()
    for page in range(3):
        pdf = sign(forge, pdf, "person", box=INITIALS, page=page)
    return sign(forge, pdf, "agency", box=SEAL)


@honest
def number_and_date_drawn_by_the_agency(forge: Forge) -> bytes:
    def edit(writer: Any) -> None:
        draw("So: 12/QD-UBND", y=780)(writer)

    return sign(forge, sign(forge, paper(), "person"), "agency", edit=edit, box=SEAL)


@honest
def number_then_date_then_seal_each_signed(forge: Forge) -> bytes:
    pdf = sign(forge, paper(), "person")
    pdf = sign(forge, pdf, "agency", box=None, edit=draw("So: 12", y=780))
    pdf = sign(forge, pdf, "agency", box=None, edit=draw("Ngay 2/3/2026", y=760))
    return sign(forge, pdf, "agency", box=SEAL)


@honest
def number_as_an_annotation_of_the_agency(forge: Forge) -> bytes:
    note = annotate("/FreeText", rect=(90, 770, 300, 800))
    return sign(forge, sign(forge, paper(), "person"), "agency", edit=note, box=SEAL)


@honest
def number_filled_into_a_field_by_the_agency(forge: Forge) -> bytes:
    return sign(forge, sign(forge, paper(), "person"), "agency", edit=fill("ghi_chu", "12"), box=SEAL)


@honest
def number_in_an_unsigned_step_before_the_seal(forge: Forge) -> bytes:
    pdf = edited(sign(forge, paper(), "person"), draw("So: 12", y=780))
    return sign(forge, pdf, "agency", box=SEAL)


@honest
def annexes_as_pages_by_the_agency(forge: Forge) -> bytes:
    return sign(forge, sign(forge, paper(), "person"), "agency", edit=add_page("Phu luc"), box=SEAL)


@honest
def annex_attached_by_the_agency(forge: Forge) -> bytes:
    def edit(writer: Any) -> None:
        spec = dictionary(Type="/Filespec", F="phu-luc.txt", UF="phu-luc.txt")
        spec["/EF"] = dictionary(F=writer.add_object(stream(b"phu luc", Type="/EmbeddedFile")))
        names = generic.ArrayObject([generic.TextStringObject("phu-luc.txt"), writer.add_object(spec)])
        writer.root["/Names"] = dictionary(EmbeddedFiles=dictionary(Names=names))
        writer.update_root()

    return sign(forge, sign(forge, paper(), "person"), "agency", edit=edit, box=SEAL)


@honest
def content_wrapped_by_the_stamping_tool(forge: Forge) -> bytes:
    """The tool saves and restores the graphics state around what was there."""

    def edit(writer: Any) -> None:
        page = page_of(writer)
        first, last = (
            writer.add_object(stream(one)) for one in (b"q\n", b"Q\nBT /F1 9 Tf 90 780 Td (So 12) Tj ET")
        )
        page["/Contents"] = generic.ArrayObject([first, page.raw_get("/Contents"), last])
        writer.update_container(page)

    return sign(forge, sign(forge, paper(), "person"), "agency", edit=edit, box=SEAL)


@honest
def serial_signatures(forge: Forge) -> bytes:
    pdf = paper()
    for turn in range(6):
        pdf = sign(forge, pdf, ("person", "agency")[turn % 2], box=(60, 60 + 60 * turn, 300, 110 + 60 * turn))
    return pdf


@honest
def several_seals(forge: Forge) -> bytes:
    pdf = sign(forge, paper(), "person")
    for page in range(3):
        pdf = sign(forge, pdf, "agency", box=SEAL, page=page)
    return pdf


@honest
def filled_under_docmdp_2(forge: Forge) -> bytes:
    return edited(sign(forge, paper(), "agency", certify=MDPPerm.FILL_FORMS), fill("ghi_chu", "Da nhan"))


@honest
def ticked_under_docmdp_2(forge: Forge) -> bytes:
    def tick(writer: Any) -> None:
        field = field_of(writer, "dong_y")
        field["/V"] = field["/AS"] = generic.NameObject("/Yes")
        writer.update_container(field)

    return edited(sign(forge, paper(), "agency", certify=MDPPerm.FILL_FORMS), tick)


@honest
def filled_under_docmdp_3(forge: Forge) -> bytes:
    return edited(sign(forge, paper(), "agency", certify=MDPPerm.ANNOTATE), fill("ghi_chu", "Da nhan"))


@honest
def filled_and_signed_under_docmdp_2(forge: Forge) -> bytes:
    pdf = sign(forge, paper(), "agency", certify=MDPPerm.FILL_FORMS)
    return sign(forge, edited(pdf, fill("ghi_chu", "Da nhan")), "person", box=SEAL)


@honest
def unlocked_field_filled(forge: Forge) -> bytes:
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, ["so_tien"])
    pdf = sign(forge, paper(), "agency", certify=MDPPerm.FILL_FORMS, lock=lock)
    return edited(pdf, fill("ghi_chu", "Da nhan"))


@honest
def metadata_rewritten_beside_a_field_lock(forge: Forge) -> bytes:
    """The lock's /Data leads to the catalogue, and every editor writes the metadata there anew."""
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, ["so_tien"])
    pdf = sign(forge, paper(), "agency", certify=MDPPerm.FILL_FORMS, lock=lock)
    body = b"<</Type/Metadata/Subtype/XML/Length 12>>stream\n<x:xmpmeta/>\nendstream"
    return appended(pdf, {object_at(pdf, b"/Subtype /XML"): body})


@honest
def remark_under_docmdp_3(forge: Forge) -> bytes:
    note = annotate("/Text", rect=(500, 780, 520, 800))
    return edited(sign(forge, paper(), "agency", certify=MDPPerm.ANNOTATE), note)


@honest
def highlight_under_docmdp_3(forge: Forge) -> bytes:
    return edited(sign(forge, paper(), "agency", certify=MDPPerm.ANNOTATE), annotate("/Highlight"))


@honest
def free_text_in_the_margin_under_docmdp_3(forge: Forge) -> bytes:
    note = annotate("/FreeText", rect=(400, 300, 560, 340))
    return edited(sign(forge, paper(), "agency", certify=MDPPerm.ANNOTATE), note)


@honest
def signature_with_time_stamp(forge: Forge) -> bytes:
    return sign(forge, paper(), "agency", stamped=True)


@honest
def time_stamped_later(forge: Forge) -> bytes:
    return stamped(forge, sign(forge, paper(), "agency"))


@honest
def security_store_added(forge: Forge) -> bytes:
    return secured(forge, sign(forge, paper(), "agency"))


@honest
def long_term_archive(forge: Forge) -> bytes:
    return stamped(forge, secured(forge, sign(forge, paper(), "agency", subfilter=PADES, stamped=True)))


@honest
def long_term_archive_renewed(forge: Forge) -> bytes:
    pdf = stamped(forge, secured(forge, sign(forge, paper(), "agency", stamped=True)))
    for year in (1, 2):
        pdf = stamped(forge, secured(forge, pdf), days=365 * year)
    return pdf


@honest
def certified_without_changes_then_archived(forge: Forge) -> bytes:
    pdf = sign(forge, paper(), "agency", certify=MDPPerm.NO_CHANGES)
    return stamped(forge, secured(forge, pdf))


@honest
def pades_baseline(forge: Forge) -> bytes:
    return sign(forge, paper(), "agency", subfilter=PADES)


@honest
def adobe_detached_after_pades(forge: Forge) -> bytes:
    return sign(forge, sign(forge, paper(), "person", subfilter=PADES), "agency", subfilter=ADOBE, box=SEAL)


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


@honest
def metadata_updated_afterwards(forge: Forge) -> bytes:
    def edit(writer: Any) -> None:
        writer.set_info(dictionary(Producer="Phan mem quan ly van ban"))

    return edited(sign(forge, paper(), "agency"), edit)


@honest
def objects_rewritten_unchanged_afterwards(forge: Forge) -> bytes:
    """A tool that saves the page again as it was."""

    def edit(writer: Any) -> None:
        writer.update_container(page_of(writer))
        writer.update_root()

    return edited(sign(forge, paper(), "agency"), edit)


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
def filled_by_a_tool_that_asks_readers_to_redraw(forge: Forge) -> bytes:
    def redraw(writer: Any) -> None:
        writer.root["/AcroForm"]["/NeedAppearances"] = generic.BooleanObject(True)
        writer.update_container(writer.root["/AcroForm"])
        writer.update_root()

    pdf = sign(forge, edited(paper(), fill("so_tien", "350")), "agency", certify=MDPPerm.FILL_FORMS)
    return edited(pdf, fill("ghi_chu", "Da nhan"), redraw)


@honest
def stamped_under_the_content_by_the_agency(forge: Forge) -> bytes:
    """A mark in the background, drawn first, in a state that is saved and restored."""

    def edit(writer: Any) -> None:
        page = page_of(writer)
        mark = writer.add_object(stream(b"q 0.9 g BT /F1 60 Tf 100 300 Td (BAN CHINH) Tj ET Q\n"))
        page["/Contents"] = generic.ArrayObject([mark, page.raw_get("/Contents")])
        writer.update_container(page)

    return sign(forge, sign(forge, paper(), "person"), "agency", edit=edit, box=SEAL)


@honest
def content_stream_rewritten_with_more_by_the_agency(forge: Forge) -> bytes:
    """The tool writes the page's stream anew: the old ink, then the number."""

    def edit(writer: Any) -> None:
        page = page_of(writer)
        ink = b"q\n" + page["/Contents"].data + b"\nQ\nBT /F1 9 Tf 90 780 Td (So 12) Tj ET"
        page["/Contents"] = writer.add_object(stream(ink))
        writer.update_container(page)

    return sign(forge, sign(forge, paper(), "person"), "agency", edit=edit, box=SEAL)


@honest
def field_added_in_one_step_and_signed_in_the_next(forge: Forge) -> bytes:
    pdf = edited(sign(forge, paper(), "person"), empty_signature_field("ConDau"))
    return sign(forge, pdf, "agency", field="ConDau", existing=True)


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


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    forge = Forge(folder)
    for name, make in HONEST.items():
        (folder / f"{name}.pdf").write_bytes(make(forge))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
