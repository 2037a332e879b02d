"""The attack set: ways to change a signed PDF, or to pretend one, named by the rule they break.

Each takes a `Forge` and gives a file that must never be reported as intact. Shadow attacks prepare the paper
before it is signed; the others begin with a paper signed by the person and the agency.
"""

import re
from collections.abc import Callable
from unittest.mock import patch

from asn1crypto import algos, cms, core
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.sign.attributes import SigningCertificateV2Provider
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm

from tests.repository.signatures import papers
from tests.repository.signatures.forge import Forge
from tests.repository.signatures.papers import (
    AMOUNT,
    PADES,
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
    sign,
    stream,
    with_streams,
)

Attack = Callable[[Forge], bytes]
ATTACKS: dict[str, Attack] = {}


def attack(make: Attack) -> Attack:
    ATTACKS[make.__name__.replace("_", "-")] = make
    return make


def signed(forge: Forge, **more: object) -> bytes:
    return sign(forge, sign(forge, paper(), "person", **more), "agency", box=(320, 60, 540, 120))  # type: ignore[arg-type]


def alone(forge: Forge, pdf: bytes | None = None, **more: object) -> bytes:
    return sign(forge, pdf or paper(), "agency", **more)  # type: ignore[arg-type]


def on_signed(name: str, *edits: papers.Edit) -> None:
    """An attack that is a later revision, unsigned, with these edits."""
    ATTACKS[name] = lambda forge: edited(signed(forge), *edits)


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


# -- shadow attacks: prepared before signing ---------------------------------------------------------------


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
    from tests.repository.signatures.honest import scan

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


# -- what a signature forbids ------------------------------------------------------------------------------


@attack
def docmdp_1_violated_by_filling(forge: Forge) -> bytes:
    return edited(alone(forge, certify=MDPPerm.NO_CHANGES), fill("ghi_chu", "999"))


@attack
def docmdp_2_violated_by_remark(forge: Forge) -> bytes:
    return edited(alone(forge, certify=MDPPerm.FILL_FORMS), annotate("/FreeText"))


@attack
def docmdp_2_filled_value_rewritten(forge: Forge) -> bytes:
    return edited(alone(forge, certify=MDPPerm.FILL_FORMS), fill("so_tien", "999"))


@attack
def docmdp_3_violated_by_page(forge: Forge) -> bytes:
    return edited(alone(forge, certify=MDPPerm.ANNOTATE), draw())


@attack
def docmdp_3_remark_over_the_amount(forge: Forge) -> bytes:
    return edited(alone(forge, certify=MDPPerm.ANNOTATE), annotate("/FreeText"))


@attack
def docmdp_3_highlight_that_speaks(forge: Forge) -> bytes:
    def edit(writer):
        annotate("/Highlight", AP=dictionary(N=writer.add_object(drawing("999.000.000"))))(writer)

    return edited(alone(forge, certify=MDPPerm.ANNOTATE), edit)


@attack
def fieldmdp_lock_violated(forge: Forge) -> bytes:
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, ["ghi_chu"])
    pdf = alone(forge, lock=lock, certify=MDPPerm.FILL_FORMS)
    return edited(pdf, fill("ghi_chu", "999"))


@attack
def permissions_escalated(forge: Forge) -> bytes:
    """The catalogue is told that another, laxer certification holds."""
    pdf = alone(forge, certify=MDPPerm.NO_CHANGES)

    def edit(writer):
        lax = dictionary(
            Type="/SigRef", TransformMethod="/DocMDP",
            TransformParams=dictionary(Type="/TransformParams", P=3, V="/1.2"),
        )  # fmt: skip
        value = writer.add_object(dictionary(Type="/Sig", Reference=generic.ArrayObject([lax])))
        writer.root["/Perms"] = dictionary(DocMDP=value)
        writer.update_root()
        annotate("/FreeText")(writer)

    return edited(pdf, edit)


# -- byte-range games --------------------------------------------------------------------------------------


def ranged(name: str, change: Callable[[list[int], int], list[int]]) -> None:
    """Other numbers in the place of the signed range; the digest then covers other bytes, or none."""

    def make(forge: Forge) -> bytes:
        pdf = alone(forge)
        found = list(re.finditer(rb"/ByteRange ?\[([\d ]+?)\]( *)", pdf))[-1]
        numbers = change([int(n) for n in found[1].split()], len(pdf))
        text = b"/ByteRange [%s]" % b" ".join(b"%d" % n for n in numbers)
        room = found.end() - found.start()
        if len(text) > room:
            return pdf[: found.start()] + text + pdf[found.end() :]
        return pdf[: found.start()] + text.ljust(room) + pdf[found.end() :]

    ATTACKS[name] = make


ranged("byterange-not-from-zero", lambda n, size: [8, n[1] - 8, n[2], n[3]])
ranged("byterange-wider-hole", lambda n, size: [0, n[1] - 200, n[2] + 200, n[3] - 200])
ranged("byterange-not-to-the-end", lambda n, size: [0, n[1], n[2], n[3] - 40])
ranged("byterange-overlapping", lambda n, size: [0, n[2] + 10, n[1] - 10, n[3]])
ranged("byterange-huge", lambda n, size: [0, n[1], n[2], 10**18])
ranged("byterange-negative", lambda n, size: [0, n[1], n[2], -1])
ranged("byterange-three-numbers", lambda n, size: n[:3])
ranged("byterange-six-numbers", lambda n, size: [*n, 0, 10])
ranged("byterange-empty", lambda n, size: [])
ranged("byterange-nothing-signed", lambda n, size: [0, 0, 0, 0])


def replaced(name: str, old: bytes, new: bytes) -> None:
    def make(forge: Forge) -> bytes:
        pdf = alone(forge)
        found = re.search(old, pdf, re.DOTALL)
        assert found, name
        return pdf[: found.start()] + new.ljust(found.end() - found.start()) + pdf[found.end() :]

    ATTACKS[name] = make


replaced("universal-forgery-no-byterange", rb"/ByteRange ?\[[\d ]+\]", b"/ByteRunge [0 0]")
replaced("universal-forgery-null-byterange", rb"/ByteRange ?\[[\d ]+\]", b"/ByteRange null")
replaced("universal-forgery-no-contents", rb"/Contents <", b"/Cuntents <")
replaced("universal-forgery-null-contents", rb"/Contents <[0-9a-fA-F]+>", b"/Contents null")
replaced("universal-forgery-empty-contents", rb"/Contents <[0-9a-fA-F]+>", b"/Contents <>")
replaced("universal-forgery-zero-contents", rb"/Contents <[0-9a-fA-F]+>", b"/Contents <00>")
replaced("one-byte-of-the-amount", rb"350\.000\.000", b"950.000.000")
replaced("unknown-subfilter", rb"/adbe\.pkcs7\.detached", b"/adbe.pkcs7.detachet")


@attack
def hole_padded_with_data(forge: Forge) -> bytes:
    pdf = alone(forge)
    found = re.search(rb"/Contents <[0-9a-fA-F]+?(0{60,})>", pdf)
    assert found
    return pdf[: found.end(1) - 40] + b"deadbeef" * 5 + pdf[found.end(1) :]


@attack
def signature_wrapping(forge: Forge) -> bytes:
    """The signed tail is moved behind forged objects, and the range is stretched over the hole."""
    pdf = alone(forge)
    found = list(re.finditer(rb"/ByteRange ?\[(\d+) (\d+) (\d+) (\d+)\]( *)", pdf))[-1]
    _, first, second, length = (int(one) for one in found.groups()[:4])
    tail = pdf[second : second + length]
    forged = b"> 7 0 obj (999) endobj <"
    text = b"/ByteRange [0 %d %d %d]" % (first, second + len(forged), length)
    head = pdf[: found.start()] + text.ljust(found.end() - found.start()) + pdf[found.end() : second]
    return head + forged + tail


# -- file structure games ----------------------------------------------------------------------------------


@attack
def unlisted_objects_appended(forge: Forge) -> bytes:
    """An incremental update without cross-reference table or trailer: mending readers show it."""
    pdf = signed(forge)
    which = object_at(pdf, b"Trang 1. So tien")
    return appended(pdf, {which: body_of(pdf, which).replace(AMOUNT, b"999.000.000")}, table=False)


@attack
def unlisted_object_in_an_honest_revision(forge: Forge) -> bytes:
    pdf = alone(forge)
    which = object_at(pdf, b"Trang 1. So tien")
    forged = body_of(pdf, which).replace(AMOUNT, b"999.000.000")
    return appended(
        pdf, {which: forged, 901: b"<</Producer(x)>>"}, listed={901: b""}, trailer=b"/Info 901 0 R"
    )


@attack
def hybrid_table_appended(forge: Forge) -> bytes:
    pdf = signed(forge)
    changed = edited(pdf, draw())
    return changed[: len(pdf)] + changed[len(pdf) :].replace(b"/Prev", b"/XRefStm 9 /Prev", 1)


@attack
def prev_loop(forge: Forge) -> bytes:
    pdf = edited(signed(forge), draw())
    last = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    at = pdf.rindex(b"/Prev ")
    old = re.match(rb"/Prev \d+", pdf[at:])
    assert old
    return pdf[:at] + b"/Prev %d" % last + pdf[at + old.end() :]


@attack
def signed_revision_skipped(forge: Forge) -> bytes:
    """The new table leads past the signed revision to the first one."""
    pdf = signed(forge)
    first = int(re.findall(rb"startxref\s+(\d+)", pdf)[0])
    which = object_at(pdf, b"Trang 1. So tien")
    body = body_of(pdf, which).replace(AMOUNT, b"999.000.000")
    return appended(pdf, {which: body}, prev=first)


@attack
def object_stream_overwritten(forge: Forge) -> bytes:
    pdf = alone(forge, with_streams())
    which = int(re.findall(rb"(\d+) 0 obj\s*<</Type/ObjStm", pdf, re.DOTALL)[0])
    return appended(pdf, {which: b"<</Type/ObjStm/N 0/First 0/Length 0>>stream\n\nendstream"})


@attack
def catalogue_replaced(forge: Forge) -> bytes:
    pdf = signed(forge)
    forged = appended(pdf, {902: b"<</Type/Catalog/Pages 903 0 R>>", 903: b"<</Type/Pages/Kids[]/Count 0>>"})
    at = forged.rindex(b"/Root ")
    return forged[:at] + re.sub(rb"/Root \d+ \d+ R", b"/Root 902 0 R", forged[at:], count=1)


# -- fields and signatures that pretend --------------------------------------------------------------------


@attack
def two_fields_one_signature(forge: Forge) -> bytes:
    def edit(writer):
        fields = writer.root["/AcroForm"]["/Fields"]
        value = field_of(writer, "ChuKy0").raw_get("/V")
        copy = dictionary(FT="/Sig", T="BoTruong", V=generic.IndirectObject(value.idnum, 0, writer))
        fields.append(writer.add_object(copy))
        writer.update_container(fields)
        writer.update_root()

    return edited(signed(forge), edit)


@attack
def two_fields_one_signature_from_the_start(forge: Forge) -> bytes:
    """Both fields are in the signed revision; one of them pretends."""

    def edit(writer):
        fields = writer.root["/AcroForm"]["/Fields"]
        value = writer.allocate_placeholder()
        writer.objects[(value.generation, value.idnum)] = dictionary(Type="/Sig")
        fields.append(writer.add_object(dictionary(FT="/Sig", T="Gia", V=value)))
        writer.update_container(fields)
        writer.update_root()

    return alone(forge, edited(paper(), edit))


@attack
def signature_copied_from_another_document(forge: Forge) -> bytes:
    other = alone(forge, paper(1))
    mine = alone(forge)
    taken = re.findall(rb"/Contents <([0-9a-fA-F]+)>", other)[-1]
    found = list(re.finditer(rb"/Contents <([0-9a-fA-F]+)>", mine))[-1]
    room = found.end(1) - found.start(1)
    return mine[: found.start(1)] + taken.ljust(room, b"0")[:room] + mine[found.end(1) :]


@attack
def stamp_without_a_signature(forge: Forge) -> bytes:
    return edited(paper(), annotate("/Stamp", AP=dictionary()), draw("Da ky: Chu tich", y=200))


@attack
def overlay_signed_by_a_stranger(forge: Forge) -> bytes:
    return sign(forge, signed(forge), "stranger", edit=draw())


@attack
def signature_picture_of_a_stranger_over_the_amount(forge: Forge) -> bytes:
    return sign(forge, signed(forge), "stranger", box=(90, 690, 400, 720))


@attack
def content_rewritten_by_a_later_signer(forge: Forge) -> bytes:
    """The later signer is known, but what the first one signed is gone."""

    def edit(writer):
        page = page_of(writer)
        page["/Contents"] = writer.add_object(stream(b"BT /F1 12 Tf 100 700 Td (999) Tj ET"))
        writer.update_container(page)

    return sign(forge, sign(forge, paper(), "person"), "agency", edit=edit, box=(320, 60, 540, 120))


@attack
def old_content_clipped_away_by_a_later_signer(forge: Forge) -> bytes:
    def edit(writer):
        page = page_of(writer)
        clip = writer.add_object(stream(b"0 0 1 1 re W n"))
        page["/Contents"] = generic.ArrayObject([clip, page.raw_get("/Contents")])
        writer.update_container(page)

    return sign(forge, sign(forge, paper(), "person"), "agency", edit=edit, box=(320, 60, 540, 120))


# -- the signature container ---------------------------------------------------------------------------------


def repacked(forge: Forge, change: Callable[[cms.SignedData], None], **more: object) -> bytes:
    """The container taken apart, changed and put back in its hole."""
    pdf = alone(forge, **more)
    found = list(re.finditer(rb"/Contents <([0-9a-fA-F]+)>", pdf))[-1]
    content = cms.ContentInfo.load(bytes.fromhex(found[1].decode()))
    data = content["content"]
    change(data)
    info = cms.ContentInfo({"content_type": "signed_data", "content": data})
    packed = info.dump(force=True).hex().encode()
    room = found.end(1) - found.start(1)
    assert len(packed) <= room
    return pdf[: found.start(1)] + packed.ljust(room, b"0") + pdf[found.end(1) :]


def strip(data: cms.SignedData) -> None:
    info = data["signer_infos"][0]
    kept = ("version", "sid", "digest_algorithm", "signature_algorithm", "signature")
    data["signer_infos"] = [cms.SignerInfo({key: info[key] for key in kept})]


@attack
def signed_attributes_stripped(forge: Forge) -> bytes:
    return repacked(forge, strip)


@attack
def message_digest_replaced(forge: Forge) -> bytes:
    def change(data):
        for one in data["signer_infos"][0]["signed_attrs"]:
            if one["type"].native == "message_digest":
                one["values"] = [b"\x01" * 32]

    return repacked(forge, change)


@attack
def certificate_swapped(forge: Forge) -> bytes:
    """Another signer's certificate in the place of the real one."""
    other = forge.signer("person").signing_cert

    def change(data):
        info = data["signer_infos"][0]
        data["certificates"] = [cms.CertificateChoices("certificate", other)]
        info["sid"] = cms.SignerIdentifier({
            "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                {"issuer": other.issuer, "serial_number": other.serial_number})})  # fmt: skip

    return repacked(forge, change)


@attack
def digest_algorithm_lowered(forge: Forge) -> bytes:
    def change(data):
        data["signer_infos"][0]["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": "md5"})

    return repacked(forge, change)


@attack
def no_signers(forge: Forge) -> bytes:
    def change(data):
        data["signer_infos"] = []

    return repacked(forge, change)


@attack
def two_signers_in_one_container(forge: Forge) -> bytes:
    def change(data):
        one = data["signer_infos"][0]
        data["signer_infos"] = [one, one.copy()]

    return repacked(forge, change)


@attack
def content_carried_inside(forge: Forge) -> bytes:
    def change(data):
        content = core.OctetString(b"something else")
        data["encap_content_info"] = cms.ContentInfo({"content_type": "data", "content": content})
        strip(data)

    return repacked(forge, change)


@attack
def pades_without_naming_its_certificate(forge: Forge) -> bytes:
    """Made with the right key, but the attribute that binds the certificate is left out."""

    async def nothing(self: object, dry_run: bool = False) -> None:
        return None

    with patch.object(SigningCertificateV2Provider, "build_attr_value", nothing):
        return alone(forge, subfilter=PADES)
