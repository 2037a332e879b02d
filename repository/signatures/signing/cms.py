"""The signature object itself (CMS, CAdES attributes): what the key signs, and the value put around it.

Nothing here parses what a stranger made, except signature values and time stamps, which are checked at once.
"""

import hashlib
from base64 import b64decode
from typing import Final

from asn1crypto import cms as asn1_cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.signers import ExternalSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from repository.signatures.signing.refusals import WrongSignature

DIGEST: Final = "sha256"


class Signed:
    """One signature in the making: by whose certificate, over which content digest."""

    def __init__(self, *, certificate: bytes, chain: list[bytes]) -> None:
        self._der = certificate
        self._certificate = asn1_x509.Certificate.load(certificate)
        self._others = [asn1_x509.Certificate.load(one) for one in chain]

    def _signer(self, value: bytes | int) -> ExternalSigner:
        store = SimpleCertificateStore()
        store.register_multiple(self._others)
        return ExternalSigner(self._certificate, store, signature_value=value, embed_roots=False)

    async def attributes(self, content_digest: bytes, *, pdf: bool) -> bytes:
        """The signed attributes in DER: these bytes, hashed with SHA-256, are what the key signs.

        Outside a PDF, which names the time itself, the attributes say nothing of it: the time stamp does.
        """
        wanted = PdfCMSSignedAttributes(cades_signed_attrs=CAdESSignedAttrSpec())
        made = await self._signer(512).signed_attrs(
            content_digest, DIGEST, attr_settings=wanted, use_pades=True, is_pdf_sig=pdf
        )
        return bytes(made.dump())

    async def assembled(self, attributes: bytes, value: bytes, stamper: TimeStamper | None) -> bytes:
        """The whole object in DER, with a time stamp on the value when a stamper is given."""
        prescribed = asn1_cms.CMSAttributes.load(attributes)
        made = await self._signer(value).async_sign_prescribed_attributes(
            DIGEST, prescribed, timestamper=stamper
        )
        return bytes(made.dump())

    def verify(self, attributes: bytes, value: bytes) -> None:
        """Raises WrongSignature unless the value is this certificate's over these attributes."""
        key = x509.load_der_x509_certificate(self._der).public_key()
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(value, attributes, padding.PKCS1v15(), SHA256())
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(value, attributes, ec.ECDSA(SHA256()))
            else:
                raise WrongSignature
        except InvalidSignature as fault:
            raise WrongSignature from fault


def digest_of(attributes: bytes) -> bytes:
    return hashlib.sha256(attributes).digest()


def der_of(row: dict[str, str]) -> bytes:
    """A registered certificate's bytes."""
    return b64decode(row["der"])
