"""clamd with one signature, the EICAR test file: it proves the path and protects from nothing else.

A real installation points TANGTHU_CLAMD_URL at a clamd with freshclam's database. `AlertExceedsMax` makes a
file over the limits a finding instead of "clean".
"""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ops.stack.folder import Folder, write_private
from ops.stack.probe import exchange
from ops.stack.process import Engine
from ops.stack.programs import of_system

NAME: Final = "clamd"
PORTS: Final = ("clamd.port",)
_SOCKET_PATH_LIMIT: Final = 100  # of sockaddr_un, with some room
# The test file in pieces, so that no scanner takes this source for it.
_EICAR: Final = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE" + b"!$H+H*"


def address(folder: Folder, ports: Mapping[str, int]) -> str | None:
    """Where clamd will listen: a socket file, or a port when that path is too long; None without clamd."""
    if of_system("clamd") is None:
        return None
    place = _socket(folder)
    return f"unix:{place}" if len(str(place)) < _SOCKET_PATH_LIMIT else f"tcp:127.0.0.1:{ports['clamd.port']}"


def engine(folder: Folder, where: str) -> Engine:
    """The command that runs it in `DATA/scanner`."""
    program = of_system("clamd")
    assert program is not None, "address() is asked first"
    home = folder.path("scanner")
    signatures = folder.path("scanner/signatures")
    write_private(signatures / "test.ndb", f"Eicar-Test-Signature:0:0:{_EICAR.hex()}\n")
    kind, _, place = where.partition(":")
    port = int(place.rpartition(":")[2]) if kind == "tcp" else 0
    listen = (
        f"TCPSocket {port}\nTCPAddr 127.0.0.1"
        if port
        else f"LocalSocket {place}\nLocalSocketMode 600\nFixStaleSocket yes"
    )
    settings = f"""\
DatabaseDirectory {signatures}
TemporaryDirectory {folder.path("scanner/tmp")}
{listen}
User {pwd.getpwuid(os.geteuid()).pw_name}
Foreground yes
LogTime yes
AlertExceedsMax yes
StreamMaxLength 4000M
MaxFileSize 2047M
MaxScanSize 4000M
MaxScanTime 300000
MaxFiles 20000
MaxThreads 8
"""
    write_private(home / "clamd.conf", settings)

    async def answers() -> bool:
        return await exchange(port or Path(place), b"zPING\0", enough=5) == b"PONG\0"

    return Engine(name=NAME, command=[program, "-c", str(home / "clamd.conf")], folder=home, answers=answers)


def _socket(folder: Folder) -> Path:
    return folder.path("scanner") / "clamd.sock"
