"""A limit on how fast a run reads the store, so that clerks do not feel it."""

import asyncio
import time


class Pace:
    """So many bytes a second over all readers; no limit when zero."""

    def __init__(self, bytes_a_second: int) -> None:
        self._rate = bytes_a_second
        self._free_at = 0.0

    async def take(self, size: int) -> None:
        """Returns when these bytes may be counted as read."""
        if not self._rate:
            return
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + size / self._rate
        if self._free_at > now:
            await asyncio.sleep(self._free_at - now)
