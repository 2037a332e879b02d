"""The judge on a real database: judged once, written once, judged again when trust changes."""

import hashlib
import uuid

import pytest

from repository import errors, mongo, schema
from repository.blobs.digest import Digest
from repository.blobs.memory import MemoryBlobs
from repository.clock import FixedClock
from repository.journal import Journal
from repository.sandbox import Limits, Sandbox
from repository.signatures.judging.judge import Judge
from tests.engines import engines  # noqa: F401  (a fixture)
from tests.repository.signatures.forge import AGENCY, PERSON, paper

PENDING = {"status": "pending", "reasons": []}


@pytest.fixture
async def world(engines, forge, tmp_path):  # noqa: F811
    """A database of its own, blobs in memory, a judge with the test anchors, and a way to keep a document."""
    database = mongo.connect(engines.mongo_url, f"judge_{uuid.uuid4().hex[:12]}")
    await schema.ensure_indexes(database)
    clock = FixedClock()
    async with Sandbox(function="repository.signatures.verify:validate", size=1) as sandbox:
        yield World(database, MemoryBlobs(clock=clock), clock, sandbox, forge, tmp_path)
    await database.client.drop_database(database.name)
    await mongo.close(database)


class World:
    def __init__(self, database, blobs, clock, sandbox, forge, folder):
        self.database, self.blobs, self.clock, self.folder = database, blobs, clock, folder
        self.journal = Journal(database=database, clock=clock)
        self.sandbox, self.forge = sandbox, forge
        self.judge = self.new_judge([forge.anchors, forge.crl])

    def new_judge(self, anchors, sandbox=None):
        return Judge(
            database=self.database, blobs=self.blobs, journal=self.journal, sandbox=sandbox or self.sandbox,
            staging=self.folder, clock=self.clock, trust_anchors=anchors,
        )  # fmt: skip

    async def version(self, content, n=1, role="main"):
        path = self.folder / "put"
        path.write_bytes(content)
        digest = Digest.of(content)
        stat = await self.blobs.put(digest, path, len(content), "application/pdf")
        path.unlink()
        return {
            "n": n, "role": role, "sha256": digest.hex, "size": len(content), "store_version": stat.version,
            "signatures": {"status": "pending", "count": None},
        }  # fmt: skip

    async def document(self, *versions, issuer=AGENCY, declaration=None, name="doc-1"):
        row = {
            "_id": name, "issuer": {"name": issuer}, "issued_on": "2026-03-02", "versions": list(versions),
            "scan_declaration": declaration, "legal_value": PENDING, "revision": 1,
            "created_at": self.clock.now(),
        }  # fmt: skip
        await self.database["documents"].insert_one(row)

    async def read(self, name="doc-1"):
        return await self.database["documents"].find_one({"_id": name})

    async def count(self, collection):
        return await self.database[collection].count_documents({})


@pytest.mark.clause("Đ8.3")
async def test_a_signed_document_becomes_valid_and_it_is_recorded(world, full):
    await world.document(await world.version(full))
    await world.judge.judge("doc-1")
    row = await world.read()
    assert row["versions"][0]["signatures"] == {"status": "intact", "count": 2}
    assert row["legal_value"]["status"] == "valid"
    assert PERSON in " ".join(one["text"] for one in row["legal_value"]["reasons"])
    records = await world.journal.history("doc-1")
    assert [one["action"] for one in records] == ["version.judged"]
    assert records[0]["detail"]["versions"][0]["status"] == "intact"
    assert records[0]["detail"]["legal_value"] == "valid"
    assert (await world.judge.report(row["versions"][0]["sha256"]))["signatures"][0]["signer"][
        "name"
    ] == PERSON
    assert list(world.folder.glob("*.judge")) == []


async def test_judging_again_writes_nothing(world, full):
    await world.document(await world.version(full))
    await world.judge.judge("doc-1")
    before = [await world.count(name) for name in ("audit", "outbox", "verdicts")], await world.read()
    await world.judge.judge("doc-1")
    after = [await world.count(name) for name in ("audit", "outbox", "verdicts")], await world.read()
    assert after == before


async def test_equal_bytes_are_judged_once(world, full):
    version = await world.version(full)
    await world.document(version)
    await world.document(version, issuer="Sở Nội vụ", name="doc-2")
    await world.judge.judge("doc-1")
    await world.judge.judge("doc-2")
    assert await world.count("verdicts") == 1
    assert (await world.read("doc-2"))["legal_value"]["status"] == "reference"


async def test_only_the_newest_main_version_decides(world, full):
    versions = [await world.version(full), await world.version(paper(), 2)]
    versions.append(await world.version(full, 3, "attachment"))
    await world.document(*versions)
    await world.judge.judge("doc-1")
    row = await world.read()
    assert [one["signatures"]["status"] for one in row["versions"]] == ["intact", "none", "intact"]
    assert row["legal_value"]["status"] == "reference"


@pytest.mark.clause("Đ6.2b")
async def test_a_declared_scan_with_the_agencys_signature(world, forge_agency_only):
    await world.document(
        await world.version(forge_agency_only), declaration={"from_original": True, "dpi": 300}
    )
    await world.judge.judge("doc-1")
    assert (await world.read())["legal_value"]["status"] == "valid"


@pytest.fixture(scope="session")
def forge_agency_only(forge):
    return forge.sign(paper(), "agency")


async def test_other_trust_is_another_verdict(world, full):
    await world.document(await world.version(full))
    await world.judge.judge("doc-1")
    await world.new_judge([]).judge("doc-1")
    row = await world.read()
    assert row["versions"][0]["signatures"]["status"] == "intact"
    assert row["legal_value"]["status"] == "reference"
    assert await world.count("verdicts") == 2
    await world.judge.judge("doc-1")
    assert (await world.read())["legal_value"]["status"] == "valid"


async def test_a_file_that_cannot_be_judged_in_time_gets_a_verdict_with_the_reason(world, full):
    limits = Limits(seconds=0.001)
    async with Sandbox(function="repository.signatures.verify:validate", size=1, limits=limits) as impatient:
        await world.document(await world.version(full))
        await world.new_judge([], impatient).judge("doc-1")
    row = await world.read()
    assert row["versions"][0]["signatures"] == {"status": "unreadable", "count": 0}
    assert (await world.judge.report(row["versions"][0]["sha256"]))["limits"] == ["timeout"]
    assert "quá thời gian" in row["legal_value"]["reasons"][0]["text"]


async def test_bytes_that_are_not_the_stored_ones_are_not_judged(world, full):
    version = await world.version(full)
    version["sha256"] = hashlib.sha256(paper()).hexdigest()
    await world.document(version)
    with pytest.raises((errors.Corrupt, errors.NotFound)):
        await world.judge.judge("doc-1")
    assert await world.count("verdicts") == 0


async def test_a_bad_anchor_file_is_loud_and_leaves_no_verdict(world, full):
    await world.document(await world.version(full))
    broken = world.folder / "broken.pem"
    broken.write_text("no certificate")
    for path in (broken, world.folder / "missing.pem"):
        with pytest.raises(errors.Unavailable):
            await world.new_judge([path]).judge("doc-1")
    assert await world.count("verdicts") == 0
    assert (await world.read())["legal_value"] == PENDING


async def test_a_document_that_is_gone_is_no_error(world):
    await world.judge.judge("doc-none")


async def test_what_a_disposed_document_was_worth_stays_as_it_was(world, full):
    await world.document(await world.version(full))
    await world.judge.judge("doc-1")
    stub = {"versions": [], "disposed": {"disposal": "dis-1", "at": world.clock.now()}}
    await world.database["documents"].update_one({"_id": "doc-1"}, {"$set": stub})
    before = await world.read()
    assert before["legal_value"]["status"] == "valid"
    await world.judge.review("doc-1")
    await world.judge.judge("doc-1")
    assert await world.read() == before


async def test_inspect_keeps_nothing(world, full):
    path = world.folder / "tep.pdf"
    path.write_bytes(full)
    found = await world.judge.inspect(path)
    assert found["status"] == "intact"
    assert world.judge.legal_value(found, issuer=AGENCY, scan_declared=False).status == "valid"
    assert await world.count("verdicts") == 0
