"""Time stamps, validation data and archives: B-T to B-LTA, and plain Adobe beside PAdES."""

import io
import re
from datetime import timedelta

from asn1crypto import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore

from tests.repository.signatures.forge import SIGNED, Forge
from tests.repository.signatures.honest.made import SEAL, honest
from tests.repository.signatures.papers import (
    ADOBE,
    PADES,
    paper,
    sign,
)


def stamped(forge: Forge, pdf: bytes, days: int = 1) -> bytes:
    """A document time stamp, later."""
    stamper = PdfTimeStamper(forge.stamper(SIGNED + timedelta(days=days)))
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    return bytes(stamper.timestamp_pdf(writer, "sha256", validation_context=None).read())


def secured(forge: Forge, pdf: bytes) -> bytes:
    """Validation data in a document security store."""
    der = [one.certificate.public_bytes(serialization.Encoding.DER) for one in (forge.root, forge.issuer)]
    out = io.BytesIO(pdf)
    found = re.findall(rb"/Contents <([0-9a-fA-F]+)>", pdf)[-1]
    DocumentSecurityStore.add_dss(
        out, sig_contents=bytes.fromhex(found.decode()), certs=[x509.Certificate.load(one) for one in der]
    )
    return out.getvalue()


@honest
def signature_with_time_stamp(forge: Forge) -> bytes:
    return sign(forge, paper(), "agency", stamped=True)


@honest
def time_stamped_later(forge: Forge) -> bytes:
    return stamped(forge, sign(forge, paper(), "agency"))


@honest
def security_store_added(forge: Forge) -> bytes:
    return secured(forge, sign(forge, paper(), "agency"))


@honest
def long_term_archive(forge: Forge) -> bytes:
    return stamped(forge, secured(forge, sign(forge, paper(), "agency", subfilter=PADES, stamped=True)))


@honest
def long_term_archive_renewed(forge: Forge) -> bytes:
    pdf = stamped(forge, secured(forge, sign(forge, paper(), "agency", stamped=True)))
    for year in (1, 2):
        pdf = stamped(forge, secured(forge, pdf), days=365 * year)
    return pdf


@honest
def certified_without_changes_then_archived(forge: Forge) -> bytes:
    pdf = sign(forge, paper(), "agency", certify=MDPPerm.NO_CHANGES)
    return stamped(forge, secured(forge, pdf))


@honest
def pades_baseline(forge: Forge) -> bytes:
    return sign(forge, paper(), "agency", subfilter=PADES)


@honest
def adobe_detached_after_pades(forge: Forge) -> bytes:
    return sign(forge, sign(forge, paper(), "person", subfilter=PADES), "agency", subfilter=ADOBE, box=SEAL)
