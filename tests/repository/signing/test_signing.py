"""Prepare, sign, finish on real engines, with a file, a SoftHSM token, a remote signer; and what is refused."""

import base64
import hashlib
import io
import re
from dataclasses import replace

import pypdfium2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from repository import errors
from repository.access.actors import operator
from repository.organisation.certificates import CertificateRefused
from repository.signatures.signing.model import Act, Kind, Means
from repository.signatures.signing.refusals import (
    CertificateNotOwn,
    Ended,
    MeansRefused,
    NotSignable,
    OtherVersion,
    WrongSignature,
)
from repository.wiring import open_repository
from tests.factories import metadata, stored, stream
from tests.repository.signing.conftest import LEADER, SECRET, UNIT, Office, p12, pair, paper
from tests.signers import PIN

pytestmark = [pytest.mark.clause("Đ8.1")]


def by_file(office: Office, holder: str = LEADER, secret: str = SECRET) -> Act:
    content = base64.b64encode(p12(office.pki, holder)).decode()
    return Act(means=Means.FILE, file=content, secret=secret)


@pytest.mark.clause("Đ8.3")
async def test_person_then_agency_makes_it_legally_valid(office: Office) -> None:
    document = await office.document()
    document, n = await office.signed(office.leader, document, by_file(office))
    assert n == 2
    document, n = await office.signed(
        office.clerk, document, by_file(office, UNIT), kind="agency", holder=UNIT, n=2
    )
    assert n == 3
    await office.repository.judge.judge(document["_id"])
    row = await office.repository.documents.get(office.clerk, document["_id"])
    assert row["legal_value"]["status"] == "valid", row["legal_value"]
    assert [one["signatures"]["status"] for one in row["versions"]] == ["none", "intact", "intact"]
    found = await office.repository.judge.report(row["versions"][2]["sha256"])
    assert [one["status"] for one in found["signatures"]] == ["TOTAL-PASSED", "TOTAL-PASSED"]
    assert [one["signer"]["kind"] for one in found["signatures"]] == ["person", "agency"]
    assert all(one["timestamped"] and one["timestamp"]["trusted"] for one in found["signatures"])
    assert len(found["document_timestamps"]) == 2
    assert row["versions"][2]["signed_from"]["sha256"] == row["versions"][1]["sha256"]


async def test_the_first_version_stays_as_it_was_and_the_new_one_begins_with_it(office: Office) -> None:
    content = paper(office.leader.name)
    document = await office.document(content)
    document, _ = await office.signed(office.leader, document, by_file(office))
    assert await office.content(document, 1) == content
    assert (await office.content(document, 2)).startswith(content)
    signed = await office.content(document, 2)
    assert b"/DSS" in signed and signed.count(b"/ByteRange") == 2


async def test_a_softhsm_token_signs(office: Office, softhsm) -> None:
    document = await office.document()
    act = Act(means=Means.TOKEN, secret=PIN)
    document, n = await office.signed(office.leader, document, act)
    document, n = await office.signed(office.clerk, document, act, kind="agency", holder=UNIT, n=n)
    await office.repository.judge.judge(document["_id"])
    row = await office.repository.documents.get(office.clerk, document["_id"])
    assert row["legal_value"]["status"] == "valid"


async def test_a_wrong_pin_waits_and_is_recorded(office: Office, softhsm) -> None:
    document = await office.document()
    form = office.preparation(document)
    signing = await office.repository.signings.prepare(office.leader, document["_id"], 1, form)
    with pytest.raises(MeansRefused, match="PIN"):
        await office.repository.signings.sign(
            office.leader, signing["_id"], Act(means=Means.TOKEN, secret="000000")
        )
    done = await office.repository.signings.sign(
        office.leader, signing["_id"], Act(means=Means.TOKEN, secret=PIN)
    )
    assert done["state"] == "signed"
    records = await office.repository.journal.history(document["_id"])
    assert [one["action"] for one in records][-3:] == [
        "signing.prepared",
        "signing.refused",
        "signing.signed",
    ]
    assert PIN not in repr(records)


async def test_a_remote_signer_sees_only_the_digest(office: Office, remote) -> None:
    remote.hold(*pair(office.pki, LEADER))
    document = await office.document()
    form = office.preparation(document)
    signing = await office.repository.signings.prepare(office.leader, document["_id"], 1, form)
    remote.down = True
    with pytest.raises(errors.Unavailable):
        await office.repository.signings.sign(
            office.leader, signing["_id"], Act(means=Means.REMOTE, secret=PIN)
        )
    remote.down = False
    with pytest.raises(MeansRefused, match="PIN"):
        await office.repository.signings.sign(
            office.leader, signing["_id"], Act(means=Means.REMOTE, secret="000000")
        )
    await office.repository.signings.sign(office.leader, signing["_id"], Act(means=Means.REMOTE, secret=PIN))
    wanted = base64.b64encode(hashlib.sha256(signing["attributes"]).digest()).decode()
    assert remote.hashes_signed == [wanted]
    document, n = await office.repository.signings.finish(office.leader, signing["_id"])
    await office.repository.judge.judge(document["_id"])
    found = await office.repository.judge.report(document["versions"][n - 1]["sha256"])
    assert found["signatures"][0]["status"] == "TOTAL-PASSED"


async def test_a_signature_made_elsewhere_is_brought_and_checked(office: Office) -> None:
    document = await office.document()
    form = office.preparation(document)
    signing = await office.repository.signings.prepare(office.leader, document["_id"], 1, form)
    key = pair(office.pki, LEADER)[1]
    wrong = base64.b64encode(key.sign(b"something else", ec.ECDSA(SHA256()))).decode()
    with pytest.raises(WrongSignature):
        await office.repository.signings.sign(
            office.leader, signing["_id"], Act(means=Means.EXTERNAL, signature=wrong)
        )
    right = base64.b64encode(key.sign(signing["attributes"], ec.ECDSA(SHA256()))).decode()
    await office.repository.signings.sign(
        office.leader, signing["_id"], Act(means=Means.EXTERNAL, signature=right)
    )
    assert (await office.repository.signings.finish(office.leader, signing["_id"]))[1] == 2


async def test_each_step_survives_a_restart(office: Office, settings) -> None:
    document = await office.document()
    form = office.preparation(document)
    signing = await office.repository.signings.prepare(office.leader, document["_id"], 1, form)
    async with open_repository(settings) as second:
        await second.signings.sign(office.leader, signing["_id"], by_file(office))
    async with open_repository(settings) as third:
        document, n = await third.signings.finish(office.leader, signing["_id"])
    assert n == 2
    again, same = await office.repository.signings.finish(office.leader, signing["_id"])
    assert (same, len(again["versions"])) == (2, 2)


@pytest.mark.clause("Đ5.3")
async def test_somebody_elses_certificate_is_refused_and_recorded(office: Office) -> None:
    document = await office.document()
    signings = office.repository.signings
    with pytest.raises(CertificateNotOwn):
        await signings.prepare(office.officer, document["_id"], 1, office.preparation(document))
    with pytest.raises(CertificateNotOwn):
        await signings.prepare(office.leader, document["_id"], 1, office.preparation(document, holder=UNIT))
    with pytest.raises(errors.Forbidden):
        await signings.prepare(
            office.leader, document["_id"], 1, office.preparation(document, "agency", UNIT)
        )
    signing = await signings.prepare(office.leader, document["_id"], 1, office.preparation(document))
    with pytest.raises(CertificateNotOwn, match="MST:0099000002"):
        await signings.sign(office.leader, signing["_id"], by_file(office, UNIT))
    records = await office.repository.journal.history(document["_id"])
    assert [one["action"] for one in records].count("signing.refused") == 3
    with pytest.raises(errors.NotFound):
        await signings.get(office.clerk, signing["_id"])


@pytest.mark.clause("Đ5.3")
async def test_a_certificate_is_registered_only_for_whom_it_names(office: Office) -> None:
    pem = pair(office.pki, LEADER)[0].public_bytes(serialization.Encoding.PEM)
    with pytest.raises(CertificateRefused, match=r"thư|cert"):
        await office.repository.certificates.add_for_person(office.clerk, office.officer.id, pem)


async def test_only_the_approved_version_is_signed(office: Office) -> None:
    document = await office.document()
    form = office.preparation(document)
    other = form.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(OtherVersion):
        await office.repository.signings.prepare(office.leader, document["_id"], 1, other)
    signing = await office.repository.signings.prepare(office.leader, document["_id"], 1, form)
    await office.repository.signings.sign(office.leader, signing["_id"], by_file(office))
    newer = await office.repository.intake.receive(
        office.clerk, stream(paper(office.leader.name, "Sửa lại")), filename="moi.pdf"
    )
    await office.repository.versions.add(office.clerk, document["_id"], newer, None)
    with pytest.raises(OtherVersion):
        await office.repository.signings.finish(office.leader, signing["_id"])
    with pytest.raises(OtherVersion):
        await office.repository.signings.prepare(office.leader, document["_id"], 1, form)
    cancelled = await office.repository.signings.cancel(office.leader, signing["_id"])
    assert cancelled["state"] == "cancelled"
    with pytest.raises(Ended):
        await office.repository.signings.finish(office.leader, signing["_id"])


async def test_a_kept_key_is_sealed_and_still_asks_its_passphrase(office: Office) -> None:
    holders = office.repository.signings.holders
    content = p12(office.pki, LEADER)
    with pytest.raises(CertificateNotOwn):
        await holders.keep_key(office.leader, Kind.PERSON, p12(office.pki, UNIT), SECRET)
    await holders.keep_key(office.leader, Kind.PERSON, content, SECRET)
    row = await office.repository.database["keyfiles"].find_one({})
    assert base64.b64encode(content)[:60] not in row["sealed"].encode()
    document = await office.document()
    with pytest.raises(MeansRefused):
        await office.signed(office.leader, document, Act(means=Means.STORED, secret="sai"))
    document, n = await office.signed(office.leader, document, Act(means=Means.STORED, secret=SECRET))
    assert n == 2


async def test_what_is_no_pdf_is_refused_with_the_reason(office: Office) -> None:
    document = await stored(office.repository, office.clerk)
    with pytest.raises(NotSignable, match="PDF"):
        await office.repository.signings.prepare(
            office.leader, document["_id"], 1, office.preparation(document)
        )
    locked = await office.document(with_password(paper(office.leader.name)))
    with pytest.raises(NotSignable, match="mật khẩu"):
        await office.repository.signings.prepare(office.leader, locked["_id"], 1, office.preparation(locked))


def with_password(content: bytes) -> bytes:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(content)))
    writer.encrypt("chủ", "mở")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


async def test_an_annex_in_its_own_file_bears_number_and_time_as_text(office: Office) -> None:
    received = [
        await office.repository.intake.receive(
            office.clerk, stream(paper(office.leader.name, text)), filename=name
        )
        for text, name in (("Chính", "chinh.pdf"), ("Phụ lục I", "phu-luc.pdf"))
    ]
    given = metadata(direction="outgoing", symbol="71/QĐ-UBND", document_type="QD")
    document = await office.repository.documents.store(office.clerk, given, received)
    with pytest.raises(NotSignable):
        await office.repository.signings.prepare(
            office.clerk, document["_id"], 1, office.preparation(document, "annex", UNIT)
        )
    document, n = await office.signed(
        office.clerk, document, by_file(office, UNIT), kind="annex", holder=UNIT, n=2
    )
    assert [one["role"] for one in document["versions"]] == ["main", "attachment", "attachment"]
    shown = pypdfium2.PdfDocument(await office.content(document, n))
    shown.init_forms()
    page = shown[0]
    page.flatten()
    text = shown[0].get_textpage().get_text_bounded()
    assert "71/QĐ-UBND" in text
    assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00", text)
    assert document["legal_value"]["status"] == "pending"


async def test_without_a_time_authority_the_signature_is_plain_and_says_so(office: Office, settings) -> None:
    document = await office.document()
    async with open_repository(replace(settings, tsa_url="")) as plain:
        signing = await plain.signings.prepare(
            office.leader, document["_id"], 1, office.preparation(document)
        )
        await plain.signings.sign(office.leader, signing["_id"], by_file(office))
        await plain.signings.finish(office.leader, signing["_id"])
        assert (await plain.signings.get(office.leader, signing["_id"]))["outcome"]["level"] == "B-B"


async def test_an_authority_that_is_away_leaves_the_signing_as_it_was(office: Office, settings) -> None:
    document = await office.document()
    signing = await office.repository.signings.prepare(
        office.leader, document["_id"], 1, office.preparation(document)
    )
    await office.repository.signings.sign(office.leader, signing["_id"], by_file(office))
    async with open_repository(replace(settings, tsa_url="http://127.0.0.1:9")) as away:
        with pytest.raises(errors.Unavailable):
            await away.signings.finish(office.leader, signing["_id"])
    document, n = await office.repository.signings.finish(office.leader, signing["_id"])
    outcome = (await office.repository.signings.get(office.leader, signing["_id"]))["outcome"]
    assert (n, outcome["level"], outcome["missing"]) == (2, "B-LTA", [])


async def test_evidence_that_was_imported_goes_into_the_file_too(office: Office, settings, pki) -> None:
    document = await office.document()
    only_roots = str(pki.anchors)
    async with open_repository(replace(settings, trust_anchors=only_roots)) as plain:
        for path in (pki.intermediates, *pki.crls):
            found = await plain.custody.trust.look(path.name, path.read_bytes())
            await plain.custody.trust.take(operator("test"), found)
        signing = await plain.signings.prepare(
            office.leader, document["_id"], 1, office.preparation(document)
        )
        await plain.signings.sign(office.leader, signing["_id"], by_file(office))
        await plain.signings.finish(office.leader, signing["_id"])
        outcome = (await plain.signings.get(office.leader, signing["_id"]))["outcome"]
    assert (outcome["level"], outcome["missing"]) == ("B-LTA", [])
