"""The papers that the attack and honest sets sign, the ways to sign them, and the ways to append to them."""

import asyncio
import io
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import (
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    append_signature_field,
)
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from reportlab.pdfgen.canvas import Canvas

from tests.repository.signatures.forge import SIGNED, Forge

PADES = SigSeedSubFilter.PADES
ADOBE = SigSeedSubFilter.ADOBE_PKCS7_DETACHED
AMOUNT = b"350.000.000"
Edit = Callable[[IncrementalPdfFileWriter], None]


def paper(pages: int = 3, *, compressed: bool = False) -> bytes:
    """Pages with an amount; a filled and an empty text field, a box to tick and a remark on the first."""
    out = io.BytesIO()
    canvas = Canvas(out, pageCompression=int(compressed), invariant=1)
    for number in range(pages):
        canvas.setFont("Helvetica", 12)
        canvas.drawString(100, 700, f"Trang {number + 1}. So tien: 350.000.000 dong")
        if number == 0:
            form = canvas.acroForm
            form.textfield(name="so_tien", value="350", x=100, y=600, width=120, height=20)
            form.textfield(name="ghi_chu", value="", x=100, y=560, width=120, height=20)
            form.checkbox(name="dong_y", x=100, y=520, size=20)
            canvas.textAnnotation("Xin y kien", Rect=[300, 500, 320, 520])
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def sign(
    forge: Forge, pdf: bytes, holder: str, *, field: str = "", at: datetime = SIGNED,
    certify: MDPPerm | None = None, lock: FieldMDPSpec | None = None, subfilter: SigSeedSubFilter = ADOBE,
    stamped: bool = False, box: tuple[int, int, int, int] | None = (60, 60, 300, 120), existing: bool = False,
    page: int = 0, edit: Edit | None = None, md: str = "sha256", lock_level: MDPPerm | None = None,
) -> bytes:  # fmt: skip
    """One more revision with one more signature; `edit` changes the paper in that same revision."""
    name = field or f"ChuKy{len(re.findall(rb'/ByteRange', pdf))}"
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    if writer.security_handler is not None:
        writer.encrypt("")
    if edit:
        edit(writer)
    spec = SigFieldSpec(name, on_page=page, box=box, field_mdp_spec=lock, doc_mdp_update_value=lock_level)
    made = PdfSigner(
        PdfSignatureMetadata(
            name, md_algorithm=md, subfilter=subfilter, certify=certify is not None,
            docmdp_permissions=certify or MDPPerm.FILL_FORMS,
        ),
        signer=forge.signer(holder), timestamper=forge.stamper(at) if stamped else None,
        new_field_spec=None if existing else spec,
    )  # fmt: skip

    async def run() -> bytes:
        session = made.init_signing_session(writer, existing_fields_only=existing)
        session.system_time = at
        reserved = await session.estimate_signature_container_size(None)
        waiting = session.prepare_tbs_document(validation_info=None, bytes_reserved=reserved)
        out = io.BytesIO()
        prepared, _ = waiting.digest_tbs_document(output=out)
        done = await waiting.perform_signature(
            prepared.document_digest, PdfCMSSignedAttributes(signing_time=None if subfilter == PADES else at)
        )
        await done.post_signature_processing(out)
        return out.getvalue()

    return asyncio.run(run())


def edited(pdf: bytes, *edits: Edit) -> bytes:
    """One more revision, unsigned, with all the edits."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    if writer.security_handler is not None:
        writer.encrypt("")
    for edit in edits:
        edit(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def page_of(writer: IncrementalPdfFileWriter, number: int = 0) -> Any:
    return writer.root["/Pages"]["/Kids"][number]


def number(*values: float) -> generic.ArrayObject:
    return generic.ArrayObject([generic.FloatObject(one) for one in values])


def dictionary(**entries: Any) -> generic.DictionaryObject:
    """Names are given without their slash; strings are names when they begin with one."""
    return generic.DictionaryObject({pdf_name("/" + key): _written(one) for key, one in entries.items()})


def _written(one: Any) -> Any:
    if isinstance(one, str):
        return pdf_name(one) if one.startswith("/") else generic.TextStringObject(one)
    if isinstance(one, bool):
        return generic.BooleanObject(one)
    return generic.NumberObject(one) if isinstance(one, int) else one


def stream(data: bytes, **entries: Any) -> generic.StreamObject:
    return generic.StreamObject(dict(dictionary(**entries)), stream_data=data)


def drawing(text: str, width: int = 300, height: int = 40) -> generic.StreamObject:
    """An appearance: a white box with text on it."""
    ink = b"q 1 1 1 rg 0 0 %d %d re f Q BT /F1 12 Tf 2 8 Td (%s) Tj ET" % (width, height, text.encode())
    font = dictionary(Type="/Font", Subtype="/Type1", BaseFont="/Helvetica")
    return stream(
        ink, Type="/XObject", Subtype="/Form", BBox=number(0, 0, width, height),
        Resources=dictionary(Font=dictionary(F1=font)),
    )  # fmt: skip


def draw(text: str = "999.000.000", page: int = 0, y: int = 700) -> Edit:
    """More ink on a page, after all that is there."""

    def edit(writer: IncrementalPdfFileWriter) -> None:
        target = page_of(writer, page)
        ink = writer.add_object(stream(b"BT /F1 12 Tf 100 %d Td (%s) Tj ET" % (y, text.encode())))
        target["/Contents"] = generic.ArrayObject([*contents(target), ink])
        writer.update_container(target)

    return edit


def contents(page: Any) -> list[Any]:
    """A page's content streams, one or many."""
    written = page.raw_get("/Contents")
    held = written.get_object()
    return list(held) if isinstance(held, generic.ArrayObject) else [written]


def annotate(subtype: str, page: int = 0, rect: tuple[int, ...] = (90, 690, 400, 720), **more: Any) -> Edit:
    def edit(writer: IncrementalPdfFileWriter) -> None:
        target = page_of(writer, page)
        entries = dictionary(
            Type="/Annot", Subtype=subtype, Rect=number(*rect), Contents="999.000.000", **more
        )
        note = writer.add_object(entries)
        if "/Annots" in target:
            target["/Annots"].append(note)
            writer.update_container(target["/Annots"])
        else:
            target["/Annots"] = generic.ArrayObject([note])
        writer.update_container(target)

    return edit


def field_of(writer: IncrementalPdfFileWriter, name: str) -> Any:
    fields = writer.root["/AcroForm"]["/Fields"]
    return next(one for one in (fields[n] for n in range(len(fields))) if one.get("/T") == name)


def fill(name: str, text: str, *, looks: str | None = None, **more: Any) -> Edit:
    """Value and appearance of a text field; `looks` when the appearance says something else."""

    def edit(writer: IncrementalPdfFileWriter) -> None:
        field = field_of(writer, name)
        field["/V"] = generic.TextStringObject(text)
        picture = writer.add_object(drawing(text if looks is None else looks, 120, 20))
        field["/AP"] = dictionary(N=picture)
        for key, one in more.items():
            field["/" + key] = _written(one)
        writer.update_container(field)

    return edit


def add_page(text: str) -> Edit:
    def edit(writer: IncrementalPdfFileWriter) -> None:
        tree = writer.root["/Pages"]
        font = dictionary(Type="/Font", Subtype="/Type1", BaseFont="/Helvetica")
        page = dictionary(
            Type="/Page", MediaBox=number(0, 0, 595, 842), Resources=dictionary(Font=dictionary(F1=font)),
            Parent=generic.IndirectObject(*_ref(writer.root.raw_get("/Pages")), writer),
            Contents=writer.add_object(stream(b"BT /F1 12 Tf 100 700 Td (%s) Tj ET" % text.encode())),
        )  # fmt: skip
        tree["/Kids"].append(writer.add_object(page))
        tree["/Count"] = generic.NumberObject(int(tree["/Count"]) + 1)
        writer.update_container(tree["/Kids"])
        writer.update_container(tree)

    return edit


def _ref(one: Any) -> tuple[int, int]:
    return one.idnum, one.generation


def empty_signature_field(name: str = "Trong", box: tuple[int, ...] = (320, 60, 540, 120)) -> Edit:
    return lambda writer: append_signature_field(writer, SigFieldSpec(name, on_page=0, box=box))


def appended(
    pdf: bytes, objects: Mapping[int, bytes], *, trailer: bytes = b"", size: int | None = None,
    prev: int | None = None, table: bool = True, listed: Mapping[int, bytes] | None = None,
) -> bytes:  # fmt: skip
    """A raw later revision: objects as they are given, listed or not, with any trailer."""
    out = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    offsets = {}
    for one, body in objects.items():
        offsets[one] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (one, body)
    if not table:
        return out
    start = len(out)
    out += b"xref\n"
    for one in offsets if listed is None else listed:
        out += b"%d 1\n%010d 00000 n \n" % (one, offsets[one])
    last = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    root = re.findall(rb"/Root (\d+ \d+ R)", pdf)[-1]
    most = max([int(n) for n in re.findall(rb"(?:^|\n)(\d+) 0 obj", out)]) + 1
    out += b"trailer\n<</Size %d/Root %s/Prev %d%s>>\n" % (
        size or most,
        root,
        last if prev is None else prev,
        trailer,
    )
    return out + b"startxref\n%d\n%%%%EOF\n" % start


def object_at(pdf: bytes, words: bytes) -> int:
    """The number of the object that holds these bytes."""
    return int(re.findall(rb"(?:^|\n)(\d+) 0 obj", pdf[: pdf.rindex(words)])[-1])


def body_of(pdf: bytes, which: int) -> bytes:
    found = list(re.finditer(rb"(?:^|\n)%d 0 obj\s*(.*?)\s*endobj" % which, pdf, re.DOTALL))
    return found[-1][1]


def with_streams(pages: int = 3) -> bytes:
    """The same paper with an object stream and a cross-reference stream."""
    pdf = paper(pages)
    bodies = {int(n): body_of(pdf, int(n)) for n in set(re.findall(rb"(?:^|\n)(\d+) 0 obj", pdf))}
    packed = {n: one for n, one in bodies.items() if b"endstream" not in one}
    root = re.findall(rb"/Root (\d+) 0 R", pdf)[-1]
    last = max(bodies) + 2
    out, rows = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n", {0: (0, 0, 65535)}
    index = data = b""
    for place, (n, one) in enumerate(packed.items()):
        index += b"%d %d " % (n, len(data))
        data += one + b"\n"
        rows[n] = (2, last - 1, place)
    bodies[last - 1] = b"<</Type/ObjStm/N %d/First %d/Length %d>>stream\n%s\nendstream" % (
        len(packed), len(index), len(index + data), index + data,
    )  # fmt: skip
    for n, one in bodies.items():
        if n not in packed:
            rows[n] = (1, len(out), 0)
            out += b"%d 0 obj\n%s\nendobj\n" % (n, one)
    rows[last] = (1, len(out), 0)
    table = b"".join(
        kind.to_bytes(1, "big") + a.to_bytes(4, "big") + b.to_bytes(2, "big")
        for kind, a, b in (rows.get(n, (0, 0, 65535)) for n in range(last + 1))
    )
    head = b"<</Type/XRef/W[1 4 2]/Size %d/Root %s 0 R/Length %d>>" % (last + 1, root, len(table))
    start = len(out)
    return out + b"%d 0 obj\n%sstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        last,
        head,
        table,
        start,
    )
