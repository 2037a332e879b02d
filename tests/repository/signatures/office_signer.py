"""Signs office packages as office programs do, written here: OOXML (manifest, relationship transform), ODF; `.p7s`."""

import asyncio
import base64
import hashlib
import io
import zipfile

from asn1crypto import cms as asn1_cms
from asn1crypto.algos import DSASignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from docx import Document
from lxml import etree
from odf.opendocument import OpenDocumentText
from odf.text import P

from repository.signatures.signing.cms import Signed

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
DS = "http://www.w3.org/2000/09/xmldsig#"
XD = "http://uri.etsi.org/01903/v1.3.2#"
OPC = "http://schemas.openxmlformats.org/package/2006/digital-signature"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
ORIGIN = f"{RELS}/digital-signature/origin"
SIGNED = "2026-03-02T02:00:00Z"


def parts_of(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {one.filename: archive.read(one) for one in archive.infolist() if not one.is_dir()}


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return out.getvalue()


def docx() -> bytes:
    document = Document()
    document.add_heading("Quyết định về việc ký số")
    document.add_paragraph("Số tiền: 1.000.000 đồng.")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def odt() -> bytes:
    document = OpenDocumentText()
    document.text.addElement(P(text="Số tiền: 1.000.000 đồng."))
    out = io.BytesIO()
    document.write(out)
    return out.getvalue()


def c14n(element) -> bytes:
    """Of a tree of its own: below an inherited default namespace lxml writes a wrong `xmlns=""`."""
    return etree.tostring(etree.fromstring(etree.tostring(element, with_tail=False)), method="c14n")


def hashed(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def reference(uri: str, content: bytes, transforms: str = "", **more: str) -> str:
    extra = "".join(f' {name}="{value}"' for name, value in more.items())
    steps = f"<Transforms>{transforms}</Transforms>" if transforms else ""
    return (
        f'<Reference URI="{uri}"{extra}>{steps}<DigestMethod Algorithm="{SHA256}"/>'
        f"<DigestValue>{hashed(content)}</DigestValue></Reference>"
    )


CANONICAL = f'<Transform Algorithm="{C14N}"/>'


def xades(holder) -> str:
    der = holder.certificate.public_bytes(serialization.Encoding.DER)
    return (
        f'<xd:QualifyingProperties xmlns:xd="{XD}" Target="#idSignature">'
        f'<xd:SignedProperties Id="idSignedProperties"><xd:SignedSignatureProperties>'
        f"<xd:SigningTime>{SIGNED}</xd:SigningTime><xd:SigningCertificate><xd:Cert><xd:CertDigest>"
        f'<DigestMethod Algorithm="{SHA256}"/><DigestValue>{hashed(der)}</DigestValue></xd:CertDigest>'
        f"<xd:IssuerSerial><X509IssuerName>{holder.certificate.issuer.rfc4514_string()}</X509IssuerName>"
        f"<X509SerialNumber>{holder.certificate.serial_number}</X509SerialNumber></xd:IssuerSerial>"
        f"</xd:Cert></xd:SigningCertificate></xd:SignedSignatureProperties></xd:SignedProperties>"
        f"</xd:QualifyingProperties>"
    )


def signature(references: list[str], objects: str, holder, above) -> bytes:
    """A whole Signature element; references to `#id` are written as (`#id`, type) and computed here."""
    certificates = "".join(
        "<X509Certificate>"
        + base64.b64encode(one.certificate.public_bytes(serialization.Encoding.DER)).decode()
        + "</X509Certificate>"
        for one in (holder, above)
    )
    text = (
        f'<Signature xmlns="{DS}" Id="idSignature"><SignedInfo><CanonicalizationMethod Algorithm="{C14N}"/>'
        f'<SignatureMethod Algorithm="{ECDSA}"/>%s</SignedInfo><SignatureValue>%s</SignatureValue>'
        f"<KeyInfo><X509Data>{certificates}</X509Data></KeyInfo>{objects}</Signature>"
    )
    draft = etree.fromstring((text % ("", "")).encode())
    listed = []
    for one in references:
        if one.startswith("#"):
            element = draft.xpath("//*[@Id=$name]", name=one[1:])[0]
            listed.append(reference(one, c14n(element), CANONICAL))
        else:
            listed.append(one)
    middle = etree.fromstring((text % ("".join(listed), "")).encode())
    content = c14n(middle.find(f"{{{DS}}}SignedInfo"))
    raw = DSASignature.load(holder.key.sign(content, ec.ECDSA(hashes.SHA256()))).to_p1363()
    return (text % ("".join(listed), base64.b64encode(raw.rjust(64, b"\0")).decode())).encode()


def sign_ooxml(package: bytes, holder, above, *, leave: tuple[str, ...] = ()) -> bytes:
    """As Word signs: every part by a manifest, relationships by the relationship transform."""
    parts = parts_of(package)
    types = etree.fromstring(parts["[Content_Types].xml"])
    listed = []
    for name, content in sorted(parts.items()):
        if name == "[Content_Types].xml" or name.startswith("docProps/") or name in leave:
            continue
        kind = content_type(types, name)
        uri = f"/{name}?ContentType={kind}"
        if not name.endswith(".rels"):
            listed.append(reference(uri, content))
            continue
        chosen, steps = relationships(content, root=name == "_rels/.rels")
        listed.append(reference(uri, c14n(chosen), steps + CANONICAL))
    time = (
        f'<SignatureProperties><SignatureProperty Id="idSignatureTime" Target="#idSignature">'
        f'<mdssi:SignatureTime xmlns:mdssi="{OPC}"><mdssi:Format>YYYY-MM-DDThh:mm:ssTZD</mdssi:Format>'
        f"<mdssi:Value>{SIGNED}</mdssi:Value></mdssi:SignatureTime></SignatureProperty></SignatureProperties>"
    )
    objects = (
        f'<Object Id="idPackageObject"><Manifest>{"".join(listed)}</Manifest>{time}</Object>'
        f"<Object>{xades(holder)}</Object>"
    )
    signed = signature(["#idPackageObject", "#idSignedProperties"], objects, holder, above)
    root = etree.fromstring(parts["_rels/.rels"])
    etree.SubElement(
        root, f"{{{RELS}}}Relationship", Id="rIdSig", Type=ORIGIN, Target="_xmlsignatures/origin.sigs"
    )
    etree.SubElement(
        types, f"{{{types.nsmap[None]}}}Default", Extension="sigs", ContentType="application/x-origin"
    )
    parts["_rels/.rels"], parts["[Content_Types].xml"] = etree.tostring(root), etree.tostring(types)
    return packed(parts | {"_xmlsignatures/origin.sigs": b"", "_xmlsignatures/sig1.xml": signed})


def relationships(content: bytes, *, root: bool):
    """The selected relationships after the transform, and the transform that says so."""
    tree = etree.fromstring(content)
    kept = [one for one in tree if not root or one.get("Type").endswith("/officeDocument")]
    steps = '<Transform Algorithm="http://schemas.openxmlformats.org/package/2006/RelationshipTransform">'
    fresh = etree.Element(f"{{{RELS}}}Relationships", nsmap={None: RELS})
    for one in sorted(kept, key=lambda each: each.get("Id")):
        copied = etree.SubElement(fresh, f"{{{RELS}}}Relationship")
        for name in ("Id", "Type", "Target"):
            copied.set(name, one.get(name))
        copied.set("TargetMode", one.get("TargetMode") or "Internal")
        steps += f'<mdssi:RelationshipReference xmlns:mdssi="{OPC}" SourceId="{one.get("Id")}"/>'
    return fresh, steps + "</Transform>"


def content_type(types, name: str) -> str:
    for one in types:
        if one.get("PartName") == f"/{name}":
            return one.get("ContentType")
    return next(one.get("ContentType") for one in types if one.get("Extension") == name.rpartition(".")[2])


def sign_odf(package: bytes, holder, above, *, leave: tuple[str, ...] = ()) -> bytes:
    """As LibreOffice signs: each file of the package, XML in canonical form."""
    parts = parts_of(package)
    listed = []
    for name, content in parts.items():
        if name in leave:
            continue
        if name.endswith((".xml", ".rdf")):
            listed.append(reference(name, c14n(etree.fromstring(content)), CANONICAL))
        else:
            listed.append(reference(name, content))
    objects = f"<Object>{xades(holder)}</Object>"
    element = signature([*listed, "#idSignedProperties"], objects, holder, above)
    head = b'<document-signatures xmlns="urn:oasis:names:tc:opendocument:xmlns:digitalsignature:1.0" version="1.2">'
    return packed(parts | {"META-INF/documentsignatures.xml": head + element + b"</document-signatures>"})


def sign_detached(content: bytes, holder, above) -> bytes:
    """CAdES detached over any bytes."""
    ders = [one.certificate.public_bytes(serialization.Encoding.DER) for one in (holder, above)]
    signed = Signed(certificate=ders[0], chain=ders[1:])

    async def make() -> bytes:
        attributes = await signed.attributes(hashlib.sha256(content).digest(), pdf=False)
        return await signed.assembled(
            attributes, holder.key.sign(attributes, ec.ECDSA(hashes.SHA256())), None
        )

    made = asyncio.run(make())
    assert asn1_cms.ContentInfo.load(made)["content_type"].native == "signed_data"
    return made
