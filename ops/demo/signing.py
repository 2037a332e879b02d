"""Signs the demonstration's papers as PAdES (ETSI.CAdES.detached): first the person, then the agency, each
in a revision of its own, at the time the paper says.
"""

import asyncio
import io
from datetime import UTC, datetime, timedelta

from PIL import Image
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.stamp import StaticStampStyle

from ops.demo.papers import Box, Paper, Printed
from ops.demo.pki import DemoPki
from ops.demo.seals import handwriting, seal, written

_FILL = SimpleBoxLayoutRule(
    x_align=AxisAlignment.ALIGN_MID,
    y_align=AxisAlignment.ALIGN_MID,
    margins=Margins(0, 0, 0, 0),
    inner_content_scaling=InnerScaling.STRETCH_TO_FIT,
)


def signing_moment(paper: Paper) -> datetime:
    """The morning (09:00 in Vietnam) of the day the paper carries."""
    return datetime(paper.date.year, paper.date.month, paper.date.day, 2, 0, tzinfo=UTC)


def sign_person(
    pdf: bytes, paper: Paper, printed: Printed, pki: DemoPki, holder: str, *, stamped: bool = False
) -> bytes:
    """The personal signature: a blue hand above the name; `stamped` adds a time stamp."""
    page, box = printed.places["person"]
    at = signing_moment(paper)
    picture = handwriting(paper.signer)
    return _sign(pdf, "ChuKyNguoiKy", page, box, picture, pki, holder, at, stamped=stamped)


def sign_agency(
    pdf: bytes, paper: Paper, printed: Printed, pki: DemoPki, holder: str, *, name: str, stamped: bool = False
) -> bytes:
    """The agency's signature: its red seal over the left third of the hand, ten minutes later."""
    page, box = printed.places["agency"]
    at = signing_moment(paper) + timedelta(minutes=10)
    picture = seal(name.partition(" quận")[0] if name.startswith("Phòng") else name, "Sao Mai")
    return _sign(pdf, "ChuKyCoQuan", page, box, picture, pki, holder, at, stamped=stamped)


def number_and_date(pdf: bytes, paper: Paper, printed: Printed, pki: DemoPki, holder: str) -> bytes:
    """What the state's own tools do: the clerk adds the number and the date as two later signed revisions."""
    at = signing_moment(paper) + timedelta(minutes=20)
    page, box = printed.places["number"]
    digits = written((paper.symbol.partition("/")[0],), box[2] - box[0], box[3] - box[1], style="regular")
    pdf = _sign(pdf, "SoVanBan", page, box, digits, pki, holder, at)
    page, box = printed.places["date"]
    day, month = f"{paper.date.day:02d}", f"{paper.date.month:02d}"
    moment = written((day, month), box[2] - box[0], box[3] - box[1], style="italic")
    return _sign(pdf, "NgayVanBan", page, box, moment, pki, holder, at + timedelta(minutes=1))


def alter(signed: bytes, was: str, becomes: str) -> bytes:
    """Rewrites one figure of an uncompressed paper in place, as a forger would; it still displays."""
    old, new = was.encode("ascii"), becomes.encode("ascii")
    if len(old) != len(new) or old not in signed:
        raise ValueError(f"{was} cannot be rewritten in place")
    return signed.replace(old, new, 1)


def _sign(
    pdf: bytes,
    field: str,
    page: int,
    box: Box,
    picture: Image.Image,
    pki: DemoPki,
    holder: str,
    at: datetime,
    *,
    stamped: bool = False,
) -> bytes:
    """One signature in one incremental revision. Not to be called from a running event loop."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    left, bottom, right, top = (round(edge) for edge in box)
    signer = PdfSigner(
        PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES),
        signer=pki.signer(holder),
        timestamper=pki.timestamper(at + timedelta(seconds=2)) if stamped else None,
        stamp_style=StaticStampStyle(
            background=PdfImage(picture), background_layout=_FILL, background_opacity=1.0, border_width=0
        ),
        new_field_spec=SigFieldSpec(field, on_page=page, box=(left, bottom, right, top)),
    )
    return asyncio.run(_run(signer, writer, at))


async def _run(signer: PdfSigner, writer: IncrementalPdfFileWriter, at: datetime) -> bytes:
    # the session is taken by hand because only so its clock can be set to the day the paper was signed
    session = signer.init_signing_session(writer)
    session.system_time = at
    reserved = await session.estimate_signature_container_size(None)
    waiting = session.prepare_tbs_document(validation_info=None, bytes_reserved=reserved)
    out = io.BytesIO()
    prepared, _ = waiting.digest_tbs_document(output=out)
    done = await waiting.perform_signature(
        document_digest=prepared.document_digest,
        pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=at),
    )
    await done.post_signature_processing(out)
    return out.getvalue()
