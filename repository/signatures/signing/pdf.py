"""The three things done to a PDF on its way to a signature; runs in the sandbox, writes to the path it is told.

`prepare` adds field, appearance and a reserved place; `evidence` adds the security store (LTV); `stamp` reserves
a document time stamp. What goes into a reserved place is written outside, without parsing anything (`fill`).
"""

import base64
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509
from pyhanko.pdf_utils.content import ImportedPdfPage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import ExternalSigner, PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, PreparedByteRangeDigest
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.stamp import StaticStampStyle

from repository.signatures.signing import appearance

DIGEST: Final = "sha256"
_FILL: Final = SimpleBoxLayoutRule(
    x_align=AxisAlignment.ALIGN_MID, y_align=AxisAlignment.ALIGN_MID, margins=Margins(0, 0, 0, 0),
    inner_content_scaling=InnerScaling.STRETCH_TO_FIT,
)  # fmt: skip
_FIELDS: Final = {"person": "ChuKyNguoiKy", "agency": "ChuKyCoQuan", "annex": "ChuKyPhuLuc"}


def work(path: str, options: dict[str, Any]) -> dict[str, Any]:
    """The step that `options["step"]` names; `{"refused": why}` where the file does not admit it."""
    steps = {"prepare": _prepare, "evidence": _evidence, "stamp": _stamp}
    try:
        return steps[options["step"]](path, options)
    except (PdfError, SigningError) as fault:
        return {"refused": str(fault)[:300]}


def _prepare(path: str, options: dict[str, Any]) -> dict[str, Any]:
    with open(path, "rb") as stream, open(options["out"], "w+b") as out:
        reader = PdfFileReader(stream, strict=False)
        if reader.encrypted:
            return {"refused": "tệp đặt mật khẩu"}
        page, box = appearance.place(path, reader, options)
        taken = {name for name, _, _ in _fields(reader)}
        field = next(name for name in _names(_FIELDS[options["kind"]]) if name not in taken)
        stream.seek(0)
        writer = IncrementalPdfFileWriter(stream, strict=False)
        with tempfile.NamedTemporaryFile(dir=Path(options["out"]).parent, suffix=".part") as drawn:
            drawn.write(appearance.drawn(options, box))
            drawn.flush()
            signer = _signer(options, field, page, box, drawn.name)
            session = signer.init_signing_session(writer)
            session.system_time = datetime.fromisoformat(options["at"])
            waiting = session.prepare_tbs_document(validation_info=None, bytes_reserved=options["reserved"])
            prepared, _ = waiting.digest_tbs_document(output=out)
        return _told(prepared) | {"field": field, "page": page + 1, "box": list(box)}


def _signer(options: dict[str, Any], field: str, page: int, box: appearance.Box, drawn: str) -> PdfSigner:
    left, bottom, right, top = (round(edge) for edge in box)
    certificate = x509.Certificate.load(base64.b64decode(options["certificate"]))
    style = StaticStampStyle(
        background=ImportedPdfPage(drawn), background_layout=_FILL, background_opacity=1.0, border_width=0
    )
    return PdfSigner(
        PdfSignatureMetadata(
            field_name=field, md_algorithm=DIGEST, subfilter=SigSeedSubFilter.PADES, name=options["name"],
            reason=options.get("reason") or None,
        ),
        signer=ExternalSigner(certificate, None, signature_value=512), stamp_style=style,
        new_field_spec=SigFieldSpec(field, on_page=page, box=(left, bottom, right, top)),
    )  # fmt: skip


def _fields(reader: PdfFileReader) -> list[tuple[str, Any, Any]]:
    return list(enumerate_sig_fields(reader))


def _names(stem: str) -> Any:
    yield stem
    for number in range(2, 1000):
        yield f"{stem}{number}"


def _evidence(path: str, options: dict[str, Any]) -> dict[str, Any]:
    """Certificates and revocation answers of this signature, in the document security store."""
    shutil.copyfile(path, options["out"])
    with open(options["out"], "r+b") as out:
        DocumentSecurityStore.add_dss(
            out, bytes.fromhex(options["contents"]),
            certs=[x509.Certificate.load(_der(one)) for one in options["certificates"]],
            crls=[asn1_crl.CertificateList.load(_der(one)) for one in options["crls"]],
            ocsps=[asn1_ocsp.OCSPResponse.load(_der(one)) for one in options["ocsps"]],
            strict=False,
        )  # fmt: skip
    return {}


def _stamp(path: str, options: dict[str, Any]) -> dict[str, Any]:
    with open(path, "rb") as stream, open(options["out"], "w+b") as out:
        writer = IncrementalPdfFileWriter(stream, strict=False)
        taken = {name for name, _, _ in _fields(writer.prev)}
        field = next(name for name in _names("DauThoiGian") if name not in taken)
        spec = SigFieldSpec(field, invis_sig_settings=InvisSigSettings(), readable_field_name="Dấu thời gian")
        cms_writer = PdfCMSEmbedder(new_field_spec=spec).write_cms(field_name=field, writer=writer)
        next(cms_writer)
        cms_writer.send(SigObjSetup(sig_placeholder=DocumentTimestamp(bytes_reserved=options["reserved"])))
        prepared, _ = cms_writer.send(SigIOSetup(md_algorithm=DIGEST, in_place=False, output=out))
        return _told(prepared) | {"field": field}


def _told(prepared: PreparedByteRangeDigest) -> dict[str, Any]:
    return {
        "digest": prepared.document_digest.hex(),
        "start": prepared.reserved_region_start,
        "end": prepared.reserved_region_end,
    }


def fill(file: IO[bytes], told: dict[str, Any], der: bytes) -> str:
    """Writes the signature into its reserved place; answers the contents as the security store names them."""
    prepared = PreparedByteRangeDigest(bytes.fromhex(told["digest"]), int(told["start"]), int(told["end"]))
    try:
        return bytes(prepared.fill_with_cms(file, der)).hex()
    except SigningError as fault:
        raise ValueError("chữ ký lớn hơn chỗ đã dành") from fault


def _der(encoded: str) -> bytes:
    return base64.b64decode(encoded)
