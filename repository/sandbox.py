"""Hostile files are opened only here: in a forked process with limits on time, memory and output, and no
way back.

A `Sandbox` keeps a few warm servers, each a Python process that has imported the library once. For every
job the
server forks; the child sets its limits, runs one function on one file and answers JSON. A child that
hangs, swells
or crashes is killed and answered for: the caller gets a `Failure` with the reason, never an exception
from inside.

Run as `python -m repository.sandbox MODULE:FUNCTION`; the function takes (path: str, options: dict) and
returns JSON.
"""

import asyncio
import importlib
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

_LARGEST_ANSWER: Final = 64 * 1024**2


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one job may use."""

    seconds: float = 30.0
    memory: int = 1536 * 1024**2
    """Address space in bytes."""
    written: int = 512 * 1024**2
    """Largest file a job may write, in bytes."""


@dataclass(frozen=True)
class Failure:
    """A job that gave no answer: `timeout`, `memory`, `crash` (killed by a signal) or `error` (it raised)."""

    reason: str
    detail: str = ""


class Sandbox:
    """`size` warm servers for one function; open with `async with`."""

    def __init__(self, *, function: str, size: int = 2, limits: Limits | None = None) -> None:
        self._function = function
        self._limits = limits or Limits()
        self._free: asyncio.Queue[asyncio.subprocess.Process | None] = asyncio.Queue()
        self._all: list[asyncio.subprocess.Process] = []
        for _ in range(size):
            self._free.put_nowait(None)  # started at first use

    async def __aenter__(self) -> "Sandbox":
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._all:
            if server.returncode is None:
                with suppress(ProcessLookupError):
                    server.kill()
            await server.wait()

    async def run(self, path: Path, options: dict[str, Any] | None = None) -> Any | Failure:
        """The function's answer for the file, or why there is none."""
        server = await self._free.get()
        try:
            if server is None or server.returncode is not None:
                server = await self._start()
            return await self._ask(server, path, options or {})
        except (TimeoutError, OSError, ValueError, asyncio.IncompleteReadError) as fault:
            if server is not None and server.returncode is None:
                server.kill()
                await server.wait()
            return Failure("crash", f"{type(fault).__name__}")
        except asyncio.CancelledError:
            # Half an answer may still be in the pipe: this server cannot be trusted with the next job.
            if server is not None and server.returncode is None:
                server.kill()
            server = None
            raise
        finally:
            self._free.put_nowait(server)

    async def _start(self) -> asyncio.subprocess.Process:
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "repository.sandbox", self._function,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LARGEST_ANSWER + 1024,
            start_new_session=True,
        )  # fmt: skip
        self._all = [one for one in self._all if one.returncode is None] + [server]
        return server

    async def _ask(
        self, server: asyncio.subprocess.Process, path: Path, options: dict[str, Any]
    ) -> Any | Failure:
        job = {"path": str(path), "options": options, "limits": asdict(self._limits)}
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(json.dumps(job).encode() + b"\n")
        async with asyncio.timeout(self._limits.seconds + 20):  # the server itself ends the job much earlier
            line = await server.stdout.readline()
        if not line:
            raise ValueError("the server ended")
        answer = json.loads(line)
        return (
            answer["result"] if "result" in answer else Failure(answer["failure"], answer.get("detail", ""))
        )


def serve(function: Callable[[str, dict[str, Any]], Any]) -> None:
    """The server's loop: a job a line in, an answer a line out, until the parent closes the pipe."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    with suppress(BrokenPipeError):  # the parent was killed: nobody waits for the answer
        for line in sys.stdin.buffer:
            answers.write(_run_forked(function, json.loads(line)) + b"\n")


def _run_forked(function: Callable[[str, dict[str, Any]], Any], job: dict[str, Any]) -> bytes:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_the_child(function, job, writing)
    os.close(writing)
    answer, timed_out = _collect(reading, time.monotonic() + job["limits"]["seconds"])
    os.close(reading)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # the child and whatever it started
    _, status = os.waitpid(child, 0)
    if timed_out:
        return b'{"failure": "timeout"}'
    if answer.endswith(b"\n"):
        return answer[:-1]
    ended = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
    return json.dumps({"failure": "crash", "detail": ended}).encode()


def _collect(reading: int, until: float) -> tuple[bytes, bool]:
    """What the child wrote, and whether its time ran out first."""
    parts: list[bytes] = []
    size = 0
    while size <= _LARGEST_ANSWER:
        ready, _, _ = select.select([reading], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            return b"", True
        part = os.read(reading, 1 << 20)
        if not part:
            break
        parts.append(part)
        size += len(part)
        if part.endswith(b"\n"):  # not the end of the file: what the job started may hold the pipe open
            break
    return b"".join(parts), False


def _be_the_child(function: Callable[[str, dict[str, Any]], Any], job: dict[str, Any], writing: int) -> None:
    """Never returns. The catch-all is the point of this process: whatever a file does becomes an answer."""
    os.setsid()
    limits = job["limits"]
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (int(limits["seconds"]) + 1,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["written"], limits["written"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(int(limits["seconds"]) + 2)  # its server may be killed before it: then nobody else ends it
    try:
        answer = json.dumps({"result": function(job["path"], job["options"])})
    except MemoryError:
        answer = json.dumps({"failure": "memory"})
    except BaseException as fault:  # noqa: BLE001  see above
        answer = json.dumps({"failure": "error", "detail": f"{type(fault).__name__}: {fault}"[:500]})
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(answer.encode() + b"\n")
    os._exit(0)


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the pipe
    serve(getattr(importlib.import_module(module), name))


if __name__ == "__main__":
    main()
