"""XML signatures over the parts of a package: canonical forms and values by signxml, parts resolved from a zip.

No network, no entities, no transform but canonical forms and the relationship transform of OPC; whatever a
reference names outside the package is not found. Runs in the sandbox.
"""

import binascii
import hashlib
import zipfile
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature as WrongValue
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

DS: Final = "{http://www.w3.org/2000/09/xmldsig#}"
XADES: Final = "{http://uri.etsi.org/01903/v1.3.2#}"
OPC: Final = "{http://schemas.openxmlformats.org/package/2006/digital-signature}"
RELATIONSHIPS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_RELATIONSHIP_TRANSFORM: Final = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
_CANONICAL: Final = frozenset(one.value for one in CanonicalizationMethod)
_HASHES: Final = {
    "http://www.w3.org/2000/09/xmldsig#sha1": "sha1",
    "http://www.w3.org/2001/04/xmldsig-more#sha224": "sha224",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
LARGEST_PART: Final = 256 * 1024**2
MOST_PARTS: Final = 10_000
_LARGEST_XML: Final = 32 * 1024**2
_METHODS: Final = frozenset(one for one in SignatureMethod if not one.name.startswith(("HMAC", "DSA")))

READING: Final = (
    SignXMLException, etree.LxmlError, zipfile.BadZipFile, WrongValue, binascii.Error, ValueError, KeyError,
    TypeError, AttributeError, IndexError, NotImplementedError, RuntimeError, OSError, EOFError,
)  # fmt: skip
"""What hostile XML and zips make the libraries raise while they are being read."""


class Changed(ValueError):
    """A part is not what was signed; `part` names it."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class Package:
    """The parts of a zip, each name once, read within limits."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        names = [one.filename for one in archive.infolist() if not one.is_dir()]
        if len(names) != len(set(names)) or len(names) > MOST_PARTS:
            raise ValueError("tên phần trùng nhau hoặc quá nhiều phần")
        self.names = names
        self._archive = archive

    def read(self, name: str) -> bytes:
        if name not in self.names:
            raise Changed(name)
        with self._archive.open(name) as stream:
            content = stream.read(LARGEST_PART + 1)
        if len(content) > LARGEST_PART:
            raise ValueError("phần quá lớn")
        return content


def parsed(content: bytes) -> Any:
    """An XML tree; refuses document types and entities, and anything out of proportion."""
    if len(content) > _LARGEST_XML:
        raise ValueError("XML quá lớn")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(content, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("XML có khai báo kiểu tài liệu (DTD)")
    return root


def rooted(element: Any) -> Any:
    """The element as a tree of its own, with the namespaces that it stood in."""
    return parsed(etree.tostring(element, with_tail=False))


@dataclass
class Verified:
    """A signature whose value and references hold, and what they cover."""

    certificate: x509.Certificate
    others: list[x509.Certificate]
    parts: set[str] = field(default_factory=set)
    relationships: dict[str, set[str]] = field(default_factory=dict)
    """Relationship part → ids of the relationships that are signed."""
    types: dict[str, str] = field(default_factory=dict)
    """Part → content type that was signed with it."""
    objects: list[Any] = field(default_factory=list)
    """Signed elements inside the signature, as they were canonicalised for it."""
    digests: set[str] = field(default_factory=set)


class _Verifier(XMLVerifier):
    """signxml's verifier over a package's parts."""

    def __init__(self, package: Package) -> None:
        super().__init__()
        self._package = package
        self.relationships: dict[str, set[str]] = {}
        self.part = ""

    def _c14n(self, nodes: Any, algorithm: Any, inclusive_ns_prefixes: Any = None) -> Any:
        """Of trees of their own: below an inherited default namespace lxml writes a wrong `xmlns=""`."""
        alone = [rooted(one) for one in (nodes if isinstance(nodes, list) else [nodes])]
        return super()._c14n(alone, algorithm, inclusive_ns_prefixes)

    def resolve(self, uri: str) -> bytes:
        self.part = part_of(uri)[0]
        return self._package.read(self.part)

    def _apply_transforms(self, payload: Any, *, transforms_node: Any, signature: Any) -> Any:
        steps = [] if transforms_node is None else list(transforms_node)
        for one in steps:
            if one.get("Algorithm") not in _CANONICAL | {_RELATIONSHIP_TRANSFORM}:
                raise ValueError(f"phép biến đổi không được phép: {one.get('Algorithm')}")
        if not isinstance(payload, bytes):
            return super()._apply_transforms(payload, transforms_node=transforms_node, signature=signature)
        return self.transformed(self.part, payload, steps)

    def transformed(self, part: str, payload: bytes, steps: list[Any]) -> bytes:
        """A part's bytes after the transforms of its reference."""
        tree: Any = None
        for one in steps:
            if one.get("Algorithm") == _RELATIONSHIP_TRANSFORM:
                tree, ids = selected(parsed(payload), one)
                self.relationships.setdefault(part, set()).update(ids)
            elif one.get("Algorithm") in _CANONICAL:
                prefixes = self._get_inclusive_ns_prefixes(one)  # type: ignore[no-untyped-call]
                method = CanonicalizationMethod(one.get("Algorithm"))
                node = parsed(payload) if tree is None else tree
                payload, tree = self._c14n(node, algorithm=method, inclusive_ns_prefixes=prefixes), None
            else:
                raise ValueError("phép biến đổi không được phép")
        return payload if tree is None else bytes(etree.tostring(rooted(tree), method="c14n"))


def selected(root: Any, transform: Any) -> tuple[Any, set[str]]:
    """The relationship transform (ECMA-376-2): the named relationships, sorted, with their target mode."""
    ids = {one.get("SourceId") for one in transform.iter(f"{OPC}RelationshipReference")}
    kinds = {one.get("SourceType") for one in transform.iter(f"{OPC}RelationshipsGroupReference")}
    kept = [
        one for one in root.iter(f"{RELATIONSHIPS}Relationship")
        if one.get("Id") in ids or one.get("Type") in kinds
    ]  # fmt: skip
    fresh = etree.Element(f"{RELATIONSHIPS}Relationships", nsmap={None: RELATIONSHIPS[1:-1]})
    for one in sorted(kept, key=lambda each: str(each.get("Id"))):
        copied = etree.SubElement(fresh, f"{RELATIONSHIPS}Relationship")
        for name in ("Id", "Type", "Target", "TargetMode"):
            value = one.get(name) or ("Internal" if name == "TargetMode" else None)
            if value is not None:
                copied.set(name, value)
    return fresh, {str(one.get("Id")) for one in kept}


def part_of(uri: str) -> tuple[str, str]:
    """Name and declared content type of the part that a reference's URI means; never anything outside."""
    name, _, query = uri.partition("?")
    kind = next((one[12:] for one in query.split("&") if one.startswith("ContentType=")), "")
    name = unquote(name).lstrip("/")
    if not name or ":" in name or ".." in name.split("/") or "#" in name:
        raise ValueError(f"tham chiếu ra ngoài gói: {uri[:80]}")
    return name, kind


def verify(signature: Any, package: Package) -> Verified:
    """Raises Changed for a part that differs, something of READING for what is wrong otherwise."""
    content = etree.tostring(signature)
    listed = [b64decode(one.text or "") for one in signature.iterfind(f"{DS}KeyInfo//{DS}X509Certificate")][
        :8
    ]
    if not listed:
        raise ValueError("chữ ký không kèm chứng thư")
    certificates = [x509.load_der_x509_certificate(one) for one in listed]
    certificate = certificates[0]
    verifier = _Verifier(package)
    config = SignatureConfiguration(
        location="./", expect_references=True, signature_methods=_METHODS,
        digest_algorithms=frozenset(DigestAlgorithm),
        # The certificate's time is judged by the rules of trust, like that of every other signature.
        verification_time=certificate.not_valid_before_utc,
    )  # fmt: skip
    try:
        results: Any = verifier.verify(
            content, x509_cert=certificate, expect_config=config, uri_resolver=verifier.resolve,
            id_attribute="Id",
        )  # fmt: skip
    except SignXMLException as fault:
        if "Digest mismatch" in str(fault):
            raise Changed(str(fault).rpartition("(")[2].strip(")")[:200]) from fault
        raise
    found = Verified(certificate, certificates[1:], relationships=verifier.relationships)
    references = signature.findall(f"{DS}SignedInfo/{DS}Reference")
    for reference, result in zip(references, results, strict=True):
        _note(found, reference, result.signed_xml)
    for manifest in [one for held in found.objects for one in held.iter(f"{DS}Manifest")]:
        for reference in manifest.findall(f"{DS}Reference"):
            _weigh_part(found, reference, verifier, package)
    return found


def _note(found: Verified, reference: Any, signed: Any) -> None:
    uri = reference.get("URI") or ""
    found.digests.add(digest_name(reference))
    if uri.startswith("#"):
        found.objects.append(signed)
        return
    name, kind = part_of(uri)
    found.parts.add(name)
    if kind:
        found.types[name] = kind


def _weigh_part(found: Verified, reference: Any, verifier: _Verifier, package: Package) -> None:
    """A reference of a signed manifest: core validation does not look at those, so it is done here."""
    name, _ = part_of(reference.get("URI") or "")
    steps = list(reference.find(f"{DS}Transforms") if reference.find(f"{DS}Transforms") is not None else [])
    content = verifier.transformed(name, package.read(name), steps)
    wanted = b64decode(reference.findtext(f"{DS}DigestValue") or "")
    if hashlib.new(digest_name(reference), content, usedforsecurity=False).digest() != wanted:
        raise Changed(name)
    _note(found, reference, None)


def digest_name(reference: Any) -> str:
    return _HASHES[reference.find(f"{DS}DigestMethod").get("Algorithm")]
