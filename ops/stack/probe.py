"""Asking a local server whether it is there: one short exchange over TCP or a Unix socket."""

import asyncio
from pathlib import Path
from typing import Final

_PATIENCE: Final = 2.0


async def exchange(place: int | Path, request: bytes, *, enough: int = 16) -> bytes:
    """Send `request` to a loopback port or socket file; the first `enough` bytes of the reply, if any."""
    try:
        async with asyncio.timeout(_PATIENCE):
            if isinstance(place, Path):
                reader, writer = await asyncio.open_unix_connection(str(place))
            else:
                reader, writer = await asyncio.open_connection("127.0.0.1", place)
            try:
                writer.write(request)
                await writer.drain()
                return await reader.readexactly(enough)
            finally:
                writer.close()
    except asyncio.IncompleteReadError as short:
        return short.partial
    except (OSError, TimeoutError):
        return b""
