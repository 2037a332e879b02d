"""The service and the worker as child processes of the demo: started, awaited, restarted, stopped."""

import asyncio
import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from ops.stack.folder import Birth
from ops.stack.process import Engine, EngineProcess
from repository.settings import Settings, environment_of


@asynccontextmanager
async def served(settings: Settings, *, say: Callable[[str], None]) -> AsyncIterator[str]:
    """`tangthu serve` and `tangthu work` over the given settings; the address once the service is ready."""
    port = free_port(settings.host, settings.port)
    address = f"http://{settings.host}:{port}"
    environment = _environment(settings, port)
    logs = settings.data / "logs"
    logs.mkdir(parents=True, exist_ok=True)

    async def ready() -> bool:
        return await asyncio.to_thread(answers, f"{address}/readyz")

    async def at_once() -> bool:
        return True

    def noted(_name: str, _birth: Birth) -> None:
        """The children end with this process (see the leash), so nothing need be written down."""

    children = [
        EngineProcess(
            engine=Engine(name=name, command=_command(name), folder=Path.cwd(), environment=environment, answers=probe),
            log=logs / f"{name}.log", say=say, changed=noted,
        )
        for name, probe in (("serve", ready), ("work", at_once))
    ]  # fmt: skip
    try:
        await asyncio.gather(*(child.start() for child in children))
        for child in children:
            child.watch()
        yield address
    finally:
        for child in children:
            child.ask_to_stop()
        await asyncio.gather(*(child.stopped() for child in children))


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "ops.cli", name]


def _environment(settings: Settings, port: int) -> dict[str, str]:
    """The settings as a child reads them, and what a Python process needs of ours."""
    names = ("LANG", "LC_ALL", "TZ", "PYTHONPATH")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return kept | environment_of(settings) | {"TANGTHU_PORT": str(port)}


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or any other when it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port on {host}")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
