"""One engine as a child process: start it, wait until it answers, watch it, restart it, stop it."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ops.stack.folder import Birth
from repository import errors

_LEASH: Final = Path(__file__).with_name("leash.py")
_START_PATIENCE: Final = 60.0
# Killing is safe (what is acknowledged is on disk); weed now and then waits on itself for half a minute.
_STOP_PATIENCE: Final = 10.0
_PROBE_EVERY: Final = 5.0
_PROBES_MISSED: Final = 6
_LONGEST_PAUSE: Final = 30.0
_LOG_LIMIT: Final = 20 << 20


class EngineFailed(errors.Unavailable):
    """An engine did not come up."""

    vi = "Không khởi động được {what}: {why}"
    en = "{what} did not start: {why}"


@dataclass(frozen=True, kw_only=True)
class Engine:
    """How to run one engine. `answers` is true when it is ready for work, and never raises for "not yet"."""

    name: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    answers: Callable[[], Awaitable[bool]]


class EngineProcess:
    """The running engine. `changed` is told each new process, so that the state file can name it."""

    def __init__(
        self, *, engine: Engine, log: Path, say: Callable[[str], None], changed: Callable[[str, Birth], None]
    ) -> None:
        self.engine = engine
        self._log = log
        self._say = say
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Launch and wait until it answers; raises EngineFailed with the end of its log."""
        await self._launch()
        until = time.monotonic() + _START_PATIENCE
        while not await self.engine.answers():
            assert self._process is not None
            if self._process.returncode is not None:
                raise EngineFailed(
                    what=self.engine.name, why=f"mã thoát {self._process.returncode}. {self._tail()}"
                )
            if time.monotonic() > until:
                raise EngineFailed(
                    what=self.engine.name, why=f"không trả lời sau {_START_PATIENCE:.0f} giây. {self._tail()}"
                )
            await asyncio.sleep(0.05)

    def watch(self) -> None:
        """From now on restart it when it dies or stops answering."""
        self._watch = asyncio.create_task(self._keep_alive(), name=f"watch {self.engine.name}")

    def ask_to_stop(self) -> None:
        """Stop watching and send SIGTERM; `stopped` waits for the end."""
        if self._watch is not None:
            self._watch.cancel()
        self._signal(signal.SIGTERM)

    async def stopped(self) -> None:
        """Wait until it ended; after a while it is killed."""
        if self._watch is not None:
            await asyncio.gather(self._watch, return_exceptions=True)
        if self._process is None:
            return
        self._signal(
            signal.SIGTERM
        )  # for a process that the watcher launched while it was being told to stop
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_PATIENCE)
        except TimeoutError:
            self._say(f"{self.engine.name} không chịu dừng, buộc dừng.")
            self._signal(signal.SIGKILL)
            await self._process.wait()

    async def _launch(self) -> None:
        home = self.engine.folder
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT:
            self._log.replace(self._log.with_suffix(".log.1"))
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal reaches this program alone, which then stops the
            # engines in order. Isolated HOME and folder: no configuration file of the user changes an engine.
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), *self.engine.command,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=home, start_new_session=True,
                env={"PATH": os.environ["PATH"], "HOME": str(home), **self.engine.environment},
            )  # fmt: skip
        if (birth := Birth.of(self._process.pid)) is not None:
            self._changed(self.engine.name, birth)

    async def _keep_alive(self) -> None:
        pause = 0.2
        while True:
            assert self._process is not None
            since = time.monotonic()
            await self._until_dead(self._process)
            if time.monotonic() - since > _LONGEST_PAUSE:
                pause = 0.2
            self._say(
                f"{self.engine.name} đã dừng bất thường (mã {self._process.returncode}); đang khởi động lại."
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            try:
                await self.start()
            except EngineFailed as failure:
                self._say(str(failure))
                self._signal(signal.SIGKILL)
            else:
                self._say(f"{self.engine.name} đã chạy lại.")

    async def _until_dead(self, process: asyncio.subprocess.Process) -> None:
        """Returns when the process has ended; one that lives but no longer answers is killed first."""
        missed = 0
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _PROBE_EVERY)
                return
            missed = 0 if await self.engine.answers() else missed + 1
            if missed >= _PROBES_MISSED:
                self._say(f"{self.engine.name} không trả lời; buộc dừng.")
                self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def _tail(self) -> str:
        return f"Cuối nhật ký {self._log}: " + self._log.read_text(encoding="utf-8", errors="replace")[
            -600:
        ].replace("\0", "")


async def end_orphan(birth: Birth) -> None:
    """Stop an engine that a killed stack left behind; it is not our child, so its end is polled."""
    for number, patience in ((signal.SIGTERM, _STOP_PATIENCE), (signal.SIGKILL, 5.0)):
        if not birth.is_alive():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(birth.pid, number)
        until = time.monotonic() + patience
        while birth.is_alive() and time.monotonic() < until:  # noqa: ASYNC110 (not our child: no event tells)
            await asyncio.sleep(0.05)
