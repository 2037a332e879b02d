"""One object out of the backup, for whoever found a damaged one in the store."""

import tempfile
from asyncio import to_thread
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from ops.backup import layout
from ops.backup.keys import Digesting, Key, Unopened
from ops.backup.place import Place
from repository.blobs.digest import Digest

_PIECE: Final = 1 << 20


class BackupCopies:
    """Looks through the areas, the newest first."""

    def __init__(self, *, place: Place, key: Key) -> None:
        self._place = place
        self._key = key

    async def open(self, digest: Digest) -> AsyncIterator[bytes] | None:
        """The object's bytes, which were read and hashed before the first is given; None where no copy is sound."""
        for area in reversed(await self._place.folders(layout.AREAS)):
            wanted = f"/v1/content/{digest.hex}.age"
            async for name, _ in self._place.listing(layout.objects(area)):
                if not name.endswith(wanted):
                    continue
                plain = await self._opened(f"{layout.objects(area)}/{name}", digest)
                if plain is not None:
                    return _poured(plain)
        return None

    async def _opened(self, name: str, digest: Digest) -> Path | None:
        with tempfile.NamedTemporaryFile(prefix="tangthu-copy-", delete=False) as held:
            plain = Path(held.name)
        async with self._place.held(name) as sealed:
            if await to_thread(_sound, sealed, plain, self._key, digest):
                return plain
        await to_thread(plain.unlink)
        return None


def _sound(sealed: Path, plain: Path, key: Key, digest: Digest) -> bool:
    try:
        with sealed.open("rb") as source, plain.open("wb") as out:
            sink = Digesting(out)
            key.open_into(source, sink)
    except Unopened:
        return False
    return sink.hex == digest.hex


async def _poured(plain: Path) -> AsyncIterator[bytes]:
    try:
        with plain.open("rb") as source:
            while piece := await to_thread(source.read, _PIECE):
                yield piece
    finally:
        await to_thread(plain.unlink, missing_ok=True)
