"""A local file as the stream that intake wants."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

_PIECE: Final = 1024 * 1024


async def pieces(path: Path) -> AsyncIterator[bytes]:
    """The bytes of a file in pieces of a mebibyte."""
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
