"""What tools write beside and after a signature without harm."""

from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import MDPPerm

from tests.repository.signatures.forge import Forge
from tests.repository.signatures.honest.made import SEAL, honest
from tests.repository.signatures.papers import (
    dictionary,
    edited,
    empty_signature_field,
    fill,
    page_of,
    paper,
    sign,
    stream,
)


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
