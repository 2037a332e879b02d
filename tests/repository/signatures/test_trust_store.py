"""Trust brought in from files: what is taken, what is refused and why, and what it does to verdicts."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from repository import errors
from repository.access.actors import operator
from repository.audit import Action
from repository.incidents.incidents import Incidents
from repository.signatures.preservation.preservation import Preservation
from repository.signatures.trust.revocation import Evidence, words_on
from repository.signatures.trust.store import TrustRefused, TrustStore
from tests.engines import engines  # noqa: F401  (a fixture)
from tests.repository.signatures.forge import ENDS, NOW, SIGNED
from tests.repository.signatures.test_judge import world  # noqa: F401  (a fixture)

ACTOR = operator("trust")
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


@pytest.fixture
def store(world):  # noqa: F811
    return TrustStore(database=world.database, journal=world.journal)


def pem(*holders):
    return b"".join(one.certificate.public_bytes(PEM) for one in holders)


def listing(forge, *revoked, at=SIGNED - timedelta(days=1), ends=ENDS):
    """A revocation list of the issuer: (holder, since)."""
    build = x509.CertificateRevocationListBuilder().issuer_name(forge.issuer.certificate.subject)
    build = build.last_update(at).next_update(ends)
    for holder, since in revoked:
        row = x509.RevokedCertificateBuilder().revocation_date(since)
        row = row.serial_number(forge.holders[holder].certificate.serial_number)
        build = build.add_revoked_certificate(row.build())
    return build.sign(forge.issuer.key, hashes.SHA256()).public_bytes(DER)


def answer(forge, holder, *, since=None, by=None, until=NOW + timedelta(days=7)):
    """An OCSP answer about a holder, signed by the issuer (or by somebody else)."""
    state = ocsp.OCSPCertStatus.REVOKED if since else ocsp.OCSPCertStatus.GOOD
    signer = by or forge.issuer
    build = ocsp.OCSPResponseBuilder().add_response(
        cert=forge.holders[holder].certificate, issuer=forge.issuer.certificate, algorithm=hashes.SHA1(),
        cert_status=state, this_update=NOW - timedelta(hours=1), next_update=until,
        revocation_time=since, revocation_reason=x509.ReasonFlags.key_compromise if since else None,
    )  # fmt: skip
    build = build.responder_id(ocsp.OCSPResponderEncoding.NAME, signer.certificate)
    return build.sign(signer.key, hashes.SHA256()).public_bytes(DER)


@pytest.mark.clause("Đ8.2")
async def test_a_root_that_no_rule_pins_needs_a_purpose_and_is_recorded(store, world, forge):  # noqa: F811
    (root,) = await store.look("goc.pem", pem(forge.root))
    assert "--purpose" in root.refused
    assert await store.take(ACTOR, [root]) == []
    (root, issuer) = await store.look("goc.pem", pem(forge.root, forge.issuer), purpose="chuyen-dung")
    assert (root.refused, issuer.refused) == ("", "")
    assert len(await store.take(ACTOR, [root, issuer])) == 2
    kinds = [(row["kind"], row["purpose"]) for row in await store.all()]
    assert kinds == [("root", "chuyen-dung"), ("intermediate", "")]
    records = await world.database["audit"].find({"action": Action.TRUST_IMPORTED.value}).to_list(9)
    assert [one["actor"]["id"] for one in records] == [ACTOR.id] * 2
    again = await store.look("goc.pem", pem(forge.root), purpose="chuyen-dung")
    assert [one.known for one in again] == [True]


async def test_what_is_no_trust_is_refused_with_the_reason(store, forge):
    for content in (b"not a certificate", b"", pem(forge.root)[:-200]):
        with pytest.raises(TrustRefused):
            await store.look("x", content)
    with pytest.raises(TrustRefused, match="khóa bí mật"):
        await store.look("x", b"-----BEGIN " + b"PRIVATE KEY-----")
    (leaf,) = await store.look("x", pem(forge.holders["agency"]))
    assert "CA" in leaf.refused
    broken = bytearray(forge.root.certificate.public_bytes(DER))
    broken[-5] ^= 1
    (root,) = await store.look("x", bytes(broken), purpose="chuyen-dung")
    assert "không đúng" in root.refused


@pytest.mark.clause("Đ8.2")
@pytest.mark.parametrize(("purpose", "value"), [("chuyen-dung", "valid"), ("cong-cong", "reference")])
async def test_an_imported_root_gives_its_purpose_to_the_verdict(store, world, forge, full, purpose, value):  # noqa: F811
    world.judge = world.new_judge([])
    await world.document(await world.version(full))
    await world.judge.judge("doc-1")
    (row,) = await world.judge.verdicts.on((await world.read())["versions"][0]["sha256"])
    trust = row["report"]["signatures"][0]["trust"]
    assert (trust["gap"], trust["gap_at"]) == ("untrusted_root", "RootCA thử nghiệm") or (
        trust["gap"] == "missing_issuer"
    )
    await store.take(ACTOR, await store.look("a", pem(forge.root, forge.issuer), purpose=purpose))
    await world.judge.judge("doc-1")
    document = await world.read()
    assert document["legal_value"]["status"] == value
    if purpose == "cong-cong":
        assert any(
            one["clause"] == "Đ8.2" and "không phải chứng thư chuyên dùng" in one["text"]
            for one in document["legal_value"]["reasons"]
        )
    found = await world.judge.report(document["versions"][0]["sha256"])
    assert found["signatures"][0]["trust"]["purpose"] == purpose
    assert [one["subject"] for one in found["signatures"][0]["trust"]["chain"]][-1].endswith(
        "RootCA thử nghiệm"
    )


@pytest.mark.clause("Đ8.1")
async def test_a_list_that_is_brought_in_later_changes_the_verdict_and_the_old_one_can_be_made_again(
    store, world, forge, full  # noqa: F811
):  # fmt: skip
    world.judge = world.new_judge([forge.anchors])
    version = await world.version(full)
    await world.document(version)
    await world.database["documents"].update_one({"_id": "doc-1"}, {"$set": {"subject": "x"}})
    await world.judge.judge("doc-1")
    assert (await world.read())["legal_value"]["status"] == "valid"
    world.clock.advance(timedelta(days=1))
    told = listing(forge, ("agency", SIGNED - timedelta(days=3)), at=NOW)
    await store.take(ACTOR, await store.look("ds.crl", told))
    job = _preservation(world)
    assert (await job.review()).changed == 1
    document = await world.read()
    assert document["legal_value"]["status"] == "reference"
    old, new = await world.judge.verdicts.on(version["sha256"])
    statuses = [row["report"]["signatures"][1]["sub_indication"] for row in (old, new)]
    assert statuses == [None, "REVOKED"]
    (incident,) = await world.database["incidents"].find({"kind": "verdict.changed"}).to_list(9)
    assert "REVOKED" in incident["found"]
    for row in (old, new):
        again = await world.judge.verdicts.reproduce(row, version)
        assert again.model_dump(mode="json") == row["report"]


async def test_a_retired_root_is_believed_no_more(store, world, forge, full):  # noqa: F811
    world.judge = world.new_judge([])
    await store.take(ACTOR, await store.look("a", pem(forge.root, forge.issuer), purpose="chuyen-dung"))
    await world.document(await world.version(full))
    await world.judge.judge("doc-1")
    assert (await world.read())["legal_value"]["status"] == "valid"
    root = forge.root.certificate.fingerprint(hashes.SHA256()).hex()
    await store.retire(ACTOR, root, "thử")
    await world.judge.judge("doc-1")
    assert (await world.read())["legal_value"]["status"] == "reference"
    with pytest.raises(errors.NotFound):
        await store.retire(ACTOR, root, "thử")


@pytest.mark.clause("Đ8.1")
async def test_ocsp_answers_speak_when_the_issuer_signed_them(store, world, forge, full):  # noqa: F811
    world.judge = world.new_judge([forge.anchors])
    forged = answer(forge, "agency", since=SIGNED - timedelta(days=1), by=forge.stranger)
    await store.take(ACTOR, await store.look("gia.ocsp", forged))
    await store.take(ACTOR, await store.look("that.ocsp", answer(forge, "agency")))
    await world.document(await world.version(full))
    await world.judge.judge("doc-1")
    found = await world.judge.report((await world.read())["versions"][0]["sha256"])
    person, agency = found["signatures"]
    assert (agency["status"], agency["trust"]["revocation"]) == ("TOTAL-PASSED", "good")
    assert [one["kind"] for one in agency["trust"]["evidence"]] == ["ocsp"]
    assert person["trust"]["revocation"] == "not_checked"
    told = answer(forge, "agency", since=SIGNED - timedelta(days=1))
    await store.take(ACTOR, await store.look("thu-hoi.ocsp", told))
    found = await world.judge.review("doc-1")
    assert found[1].after.signatures[1].sub_indication == "REVOKED"
    assert found[1].after.signatures[1].trust.evidence[0].reason == "keyCompromise"


def _preservation(world):  # noqa: F811

    incidents = Incidents(database=world.database, journal=world.journal)
    return Preservation(
        database=world.database, blobs=world.blobs, journal=world.journal, incidents=incidents,
        judge=world.judge, stamper=None,
    )  # fmt: skip


@pytest.mark.clause("Đ8.1")
def test_an_answer_without_an_end_says_how_it_was_then_and_not_for_ever(forge):
    one, issuer = forge.holders["agency"].certificate, forge.issuer.certificate
    piece = Evidence("ocsp", answer(forge, "agency", until=None), "file")
    (word,) = words_on(one.public_bytes(DER), issuer.public_bytes(DER), [piece])
    assert (word.until, word.revoked_at) == (None, None)
    told = [timedelta(days=-30), timedelta(hours=1), timedelta(days=2), timedelta(days=400)]
    spoken = [word.speaks_for(word.produced + after, one.not_valid_after_utc) for after in told]
    assert spoken == [True, True, False, False]
