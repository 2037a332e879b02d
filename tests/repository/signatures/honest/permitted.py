"""What a certified signature permits: forms filled, fields locked or not, remarks."""

from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm

from tests.repository.signatures.forge import Forge
from tests.repository.signatures.honest.made import SEAL, honest
from tests.repository.signatures.papers import (
    annotate,
    appended,
    edited,
    field_of,
    fill,
    object_at,
    paper,
    sign,
)


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
