"""The honest set: signed papers as agencies and their tools make them. None may be refused or called forged.

Each takes a `Forge` and gives a file whose signatures are all intact, with their real signers. Run as a module
with a folder's name it writes them there, with the anchors, for `tangthu bench signatures FOLDER`.
"""

from pathlib import Path

from tests.repository.signatures.forge import Forge
from tests.repository.signatures.honest import agencies, containers, lasting, permitted, tools
from tests.repository.signatures.honest.made import HONEST

__all__ = ["HONEST", "agencies", "containers", "lasting", "permitted", "tools", "write"]


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    forge = Forge(folder)
    for name, make in HONEST.items():
        (folder / f"{name}.pdf").write_bytes(make(forge))
