"""One stack of real engines for the whole test session, in a background thread with a loop of its own.

All tests share its bucket; each test takes a database name of its own. With TANGTHU_TEST_DATA set to a folder
whose `tangthu stack` is running, that one is used.
"""

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from ops.stack import EngineAddresses, Stack, find_running


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineAddresses]:
    """SeaweedFS, SecantusDB and, where installed, clamd; stopped when the session ends."""
    chosen = os.environ.get("TANGTHU_TEST_DATA")
    if chosen and (running := find_running(Path(chosen))):
        yield running
        return
    started: Future[EngineAddresses] = Future()
    done = threading.Event()
    folder = tmp_path_factory.mktemp("engines")

    async def serve() -> None:
        async with Stack(folder, say=print) as addresses:
            started.set_result(addresses)
            await asyncio.to_thread(done.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as fault:
            if started.done():
                raise
            started.set_exception(fault)

    thread = threading.Thread(target=run, name="engines")
    thread.start()
    try:
        yield started.result(timeout=100)
    finally:
        done.set()
        thread.join(timeout=60)
        assert not thread.is_alive(), "the engines did not stop"
