"""A sealer without a lease, as a process to be killed: only the fence in the database keeps two from forking."""

import asyncio
import sys
from pathlib import Path

from repository import errors, mongo
from repository.audit.checkpoints import Checkpoints
from repository.audit.keys import KeyRing
from repository.audit.parts import Parts
from repository.audit.sealer import Sealer
from repository.audit.tree import Tree
from repository.blobs.memory import MemoryBlobs
from repository.clock import SystemClock
from repository.organisation.accounts.second_factor import Vault


def sealer(url: str, name: str, folder: Path, batch: int) -> Sealer:
    database, clock = mongo.connect(url, name), SystemClock()

    async def tell(finding: object) -> None:
        raise AssertionError(finding)

    parts = Parts(
        database=database, tree=Tree(database=database), origin="trial", memory=folder / "last",
        checkpoints=Checkpoints(database=database, blobs=MemoryBlobs(clock=clock), staging=folder),
        keys=KeyRing(folder=folder, origin="trial", box=Vault.forgetful()),
    )  # fmt: skip
    return Sealer(parts=parts, clock=clock, tell=tell, batch=batch)


async def main(url: str, name: str, folder: str) -> None:
    mine = sealer(url, name, Path(folder), 40)
    print("ready", flush=True)
    while True:
        try:
            if not await mine.seal():
                await asyncio.sleep(0.005)
        except errors.Unavailable:
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
