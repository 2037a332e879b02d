"""A new archival time stamp prepared on a PDF (PAdES B-LTA); runs in the sandbox, writes to the path it is told.

One more revision: the certificates and revocation evidence that today's verdict stands on, and a reserved place
for a document time stamp over all of it. What was there before is not touched.
"""

from collections.abc import Iterable
from typing import Any, Final

from asn1crypto import cms, crl, ocsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfReadError, PdfWriteError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore

from repository.signatures.trust.trust import Anchors

DIGEST: Final = "sha256"
RESERVED: Final = 40_960
"""Hexadecimal digits kept free for the time stamp."""
_LONGEST: Final = 8
_FIELD: Final = "DauThoiGianLuuTru"


def prepare(path: str, options: dict[str, Any]) -> dict[str, Any]:
    """`{digest, start, end}` of the reserved place, or `{refused: why}` where the file does not admit it."""
    anchors = Anchors.load(options["trust_anchors"], options.get("trust_bundle") or "")
    try:
        with open(path, "rb") as stream, open(options["out"], "w+b") as out:
            reader = PdfFileReader(stream, strict=False)
            if reader.encrypted:
                return {"refused": "tệp đặt mật khẩu"}
            signed = list(reader.embedded_signatures)
            tokens = [one.signed_data for one in signed]
            stream.seek(0)
            writer = IncrementalPdfFileWriter(stream, strict=False)
            _supply(writer, _certificates(tokens, anchors), anchors)
            return _reserve(writer, {one.field_name for one in signed}, out)
    except (PdfReadError, PdfWriteError, SigningError) as fault:
        return {"refused": str(fault)[:300]}


def _certificates(tokens: Iterable[Any], anchors: Anchors) -> list[x509.Certificate]:
    """Everybody in the signatures and stamps, and those above them, each once."""
    found: dict[bytes, x509.Certificate] = {}
    for token in tokens:
        for one in [*_embedded(token), *anchors.intermediates, *anchors.roots]:
            found[one.sha256] = one
    wanted: dict[bytes, x509.Certificate] = {}
    for leaf in [one for one in found.values() if not one.self_issued]:
        above: x509.Certificate | None = leaf
        for _ in range(_LONGEST):
            if above is None or above.sha256 in wanted:
                break
            wanted[above.sha256] = above
            issuer = above.issuer
            above = next((other for other in found.values() if other.subject == issuer), None)
    return list(wanted.values())


def _embedded(signed: Any) -> list[x509.Certificate]:
    found = [one.chosen for one in signed["certificates"] if one.name == "certificate"]
    for signer in signed["signer_infos"]:
        attributes = signer["unsigned_attrs"]
        for attribute in attributes if isinstance(attributes, cms.CMSAttributes) else ():
            if attribute["type"].native == "signature_time_stamp_token":
                for token in attribute["values"]:
                    found += _embedded(token["content"])
    return found


def _supply(writer: IncrementalPdfFileWriter, certificates: list[x509.Certificate], anchors: Anchors) -> None:
    """Only what speaks of these certificates; a list nobody needs would swell every file."""
    issuers = {one.issuer.dump() for one in certificates}
    lists = [crl.CertificateList.load(one.der) for one in anchors.evidence if one.kind == "crl"]
    answers = [ocsp.OCSPResponse.load(one.der) for one in anchors.evidence if one.kind == "ocsp"]
    serials = {one.serial_number for one in certificates}
    DocumentSecurityStore.supply_dss_in_writer(
        writer, None, certs=certificates,
        crls=[one for one in lists if one["tbs_cert_list"]["issuer"].dump() in issuers],
        ocsps=[one for one in answers if _serials(one) & serials],
    )  # fmt: skip


def _serials(answer: ocsp.OCSPResponse) -> set[int]:
    try:
        rows = answer.response_data["responses"]
        return {row["cert_id"]["serial_number"].native for row in rows}
    except (ValueError, TypeError, KeyError):
        return set()


def _reserve(writer: IncrementalPdfFileWriter, taken: set[str], out: Any) -> dict[str, Any]:
    taken = taken | {name for name, _, _ in enumerate_sig_fields(writer.prev)}
    field = next(name for n in range(1, 10_000) if (name := f"{_FIELD}{n}") not in taken)
    spec = SigFieldSpec(
        field, invis_sig_settings=InvisSigSettings(), readable_field_name="Dấu thời gian lưu trữ"
    )
    embedding = PdfCMSEmbedder(new_field_spec=spec).write_cms(field_name=field, writer=writer)
    next(embedding)
    embedding.send(SigObjSetup(sig_placeholder=DocumentTimestamp(bytes_reserved=RESERVED)))
    prepared, _ = embedding.send(SigIOSetup(md_algorithm=DIGEST, in_place=False, output=out))
    return {
        "digest": prepared.document_digest.hex(), "start": prepared.reserved_region_start,
        "end": prepared.reserved_region_end, "field": field,
    }  # fmt: skip
