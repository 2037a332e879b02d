"""A store that tells of its objects and gives none back, as the local one does for seconds after a restart: no damage.

A relay stands before the real store and refuses GETs of objects as SeaweedFS does without its volumes.
"""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import urllib3

from ops.stack import EngineAddresses
from repository import errors
from repository.access.actors import operator
from repository.blobs import away, layout
from repository.blobs.digest import Digest
from repository.evidence.fixity_runs import Wish
from repository.settings import Settings
from tests.factories import stored
from tests.soak.estate import alone

ROOT = operator("test")
_REFUSED = b"<Error><Code>InternalError</Code><Message>We encountered an internal error</Message></Error>"
_OWN = {"transfer-encoding", "connection", "date", "server"}


class Relay(BaseHTTPRequestHandler):
    """Passes everything on, but for the next GETs of objects, or of one object for good."""

    protocol_version = "HTTP/1.1"
    upstream = ""
    refusing = 0
    lost: set[str] = set()
    pool = urllib3.PoolManager(maxsize=16, retries=False)

    def do_GET(self):
        key = self.path.partition("?")[0].partition("/sha256/")[2]
        if self.command == "GET" and key and (type(self).refusing > 0 or key[-64:] in self.lost):
            type(self).refusing -= 1
            return self._answer(500, {"Content-Type": "application/xml"}, _REFUSED)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.pool.urlopen(
            self.command,
            self.upstream + self.path,
            body=body,
            headers=dict(self.headers),
            decode_content=False,
        )
        return self._answer(reply.status, reply.headers, reply.data)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

    def _answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _OWN | {"content-length"} or (
                self.command == "HEAD" and name.lower() == "content-length"
            ):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        return None


@pytest.fixture
def relay(engines: EngineAddresses) -> Iterator[type[Relay]]:
    Relay.upstream, Relay.refusing, Relay.lost = engines.s3_url, 0, set()
    with ThreadingHTTPServer(("127.0.0.1", 0), Relay) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        Relay.url = f"http://127.0.0.1:{server.server_port}"
        yield Relay
        server.shutdown()
        thread.join()


@pytest.fixture
def settings(settings: Settings, engines: EngineAddresses, relay: type[Relay]) -> Settings:
    return replace(alone(settings, engines), s3_url=relay.url)


@pytest.fixture
async def papers(repository, district):
    rows = [await stored(repository, district.clerk, b"tep %d" % n) for n in range(3)]
    await repository.log.sealer.catch_up()
    return rows


async def kinds(repository, **wish: object) -> set[str]:
    return set((await repository.fixity.run(ROOT, Wish(again=True, dry=True, **wish))).kinds)


async def test_no_damage_is_found_where_all_files_were_away_for_a_moment(repository, papers, relay) -> None:
    relay.refusing = 2 * 4 + 3  # first look, second look, some of the others that are asked
    assert await kinds(repository) == set() and relay.refusing <= 0
    relay.refusing = 3
    assert await kinds(repository, sample=50) == set() and relay.refusing <= 0


async def test_a_store_that_stays_away_is_told_as_away(repository, papers, relay, monkeypatch) -> None:
    monkeypatch.setattr(away, "_RESTS", (0.0, 0.0))
    relay.refusing = 10**6
    with pytest.raises(errors.Unavailable):
        await kinds(repository)
    with pytest.raises(errors.Unavailable):
        await repository.log.verify(again=True)


async def test_one_lost_file_is_damage_while_others_come(repository, papers, relay) -> None:
    lost = papers[0]["versions"][0]["sha256"]
    relay.lost = {lost}
    out = await repository.fixity.run(ROOT, Wish(again=True, dry=True))
    assert [(one.kind, one.sha256) for one in out.findings] == [("object.unreadable", lost)]


async def test_what_a_person_verifies_is_not_damaged_by_a_moment(repository, papers, relay, district) -> None:
    relay.refusing = 4
    [seen] = await repository.versions.check(district.auditor, papers[0]["_id"])
    assert seen.intact and relay.refusing <= 0
    relay.lost = {papers[0]["versions"][0]["sha256"]}
    [seen] = await repository.versions.check(district.auditor, papers[0]["_id"])
    assert not seen.intact and "không trả lại được nội dung" in seen.finding
    relay.lost, relay.refusing = set(), 10**6


async def test_the_log_is_checked_to_its_end_beside_a_lost_checkpoint(repository, papers, relay) -> None:
    row = await repository.log.checkpoints.latest()
    relay.lost = {row["sha256"]}
    state = await repository.log.check.run(again=True)
    assert [(one.kind, one.subject) for one in state.faults] == [("checkpoint", row["_id"])]
    relay.lost, relay.refusing = set(), 4
    assert (await repository.log.check.run(again=True)).faults == [] and relay.refusing <= 0


async def test_no_answer_about_a_single_file_after_all_the_waiting(
    repository, relay, tmp_path, monkeypatch
) -> None:
    """With nothing to compare it with, a file that does not come back in time is told as not given back."""
    monkeypatch.setattr(away, "_RESTS", (0.0, 0.0))
    path = Path(tmp_path) / "x"
    path.write_bytes(b"the only one")
    digest = Digest.of(b"the only one")
    await repository.blobs.put(digest, path, 12, "text/plain")
    relay.lost = {layout.key_of(digest)[-64:]}
    await away.unless_away(repository.blobs, digest)
