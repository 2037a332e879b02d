"""Who may do a thing that only one process may do: a row in `leases` that ends by itself when its holder
dies.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from repository import errors, ids
from repository.clock import Clock
from repository.mongo import Database, DatabaseFault, DuplicateKeyError

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_POLL: Final = 0.1


class LeaseLost(errors.Conflict):
    """Another process holds the lease now; what was not finished is its work."""

    vi = "Việc này đang do một tiến trình khác làm."
    en = "Another process does this now."


class Lease:
    """One claimant of the lease `name`. A killed holder's lease is free after `lasting`."""

    def __init__(
        self, *, database: Database, name: str, clock: Clock, lasting: timedelta = timedelta(seconds=15)
    ) -> None:
        self._rows = database["leases"]
        self._name = name
        self._clock = clock
        self._lasting = lasting
        self._me = ids.new("own")

    async def hold(self) -> bool:
        """Takes or renews the lease; False while another holds it, or asked for it and should have it."""
        now = self._clock.now()
        mine_or_free = {"$or": [{"holder": self._me}, {"until": {"$lte": now}}]}
        unwanted = {"$or": [{"wanted_by": self._me}, {"wanted_until": {"$lte": now}}]}
        query: dict[str, Any] = {"_id": self._name, "$and": [mine_or_free, unwanted]}
        change = {"$set": {"holder": self._me, "until": now + self._lasting}}
        if (await self._rows.update_one(query, change)).matched_count:
            return True
        try:
            row = {"_id": self._name, "wanted_by": "", "wanted_until": _NEVER} | change["$set"]
            await self._rows.insert_one(row)
            return True
        except DuplicateKeyError:
            await self._step_aside()  # where it was ours, somebody asked for it
            return False

    async def is_held(self) -> bool:
        """Whether anybody holds it now."""
        query = {"_id": self._name, "until": {"$gt": self._clock.now()}}
        return await self._rows.find_one(query, {"_id": 1}) is not None

    async def release(self) -> None:
        """Gives the lease, or the demand for it, up; no error where there is none."""
        await self._step_aside()
        mine = {"_id": self._name, "wanted_by": self._me}
        await self._rows.update_one(mine, {"$set": {"wanted_by": "", "wanted_until": _NEVER}})

    async def demand(self, patience: float = 60.0) -> None:
        """Asks the present holder to step aside and takes the lease. Raises LeaseLost when it does not in
        time.
        """
        for _ in range(int(patience / _POLL)):
            if await self._demanded():
                return
            await asyncio.sleep(_POLL)
        await self.release()
        raise LeaseLost

    async def _step_aside(self) -> None:
        ended = {"until": _NEVER, "holder": ""}
        await self._rows.update_one({"_id": self._name, "holder": self._me}, {"$set": ended})

    async def _demanded(self) -> bool:
        wanted = {"wanted_by": self._me, "wanted_until": self._clock.now() + self._lasting}
        free = {
            "_id": self._name,
            "$or": [{"wanted_by": self._me}, {"wanted_until": {"$lte": self._clock.now()}}],
        }
        await self._rows.update_one(free, {"$set": wanted})
        return await self.hold()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Renews the held lease while the body runs, however long it takes; releases nothing afterwards."""
        renewing = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lasting.total_seconds() / 3)
            with suppress(DatabaseFault):  # the next time may find it back; if not, the lease ends by itself
                await self._rows.update_one(
                    {"_id": self._name, "holder": self._me},
                    {"$set": {"until": self._clock.now() + self._lasting}},
                )
