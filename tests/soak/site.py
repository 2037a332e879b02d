"""The product as separate processes on one data folder: started by commands, killed with -9, started anew."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from ops.stack import EngineAddresses, find_running
from ops.stack.folder import Folder

ENGINES = {"weed": "SeaweedFS", "secantus": "SecantusDB", "clamd": "clamd"}
PROCESSES = ("stack", "serve", "work")


@dataclass
class Installation:
    """Commands run with `--data`, their output in files under `logs`."""

    data: Path
    port: int
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        logs = self.data / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        with (logs / f"{name}.out").open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "ops.cli", name, "--data", str(self.data), *words],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
            )  # fmt: skip

    def start_missing(self) -> list[str]:
        """Starts what is not running, the engines first; what that was."""
        started = []
        for name in PROCESSES:
            child = self.children.get(name)
            if child is not None and child.poll() is None:
                continue
            words = ("--port", str(self.port)) if name == "serve" else ()
            self.children[name] = self.command(name, *words)
            started.append(name)
            if name == "stack":
                self._wait("engines", lambda: find_running(self.data) is not None)
        return started

    def wait_ready(self) -> None:
        """Until service, engines and scanner answer."""

        def ready() -> bool:
            try:
                answer = httpx.get(f"{self.url}/readyz", timeout=6)
            except httpx.TransportError:
                return False
            told = answer.json() if answer.status_code in (200, 503) else {}
            return set(told.get("dependencies", {"": ""}).values()) == {"ok"}

        self._wait("readiness", ready)

    def addresses(self) -> EngineAddresses:
        found = find_running(self.data)
        assert found is not None, "the engines do not run"
        return found

    def kill(self, victim: str) -> bool:
        """SIGKILL to one process, an engine or (`all`) to everything; False when it was not there."""
        if victim == "all":
            return sum(self.kill(one) for one in (*PROCESSES, "import", *ENGINES)) > 0
        if victim in ENGINES:
            birth = Folder(self.data).read().engines.get(ENGINES[victim])
            if birth is None or not birth.is_alive():
                return False
            os.kill(birth.pid, signal.SIGKILL)
            return True
        child = self.children.get({"service": "serve", "worker": "work"}.get(victim, victim))
        if child is None or child.poll() is not None:
            return False
        child.kill()
        child.wait()
        return True

    def stop(self) -> None:
        self.kill("import")
        for name in reversed(PROCESSES):
            if (child := self.children.get(name)) and child.poll() is None:
                child.terminate()
                try:
                    child.wait(timeout=40)
                except subprocess.TimeoutExpired:
                    child.kill()

    def orphans(self) -> list[str]:
        """Processes of this installation whose parent is gone."""
        mine = {child.pid for child in self.children.values()}
        found = []
        for one in psutil.process_iter(["pid", "ppid", "cmdline"]):
            line = " ".join(one.info["cmdline"] or [])
            sandbox_left = "repository.sandbox" in line and one.info["ppid"] == 1
            if one.info["pid"] not in mine and (
                sandbox_left or (str(self.data) in line and one.info["ppid"] == 1)
            ):
                found.append(line[:120])
        return found

    @staticmethod
    def _wait(what: str, done: Callable[[], bool], patience: float = 150) -> None:
        until = time.monotonic() + patience
        while not done():
            assert time.monotonic() < until, f"{what}: not within {patience} s"
            time.sleep(0.2)


def tally(output: bytes) -> dict[str, int] | None:
    """The last line of an import that came to its end."""
    lines = output.decode("utf-8", errors="replace").strip().splitlines()
    found = re.findall(r"(đã lưu|trùng|từ chối): (\d+)", lines[-1]) if lines else []
    return {name: int(number) for name, number in found} or None
