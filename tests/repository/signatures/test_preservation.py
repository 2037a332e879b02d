"""Signatures over the years: the yearly renewal keeps a B-LTA file provable, and without it the proof runs out."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.timestamps import TimeStamper

from repository.audit import Action
from repository.incidents.incidents import Incidents
from repository.signatures.preservation import archive
from repository.signatures.preservation.preservation import Preservation
from repository.signatures.report import PASSED
from tests.engines import engines  # noqa: F401  (a fixture)
from tests.repository.signatures.forge import AGENCY, NOW, Forge, _name, issue, paper
from tests.repository.signatures.test_judge import world  # noqa: F401  (a fixture)

YEAR = timedelta(days=365)
FAR = datetime(2060, 1, 1, tzinfo=UTC)


class Authority(TimeStamper):
    """A time stamping authority that gets a new certificate of five years every two years."""

    def __init__(self, forge, clock):
        super().__init__()
        self.forge, self.clock, self.holders = forge, clock, {}
        self.answers = True

    async def async_timestamp(self, message_digest, md_algorithm):
        if not self.answers:
            raise OSError("no route")
        now = self.clock.now()
        term = (now.year - 2026) // 2
        if term not in self.holders:
            ends = datetime(2026 + 2 * term + 5, 1, 1, tzinfo=UTC)
            self.holders[term] = issue(_name(f"TSA {term}"), self.forge.issuer, stamps=True, ends=ends)
        self.forge.tsa = self.holders[term]
        return await self.forge.stamper(now).async_timestamp(message_digest, md_algorithm)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    """A PKI whose authorities outlive the signer's certificate and the stamps'."""
    forge = Forge(tmp_path_factory.mktemp("lasting"))
    forge.root = issue(_name("Gốc bền"), None, ca=True, ends=FAR)
    forge.issuer = issue(_name("CA bền"), forge.root, ca=True, ends=FAR)
    ends = datetime(2029, 1, 1, tzinfo=UTC)
    forge.holders["agency"] = issue(_name(AGENCY, o=AGENCY, uid="MST:1"), forge.issuer, ends=ends)
    pem = serialization.Encoding.PEM
    forge.anchors.write_bytes(
        forge.root.certificate.public_bytes(pem) + forge.issuer.certificate.public_bytes(pem)
    )
    forge.crl.write_bytes(forge._crl())
    forge.tsa = issue(_name("TSA đầu"), forge.issuer, stamps=True, ends=datetime(2031, 1, 1, tzinfo=UTC))
    return forge


@pytest.fixture(scope="module")
def archived(lasting, tmp_path_factory):
    """Signed, stamped and sealed with an archival time stamp today: B-LTA."""
    folder = tmp_path_factory.mktemp("blta")
    source, out = folder / "in.pdf", folder / "out.pdf"
    source.write_bytes(lasting.sign(paper(), "agency", at=NOW - timedelta(hours=1), stamped=True))
    told = archive.prepare(
        str(source), {"trust_anchors": [str(lasting.anchors), str(lasting.crl)], "out": str(out)}
    )
    token = asyncio.run(lasting.stamper(NOW).async_timestamp(bytes.fromhex(told["digest"]), "sha256"))
    place = PreparedByteRangeDigest(bytes.fromhex(told["digest"]), told["start"], told["end"])
    with out.open("r+b") as file:
        place.fill_with_cms(file, token.dump())
    return out.read_bytes()


@pytest.fixture
async def kept(world, lasting, archived):  # noqa: F811
    """One stored document with the B-LTA file, its judge trusting the lasting PKI."""
    world.judge = world.new_judge([lasting.anchors, lasting.crl])
    await world.document(await version(world, archived))
    await world.database["documents"].update_one({"_id": "doc-1"}, {"$set": {"subject": "Quyết định mẫu"}})
    await world.judge.judge("doc-1")
    world.authority = Authority(lasting, world.clock)
    return world


async def version(world, content):  # noqa: F811
    more = {
        "media_type": "application/pdf",
        "filename": "a.pdf",
        "scan": {"verdict": "clean"},
        "warnings": [],
    }
    return await world.version(content) | more


def preservation(world, stamper):  # noqa: F811
    incidents = Incidents(database=world.database, journal=world.journal)
    return Preservation(
        database=world.database, blobs=world.blobs, journal=world.journal, incidents=incidents,
        judge=world.judge, stamper=stamper,
    )  # fmt: skip


async def newest(world):  # noqa: F811
    document = await world.read()
    found = await world.judge.report(document["versions"][-1]["sha256"])
    return document, found["signatures"][0], found


@pytest.mark.clause("Đ8.4")
async def test_eight_years_with_the_yearly_job_it_is_still_passed(kept, archived):
    assert (await newest(kept))[1]["status"] == PASSED
    job = preservation(kept, kept.authority)
    renewed = 0
    for _ in range(8):
        kept.clock.advance(YEAR)
        renewed += (await job.review()).renewed
    document, signature, found = await newest(kept)
    assert kept.clock.now().year == 2034
    assert (signature["status"], signature["sub_indication"]) == (PASSED, None)
    assert signature["proof"]["source"] == "timestamp"
    assert 2 <= renewed <= 4
    assert [one["trusted"] for one in found["document_timestamps"]] == [True] * (renewed + 1)
    assert [one.get("renews") for one in document["versions"]] == [None, *range(1, renewed + 1)]
    kinds = [row["kind"] async for row in kept.database["incidents"].find({})]
    assert kinds == []  # what was replaced in time may age in peace
    # the original stays as it was
    assert document["versions"][0]["size"] == len(archived)
    async with kept.judge.verdicts.copy(document["versions"][0]) as path:
        assert path.read_bytes() == archived
    # and a stranger who knows only the file and the root comes to the same
    async with kept.judge.verdicts.copy(document["versions"][-1]) as path:
        stranger = await kept.judge.inspect(path)
    assert stranger["signatures"][0]["status"] == PASSED


@pytest.mark.clause("Đ8.4")
async def test_eight_years_without_renewal_it_is_not_passed_and_the_legal_value_stands(kept):
    job = preservation(kept, None)
    before = (await kept.read())["legal_value"]
    for _ in range(8):
        kept.clock.advance(YEAR)
        assert (await job.review()).renewed == 0
    document, signature, _ = await newest(kept)
    assert (signature["status"], signature["sub_indication"]) == ("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE")
    assert signature["held_since"].startswith("2026-11-23")
    assert document["legal_value"]["status"] == before["status"]
    kinds = {row["kind"] async for row in kept.database["incidents"].find({})}
    assert kinds == {"preservation.due", "verdict.changed"}
    audit = await kept.database["audit"].find({"action": Action.VERSION_JUDGED.value}).to_list(None)
    assert any("OUT_OF_BOUNDS_NO_POE" in str(one["detail"].get("changes")) for one in audit)


async def test_an_authority_that_fails_is_told_and_the_review_goes_on(kept):
    kept.authority.answers = False
    job = preservation(kept, kept.authority)
    kept.clock.advance(3 * YEAR)
    outcome = await job.review()
    assert (outcome.seen, outcome.renewed, outcome.failed, outcome.finished) == (1, 0, 1, True)
    assert len((await kept.read())["versions"]) == 1
    kept.authority.answers = True
    kept.clock.advance(timedelta(days=31))
    assert (await job.review()).renewed == 1
    assert (await job.review()).seen == 0  # this round is done


async def test_a_review_goes_on_where_it_stopped(world, full):  # noqa: F811
    one = await version(world, full)
    for n in range(5):
        await world.document(one, name=f"doc-{n}")
    await world.database["documents"].update_many({}, {"$set": {"subject": "x"}})
    job = preservation(world, None)
    outcomes = [await job.review(limit=2) for _ in range(4)]
    assert [one.seen for one in outcomes] == [2, 2, 1, 0]
    assert [one.finished for one in outcomes] == [False, False, True, True]
    await job.restart()
    assert (await job.review(limit=9)).seen == 5


async def test_a_file_that_is_not_in_the_store_any_more_is_told_and_the_review_goes_on(world, full):  # noqa: F811
    there = await version(world, full)
    gone = there | {"sha256": "0" * 64}
    await world.document(gone, name="doc-1")
    await world.document(there, name="doc-2")
    await world.database["documents"].update_many({}, {"$set": {"subject": "x"}})
    outcome = await preservation(world, None).review()
    assert (outcome.seen, outcome.finished) == (2, True)
    assert (await world.read("doc-2"))["legal_value"]["status"] == "valid"
    told = await world.database["incidents"].find({}).to_list(None)
    assert [(one["kind"], one["subject"]["id"]) for one in told] == [("version.corrupt", "doc-1")]


async def test_the_same_verdict_from_stored_evidence_alone(kept, lasting):
    document = await kept.read()
    (row,) = await kept.judge.verdicts.on(document["versions"][0]["sha256"])
    assert row["trust"]
    lasting_bytes = lasting.anchors.read_bytes()
    try:
        lasting.anchors.write_bytes(b"")  # the settings' files are gone, and years have passed
        kept.clock.advance(20 * YEAR)
        found = await kept.judge.verdicts.reproduce(row, document["versions"][0])
    finally:
        lasting.anchors.write_bytes(lasting_bytes)
    assert found.model_dump(mode="json") == row["report"]
    assert found.signatures[0].trust.revocation == "good"
    sources = {e.source for e in found.signatures[0].trust.evidence}
    assert sources == {"file", "settings"}
