"""SecantusDB: the local metadata store, spoken to over the MongoDB wire protocol and never imported.

Always `--sync-on-commit`: without it acknowledged transactions are lost on kill -9. It presents itself as a
replica set of one, so transactions need no flag; the address names the set, as in production. It asks no
password: whoever may open loopback ports here may write to it. A shared machine needs MongoDB itself.
"""

from collections.abc import Mapping
from typing import Final

from ops.stack.folder import Folder
from ops.stack.probe import exchange
from ops.stack.process import Engine
from ops.stack.programs import beside_python

NAME: Final = "SecantusDB"
PORTS: Final = ("mongo.port",)

# OP_MSG holding the BSON document {ping: 1, $db: "admin"}.
_DOCUMENT: Final = b"\x1e\x00\x00\x00\x10ping\x00\x01\x00\x00\x00\x02$db\x00\x06\x00\x00\x00admin\x00\x00"
_PING: Final = (
    (21 + len(_DOCUMENT)).to_bytes(4, "little")
    + bytes(8)
    + (2013).to_bytes(4, "little")
    + bytes(5)
    + _DOCUMENT
)


def url(ports: Mapping[str, int]) -> str:
    # The server sorts all it remembers for repeats at each such write, 10,000 after a while: what we send once, we
    # repeat ourselves where it matters (`Journal`).
    return f"mongodb://127.0.0.1:{ports['mongo.port']}/?replicaSet=secantus&retryWrites=false"


def engine(folder: Folder, ports: Mapping[str, int]) -> Engine:
    """The command that runs it in `DATA/metadata`."""
    port = ports["mongo.port"]
    settings = folder.path("stack") / "secantusd.toml"
    settings.touch(mode=0o600)  # an empty one, so that no file in the user's home changes the server
    command = [
        beside_python("secantusd-py"), "--config", str(settings), "--host", "127.0.0.1", "--port", str(port),
        "--storage-path", str(folder.path("metadata")), "--sync-on-commit",
    ]  # fmt: skip

    async def answers() -> bool:
        return len(await exchange(port, _PING)) == 16  # the header of a reply

    return Engine(name=NAME, command=command, folder=folder.path("metadata"), answers=answers)
