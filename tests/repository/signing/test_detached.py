"""A detached signature stored beside the file that it signs counts for that file, and for no other (Đ8.3)."""

import hashlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from repository.signatures.signing.cms import Signed
from tests.factories import metadata, stream
from tests.repository.signing.conftest import AGENCY, LEADER, UNIT, Office, pair, paper

pytestmark = pytest.mark.clause("Đ8.3")


async def detached(office: Office, content: bytes, holder: str) -> bytes:
    certificate, key = pair(office.pki, holder)
    signed = Signed(certificate=certificate.public_bytes(serialization.Encoding.DER), chain=[])
    attributes = await signed.attributes(hashlib.sha256(content).digest(), pdf=False)
    return await signed.assembled(attributes, key.sign(attributes, ec.ECDSA(SHA256())), None)


async def legal_value(office: Office, content: bytes, signed: bytes) -> dict:
    files = [(content, "van-ban.pdf")]
    files += [(await detached(office, signed, one), f"{one}.p7s") for one in (LEADER, UNIT)]
    received = [
        await office.repository.intake.receive(office.clerk, stream(each), filename=name)
        for each, name in files
    ]
    assert received[1].media_type == "application/pkcs7-signature"
    given = metadata(direction="outgoing", issuer={"name": AGENCY})
    document = await office.repository.documents.store(office.clerk, given, received)
    await office.repository.judge.judge(document["_id"])
    row = await office.repository.documents.get(office.clerk, document["_id"])
    assert [one["signatures"]["count"] for one in row["versions"]] == [0, 1, 1]
    return row["legal_value"]


async def test_two_detached_signatures_make_a_document_valid(office: Office) -> None:
    content = paper(office.leader.name)
    assert (await legal_value(office, content, content))["status"] == "valid"


async def test_signatures_on_other_bytes_count_for_nothing(office: Office) -> None:
    content = paper(office.leader.name)
    assert (await legal_value(office, content, paper(office.leader.name, "Bản khác")))[
        "status"
    ] == "reference"
