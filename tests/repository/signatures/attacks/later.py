"""A later revision that changes what is seen, or what the file does."""

from collections.abc import Callable

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from tests.repository.signatures.attacks.making import alone, attack, on_signed, signed
from tests.repository.signatures.forge import Forge
from tests.repository.signatures.papers import (
    AMOUNT,
    add_page,
    annotate,
    appended,
    body_of,
    dictionary,
    draw,
    drawing,
    edited,
    empty_signature_field,
    field_of,
    fill,
    number,
    object_at,
    page_of,
    paper,
    stream,
)

# -- what is seen, changed by a later revision ---------------------------------------------------------------


on_signed("page-overlay", draw())
on_signed("freetext-overlay", annotate("/FreeText"))
on_signed("stamp-overlay", annotate("/Stamp", Name="/Approved"))
on_signed("redact-overlay", annotate("/Redact"))
on_signed("square-overlay", annotate("/Square", IC=number(1, 1, 1)))
on_signed("link-to-elsewhere", annotate("/Link", A=dictionary(S="/URI", URI="https://example.org")))
on_signed("file-attachment-annotation", annotate("/FileAttachment"))
on_signed("watermark-overlay", annotate("/Watermark"))
on_signed("orphan-widget-overlay", annotate("/Widget", FT="/Tx", V="999"))
on_signed("form-value-rewritten", fill("so_tien", "999"))
on_signed("form-value-filled-without-leave", fill("ghi_chu", "999"))
on_signed("page-added", add_page("Phu luc"))
on_signed("empty-signature-stamp", empty_signature_field(box=(90, 690, 400, 720)))


@attack
def content_reference_changed(forge: Forge) -> bytes:
    def edit(writer):
        page = page_of(writer)
        page["/Contents"] = writer.add_object(stream(b"BT /F1 12 Tf 100 700 Td (999) Tj ET"))
        writer.update_container(page)

    return edited(signed(forge), edit)


@attack
def content_stream_overwritten(forge: Forge) -> bytes:
    pdf = signed(forge)
    which = object_at(pdf, b"Trang 1. So tien")
    return appended(pdf, {which: body_of(pdf, which).replace(AMOUNT, b"999.000.000")})


@attack
def pages_reordered(forge: Forge) -> bytes:
    def edit(writer):
        kids = writer.root["/Pages"]["/Kids"]
        kids[0], kids[1] = kids.raw_get(1), kids.raw_get(0)
        writer.update_container(kids)
        writer.update_container(writer.root["/Pages"])

    return edited(signed(forge), edit)


@attack
def page_removed(forge: Forge) -> bytes:
    def edit(writer):
        tree = writer.root["/Pages"]
        del tree["/Kids"][2]
        tree["/Count"] = generic.NumberObject(2)
        writer.update_container(tree)

    return edited(signed(forge), edit)


@attack
def page_shown_twice(forge: Forge) -> bytes:
    def edit(writer):
        tree = writer.root["/Pages"]
        tree["/Kids"].append(tree["/Kids"].raw_get(1))
        tree["/Count"] = generic.NumberObject(4)
        writer.update_container(tree)

    return edited(signed(forge), edit)


@attack
def font_swapped(forge: Forge) -> bytes:
    def edit(writer):
        fonts = page_of(writer)["/Resources"]["/Font"]
        fonts["/F1"] = writer.add_object(dictionary(Type="/Font", Subtype="/Type1", BaseFont="/Symbol"))
        writer.update_container(fonts)

    return edited(signed(forge), edit)


@attack
def glyphs_swapped_by_encoding(forge: Forge) -> bytes:
    def edit(writer):
        font = page_of(writer)["/Resources"]["/Font"]["/F1"]
        names = generic.ArrayObject([generic.NumberObject(51), pdf_name("/nine")])
        font["/Encoding"] = dictionary(Type="/Encoding", Differences=names)
        writer.update_container(font)

    return edited(signed(forge), edit)


@attack
def page_made_another_kind_of_object(forge: Forge) -> bytes:
    """Some readers do not load it any more."""

    def edit(writer):
        page = page_of(writer, 1)
        page["/Type"] = pdf_name("/Resources")
        writer.update_container(page)

    return edited(signed(forge), edit)


@attack
def page_given_another_parent(forge: Forge) -> bytes:
    """Some readers inherit by the page's own word on its parent."""

    def edit(writer):
        page = page_of(writer, 1)
        page["/Parent"] = writer.add_object(dictionary(Type="/Pages", Rotate=180))
        writer.update_container(page)

    return edited(signed(forge), edit)


@attack
def crop_box_moved(forge: Forge) -> bytes:
    def edit(writer):
        page = page_of(writer)
        page["/CropBox"] = number(0, 0, 595, 400)
        writer.update_container(page)

    return edited(signed(forge), edit)


@attack
def signature_appearance_swapped(forge: Forge) -> bytes:
    def edit(writer):
        field = field_of(writer, "ChuKy0")
        field["/AP"] = dictionary(N=writer.add_object(drawing("Bo truong")))
        writer.update_container(field)

    return edited(signed(forge), edit)


@attack
def signature_appearance_overwritten(forge: Forge) -> bytes:
    def edit(writer):
        picture = field_of(writer, "ChuKy0")["/AP"]["/N"]
        picture._data = None
        picture._encoded_data = b"BT /F1 12 Tf 2 8 Td (Bo truong) Tj ET"
        for key in ("/Filter", "/DecodeParms"):
            picture.pop(key, None)
        writer.update_container(picture)

    return edited(signed(forge), edit)


@attack
def signature_field_moved(forge: Forge) -> bytes:
    def edit(writer):
        field = field_of(writer, "ChuKy0")
        field["/Rect"] = number(60, 400, 300, 720)
        writer.update_container(field)

    return edited(signed(forge), edit)


@attack
def signature_field_removed(forge: Forge) -> bytes:
    def edit(writer):
        fields = writer.root["/AcroForm"]["/Fields"]
        for index in range(len(fields)):
            if fields[index].get("/T") == "ChuKy1":
                del fields[index]
                break
        writer.update_container(writer.root["/AcroForm"])
        writer.update_root()

    return edited(signed(forge), edit)


@attack
def widget_appearance_swapped(forge: Forge) -> bytes:
    def edit(writer):
        field = field_of(writer, "so_tien")
        field["/AP"] = dictionary(N=writer.add_object(drawing("999", 120, 20)))
        writer.update_container(field)

    return edited(signed(forge), edit)


@attack
def need_appearances_turned_on(forge: Forge) -> bytes:
    """Prepared: the value says one thing, its picture another; afterwards readers are told to redraw."""
    prepared = edited(paper(), fill("so_tien", "999", looks="350"))

    def edit(writer):
        writer.root["/AcroForm"]["/NeedAppearances"] = generic.BooleanObject(True)
        writer.update_container(writer.root["/AcroForm"])
        writer.update_root()

    return edited(alone(forge, prepared), edit)


@attack
def remark_deleted(forge: Forge) -> bytes:
    def edit(writer):
        notes = page_of(writer)["/Annots"]
        for index in range(len(notes)):
            if notes[index]["/Subtype"] == "/Text":
                del notes[index]
                break
        writer.update_container(notes)
        writer.update_container(page_of(writer))

    return edited(signed(forge), edit)


# -- what the file does ------------------------------------------------------------------------------------


def on_root(name: str, key: str, made: Callable[[], generic.PdfObject]) -> None:
    def edit(writer):
        writer.root[key] = made()
        writer.update_root()

    on_signed(name, edit)


SCRIPT = {"S": "/JavaScript", "JS": "this.getField('so_tien').value = '999'"}
on_root("open-action-added", "/OpenAction", lambda: dictionary(**SCRIPT))
on_root("additional-actions-added", "/AA", lambda: dictionary(WP=dictionary(**SCRIPT)))
on_root("layers-added", "/OCProperties", lambda: dictionary(D=dictionary(), OCGs=generic.ArrayObject()))
on_root("javascript-added", "/Names", lambda: dictionary(JavaScript=dictionary(
    Names=generic.ArrayObject([generic.TextStringObject("a"), dictionary(**SCRIPT)]))))  # fmt: skip
on_root("embedded-file-added", "/Names", lambda: dictionary(EmbeddedFiles=dictionary(
    Names=generic.ArrayObject([generic.TextStringObject("a"), dictionary(Type="/Filespec", F="a")]))))  # fmt: skip


@attack
def xfa_added(forge: Forge) -> bytes:
    def edit(writer):
        form = writer.root["/AcroForm"]
        form["/XFA"] = writer.add_object(stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>"))
        writer.update_container(form)
        writer.update_root()

    return edited(signed(forge), edit)


@attack
def field_script_added(forge: Forge) -> bytes:
    def edit(writer):
        field = field_of(writer, "so_tien")
        field["/AA"] = dictionary(F=dictionary(**SCRIPT))
        writer.update_container(field)

    return edited(signed(forge), edit)
