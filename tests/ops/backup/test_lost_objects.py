"""A store that answers 500, 404 or half a body for one object loses that object to the backup, and nothing else."""

import dataclasses
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

import ops.backup.copying
from ops.backup import running
from ops.backup.checking import Checker
from ops.backup.sets import Sets
from repository import errors
from repository.access.actors import operator
from repository.blobs.digest import Digest
from repository.settings import Settings
from repository.wiring import Repository, open_repository
from tests.factories import District, stored

ROOT = operator("test")


class Ailing(BaseHTTPRequestHandler):
    """Stands before the store; what it is told to refuse it refuses, the rest goes through."""

    protocol_version = "HTTP/1.1"
    store = ""
    refused: dict[str, int] = {}
    """Digest → status; 0 is a body that breaks off, a negative status counts up to none: it passes."""

    def do_GET(self) -> None:
        status = next((told for digest, told in self.refused.items() if digest in self.path), 200)
        if status < 0:
            self.refused[next(one for one in self.refused if one in self.path)] += 500
            status = 500
        if status in (404, 500) and (status == 404 or self.command == "GET"):
            return self._answer(status, {}, b"")
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = httpx.request(
            self.command, self.store + self.path, headers=dict(self.headers), content=content
        )
        headers = {
            name: value
            for name, value in found.headers.items()
            if name not in ("content-length", "connection", "transfer-encoding", "date", "server")
        }
        if status == 0 and self.command == "GET":
            self.close_connection = True
            return self._answer(200, headers, found.content[:-1], len(found.content))
        size = int(found.headers.get("content-length") or 0) if self.command == "HEAD" else None
        return self._answer(found.status_code, headers, found.content, size)

    do_PUT = do_HEAD = do_POST = do_GET  # noqa: N815

    def _answer(self, status: int, headers: dict[str, str], content: bytes, size: int | None = None) -> None:
        self.send_response(status)
        for name, value in (
            headers | {"Content-Length": str(len(content) if size is None else size)}
        ).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def ailing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setattr(ops.backup.copying, "_PAUSES", (0.0, 0.1))
    Ailing.store, Ailing.refused = settings.s3_url.rstrip("/"), {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Ailing) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield dataclasses.replace(settings, s3_url=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()


async def test_what_the_store_does_not_give_is_told_and_the_rest_of_the_set_is_good(
    repository: Repository, office: District, sets: Sets, ailing: Settings, tmp_path: Path
) -> None:
    contents = [f"Văn bản số {number}".encode() for number in range(3)]
    names = [Digest.of(one).hex for one in contents]
    Ailing.refused = dict(zip(names, (500, 404, 0), strict=True))
    async with open_repository(ailing, clock=repository.clock) as behind:
        manifest = await running.back_up(behind, ROOT)
        assert manifest.lost == sorted(names) and manifest.objects["lost"] == 3
        there = {line.sha256: line async for lines in sets.lines(manifest, tmp_path) for line in lines}
        assert Digest.of(b"x" * 5_000_000).hex in there and not set(names) & set(there)
        assert manifest.objects["count"] == len(there)
        assert manifest.objects["bytes"] == sum(line.size for line in there.values())
        assert await Checker(sets=sets).check(manifest) == []
        [incident] = await repository.incidents.find(kind="backup.lost")
        assert all(one in incident["found"] for one in names)
        assert (await repository.backups.of(manifest.set))["state"] == "good"
        await stored(repository, office.clerk, "đến sau".encode())
        second = await running.back_up(behind, ROOT)
        assert second.kind == "incremental" and second.lost == sorted(names) and second.objects["new"] == 1
        Ailing.refused = {}
        third = await running.back_up(behind, ROOT)
        assert third.lost == [] and third.objects["new"] == 3, "mended: they are in the next set"
        assert await Checker(sets=sets).check(third) == []


async def test_what_was_refused_once_is_asked_for_again(
    repository: Repository, office: District, sets: Sets, ailing: Settings
) -> None:
    Ailing.refused = {Digest.of("Văn bản số 1".encode()).hex: -300}
    async with open_repository(ailing, clock=repository.clock) as behind:
        manifest = await running.back_up(behind, ROOT)
    assert manifest.lost == [] and await Checker(sets=sets).check(manifest) == []
    assert await repository.incidents.count_open() == 0


async def test_a_store_that_is_away_is_no_set_without_objects(
    repository: Repository, office: District, sets: Sets, ailing: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_repository(ailing, clock=repository.clock) as behind:
        Ailing.store = "http://127.0.0.1:9"
        monkeypatch.setattr(Ailing, "do_HEAD", lambda self: self._answer(503, {}, b""))
        monkeypatch.setattr(Ailing, "do_GET", lambda self: self._answer(503, {}, b""))
        with pytest.raises(errors.Unavailable):
            await running.back_up(behind, ROOT)
    assert await sets.names() == []
