"""The Elasticsearch adapter through the genuine client, against the Elasticsearch-compatible noida-db."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from elasticsearch import AsyncElasticsearch, TransportError

from indexers.search.elastic import ElasticIndex
from indexers.search.index import SearchQuery
from repository import errors, ids
from tests.contracts.search_index import OFFICE, SearchIndexContract, entry

PROGRAM = Path(sys.executable).with_name("noida-db")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not PROGRAM.exists():
        pytest.skip("noida-db is not installed")
    port = free_port()
    command = [PROGRAM, "start", "--data-dir", tmp_path_factory.mktemp("noida"), "--host", "127.0.0.1"]
    command += ["--only", "elasticsearch", "--elasticsearch-port", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, start_new_session=True, **quiet)
    try:
        asyncio.run(answering(f"http://127.0.0.1:{port}"))
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # the program is a launcher: its child must go too
        process.wait()


async def answering(url):
    async with AsyncElasticsearch(url, max_retries=0) as client:
        for _ in range(200):
            try:
                return await client.info()
            except TransportError:
                await asyncio.sleep(0.05)
    raise RuntimeError("noida-db does not answer")


@pytest.fixture
async def index(server):
    async with ElasticIndex(url=server, alias=ids.new("ix")) as index:
        yield index


class TestElasticIndex(SearchIndexContract):
    pass


async def test_a_server_that_is_away_is_unavailable():
    async with ElasticIndex(url=f"http://127.0.0.1:{free_port()}") as index:
        for call in (
            index.put([entry("x", "một")]),
            index.count(),
            index.search(SearchQuery(marks=(OFFICE,))),
        ):
            with pytest.raises(errors.Unavailable):
                await call
