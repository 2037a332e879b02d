"""A small PKI and PDFs signed with it, the honest way and in the ways of forgers; made at run time."""

import asyncio
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.pdfgen.canvas import Canvas

BORN = datetime(2025, 1, 1, tzinfo=UTC)
ENDS = datetime(2035, 1, 1, tzinfo=UTC)
EXPIRED = datetime(2026, 1, 1, tzinfo=UTC)
REVOKED = datetime(2026, 2, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SIGNED = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
AGENCY = "Ủy ban nhân dân quận Thử Nghiệm"
PERSON = "Nguyễn Văn Thử"


@dataclass(frozen=True)
class Holder:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def _name(cn: str, **more: str) -> x509.Name:
    oids = {"o": NameOID.ORGANIZATION_NAME, "ou": NameOID.ORGANIZATIONAL_UNIT_NAME, "uid": NameOID.USER_ID}
    oids["mail"] = NameOID.EMAIL_ADDRESS
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, cn)]
    return x509.Name(parts + [x509.NameAttribute(oids[key], value) for key, value in more.items()])


def issue(
    subject: x509.Name, by: Holder | None, *, ca: bool = False, ends: datetime = ENDS, stamps: bool = False
) -> Holder:
    # pyHanko's stand-in for a time stamping authority signs with RSA only
    key = rsa.generate_private_key(65537, 2048) if stamps else ec.generate_private_key(ec.SECP256R1())
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    usage |= {"key_cert_sign": ca, "crl_sign": ca, "digital_signature": not ca, "content_commitment": not ca}
    build = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BORN)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if stamps:
        build = build.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return Holder(build.sign(by.key if by else key, hashes.SHA256()), key)


class Forge:
    """Root, issuing authority, signers of every sort, and what can be done with them."""

    def __init__(self, folder: Path) -> None:
        self.root = issue(_name("RootCA thử nghiệm"), None, ca=True)
        self.issuer = issue(_name("CA thử nghiệm"), self.root, ca=True)
        self.stranger = issue(_name("CA lạ"), None, ca=True)
        self.tsa = issue(_name("Máy chủ dấu thời gian"), self.issuer, stamps=True)
        agency, person = (
            {"o": AGENCY, "uid": "MST:0099000001"},
            {"o": AGENCY, "ou": "Văn phòng", "mail": "t@x.vn"},
        )
        self.holders = {
            "agency": issue(_name(AGENCY, **agency), self.issuer),
            "person": issue(_name(PERSON, **person), self.issuer),
            "expired": issue(_name(AGENCY, **agency), self.issuer, ends=EXPIRED),
            "revoked": issue(_name(AGENCY, **agency), self.issuer),
            "stranger": issue(_name(AGENCY, **agency), self.stranger),
        }
        self.anchors = folder / "anchors.pem"
        self.anchors.write_bytes(self.root.certificate.public_bytes(serialization.Encoding.PEM))
        self.crl = folder / "issuer.crl"
        self.crl.write_bytes(self._crl())

    def _crl(self) -> bytes:
        revoked = x509.RevokedCertificateBuilder().revocation_date(REVOKED)
        revoked = revoked.serial_number(self.holders["revoked"].certificate.serial_number)
        build = x509.CertificateRevocationListBuilder().issuer_name(self.issuer.certificate.subject)
        build = build.last_update(REVOKED).next_update(ENDS).add_revoked_certificate(revoked.build())
        return build.sign(self.issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def options(self, *, at: datetime = NOW, anchors: bool = True, **more: str) -> dict[str, object]:
        paths = [str(self.anchors), str(self.crl)] if anchors else []
        return {"trust_anchors": paths, "at": at.isoformat(), **more}

    def sign(
        self, pdf: bytes, holder: str, *, at: datetime = SIGNED, stamped: bool = False, md: str = "sha256",
        attribute: datetime | None = None, written: datetime | None = None, box: bool = True,
        certify: bool = False,
    ) -> bytes:  # fmt: skip
        """One more revision with one more signature. Not to be called from a running event loop."""
        field = f"ChuKy{pdf.count(b'/Type /Sig') + pdf.count(b'/Type/Sig') + pdf.count(b'/ByteRange')}"
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        return sign_revision(
            writer, self.signer(holder), field, written or at, attribute=attribute, md=md, box=box,
            certify=certify,
            stamper=self.stamper(at + timedelta(seconds=1)) if stamped else None,
        )  # fmt: skip

    def signer(self, holder: str) -> SimpleSigner:
        one = self.holders[holder]
        above = self.stranger if holder == "stranger" else self.issuer
        registry = SimpleCertificateStore.from_certs([_asn1(above)])
        return SimpleSigner(_asn1(one), _key(one), registry, embed_roots=True)

    def stamper(self, at: datetime) -> DummyTimeStamper:
        registry = SimpleCertificateStore.from_certs([_asn1(self.issuer)])
        return DummyTimeStamper(_asn1(self.tsa), _key(self.tsa), certs_to_embed=registry, fixed_dt=at)


def sign_revision(
    writer: IncrementalPdfFileWriter, signer: SimpleSigner, field: str, at: datetime, *, md: str = "sha256",
    attribute: datetime | None = None, stamper: DummyTimeStamper | None = None, box: bool = True,
    certify: bool = False,
) -> bytes:  # fmt: skip
    made = PdfSigner(
        PdfSignatureMetadata(
            field, md_algorithm=md, subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED, certify=certify,
            docmdp_permissions=MDPPerm.NO_CHANGES if certify else MDPPerm.FILL_FORMS,
        ),
        signer=signer,
        timestamper=stamper,
        new_field_spec=SigFieldSpec(field, on_page=0, box=(60, 60, 300, 120) if box else None),
    )  # fmt: skip

    async def run() -> bytes:
        session = made.init_signing_session(writer)
        session.system_time = at
        reserved = await session.estimate_signature_container_size(None)
        waiting = session.prepare_tbs_document(validation_info=None, bytes_reserved=reserved)
        out = io.BytesIO()
        prepared, _ = waiting.digest_tbs_document(output=out)
        attributes = PdfCMSSignedAttributes(signing_time=attribute or at)
        done = await waiting.perform_signature(prepared.document_digest, attributes)
        await done.post_signature_processing(out)
        return out.getvalue()

    return asyncio.run(run())


def paper() -> bytes:
    """One page with an amount and one text field; not compressed, so bytes can be edited."""
    out = io.BytesIO()
    canvas = Canvas(out, pageCompression=0, invariant=1)
    canvas.drawString(100, 700, "So tien: 350.000.000 dong")
    canvas.acroForm.textfield(name="so_tien", value="350", x=100, y=600, width=120, height=20)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def overlay(pdf: bytes) -> IncrementalPdfFileWriter:
    """A later revision, not yet written, that draws another amount over the page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    stream = writer.add_object(
        generic.StreamObject(stream_data=b"BT /F1 12 Tf 100 700 Td (999.000.000) Tj ET")
    )
    page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), stream])
    writer.update_container(page)
    return writer


def annotated(pdf: bytes) -> bytes:
    """An unsigned note over the page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (90, 690, 300, 720)]),
            pdf_name("/Contents"): generic.TextStringObject("999.000.000"),
        }
    )
    page["/Annots"].append(writer.add_object(note))
    writer.update_container(page["/Annots"])
    writer.update_container(page)
    return written(writer)


def refilled(pdf: bytes) -> bytes:
    """The text field rewritten in a later revision: what pyHanko's default policy lets pass."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    fields = writer.root["/AcroForm"]["/Fields"]
    for field in (fields[index] for index in range(len(fields))):
        if field.get("/T") == "so_tien":
            field["/V"] = generic.TextStringObject("999")
            writer.update_container(field)
    return written(writer)


def written(writer: IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _asn1(holder: Holder) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(holder.certificate.public_bytes(serialization.Encoding.DER))


def _key(holder: Holder) -> asn1_keys.PrivateKeyInfo:
    der = holder.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return asn1_keys.PrivateKeyInfo.load(der)
