"""The keys: a PKCS#12 file, a PKCS#11 device, a remote service. Each signs attributes for one certificate.

Secrets pass through and are kept nowhere. A key of another certificate is refused before it signs.
"""

import asyncio
import base64
import ssl
import threading
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx
from asn1crypto import x509 as asn1_x509
from asn1crypto.algos import DSASignature
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from repository import errors
from repository.signatures.signing.cms import digest_of
from repository.signatures.signing.refusals import MeansRefused

_SECONDS: Final = 60.0


class OtherCertificate(Exception):
    """The key that was opened belongs to another certificate; `subject` says whose."""

    def __init__(self, subject: str) -> None:
        super().__init__(subject)
        self.subject = subject


class Key(Protocol):
    """Signs what the certificate's owner is asked to sign."""

    async def sign(self, certificate: bytes, attributes: bytes, *, secret: str) -> bytes:
        """The signature value over SHA-256 of the attributes (RSA PKCS#1 v1.5, or ECDSA in DER).

        Raises MeansRefused when the key cannot be opened, OtherCertificate when it is another's.
        """
        ...


class FileKey:
    """A PKCS#12 file."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def sign(self, certificate: bytes, attributes: bytes, *, secret: str) -> bytes:
        return await asyncio.to_thread(self._sign, certificate, attributes, secret)

    def _sign(self, certificate: bytes, attributes: bytes, secret: str) -> bytes:
        key, found = opened(self._content, secret)
        require_same(found, certificate)
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(attributes, padding.PKCS1v15(), SHA256())
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(attributes, ec.ECDSA(SHA256()))
        raise MeansRefused(why="loại khóa trong tệp không dùng để ký được")


def opened(content: bytes, secret: str) -> tuple[Any, bytes]:
    """Key and certificate (DER) of a PKCS#12 file. Raises MeansRefused."""
    try:
        key, found, _ = pkcs12.load_key_and_certificates(content, secret.encode() or None)
    except ValueError as fault:
        raise MeansRefused(
            why="tệp khóa (PKCS#12) không mở được, hoặc mật khẩu của tệp không đúng"
        ) from fault
    if key is None or found is None:
        raise MeansRefused(why="tệp không có đủ khóa và chứng thư")
    return key, found.public_bytes(Encoding.DER)


def require_same(found: bytes, certificate: bytes) -> None:
    """Raises OtherCertificate unless they are one."""
    if found != certificate:
        subject = x509.load_der_x509_certificate(found).subject.rfc4514_string()
        raise OtherCertificate(subject[:300])


class TokenKey:
    """A PKCS#11 device: the token that holds the certificate is found by itself."""

    _turn: Final = threading.Lock()
    """Devices are asked one at a time: the library is initialised anew so that a new token is seen."""

    def __init__(self, *, module: str) -> None:
        self._module = module

    async def sign(self, certificate: bytes, attributes: bytes, *, secret: str) -> bytes:
        return await asyncio.to_thread(self._sign, certificate, attributes, secret)

    def _sign(self, certificate: bytes, attributes: bytes, secret: str) -> bytes:
        import pkcs11
        from pkcs11.exceptions import PinIncorrect, PinLenRange, PinLocked, PKCS11Error

        with self._turn:
            try:
                library = pkcs11.lib(self._module)
                library.reinitialize()
                tokens = list(library.get_tokens())
                return _signed_by_token(tokens, certificate, attributes, secret)
            except (PinIncorrect, PinLenRange) as fault:
                raise MeansRefused(why="mã PIN không đúng; nhập sai nhiều lần thiết bị sẽ khóa") from fault
            except PinLocked as fault:
                raise MeansRefused(why="thiết bị đã khóa vì nhập sai PIN nhiều lần") from fault
            except (PKCS11Error, RuntimeError) as fault:
                raise errors.Unavailable(what=f"thiết bị ký PKCS#11 ({type(fault).__name__})") from fault


def _signed_by_token(tokens: list[Any], certificate: bytes, attributes: bytes, secret: str) -> bytes:
    from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

    seen: list[bytes] = []
    for token in tokens:
        with token.open() as session:
            found = {
                bytes(one[Attribute.VALUE]): one[Attribute.ID]
                for one in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
            }
        seen += found
        if certificate not in found:
            continue
        with token.open(user_pin=secret) as session:
            query = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: found[certificate]}
            key = next(iter(session.get_objects(query)), None)
            if key is None:
                raise MeansRefused(why="thiết bị có chứng thư nhưng không có khóa của nó")
            if key.key_type == KeyType.RSA:
                return bytes(key.sign(attributes, mechanism=Mechanism.SHA256_RSA_PKCS))
            raw = bytes(key.sign(digest_of(attributes), mechanism=Mechanism.ECDSA))
            return bytes(DSASignature.from_p1363(raw).dump())
    if len(set(seen)) == 1:
        raise OtherCertificate(asn1_x509.Certificate.load(seen[0]).subject.human_friendly[:300])
    raise MeansRefused(why="không tìm thấy thiết bị có chứng thư này; hãy cắm thiết bị rồi thử lại")


class RemoteKey:
    """A remote signing service (the calls of the Cloud Signature Consortium's API: authorize, signHash)."""

    def __init__(self, *, url: str, token: str, ca: str = "") -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._ca = ca
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise errors.Invalid(why="TANGTHU_SIGNER_URL phải là https")

    async def sign(self, certificate: bytes, attributes: bytes, *, secret: str) -> bytes:
        named = asn1_x509.Certificate.load(certificate)
        credential = named.sha256.hex()
        hashed = base64.b64encode(digest_of(attributes)).decode()
        found = await self._ask("credentials/info", {"credentialID": credential, "certificates": "single"})
        listed = (found.get("cert") or {}).get("certificates") or [""]
        require_same(_decoded(str(listed[0])), certificate)
        granted = await self._ask(
            "credentials/authorize",
            {"credentialID": credential, "numSignatures": 1, "hash": [hashed], "PIN": secret},
        )
        wanted = {
            "credentialID": credential, "SAD": granted.get("SAD", ""), "hash": [hashed],
            "hashAlgo": "2.16.840.1.101.3.4.2.1", "signAlgo": _algorithm(named),
        }  # fmt: skip
        answer = await self._ask("signatures/signHash", wanted)
        values = answer.get("signatures") or [""]
        return _decoded(str(values[0]))

    async def _ask(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with httpx.AsyncClient(
                timeout=_SECONDS, headers=headers, verify=_verified(self._ca), trust_env=False
            ) as client:
                answer = await client.post(f"{self._url}/{call}", json=body)
        except httpx.HTTPError as fault:
            raise errors.Unavailable(what="ký số từ xa") from fault
        if answer.status_code in (401, 403):
            raise errors.Unavailable(what="ký số từ xa (không nhận mã truy cập của hệ thống)")
        try:
            told = answer.json()
        except ValueError as fault:
            raise errors.Unavailable(what="ký số từ xa (trả lời không đọc được)") from fault
        if answer.status_code >= 500 or not isinstance(told, dict):
            raise errors.Unavailable(what="ký số từ xa")
        if answer.status_code != 200:
            said = str(told.get("error_description") or told.get("error") or "từ chối")[:200]
            raise MeansRefused(why=f"dịch vụ ký từ xa trả lời: {said}")
        return told


def _verified(ca: str) -> Any:
    return ssl.create_default_context(cafile=ca) if ca else True


def _algorithm(certificate: asn1_x509.Certificate) -> str:
    return "1.2.840.113549.1.1.11" if certificate.public_key.algorithm == "rsa" else "1.2.840.10045.4.3.2"


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as fault:
        raise errors.Unavailable(what="ký số từ xa (trả lời không đọc được)") from fault
