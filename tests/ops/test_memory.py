"""The service's memory while a large file goes up as a form and comes down again."""

import asyncio
import hashlib
import json
import threading
import time
from collections.abc import Iterator

import psutil
import pytest
import urllib3

from ops.bench import site
from ops.stack import EngineAddresses

MIB = 1024 * 1024
BOUNDARY = "tangthu-memory"


class Watched:
    """The largest resident set of a process, of service code alone (its children read hostile files)."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.before = self.most = self._process.memory_info().rss
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._done.wait(0.02):
            self.most = max(self.most, self._process.memory_info().rss)

    def __enter__(self) -> "Watched":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def grown(self) -> float:
        """In MiB."""
        return (self.most - self.before) / MIB


def text_of(size: int) -> Iterator[bytes]:
    """Lines that are text, no two mebibytes alike."""
    for n in range(size // MIB):
        line = f"Dòng văn bản số {n} của tệp lớn dùng để đo bộ nhớ.\n".encode()
        yield (line * (MIB // len(line) + 1))[: MIB - 1] + b"\n"


def form_of(size: int) -> Iterator[bytes]:
    metadata = json.dumps({"direction": "incoming", "subject": "Tệp lớn"}, ensure_ascii=False)
    yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{metadata}\r\n'.encode()
    head = 'Content-Disposition: form-data; name="file"; filename="lon.txt"\r\nContent-Type: text/plain'
    yield f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode()
    yield from text_of(size)
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


async def streams(found: site.Site, size: int) -> tuple[float, float, dict]:
    """MiB grown while a file goes up, while it comes down, and the version that was stored."""
    async with site.service(found.settings) as running:
        return await asyncio.to_thread(up_and_down, found, running, size)


def up_and_down(found: site.Site, running: site.Service, size: int) -> tuple[float, float, dict]:
    pool = urllib3.PoolManager()
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    documents = f"{running.address}/api/v1/documents"
    with Watched(running.pid) as up:
        # A first small file, so that what is loaded once is not taken for growth of the large one.
        warm = pool.request("POST", documents, body=form_of(4 * MIB), headers=found.authorization | kind)
        assert warm.status == 201, warm.data
        up.before = up.most = psutil.Process(running.pid).memory_info().rss
        began = time.perf_counter()
        answer = pool.request("POST", documents, body=form_of(size), headers=found.authorization | kind)
        print(f"up {size / MIB / (time.perf_counter() - began):.0f} MiB/s")
    assert answer.status == 201, answer.data
    stored = json.loads(answer.data)
    sha256 = hashlib.sha256()
    path = f"{documents}/{stored['id']}/versions/1/content"
    with Watched(running.pid) as down:
        began = time.perf_counter()
        content = pool.request("GET", path, headers=found.authorization, preload_content=False)
        while piece := content.read(MIB):
            sha256.update(piece)
        print(f"down {size / MIB / (time.perf_counter() - began):.0f} MiB/s")
    version = stored["versions"][0]
    assert sha256.hexdigest() == version["sha256"]
    print(f"{size // MIB} MiB: up +{up.grown:.1f} MiB, down +{down.grown:.1f} MiB, {version['scan']}")
    return up.grown, down.grown, version


@pytest.fixture
async def opened(engines: EngineAddresses, monkeypatch, tmp_path):
    for name, value in engines.as_environment().items():
        monkeypatch.setenv(name, value)
    async with site.opened(tmp_path) as found:
        yield found


async def test_memory_does_not_follow_the_size_of_a_file(opened):
    up, down, version = await streams(opened, 200 * MIB)
    assert version["size"] == 200 * MIB
    assert up < 64
    assert down < 64


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_a_gibibyte_goes_up_and_comes_down(opened):
    up, down, version = await streams(opened, 1024 * MIB)
    assert version["size"] == 1024 * MIB
    assert up < 64
    assert down < 64
