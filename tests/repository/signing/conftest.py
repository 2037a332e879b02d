"""A unit that can sign: a leader with a certificate of his own, a clerk who seals, keys of every sort."""

import io
import os
from dataclasses import dataclass, replace

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.pdfgen.canvas import Canvas

from ops.demo.pki import DemoPki
from repository.access.actors import Actor, operator
from repository.access.permissions import Role
from repository.organisation.units.units import UnitForm
from repository.signatures.signing import appearance
from repository.signatures.signing.model import Act, Preparation
from repository.wiring import Repository
from tests.factories import make_person, metadata, stream
from tests.signers import MODULE, RemoteSigner, make_softhsm, put_on_token, remote_signer, time_authority

UNIT = "van-phong"
AGENCY = "Văn phòng Ủy ban nhân dân quận Hòa Mai"
LEADER = "ld.vanphong"
SECRET = "mật khẩu của tệp"


@pytest.fixture(scope="session")
def pki(tmp_path_factory) -> DemoPki:
    return DemoPki.open(tmp_path_factory.mktemp("pki") / "pki")


def pair(pki: DemoPki, holder: str):
    """A holder's certificate and key."""
    content = (pki.anchors.parent / "keys" / f"{holder}.pem").read_bytes()
    return (
        x509.load_pem_x509_certificates(content)[0],
        serialization.load_pem_private_key(content, password=None),
    )


def p12(pki: DemoPki, holder: str, secret: str = SECRET) -> bytes:
    certificate, key = pair(pki, holder)
    sealed = serialization.BestAvailableEncryption(secret.encode())
    return pkcs12.serialize_key_and_certificates(holder.encode(), key, certificate, None, sealed)


def full_name(pki: DemoPki, holder: str) -> str:
    return str(pki.certificate(holder).subject.native["common_name"])


def paper(name: str, text: str = "Văn bản") -> bytes:
    """One A4 page that ends with the signer's name, as official papers do."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    canvas.setFont(appearance.upright(name + text), 13)
    canvas.drawString(80, 760, text)
    canvas.drawString(380, 300, "CHÁNH VĂN PHÒNG")
    canvas.drawString(380, 200, name)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def stamper(pki: DemoPki) -> DummyTimeStamper:
    content = (pki.anchors.parent / "keys" / "tsa.pem").read_bytes()
    chain = [
        asn1_x509.Certificate.load(one.public_bytes(serialization.Encoding.DER))
        for one in x509.load_pem_x509_certificates(content)
    ]
    key = serialization.load_pem_private_key(content, password=None)
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    store = SimpleCertificateStore()
    store.register_multiple(chain[1:])
    return DummyTimeStamper(chain[0], asn1_keys.PrivateKeyInfo.load(der), certs_to_embed=store)


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory, pki):
    """The leader's key on one token, the unit's on another."""
    if not MODULE:
        pytest.skip("no SoftHSM on this machine")
    conf = make_softhsm(tmp_path_factory.mktemp("hsm"))
    for label, holder in (("lanh-dao", LEADER), ("co-quan", UNIT)):
        put_on_token(conf, label, *pair(pki, holder))
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(conf)
    yield MODULE
    if before is None:
        del os.environ["SOFTHSM2_CONF"]


@pytest.fixture(scope="session")
def tsa(pki):
    with time_authority(stamper(pki)) as url:
        yield url


@pytest.fixture
def remote():
    signer = RemoteSigner()
    with remote_signer(signer) as url:
        signer.url = url
        yield signer


@pytest.fixture
def settings(settings, pki, tsa, remote):
    anchors = ":".join(str(path) for path in (pki.anchors, pki.intermediates, *pki.crls))
    return replace(
        settings, trust_anchors=anchors, tsa_url=tsa, pkcs11_module=MODULE, signer_url=remote.url,
        signer_token=remote.token,
    )  # fmt: skip


@dataclass
class Office:
    repository: Repository
    pki: DemoPki
    leader: Actor
    clerk: Actor
    officer: Actor
    certificates: dict[str, str]

    async def document(self, content: bytes | None = None, **fields):
        received = await self.repository.intake.receive(
            self.clerk, stream(content or paper(self.leader.name)), filename="Công văn.pdf"
        )
        given = {"direction": "outgoing", "issuer": {"name": AGENCY}, "document_type": "CV"} | fields
        return await self.repository.documents.store(self.clerk, metadata(**given), [received])

    def preparation(self, document, kind="person", holder=LEADER, n=1, **fields) -> Preparation:
        version = next(one for one in document["versions"] if one["n"] == n)
        given = {"as": kind, "sha256": version["sha256"], "certificate": self.certificates[holder]}
        return Preparation.model_validate(given | fields)

    async def signed(self, actor, document, act: Act, kind="person", holder=LEADER, n=1):
        """All three steps; the document afterwards and the new version's number."""
        form = self.preparation(document, kind, holder, n)
        signing = await self.repository.signings.prepare(actor, document["_id"], n, form)
        await self.repository.signings.sign(actor, signing["_id"], act)
        return await self.repository.signings.finish(actor, signing["_id"])

    async def content(self, document, n) -> bytes:
        version = next(one for one in document["versions"] if one["n"] == n)
        async with self.repository.versions.content(version) as chunks:
            return b"".join([chunk async for chunk in chunks])


@pytest.fixture
async def office(repository, pki) -> Office:
    root = operator("test")
    await repository.units.create(root, UnitForm(id=UNIT, name=AGENCY, symbol="VP"))
    leader = await make_person(repository, LEADER, UNIT, Role.LEADER, title="Chánh Văn phòng")
    clerk = await make_person(repository, "vt.vanphong", UNIT, Role.CLERK, title="Văn thư")
    officer = await make_person(repository, "cv.vanphong", UNIT, Role.OFFICER, title="Chuyên viên")
    name = full_name(pki, LEADER)
    await repository.database["people"].update_one({"_id": leader.id}, {"$set": {"full_name": name}})
    leader = replace(leader, name=name)
    found = {}
    for holder in (UNIT, LEADER):
        pem = pair(pki, holder)[0].public_bytes(serialization.Encoding.PEM)
        if holder == UNIT:
            facts = await repository.certificates.add(root, UNIT, pem)
        else:
            facts = await repository.certificates.add_for_person(root, leader.id, pem)
        found[holder] = facts["sha256"]
    return Office(repository, pki, leader, clerk, officer, found)
