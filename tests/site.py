"""The whole product as its user meets it: `tangthu demo` as a child process over the session's engines."""

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.demo.district import PEOPLE
from ops.stack import EngineAddresses


@dataclass(frozen=True)
class Site:
    """Where the site is and who may log in: user name → password."""

    url: str
    accounts: dict[str, str]


@pytest.fixture(scope="session")
def site(engines: EngineAddresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("site")
    environment = os.environ | engines.as_environment() | {
        "TANGTHU_MONGO_DATABASE": f"site_{secrets.token_hex(4)}",
        "TANGTHU_SEARCH_URL": f"tantivy:{data / 'search'}",
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    log = data / "demo.log"
    command = [sys.executable, "-m", "ops.cli", "demo", "--data", str(data), "--port", "0"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment, start_new_session=True)
    try:
        url = _address(process, log)
        password = (data / "demo" / "password.txt").read_text("utf-8").strip()
        yield Site(url, {person.username: password for person in PEOPLE})
    finally:
        process.terminate()
        process.wait(timeout=30)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text("utf-8", errors="replace"))
        if found:
            return found.group(0)
        time.sleep(0.1)
    raise AssertionError(f"the demo did not start:\n{log.read_text('utf-8', errors='replace')}")
