"""The settings of an installation, without its secrets in one file and with nothing but them in another."""

import dataclasses
import io
import json
import tarfile
from pathlib import Path
from typing import Any, Final

from repository.settings import Settings

KEPT: Final = ("account.key", "log")
"""What of the data folder is no engine's and cannot be made again: the account key, the log's keys and memory."""
_SETTINGS: Final = "settings.json"


def configuration(settings: Settings) -> bytes:
    """Everything that was chosen and is no secret, as JSON."""
    return _json({one.name: getattr(settings, one.name) for one in dataclasses.fields(settings) if one.repr})


def archive(settings: Settings) -> bytes:
    """The secret settings and the kept files of the data folder, as a tar.

    Read before the metadata: the log's memory must not be younger than the tree that is restored with it.
    """
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        secret = {
            one.name: getattr(settings, one.name) for one in dataclasses.fields(settings) if not one.repr
        }
        _add(tar, _SETTINGS, _json(secret))
        for path in _kept(settings.data):
            _add(tar, str(path.relative_to(settings.data)), path.read_bytes())
    return held.getvalue()


def put_back(content: bytes, data: Path, *, over: frozenset[str] = frozenset()) -> list[str]:
    """Writes the kept files into a data folder; the secret settings beside them, for a person to set.

    What is there already stays, but for the files named by `over`.
    """
    written = []
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        for member in tar.getmembers():
            taken = tar.extractfile(member)
            name = "restored-settings.json" if member.name == _SETTINGS else member.name
            path = (data / name).resolve()
            if taken is None or data.resolve() not in path.parents or (path.exists() and name not in over):
                continue
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(taken.read())
            path.chmod(0o600)
            written.append(name)
    return written


def _kept(data: Path) -> list[Path]:
    found: list[Path] = []
    for name in KEPT:
        path = data / name
        found += [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    return found


def _json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True, default=str).encode()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    tar.addfile(info, io.BytesIO(content))
