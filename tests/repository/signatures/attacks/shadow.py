"""Shadow attacks: the paper is prepared before it is signed, and shows something else afterwards."""

import re

from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import MDPPerm

from tests.repository.signatures.attacks.making import alone, attack, signed
from tests.repository.signatures.forge import Forge
from tests.repository.signatures.papers import (
    AMOUNT,
    annotate,
    appended,
    body_of,
    dictionary,
    drawing,
    edited,
    field_of,
    fill,
    number,
    object_at,
    page_of,
    paper,
    sign,
    stream,
)


def layered() -> bytes:
    """Both contents are in the paper; a layer says which is seen."""

    def edit(writer):
        layers = [writer.add_object(dictionary(Type="/OCG", Name=name)) for name in ("that", "gia")]
        page = page_of(writer)
        page["/Resources"]["/Properties"] = dictionary(L0=layers[0], L1=layers[1])
        ink = b"/OC /L1 BDC BT /F1 12 Tf 100 650 Td (999.000.000) Tj ET EMC"
        page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), writer.add_object(stream(ink))])
        writer.update_container(page)
        writer.root["/OCProperties"] = dictionary(
            OCGs=generic.ArrayObject(layers),
            D=writer.add_object(dictionary(ON=generic.ArrayObject([layers[0]]), OFF=generic.ArrayObject([layers[1]]))),
        )  # fmt: skip
        writer.update_root()

    return edited(paper(), edit)


@attack
def shadow_layer_switched(forge: Forge) -> bytes:
    def edit(writer):
        shown = writer.root["/OCProperties"]["/D"]
        shown["/ON"], shown["/OFF"] = shown.raw_get("/OFF"), shown.raw_get("/ON")
        writer.update_container(shown)

    return edited(alone(forge, layered()), edit)


def covered() -> bytes:
    """The real text lies under a picture that shows the harmless one."""

    def edit(writer):
        page = page_of(writer)
        cover = writer.add_object(drawing("350.000.000"))
        page["/Resources"]["/XObject"] = dictionary(Che=cover)
        ink = b"BT /F1 12 Tf 100 650 Td (999.000.000) Tj ET q 1 0 0 1 95 645 cm /Che Do Q"
        page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), writer.add_object(stream(ink))])
        writer.update_container(page)

    return edited(paper(), edit)


@attack
def shadow_hide(forge: Forge) -> bytes:
    """The covering picture is emptied."""
    pdf = alone(forge, covered())
    which = pdf.index(b"(350.000.000) Tj")
    name = int(re.findall(rb"(?:^|\n)(\d+) 0 obj", pdf[:which])[-1])
    return appended(pdf, {name: b"<</Type/XObject/Subtype/Form/BBox[0 0 1 1]/Length 0>>stream\n\nendstream"})


@attack
def shadow_hide_by_freeing(forge: Forge) -> bytes:
    pdf = alone(forge, covered())
    name = int(re.findall(rb"(?:^|\n)(\d+) 0 obj", pdf[: pdf.index(b"(350.000.000) Tj")])[-1])
    forged = appended(pdf, {name: b"null"})
    entry = re.findall(rb"\d{10} 00000 n \n", forged)[-1]
    return forged.replace(entry, b"0000000000 00001 f \n")


@attack
def shadow_replace_by_hidden_field(forge: Forge) -> bytes:
    """A hidden field that covers the amount is made visible: pyHanko takes its flags for a value."""
    cover = annotate("/Widget")

    def prepare(writer):
        cover(writer)
        notes = page_of(writer)["/Annots"]
        field = notes[len(notes) - 1]
        field.update(
            dictionary(FT="/Tx", T="che", V="", F=2, AP=dictionary(N=writer.add_object(drawing("999"))))
        )
        writer.root["/AcroForm"]["/Fields"].append(notes.raw_get(len(notes) - 1))
        writer.update_container(writer.root["/AcroForm"]["/Fields"])
        writer.update_root()

    def show(writer):
        field = field_of(writer, "che")
        field["/F"] = generic.NumberObject(4)
        writer.update_container(field)

    return edited(alone(forge, edited(paper(), prepare), certify=MDPPerm.FILL_FORMS), show)


@attack
def shadow_hide_and_replace(forge: Forge) -> bytes:
    """Two whole page trees; afterwards the catalogue names the other one."""

    def prepare(writer):
        font = dictionary(Type="/Font", Subtype="/Type1", BaseFont="/Helvetica")
        page = dictionary(
            Type="/Page", MediaBox=number(0, 0, 595, 842), Resources=dictionary(Font=dictionary(F1=font)),
            Contents=writer.add_object(stream(b"BT /F1 12 Tf 100 700 Td (999) Tj ET")),
        )  # fmt: skip
        kids = generic.ArrayObject([writer.add_object(page)])
        tree = writer.add_object(dictionary(Type="/Pages", Count=1, Kids=kids))
        writer.root["/PieceInfo"] = dictionary(Khac=dictionary(Private=tree))
        writer.update_root()

    def swap(writer):
        writer.root["/Pages"] = writer.root["/PieceInfo"]["/Khac"].raw_get("/Private")
        writer.update_root()

    return edited(alone(forge, edited(paper(), prepare)), swap)


@attack
def shadow_dangling_reference(forge: Forge) -> bytes:
    """The signed page refers to an object that is only defined afterwards; no old object is touched."""

    def prepare(writer):
        page = page_of(writer)
        later = generic.IndirectObject(900, 0, writer)
        page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), later])
        writer.update_container(page)

    pdf = alone(forge, edited(paper(), prepare))
    ink = b"BT /F1 12 Tf 100 700 Td (999) Tj ET"
    return appended(pdf, {900: b"<</Length %d>>stream\n%s\nendstream" % (len(ink), ink)})


@attack
def shadow_size_too_small(forge: Forge) -> bytes:
    """The trailer says that there are fewer objects than there are, so that an old one passes for new."""
    pdf = paper()
    pdf = re.sub(rb"/Size (\d+)", lambda m: b"/Size 5".ljust(len(m[0])), pdf)
    out = sign(forge, pdf, "agency")
    sizes = re.findall(rb"/Size (\d+)", out)
    assert sizes
    which = object_at(out, b"Trang 1. So tien")
    return appended(out, {which: body_of(out, which).replace(AMOUNT, b"999.000.000")})


@attack
def shadow_value_shared_with_harmless_data(forge: Forge) -> bytes:
    """The layers' settings stand in the security store as well, where changes are expected."""

    def prepare(writer):
        writer.root["/DSS"] = dictionary(VRI=dictionary(X=writer.root["/OCProperties"].raw_get("/D")))
        writer.update_root()

    def edit(writer):
        shown = writer.root["/OCProperties"]["/D"]
        shown["/ON"], shown["/OFF"] = shown.raw_get("/OFF"), shown.raw_get("/ON")
        writer.update_container(shown)

    return edited(alone(forge, edited(layered(), prepare)), edit)


@attack
def shadow_content_shared_with_private_data(forge: Forge) -> bytes:
    """The second page's content stands in the first one's private data."""

    def prepare(writer):
        first, second = page_of(writer, 0), page_of(writer, 1)
        first["/PieceInfo"] = dictionary(X=dictionary(Private=second.raw_get("/Contents")))
        writer.update_container(first)

    pdf = alone(forge, edited(paper(), prepare))
    which = object_at(pdf, b"Trang 2. So tien")
    return appended(pdf, {which: body_of(pdf, which).replace(AMOUNT, b"999.000.000")})


@attack
def shadow_empty_field_that_shows_something(forge: Forge) -> bytes:
    """The field's value is empty and its picture is not; filling it in replaces what was seen."""
    prepared = edited(paper(), fill("ghi_chu", "", looks="350"))
    return edited(alone(forge, prepared, certify=MDPPerm.FILL_FORMS), fill("ghi_chu", "999"))


@attack
def filled_value_unlike_its_picture(forge: Forge) -> bytes:
    return edited(alone(forge, certify=MDPPerm.FILL_FORMS), fill("ghi_chu", "1", looks="999.000.000"))


@attack
def field_picture_drawn_without_a_value(forge: Forge) -> bytes:
    def edit(writer):
        field = field_of(writer, "ghi_chu")
        field["/AP"] = dictionary(N=writer.add_object(drawing("999", 120, 20)))
        writer.update_container(field)

    return edited(alone(forge, certify=MDPPerm.FILL_FORMS), edit)


@attack
def evil_annotation_on_a_scan(forge: Forge) -> bytes:
    from tests.repository.signatures.honest.containers import scan

    note = annotate("/FreeText", rect=(100, 300, 300, 340))
    return edited(alone(forge, scan(), certify=MDPPerm.ANNOTATE), note)


@attack
def sneaky_signature_by_a_stranger(forge: Forge) -> bytes:
    pdf = alone(forge, certify=MDPPerm.FILL_FORMS)
    return sign(forge, pdf, "stranger", box=(90, 690, 400, 720))


@attack
def encryption_added(forge: Forge) -> bytes:
    pdf = signed(forge)
    trailer = b"/Encrypt<</Filter/Standard/V 1/R 2/O(%s)/U(%s)/P -4>>/ID[(a)(a)]" % (b"a" * 32, b"b" * 32)
    return appended(pdf, {904: b"<<>>"}, trailer=trailer)
