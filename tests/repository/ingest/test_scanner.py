"""Scanners: one contract on the twin and on the real clamd, and how clamd may fail."""

import asyncio
import os
import socket
import struct
import threading
from datetime import UTC, datetime

import pytest

from repository import errors
from repository.clock import FixedClock
from repository.ingest.scanner import ClamdScanner, EicarScanner
from tests.contracts.scanner import EICAR, ScannerContract, scan
from tests.engines import engines  # noqa: F401  (a fixture)


@pytest.fixture
def clock():
    return FixedClock()


class TestEicarScanner(ScannerContract):
    @pytest.fixture
    def scanner(self, clock):
        return EicarScanner(clock=clock)


class TestClamdScanner(ScannerContract):
    @pytest.fixture
    def scanner(self, engines, clock):  # noqa: F811
        if engines.clamd is None:
            pytest.skip("no clamd on this machine")
        return ClamdScanner(url=engines.clamd, clock=clock)

    async def test_the_engine_is_named_with_its_signatures(self, scanner):
        assert (await scan(scanner, b"x")).engine.startswith("ClamAV ")


STALL = -1


@pytest.fixture
def rude_clamd():
    """A server that answers as told: VERSION politely, INSTREAM with `answer` after reading `reads` bytes."""
    listening = socket.create_server(("127.0.0.1", 0))
    servers = []
    released = threading.Event()

    def start(answer, reads=None, version=b"ClamAV 1.4.3/27800/Mon Nov 23 09:00:00 2026\n"):
        def talk(connection):
            with connection:
                command = b""
                while not command.endswith(b"\n"):
                    command += connection.recv(1)
                if command == b"nVERSION\n":
                    connection.sendall(version)
                    return
                if reads == STALL:
                    released.wait(10)
                    return
                if reads is None:
                    while size := struct.unpack("!L", connection.recv(4, socket.MSG_WAITALL))[0]:
                        connection.recv(size, socket.MSG_WAITALL)
                else:
                    connection.recv(reads, socket.MSG_WAITALL)
                connection.sendall(answer)

        def serve():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

        servers.append(threading.Thread(target=serve, daemon=True))
        servers[-1].start()
        return f"tcp:127.0.0.1:{listening.getsockname()[1]}"

    yield start
    released.set()
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for one in servers:
        one.join(5)


@pytest.mark.parametrize(
    ("answer", "reads", "reason"),
    [
        (b"INSTREAM size limit exceeded. ERROR\n", 300_000, "too_large"),
        (b"INSTREAM size limit exceeded. ERROR\n", None, "too_large"),
        (b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\n", None, "too_large"),
        (b"stream: Heuristics.Encrypted.Zip FOUND\n", None, "encrypted"),
        (b"stream: Can't allocate memory ERROR\n", None, "error"),
        (b"", None, "error"),
        (b"", 300_000, "error"),
    ],
)
async def test_what_could_not_be_looked_at_is_not_scanned(clock, rude_clamd, answer, reads, reason):
    scanner = ClamdScanner(url=rude_clamd(answer, reads), clock=clock)
    found = await scan(scanner, os.urandom(20 * 1024**2))
    assert (found.verdict, found.reason, found.signature) == ("not_scanned", reason, None)
    assert found.at == clock.now()


async def test_a_finding_is_told_with_its_name(clock, rude_clamd):
    scanner = ClamdScanner(url=rude_clamd(b"stream: Win.Trojan Agent-1 FOUND\n"), clock=clock)
    found = await scan(scanner, b"x" * 10)
    assert (found.verdict, found.signature, found.engine) == (
        "infected", "Win.Trojan Agent-1", "ClamAV 1.4.3/27800",
    )  # fmt: skip


async def test_health_tells_the_age_of_the_signatures(clock, rude_clamd):
    health = await ClamdScanner(url=rude_clamd(b""), clock=clock).health()
    assert health.answers
    assert health.signatures_of == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("url", ["", "unix:/nowhere/clamd.sock", "tcp:127.0.0.1:9"])
async def test_without_clamd_nothing_is_scanned_and_nothing_fails(clock, url):
    scanner = ClamdScanner(url=url, clock=clock)
    assert not (await scanner.health()).answers
    for content in (EICAR, os.urandom(3 * 1024**2)):
        found = await scan(scanner, content)
        assert (found.verdict, found.reason) == ("not_scanned", "no_scanner")


@pytest.mark.parametrize("url", ["clamd", "tcp:host", "tcp:host:x", "unix:"])
async def test_an_address_that_is_none_is_named(clock, url):
    with pytest.raises(errors.Invalid, match="TANGTHU_CLAMD_URL"):
        ClamdScanner(url=url, clock=clock).connect()


async def test_leaving_wakes_a_send_that_clamd_does_not_read(clock, rude_clamd):
    """A cancelled upload must not leave a thread waiting for clamd."""
    scanner = ClamdScanner(url=rude_clamd(b"", STALL), clock=clock)
    async with scanner.open() as scanning:
        feeding = asyncio.create_task(scanning.feed(bytes(64 * 1024**2)))
        await asyncio.sleep(0.3)
        assert not feeding.done()
    await asyncio.wait_for(feeding, 5)
