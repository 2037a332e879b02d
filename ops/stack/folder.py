"""The data folder of one stack: its layout, its lock, its secrets, its ports and who runs in it.

DATA/objects  metadata  scanner  search  logs   one folder an engine, and their logs
DATA/stack/lock         held (flock) by the process that runs the stack; the kernel lets go of it on kill -9
DATA/stack/secrets.json keys made at the first start, mode 0600
DATA/stack/state.json   ports, running processes and, once all engines answer, `ready`
"""

import fcntl
import json
import os
import random
import secrets
import socket
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from repository import errors

# Below the range from which the kernel takes ports for outgoing connections: a restart finds its port free.
_PORTS: Final = range(20000, 32000)
_LOCK_PATIENCE: Final = 2.0


class StackBusy(errors.Conflict):
    """Another process runs a stack on this folder."""

    vi = "Thư mục {folder} đang được một tiến trình khác (pid {pid}) sử dụng. Hãy dừng tiến trình đó trước."
    en = "The folder {folder} is in use by another process (pid {pid}). Stop that one first."


@dataclass(frozen=True, kw_only=True)
class Birth:
    """A process that cannot be confused with a later one of the same number."""

    pid: int
    born: str

    @classmethod
    def of(cls, pid: int) -> "Birth | None":
        born = _birth_time(pid)
        return cls(pid=pid, born=born) if born is not None else None

    def is_alive(self) -> bool:
        return _birth_time(self.pid) == self.born


@dataclass(kw_only=True)
class State:
    """What the state file says."""

    owner: Birth | None = None
    ports: dict[str, int] = field(default_factory=dict)
    engines: dict[str, Birth] = field(default_factory=dict)
    clamd: str | None = None
    ready: bool = False


class Folder:
    """Reads and writes the folder; holds its lock between `lock` and `unlock`."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._lock: int | None = None

    def path(self, name: str) -> Path:
        """A folder of that name inside, made when missing and closed to other users."""
        found = self.root / name
        found.mkdir(parents=True, exist_ok=True, mode=0o700)
        return found

    def lock(self) -> None:
        """Take the folder, or raise StackBusy; waits a moment, as a reader may be looking at the lock."""
        fd = os.open(self.path("stack") / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + _LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._lock = fd
                return
            except BlockingIOError as fault:
                if time.monotonic() > until:
                    os.close(fd)
                    owner = self.read().owner
                    raise StackBusy(folder=self.root, pid=owner.pid if owner else "?") from fault
                time.sleep(0.05)

    def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_held(self) -> bool:
        """Does some process run a stack here?"""
        try:
            fd = os.open(self.root / "stack" / "lock", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(fd)

    def secrets(self, names: Iterable[str]) -> dict[str, str]:
        """The keys of this folder; those that do not exist yet are made and kept."""
        place = self.path("stack") / "secrets.json"
        known = _read_json(place)
        missing = [name for name in names if name not in known]
        if missing:
            known.update({name: secrets.token_hex(20) for name in missing})
            write_private(place, json.dumps(known, indent=1))
        return {name: str(value) for name, value in known.items()}

    def read(self) -> State:
        """The state file; an empty state where there is none."""
        raw = _read_json(self.root / "stack" / "state.json")
        raw["engines"] = {name: Birth(**birth) for name, birth in raw.get("engines", {}).items()}
        raw["owner"] = Birth(**raw["owner"]) if raw.get("owner") else None
        return State(**raw)

    def write(self, state: State) -> None:
        write_private(self.path("stack") / "state.json", json.dumps(asdict(state), indent=1))

    def ports(self, names: Iterable[str], *, fresh: bool = False) -> dict[str, int]:
        """A free port for each name: those of the last start where they are still free."""
        known = {} if fresh else self.read().ports
        chosen: dict[str, int] = {}
        for name in names:
            port = known.get(name, 0)
            while not port or port in chosen.values() or not _is_free(port):
                port = random.choice(_PORTS)
            chosen[name] = port
        return chosen


def write_private(place: Path, text: str) -> None:
    """Write a file that only this user reads, whole or not at all."""
    draft = place.with_suffix(".new")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(place)


def _read_json(place: Path) -> dict[str, Any]:
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if not isinstance(found, dict):
        raise errors.Corrupt(what=place)
    return found


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _birth_time(pid: int) -> str | None:
    """When the kernel started that process (clock ticks since boot); None when it is gone or a zombie."""
    try:
        after_name = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if after_name[0] == "Z" else after_name[19]
