"""Forks a warmed process, round after round, and kills it with -9 after a moment; so a kill costs no start.

`python -m tests.soak.nursery MODULE WORD…`: the module's `work(ready, *words)` is what a child does; it calls
`ready()` when its preparations are over. For each line on standard input, a number of milliseconds counted from
`ready` (empty: never), one line is answered: `killed MS` or `ended STATUS MS`. Each child is a process of its own
with nothing shared: no client, thread or loop exists before the fork.
"""

import asyncio
import importlib
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable

Work = Callable[..., Awaitable[None]]


def born(work: Work, words: list[str], ready: int) -> None:
    """The child, which never returns."""
    status = 1
    try:
        asyncio.run(work(lambda: os.write(ready, b"!"), *words))
        status = 0
    except BaseException:  # noqa: BLE001 - the child says what it died of and goes
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def ended(child: int, within: float | None) -> int | None:
    """Its status when it ends in that time."""
    descriptor = os.pidfd_open(child)
    try:
        there, _, _ = select.select([descriptor], [], [], within)
    finally:
        os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if there else None


def one(work: Work, words: list[str], delay: float | None) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        born(work, words, writing)
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    began = time.monotonic()
    status = ended(child, delay)
    if status is None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return f"killed {(time.monotonic() - began) * 1000:.0f}"
    return f"ended {status} {(time.monotonic() - began) * 1000:.0f}"


def main(module: str, *words: str) -> None:
    work: Work = importlib.import_module(module).work
    sys.stdout.write("warm\n")
    sys.stdout.flush()
    for line in sys.stdin:
        delay = float(line) / 1000 if line.strip() else None
        sys.stdout.write(one(work, list(words), delay) + "\n")
        sys.stdout.flush()


class Nursery:
    """The same as seen from a test."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def open(cls, module: str, *words: str, environment: dict[str, str]) -> "Nursery":
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.soak.nursery", module, *words, env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        found = cls(process)
        assert await found._line() == ["warm"]
        return found

    async def run(self, delay: float | None = None) -> tuple[bool, float]:
        """Whether it was killed, and how many seconds it lived at work. Fails when it ended badly."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n" if delay is None else f"{delay * 1000:.1f}\n".encode())
        await self._process.stdin.drain()
        how, *rest = await self._line()
        assert how == "killed" or rest[0] == "0", "the work fails"
        return how == "killed", float(rest[-1]) / 1000

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def _line(self) -> list[str]:
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode().split()


if __name__ == "__main__":
    main(*sys.argv[1:])
