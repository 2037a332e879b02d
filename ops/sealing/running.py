"""What runs beside every worker: the sealer, and the witness that is shown each new checkpoint."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from repository import errors
from repository.audit.log import Log
from repository.mongo import told_as_away

_LOG: Final = logging.getLogger(__name__)
_EVERY: Final = 5.0


async def keep_sealing(log: Log, stop: asyncio.Event) -> None:
    """Seals and has witnessed until `stop` is set. Any number of processes may do so; one works."""
    await asyncio.gather(log.sealer.run(stop), _keep_showing(log, stop))


async def _keep_showing(log: Log, stop: asyncio.Event) -> None:
    while log.witness is not None and not stop.is_set():
        try:
            with told_as_away():
                await log.cosign()
        except (errors.Unavailable, errors.Corrupt) as fault:  # a refusal was told to people already
            _LOG.warning("the witness did not sign: %s", fault.sentence("en"))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _EVERY)
