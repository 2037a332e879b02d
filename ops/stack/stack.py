"""All local engines of one data folder, as an async context: started together, watched, stopped in order."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

from ops.stack import clamav, seaweed, secantus
from ops.stack.addresses import EngineAddresses
from ops.stack.folder import Birth, Folder, State
from ops.stack.process import EngineFailed, EngineProcess, end_orphan

_ATTEMPTS: Final = 3


class Stack:
    """`async with Stack(data, say=print) as engines`. One stack a folder; raises StackBusy, EngineFailed."""

    def __init__(self, data: Path, *, say: Callable[[str], None]) -> None:
        self._folder = Folder(data)
        self._say = say
        self._state = State()
        self._processes: list[EngineProcess] = []

    async def __aenter__(self) -> EngineAddresses:
        await asyncio.to_thread(self._folder.lock)
        try:
            await self._end_orphans()
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return _addresses(self._folder, self._state)

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Shielded: a second Ctrl-C must not leave half of the engines running.
        await asyncio.shield(asyncio.ensure_future(self._stop()))

    async def _end_orphans(self) -> None:
        """End the engines that a killed stack left: they hold the folder, and nobody watches them."""
        self._state = self._folder.read()
        left = [(name, birth) for name, birth in self._state.engines.items() if birth.is_alive()]
        for name, _ in left:
            self._say(f"{name} còn sót lại từ lần chạy trước; đang dừng.")
        await asyncio.gather(*(end_orphan(birth) for _, birth in left))

    async def _start(self) -> None:
        for attempt in range(_ATTEMPTS):
            self._plan(fresh_ports=attempt > 0)
            outcomes = await asyncio.gather(
                *(each.start() for each in self._processes), return_exceptions=True
            )
            failures = [each for each in outcomes if isinstance(each, BaseException)]
            if not failures:
                break
            # A port may have been taken between choosing and binding; any other fault returns and is told.
            if attempt == _ATTEMPTS - 1 or not all(isinstance(each, EngineFailed) for each in failures):
                raise failures[0]
            self._say(f"{failures[0]} Thử lại với cổng khác.")
            await self._end_processes()
        await seaweed.prepare(self._folder, self._state.ports, self._secrets())
        for each in self._processes:
            each.watch()
        self._state.ready = True
        self._write()

    def _plan(self, *, fresh_ports: bool) -> None:
        folder = self._folder
        ports = folder.ports([*seaweed.PORTS, *secantus.PORTS, *clamav.PORTS], fresh=fresh_ports)
        where = clamav.address(folder, ports)
        self._state = State(owner=Birth.of(os.getpid()), ports=ports, clamd=where)
        engines = [seaweed.engine(folder, ports, self._secrets()), secantus.engine(folder, ports)]
        if where is None:
            self._say(
                "Không có clamd (gói clamav-daemon): tệp nhận vào ghi là CHƯA QUÉT, không được phát hành."
            )
        else:
            engines.append(clamav.engine(folder, where))
        self._write()
        logs = folder.path("logs")
        self._processes = [
            EngineProcess(
                engine=each, log=logs / f"{each.name.lower()}.log", say=self._say, changed=self._changed
            )
            for each in engines
        ]

    async def _stop(self) -> None:
        try:
            await self._end_processes()
        finally:
            self._state = State(ports=self._state.ports)
            with contextlib.suppress(FileNotFoundError):  # the whole folder may be gone, as after a test
                self._write()
            self._folder.unlock()

    async def _end_processes(self) -> None:
        """Last started, first told: no record is acknowledged once the objects' engine is told to stop."""
        for each in reversed(self._processes):
            each.ask_to_stop()
        await asyncio.gather(*(each.stopped() for each in self._processes))
        self._processes = []

    def _secrets(self) -> dict[str, str]:
        return self._folder.secrets(seaweed.SECRETS)

    def _changed(self, name: str, birth: Birth) -> None:
        self._state.engines[name] = birth
        self._write()

    def _write(self) -> None:
        self._folder.write(self._state)


def find_running(data: Path) -> EngineAddresses | None:
    """The engines that another process runs on this folder; None when none does, or not all answer yet."""
    folder = Folder(data)
    if not folder.is_held():
        return None
    state = folder.read()
    # The lock may be held by a stack that has just begun while the file still tells of one that was killed.
    told_by_the_living = state.owner is not None and state.owner.is_alive()
    return _addresses(folder, state) if state.ready and told_by_the_living else None


def _addresses(folder: Folder, state: State) -> EngineAddresses:
    secrets = folder.secrets(seaweed.SECRETS)
    return EngineAddresses(
        mongo_url=secantus.url(state.ports),
        s3_url=f"http://127.0.0.1:{state.ports['s3.port']}",
        s3_access_key=secrets["s3.service.key"],
        s3_secret_key=secrets["s3.service.secret"],
        s3_eraser_access_key=secrets["s3.eraser.key"],
        s3_eraser_secret_key=secrets["s3.eraser.secret"],
        bucket=seaweed.BUCKET,
        clamd=state.clamd,
        search_dir=folder.path("search"),
    )
