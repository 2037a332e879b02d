"""What others attest: a witness signs what extends, refuses a fork; an authority says when a checkpoint was there."""

import dataclasses
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from asn1crypto import tsp

from ops.demo.pki import DemoPki
from repository import errors
from repository.audit import merkle, note
from repository.audit.checkpoint import leaf_of
from repository.audit.timestamps import BadTimestamp, Timestamper, query, verify
from repository.audit.witness import Offer, Refused
from repository.wiring import Repository, open_repository
from tests.repository.audit.test_sealing import records
from tests.repository.audit.witness_server import Witness

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@pytest.fixture
async def witness(repository: Repository) -> AsyncIterator[Witness]:
    repository.log.keys.current()
    running = Witness(origin=repository.log.origin, keys=repository.log.keys.public())
    yield running
    running.close()


@pytest.fixture
async def witnessed(repository: Repository, witness: Witness) -> AsyncIterator[Repository]:
    """The same database, opened with a witness."""
    told = dataclasses.replace(
        repository.settings, witness_url=witness.url, witness_key=str(witness.key.public)
    )
    async with open_repository(told) as opened:
        yield opened


async def test_a_witness_signs_each_checkpoint_and_the_signature_is_kept(witnessed, witness) -> None:
    log = witnessed.log
    for count in (3, 300, 7):
        await records(witnessed, count)
        await log.sealer.catch_up()
        line = await log.cosign()
        row = await log.checkpoints.latest()
        signed = note.parse((row["note"] + line + "\n").encode())
        assert signed.signers([witness.key.public]) == [witness.key.public]
        assert [one["line"] for one in row["cosignatures"]] == [line]
    assert (witness.seen.size, witness.asked) == (310, 3)
    assert await log.cosign() is None


async def test_a_witness_that_knows_less_than_we_think_is_told_from_there(witnessed, witness) -> None:
    log = witnessed.log
    await records(witnessed, 5)
    await log.sealer.catch_up()
    await log.cosign()
    witness.seen = dataclasses.replace(witness.seen, size=0, root=merkle.EMPTY)
    await records(witnessed, 5)
    await log.sealer.catch_up()
    assert await log.cosign() is not None
    assert (witness.seen.size, witness.asked) == (10, 3)


async def test_a_forked_log_is_refused_and_people_are_told(witnessed, witness) -> None:
    """Somebody rewrites history consistently, with the key in hand and this machine's memory wiped."""
    log, db = witnessed.log, witnessed.database
    await records(witnessed, 10)
    await log.sealer.catch_up()
    await log.cosign()
    rows = await db["audit"].find({}).sort("leaf", 1).to_list(None)
    rows[4]["detail"] = {"n": 777}
    await db["audit"].replace_one({"_id": rows[4]["_id"]}, rows[4])
    hashes = [leaf_of(row) for row in rows]
    await db["tiles"].update_one({"_id": "0/0"}, {"$set": {"hashes": b"".join(hashes)}})
    await db["heads"].update_one({"_id": "head"}, {"$set": {"root": merkle.root(hashes)}})
    (witnessed.settings.data / "log" / "last-checkpoint").unlink()
    await records(witnessed, 1)
    await log.sealer.catch_up()
    with pytest.raises(Refused):
        await log.cosign()
    [incident] = await witnessed.incidents.find(kind="log.fork")
    assert "rẽ nhánh" in incident["found"]
    assert witness.seen.size == 10


async def test_a_log_that_shrank_is_refused(witnessed, witness) -> None:
    log = witnessed.log
    await records(witnessed, 10)
    await log.sealer.catch_up()
    witness.seen = dataclasses.replace(witness.seen, size=500, root=bytes(32))
    with pytest.raises(Refused):
        await log.cosign()
    assert await witnessed.incidents.find(kind="log.fork")


async def test_a_witness_that_is_away_or_unknowing_costs_nothing_but_its_signature(
    witnessed, witness
) -> None:
    await records(witnessed, 1)
    await witnessed.log.sealer.catch_up()
    witness.keys = []
    with pytest.raises(errors.Unavailable):
        await witnessed.log.cosign()
    witness.close()
    with pytest.raises(errors.Unavailable):
        await witnessed.log.cosign()
    assert await witnessed.incidents.count_open() == 0
    witness.close = lambda: None  # the fixture's own


@pytest.mark.parametrize("body", [b"", b"old x\n\nnote", b"old 3\n!!\n\nnote", b"new 3\n\nnote"])
def test_what_is_no_offer(body: bytes) -> None:
    with pytest.raises(note.Malformed):
        Offer.read(body)


def test_an_offer_reads_back() -> None:
    made = Offer(3, (bytes(32), b"\x01" * 32), b"the note\n\n\xe2\x80\x94 a b\n")
    assert Offer.read(made.write()) == made


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> DemoPki:
    return DemoPki.open(tmp_path_factory.mktemp("pki") / "pki")


@pytest.fixture
def authority(pki: DemoPki) -> Iterator[str]:
    """A time stamping authority over HTTP, with the test PKI's key; its address."""
    stamper = pki.timestamper(AT)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["content-length"])))
            answer = stamper.request_tsa_response(asked).dump()
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


async def test_the_days_checkpoint_is_timestamped_once_and_the_token_kept(repository, authority) -> None:
    told = dataclasses.replace(repository.settings, tsa_url=authority)
    async with open_repository(told) as opened:
        log = opened.log
        assert await log.stamp_when_due() is None  # nothing signed yet
        await records(opened, 3)
        await log.sealer.catch_up()
        assert (await log.stamp_when_due())["size"] == 3
        row = await log.checkpoints.last_stamped()
        token = await log.checkpoints.read(row["timestamp"]["sha256"], row["timestamp"]["store_version"])
        assert verify(token, row["note"].encode()).at == AT == row["timestamp"]["at"]
        await records(opened, 1)
        await log.sealer.catch_up()
        assert await log.stamp_when_due(timedelta(days=3000)) is None
        assert (await log.stamp_when_due(timedelta()))["size"] == 4


async def test_a_token_is_of_its_bytes_its_question_and_its_key(authority) -> None:
    token, stamp = await Timestamper(url=authority).stamp(b"a checkpoint")
    assert stamp.at == AT
    assert "thử nghiệm" in stamp.authority
    with pytest.raises(BadTimestamp, match="dữ liệu khác"):
        verify(token, b"another checkpoint")
    with pytest.raises(BadTimestamp):
        verify(token, b"a checkpoint", nonce=1)
    for place in range(0, len(token), 97):
        bent = bytearray(token)
        bent[place] ^= 1
        try:
            assert verify(bytes(bent), b"a checkpoint").at == AT  # what is not signed may differ
        except BadTimestamp:
            continue


async def test_an_authority_that_is_away_is_a_dependency_that_is_away() -> None:
    with pytest.raises(errors.Unavailable):
        await Timestamper(url="http://127.0.0.1:9/").stamp(b"x")


def test_a_question_names_the_digest_and_asks_for_the_certificate() -> None:
    asked = tsp.TimeStampReq.load(query(b"x", 5))
    assert (asked["nonce"].native, asked["cert_req"].native) == (5, True)
