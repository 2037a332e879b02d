"""RFC 3161: when a checkpoint was there, said by an authority that is not us.

The answer is checked before it is kept: it must be about our bytes and our question and be signed by its certificate.
Whether that certificate is to be believed is decided by who verifies, with the anchors of the day.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import algos, cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from repository import errors

_PATIENCE: Final = 20.0
_TYPE: Final = "application/timestamp-query"
_UNFIT: Final = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, InvalidSignature, UnsupportedAlgorithm,
    x509.ExtensionNotFound, x509.DuplicateExtension,
)  # fmt: skip
"""What libraries raise over bytes that are not what they claim."""


class BadTimestamp(errors.Corrupt):
    """The token does not say that these bytes were there."""

    vi = "Dấu thời gian không hợp lệ: {what}."
    en = "The timestamp does not hold: {what}."


@dataclass(frozen=True)
class Stamp:
    """What a checked token says."""

    at: datetime
    authority: str
    certificate: bytes
    """DER of the authority's certificate."""


class Timestamper:
    """An authority at an address."""

    def __init__(self, *, url: str) -> None:
        self._url = url

    async def stamp(self, data: bytes) -> tuple[bytes, Stamp]:
        """A token (DER of the CMS) over the data. Raises Unavailable, BadTimestamp."""
        import httpx  # here: who only verifies needs no network

        nonce = secrets.randbits(63)
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE) as client:
                answer = await client.post(
                    self._url, content=query(data, nonce), headers={"Content-Type": _TYPE}
                )
        except httpx.HTTPError as fault:
            raise errors.Unavailable(what="máy chủ cấp dấu thời gian") from fault
        if answer.status_code != 200:
            raise errors.Unavailable(what=f"máy chủ cấp dấu thời gian (HTTP {answer.status_code})")
        token = _granted(answer.content)
        return token, verify(token, data, nonce=nonce)


def query(data: bytes, nonce: int) -> bytes:
    """The DER of a request."""
    algorithm = algos.DigestAlgorithm({"algorithm": "sha256"})
    imprint = {"hash_algorithm": algorithm, "hashed_message": hashlib.sha256(data).digest()}
    asked = {"version": 1, "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    told: bytes = tsp.TimeStampReq(asked).dump()
    return told


def verify(token: bytes, data: bytes, *, nonce: int | None = None) -> Stamp:
    """What the token says of the data. Raises BadTimestamp. Does not judge the authority's certificate."""
    try:
        return _verified(token, data, nonce)
    except _UNFIT as fault:
        raise BadTimestamp(what=str(fault) or "chữ ký không đúng") from fault


def _granted(answer: bytes) -> bytes:
    try:
        told = tsp.TimeStampResp.load(answer, strict=True)
        status = told["status"]["status"].native
        token: bytes = told["time_stamp_token"].dump()
    except (ValueError, TypeError, KeyError) as fault:
        raise BadTimestamp(what="câu trả lời không đọc được") from fault
    if status not in ("granted", "granted_with_mods"):
        raise errors.Unavailable(what=f"máy chủ cấp dấu thời gian ({status})")
    return token


def _verified(token: bytes, data: bytes, nonce: int | None) -> Stamp:
    signed = cms.ContentInfo.load(token, strict=True)["content"]
    info = signed["encap_content_info"]["content"].parsed
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256":
        raise BadTimestamp(what="thuật toán băm khác SHA-256")
    if imprint["hashed_message"].native != hashlib.sha256(data).digest():
        raise BadTimestamp(what="dấu của dữ liệu khác")
    if nonce is not None and info["nonce"].native != nonce:
        raise BadTimestamp(what="câu trả lời cho yêu cầu khác")
    [signer] = signed["signer_infos"]
    content = signed["encap_content_info"]["content"].contents
    certificate = _certificate(signed, signer)
    _check_attributes(signer, content)
    _check_signature(signer, certificate)
    at: datetime = info["gen_time"].native
    return Stamp(at, certificate.subject.rfc4514_string(), certificate.public_bytes(Encoding.DER))


def _certificate(signed: Any, signer: Any) -> x509.Certificate:
    """The certificate that the signer names; it must be for time stamping."""
    for one in signed["certificates"]:
        if one.name != "certificate":
            continue
        found = one.chosen
        named = signer["sid"].chosen
        fits = (
            found.serial_number == named["serial_number"].native and found.issuer == named["issuer"]
            if signer["sid"].name == "issuer_and_serial_number"
            else found.key_identifier == named.native
        )
        if fits:
            certificate = x509.load_der_x509_certificate(found.dump())
            usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
            if ExtendedKeyUsageOID.TIME_STAMPING not in usage:
                raise BadTimestamp(what="chứng thư không dùng để cấp dấu thời gian")
            return certificate
    raise BadTimestamp(what="thiếu chứng thư của máy chủ cấp")


def _check_attributes(signer: Any, content: bytes) -> None:
    digest = _hash(signer["digest_algorithm"]["algorithm"].native)
    told = hashes.Hash(digest)
    told.update(content)
    expected = told.finalize()
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native == "message_digest":
            if attribute["values"][0].native != expected:
                raise BadTimestamp(what="nội dung bị sửa")
            return
    raise BadTimestamp(what="thiếu message-digest")


def _check_signature(signer: Any, certificate: x509.Certificate) -> None:
    covered = signer["signed_attrs"].untag().dump()
    algorithm = signer["signature_algorithm"]
    name = algorithm.signature_algo
    named = algorithm["algorithm"].native.partition("_")[
        0
    ]  # `sha256_rsa` names its digest, `rsassa_…` does not
    own = signer["digest_algorithm"]["algorithm"].native
    digest = _hash(named if named.startswith("sha") else own)
    key, value = certificate.public_key(), signer["signature"].native
    if isinstance(key, rsa.RSAPublicKey) and name == "rsassa_pkcs1v15":
        key.verify(value, covered, padding.PKCS1v15(), digest)
    elif isinstance(key, rsa.RSAPublicKey) and name == "rsassa_pss":
        scheme = padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)
        key.verify(value, covered, scheme, digest)
    elif isinstance(key, ec.EllipticCurvePublicKey) and name == "ecdsa":
        key.verify(value, covered, ec.ECDSA(digest))
    else:
        raise BadTimestamp(what=f"thuật toán ký {name} không được hỗ trợ")


def _hash(name: str) -> hashes.HashAlgorithm:
    known: dict[str, hashes.HashAlgorithm] = {
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
    }
    if name not in known:
        raise BadTimestamp(what=f"thuật toán băm {name} không được chấp nhận")
    return known[name]
