"""A test PKI in the likeness of the government's: root, intermediate, agency and personal certificates, a
time stamping authority, one expired and one revoked holder, and a root nobody trusts. It is made at first
run, its keys stay in the demonstration's data folder (mode 0600), and its names say that it is a test.
"""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ops.demo.district import OUTSIDERS, PEOPLE, UNITS, CertificateState

ROOT_NAME = "RootCA thử nghiệm Tàng Thư"
ISSUER_NAME = "CA thử nghiệm phục vụ cơ quan nhà nước"
STRANGER_NAME = "CA lạ"
AUTHORITY = "Tàng Thư (chỉ để thử nghiệm)"

_BORN = datetime(2025, 1, 1, tzinfo=UTC)
_ENDS = datetime(2040, 1, 1, tzinfo=UTC)
_EXPIRED_ON = datetime(2025, 12, 31, tzinfo=UTC)
_REVOKED_ON = datetime(2025, 12, 1, tzinfo=UTC)

_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class _Authority:
    """A certificate that signs others, with its key."""

    certificate: x509.Certificate
    key: _Key


class DemoPki:
    """The test PKI of one data folder; signers are named by unit id, username or `<outsider>.ld`."""

    def __init__(self, *, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def open(cls, folder: Path) -> "DemoPki":
        """Opens the PKI of a folder, making it when it is not there; an interrupted making leaves nothing."""
        if not (folder / "anchors.pem").exists():
            draft = folder.with_name(folder.name + ".part")
            shutil.rmtree(draft, ignore_errors=True)
            (draft / "keys").mkdir(parents=True, mode=0o700)
            _make(draft)
            draft.rename(folder)
        return cls(folder=folder)

    @property
    def anchors(self) -> Path:
        """PEM of the trusted root (and of nothing else)."""
        return self._folder / "anchors.pem"

    @property
    def intermediates(self) -> Path:
        """PEM of the issuing certificate, for validators that meet a signature with the leaf alone."""
        return self._folder / "intermediates.pem"

    @property
    def crls(self) -> tuple[Path, ...]:
        """The revocation lists (DER) of the root and of the issuing authority."""
        return (self._folder / "root.crl", self._folder / "issuer.crl")

    def certificate(self, name: str) -> asn1_x509.Certificate:
        """The certificate of a holder."""
        return asn1_x509.Certificate.load(_certificates(self._folder / "keys" / f"{name}.pem")[0])

    def signer(self, name: str) -> SimpleSigner:
        """A signer for pyHanko that embeds its own and its issuer's certificate, not the root."""
        path = self._folder / "keys" / f"{name}.pem"
        chain = [asn1_x509.Certificate.load(der) for der in _certificates(path)]
        return SimpleSigner(
            signing_cert=chain[0],
            signing_key=_key(path),
            cert_registry=_store(chain[1:]),
            embed_roots=False,
        )

    def timestamper(self, at: datetime) -> DummyTimeStamper:
        """A time stamping authority that always answers with the moment given."""
        path = self._folder / "keys" / "tsa.pem"
        chain = [asn1_x509.Certificate.load(der) for der in _certificates(path)]
        registry = _store(chain[1:])
        return DummyTimeStamper(chain[0], _key(path), certs_to_embed=registry, fixed_dt=at)


def _store(certificates: list[asn1_x509.Certificate]) -> SimpleCertificateStore:
    store = SimpleCertificateStore()
    store.register_multiple(certificates)
    return store


def _certificates(path: Path) -> list[bytes]:
    found = x509.load_pem_x509_certificates(path.read_bytes())
    return [one.public_bytes(serialization.Encoding.DER) for one in found]


def _key(path: Path) -> Any:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return asn1_keys.PrivateKeyInfo.load(der)


def _make(folder: Path) -> None:
    root = _authority(ROOT_NAME, None)
    issuer = _authority(ISSUER_NAME, root)
    stranger = _authority(STRANGER_NAME, None)
    revoked: list[x509.Certificate] = []
    for name, subject, mail, state in _holders():
        authority = stranger if state == "stranger" else issuer
        leaf, key = _leaf(subject, authority, mail=mail, ends=_EXPIRED_ON if state == "expired" else _ENDS)
        _keep(folder / "keys" / f"{name}.pem", key, leaf, authority.certificate)
        if state == "revoked":
            revoked.append(leaf)
    tsa, tsa_key = _leaf(
        _name("Máy chủ cấp dấu thời gian thử nghiệm", o=AUTHORITY), issuer, stamps=True, ends=_ENDS
    )
    _keep(folder / "keys" / "tsa.pem", tsa_key, tsa, issuer.certificate)
    _keep(folder / "keys" / "issuer.pem", issuer.key, issuer.certificate, root.certificate)
    (folder / "root.crl").write_bytes(_crl(root, []))
    (folder / "issuer.crl").write_bytes(_crl(issuer, revoked))
    (folder / "intermediates.pem").write_bytes(_pem(issuer.certificate))
    (folder / "anchors.pem").write_bytes(_pem(root.certificate))


def _holders() -> list[tuple[str, x509.Name, str | None, CertificateState]]:
    """Key name, subject, mail and state of everybody who can sign."""
    district = UNITS[0].name
    rows: list[tuple[str, x509.Name, str | None, CertificateState]] = []
    for index, unit in enumerate(UNITS, start=1):
        rows.append((unit.id, _agency(unit.name, f"Quận Hòa Mai ({AUTHORITY})", index), None, "good"))
    names = {unit.id: unit.name for unit in UNITS}
    for one in PEOPLE:
        mail = f"{one.username}@hoamai.saomai.example"
        rows.append(
            (one.username, _name(one.full_name, o=district, ou=names[one.unit], mail=mail), mail, "good")
        )
    for index, other in enumerate(OUTSIDERS, start=101):
        mail = f"{other.id}@saomai.example"
        rows.append((other.id, _agency(other.name, AUTHORITY, index), None, other.certificate))
        person = _name(other.signer, o=other.name, ou=other.name, mail=mail)
        rows.append((f"{other.id}.ld", person, mail, other.certificate))
    return rows


def _agency(name: str, organisation: str, index: int) -> x509.Name:
    # the state's own agency certificates are told from personal ones by this UID
    return _name(name, o=organisation, uid=f"MST:0099{index:06d}")


def _name(
    cn: str, *, o: str, ou: str | None = None, mail: str | None = None, uid: str | None = None
) -> x509.Name:
    # the 64 characters of X.520 are a ceiling some long office names reach
    parts = [(NameOID.COUNTRY_NAME, "VN"), (NameOID.ORGANIZATION_NAME, o[:64])]
    parts += [(NameOID.ORGANIZATIONAL_UNIT_NAME, ou[:64])] if ou else []
    parts += [(NameOID.COMMON_NAME, cn[:64])]
    parts += [(NameOID.EMAIL_ADDRESS, mail)] if mail else []
    parts += [(NameOID.USER_ID, uid)] if uid else []
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _authority(name: str, above: _Authority | None) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name, o=AUTHORITY)
    build = _builder(subject, above.certificate.subject if above else subject, key, _ENDS)
    usage = _usage(key_cert_sign=True, crl_sign=True)
    build = build.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    build = build.add_extension(usage, critical=True)
    if above:
        build = _linked(build, above, "root")
    return _Authority(build.sign(above.key if above else key, hashes.SHA256()), key)


def _leaf(
    subject: x509.Name, issuer: _Authority, *, ends: datetime, mail: str | None = None, stamps: bool = False
) -> tuple[x509.Certificate, _Key]:
    # pyHanko's own time stamping stand-in signs with RSA only; elliptic keys are quicker to make
    key: _Key = rsa.generate_private_key(65537, 2048) if stamps else ec.generate_private_key(ec.SECP256R1())
    build = _builder(subject, issuer.certificate.subject, key, ends)
    build = build.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    build = build.add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
    if stamps:
        build = build.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    if mail:
        build = build.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(mail)]), critical=False)
    build = _linked(build, issuer, "issuer")
    return build.sign(issuer.key, hashes.SHA256()), key


def _builder(subject: x509.Name, issuer: x509.Name, key: _Key, ends: datetime) -> x509.CertificateBuilder:
    build = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    build = build.serial_number(x509.random_serial_number()).not_valid_before(_BORN).not_valid_after(ends)
    return build.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _linked(build: x509.CertificateBuilder, issuer: _Authority, crl: str) -> x509.CertificateBuilder:
    """Names the issuer's key and where its revocation list would be (a host that can never answer)."""
    point = x509.DistributionPoint(
        full_name=[x509.UniformResourceIdentifier(f"http://crl.tangthu.invalid/{crl}.crl")],
        relative_name=None,
        reasons=None,
        crl_issuer=None,
    )
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    build = build.add_extension(identifier, critical=False)
    return build.add_extension(x509.CRLDistributionPoints([point]), critical=False)


def _usage(**on: bool) -> x509.KeyUsage:
    bits = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{bit: on.get(bit, False) for bit in bits})


def _crl(issuer: _Authority, revoked: list[x509.Certificate]) -> bytes:
    build = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    # issued "long ago and for long": the samples carry signing times of the past and no one renews this list
    build = build.last_update(_REVOKED_ON + timedelta(hours=1)).next_update(_ENDS)
    build = build.add_extension(x509.CRLNumber(1), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    build = build.add_extension(identifier, critical=False)
    for one in revoked:
        row = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(_REVOKED_ON)
        build = build.add_revoked_certificate(row.build())
    return build.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _keep(path: Path, key: _Key, *chain: x509.Certificate) -> None:
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # born 0600: a file made first and restricted later can be read in between
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(secret + b"".join(_pem(one) for one in chain))
