"""Signatures of office packages (OOXML, ODF): the same verdict as for a PDF, one entry a signature (Đ8.1).

Beyond the values: every part and every relationship must be covered, or the signature is of a part only. Never
raises for what is in the file.
"""

import asyncio
import hashlib
import re
import zipfile
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from repository.signatures import report
from repository.signatures.packages.xmldsig import (
    DS,
    OPC,
    READING,
    RELATIONSHIPS,
    XADES,
    Changed,
    Package,
    Verified,
    parsed,
    rooted,
    verify,
)
from repository.signatures.report import Report, Signature
from repository.signatures.trust.trust import Authority, describe
from repository.signatures.verdict.classify import classify, subject_values
from repository.signatures.verdict.times import token_stamp
from repository.signatures.verdict.verdict import Moment, failed, settle, unsure, weigh_digest

_MOST: Final = 64
_ODF: Final = "META-INF/documentsignatures.xml"
_OOXML: Final = re.compile(r"_xmlsignatures/[^/]+\.xml", re.IGNORECASE)
_OUTSIDE: Final = re.compile(
    r"_xmlsignatures/.*|\[Content_Types\]\.xml|META-INF/(document|macro|package)signatures\.xml",
    re.IGNORECASE,
)
"""What carries the signatures itself, and what OPC forbids to sign."""
_LOOSE: Final = (
    "/digital-signature/origin", "/core-properties", "/extended-properties", "/custom-properties", "/thumbnail",
)  # fmt: skip
"""Relationships of a whole package that office programs leave unsigned: they change nothing that is read."""
_LOOSE_PARTS: Final = re.compile(r"docProps/[^/]+", re.IGNORECASE)
_TYPES: Final = "{http://schemas.openxmlformats.org/package/2006/content-types}"


def read(path: str, found: Report, authority: Authority, moment: Moment) -> None:
    """Fills the report; the catch-all turns whatever a file does to the readers into a reason."""
    found.status = "none"
    try:
        with zipfile.ZipFile(path) as archive:
            if not any(_OUTSIDE.fullmatch(one) and "signatures" in one.lower() for one in archive.namelist()):
                return
            package = Package(archive)
            elements = _elements(package)
            with asyncio.Runner() as runner:
                for name, element in elements[:_MOST]:
                    found.signatures.append(runner.run(_examined(name, element, package, authority, moment)))
            if len(elements) > _MOST:
                found.limits.append(f"Chỉ kiểm tra {_MOST} chữ ký đầu tiên.")
    except READING as fault:
        found.status = "unreadable"
        found.findings.append(f"Gói tệp hoặc chữ ký bên trong bị hỏng ({type(fault).__name__}).")
        return
    found.status = report.overall_status(found)
    if not elements:
        found.findings.append("Gói tệp có chỗ cho chữ ký nhưng không có chữ ký nào đọc được.")


def _elements(package: Package) -> list[tuple[str, Any]]:
    """(name, Signature element), each as a tree of its own."""
    found: list[tuple[str, Any]] = []
    for name in package.names:
        if name == _ODF:
            root = parsed(package.read(name))
            listed = [one for one in root if one.tag == f"{DS}Signature"]
            found += [
                (f"{name}#{one.get('Id') or n}", parsed(etree.tostring(one, with_tail=False)))
                for n, one in enumerate(listed, 1)
            ]
        elif _OOXML.fullmatch(name):
            root = parsed(package.read(name))
            found += [(name, root)] if root.tag == f"{DS}Signature" else []
    return found


async def _examined(
    name: str, element: Any, package: Package, authority: Authority, moment: Moment
) -> Signature:
    signature = Signature(field=name)
    try:
        verified = verify(element, package)
    except Changed as fault:
        _name_signer(signature, element)
        failed(signature, "HASH_FAILURE", f"Phần «{fault.part}» đã bị thay đổi hoặc bỏ đi so với lúc ký.")
        return signature
    except READING as fault:
        _name_signer(signature, element)
        failed(signature, "SIG_CRYPTO_FAILURE", f"Chữ ký XML không đúng ({type(fault).__name__}).")
        return signature
    try:
        return await _weighed(signature, element, verified, package, authority, moment)
    except READING as fault:
        failed(signature, "FORMAT_FAILURE", f"Không đọc được chữ ký này ({type(fault).__name__}).")
        return signature


async def _weighed(
    signature: Signature, element: Any, verified: Verified, package: Package, authority: Authority, moment: Moment
) -> Signature:  # fmt: skip
    certificate = _asn1(verified.certificate)
    others = [_asn1(one) for one in verified.others]
    signature.certificate, signature.signer = describe(certificate), classify(subject_values(certificate))
    signature.intact = True
    signature.digest_algorithm = min(verified.digests, key=lambda one: hashlib.new(one).digest_size)
    weigh_digest(signature, authority)
    _bind_certificate(signature, verified)
    _cover(signature, verified, package)
    proof = moment.proof(authority)
    await _set_time(signature, element, verified, authority, others, proof.at)
    await settle(signature, authority, certificate, others, proof)
    return signature


def _name_signer(signature: Signature, element: Any) -> None:
    """Who is said to have signed: shown with a broken signature too."""
    with suppress(*READING):
        text = element.findtext(f".//{DS}X509Certificate") or ""
        certificate = asn1_x509.Certificate.load(b64decode(text), strict=True)
        signature.certificate, signature.signer = describe(certificate), classify(subject_values(certificate))


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _bind_certificate(signature: Signature, verified: Verified) -> None:
    """XAdES names the signer's certificate by digest; another one of the same key is a swap."""
    der = verified.certificate.public_bytes(Encoding.DER)
    named = [
        one for held in verified.objects
        for tag in ("SigningCertificate", "SigningCertificateV2") for one in held.iter(f"{XADES}{tag}")
    ]  # fmt: skip
    if not named:
        signature.findings.append("Chữ ký không chỉ ra chứng thư của người ký (không theo XAdES).")
        return
    digest = named[0].find(f".//{XADES}CertDigest")
    algorithm = digest.find(f"{DS}DigestMethod").get("Algorithm").rpartition("#")[2]
    wanted = b64decode(digest.findtext(f"{DS}DigestValue") or "")
    if hashlib.new(algorithm, der, usedforsecurity=False).digest() != wanted:
        signature.intact = None
        unsure(
            signature, "SIG_CONSTRAINTS_FAILURE", "Chứng thư kèm theo không phải chứng thư mà chữ ký chỉ ra."
        )


def _cover(signature: Signature, verified: Verified, package: Package) -> None:
    """Whether all that is read is signed: parts, relationships, content types."""
    loose = [
        name for name in package.names
        if name not in verified.parts and not _OUTSIDE.fullmatch(name) and not _LOOSE_PARTS.fullmatch(name)
        and name != "_rels/.rels"
    ]  # fmt: skip
    added = _unsigned_relationships(verified, package)
    types = _wrong_types(verified, package)
    signature.covers_whole_document = not loose and not added and not types
    said: list[tuple[list[str], str]] = [
        (loose, "Phần không được ký: {}."),
        (added, "Quan hệ không được ký (có thể thêm sau khi ký): {}."),
        (types, "Kiểu nội dung bị đổi so với lúc ký: {}."),
    ]
    for names, words in said:
        if names:
            signature.intact = None
            shown = ", ".join(f"«{one}»" for one in names[:5])
            unsure(signature, "SIG_CONSTRAINTS_FAILURE", words.format(shown))


def _unsigned_relationships(verified: Verified, package: Package) -> list[str]:
    found = []
    for name in package.names:
        if not name.lower().endswith(".rels") or name.lower().startswith("_xmlsignatures/"):
            continue
        signed = verified.relationships.get(name)
        if signed is None and name in verified.parts:
            continue  # signed as a whole
        for one in parsed(package.read(name)).iter(f"{RELATIONSHIPS}Relationship"):
            kind = str(one.get("Type"))
            root = name == "_rels/.rels" and kind.endswith(_LOOSE)
            if str(one.get("Id")) not in (signed or set()) and not root:
                found.append(f"{name}: {one.get('Target')}")
    return found


def _wrong_types(verified: Verified, package: Package) -> list[str]:
    """The list of content types cannot be signed itself: each reference says its part's."""
    if not verified.types or "[Content_Types].xml" not in package.names:
        return []
    root = parsed(package.read("[Content_Types].xml"))
    by_name = {
        str(one.get("PartName")).lstrip("/"): one.get("ContentType") for one in root.iter(f"{_TYPES}Override")
    }
    by_end = {
        str(one.get("Extension")).lower(): one.get("ContentType") for one in root.iter(f"{_TYPES}Default")
    }
    return [
        name for name, kind in verified.types.items()
        if by_name.get(name, by_end.get(name.rpartition(".")[2].lower())) != kind
    ]  # fmt: skip


async def _set_time(
    signature: Signature, element: Any, verified: Verified, authority: Authority,
    others: list[asn1_x509.Certificate], at: datetime,
) -> None:  # fmt: skip
    """The time stamp's word first, then what the signer himself signed."""
    token = element.findtext(f".//{XADES}SignatureTimeStamp/{XADES}EncapsulatedTimeStamp")
    if token:
        signed = cms.ContentInfo.load(b64decode(token))["content"]
        signature.timestamp = await token_stamp(signed, _imprint(element), authority, others, at)
        signature.timestamped = signature.timestamp.intact
        if signature.timestamp.intact and signature.timestamp.at:
            signature.signed_at, signature.signed_at_source = signature.timestamp.at, "timestamp"
            return
        signature.findings.append("Dấu thời gian kèm theo không hợp lệ.")
    for tag in (f"{XADES}SigningTime", f"{OPC}Value", "{http://purl.org/dc/elements/1.1/}date"):
        for held in verified.objects:
            if (text := held.findtext(f".//{tag}")) is not None:
                signature.signed_at, signature.signed_at_source = _moment(text), "attribute"
                return


def _imprint(element: Any) -> Callable[[str], bytes]:
    """What a time stamp on the signature is made over: the canonical form of its value."""
    given = element.find(f".//{XADES}SignatureTimeStamp/{DS}CanonicalizationMethod")
    exclusive = given is not None and "exc-c14n" in str(given.get("Algorithm"))
    content = etree.tostring(rooted(element.find(f"{DS}SignatureValue")), method="c14n", exclusive=exclusive)
    return lambda algorithm: hashlib.new(algorithm, content, usedforsecurity=False).digest()


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text.strip().replace(",", "."))
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
