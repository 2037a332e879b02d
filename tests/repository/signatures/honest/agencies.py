"""Papers as agencies sign and seal them, number and annexes and all."""

from typing import Any

from pyhanko.pdf_utils import generic

from tests.repository.signatures.forge import Forge
from tests.repository.signatures.honest.made import INITIALS, SEAL, honest
from tests.repository.signatures.papers import (
    add_page,
    annotate,
    dictionary,
    draw,
    edited,
    fill,
    page_of,
    paper,
    sign,
    stream,
)


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
