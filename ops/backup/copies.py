"""One object out of the backup, for whoever found a damaged one in the store."""

import tempfile
from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from ops.backup import layout
from ops.backup.keys import Digesting, Key, Unopened
from ops.backup.place import Place
from repository import errors
from repository.blobs.digest import Digest

_PIECE: Final = 1 << 20


class BackupCopies:
    """Looks through the areas, the newest first."""

    def __init__(self, *, place: Place, key: Key) -> None:
        self._place = place
        self._key = key

    @asynccontextmanager
    async def open(self, digest: Digest) -> AsyncIterator[AsyncIterator[bytes]]:
        """The object's bytes, read and hashed before the first is given. Raises NotFound where no copy is sound."""
        plain = await self._found(digest)
        if plain is None:
            raise errors.NotFound(what=f"tệp {digest.short} trong bản sao lưu")
        try:
            yield _poured(plain)
        finally:
            await to_thread(plain.unlink, missing_ok=True)

    async def _found(self, digest: Digest) -> Path | None:
        for area in reversed(await self._place.folders(layout.AREAS)):
            wanted = f"/v1/content/{digest.hex}.age"
            async for name, _ in self._place.listing(layout.objects(area)):
                if not name.endswith(wanted):
                    continue
                plain = await self._opened(f"{layout.objects(area)}/{name}", digest)
                if plain is not None:
                    return plain
        return None

    async def _opened(self, name: str, digest: Digest) -> Path | None:
        with tempfile.NamedTemporaryFile(prefix="tangthu-copy-", delete=False) as held:
            plain = Path(held.name)
        sound = False
        try:
            async with self._place.held(name) as sealed:
                sound = await to_thread(_sound, sealed, plain, self._key, digest)
        finally:
            if not sound:
                await to_thread(plain.unlink, missing_ok=True)
        return plain if sound else None


def _sound(sealed: Path, plain: Path, key: Key, digest: Digest) -> bool:
    try:
        with sealed.open("rb") as source, plain.open("wb") as out:
            sink = Digesting(out)
            key.open_into(source, sink)
    except Unopened:
        return False
    return sink.hex == digest.hex


async def _poured(plain: Path) -> AsyncIterator[bytes]:
    with plain.open("rb") as source:
        while piece := await to_thread(source.read, _PIECE):
            yield piece
