"""Which engines a command works with: those the settings name, else a running stack, else one of its own."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Final

from ops.stack.addresses import EngineAddresses
from ops.stack.folder import Folder
from ops.stack.stack import Stack, find_running
from repository import errors

_STARTING: Final = 90.0
"""Seconds for which another process may be starting the engines of the folder."""
_NAMED: Final = ("TANGTHU_MONGO_URL", "TANGTHU_S3_URL")


@contextlib.asynccontextmanager
async def engines_for(
    data: Path, environment: Mapping[str, str], *, say: Callable[[str], None]
) -> AsyncIterator[dict[str, str]]:
    """The environment, completed with TANGTHU_* addresses; starts nothing when it names both stores itself.

    What the environment sets wins over a local engine. Naming only one of the two stores is refused: records
    in one place and their files in another would look whole until the day of the restore.
    """
    named = [name for name in _NAMED if environment.get(name)]
    if len(named) == len(_NAMED):
        yield dict(environment)
        return
    if named:
        raise errors.Invalid(
            why=f"đặt cả {' và '.join(_NAMED)}, hoặc không đặt biến nào (đang chỉ có {named[0]})"
        )
    given = {name: value for name, value in environment.items() if value}
    running = await _running(data)
    if running is not None:
        yield {**running.as_environment(), **given}
        return
    async with Stack(data, say=say) as engines:
        yield {**engines.as_environment(), **given}


async def _running(data: Path) -> EngineAddresses | None:
    """The engines that another process runs here, awaited while it starts them."""
    until = time.monotonic() + _STARTING
    while (found := find_running(data)) is None and Folder(data).is_held() and time.monotonic() < until:  # noqa: ASYNC110 (not our child)
        await asyncio.sleep(0.2)
    return found
