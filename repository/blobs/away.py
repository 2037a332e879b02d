"""A file that the store does not give back: lost, or are the bytes of all files away for some seconds?

A store may tell of each object and yet give none back: its volumes are restarted, its master does not know them yet
(SeaweedFS: 500 to each GET, for about five seconds). Other files tell the two apart.
"""

import asyncio
from contextlib import suppress
from typing import Final

from repository import errors
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStore

_RESTS: Final = (0.5, 1.0, 2.0, 4.0, 5.0)
"""Seconds between two looks: together longer than a restart of the local store takes."""
_OTHERS: Final = 5
"""Files that are asked for a byte; where none of so many comes, it is the store."""


async def unless_away(blobs: BlobStore, digest: Digest) -> None:
    """Returns when other files can be read, so that reading `digest` once more tells of that file alone.

    Raises Unavailable when none of some others can. Where there is no other, all that can be done is to wait.
    """
    gives: bool | None = None
    for rest in (0.0, *_RESTS):
        await asyncio.sleep(rest)
        if gives := await _gives(blobs, besides=digest):
            return
    if gives is False:
        raise errors.Unavailable(what="kho tệp (không trả lại nội dung của tệp nào)")


async def _gives(blobs: BlobStore, besides: Digest) -> bool | None:
    """Whether another file gives its first byte; None where there is no other."""
    asked = 0
    async for one in blobs.walk():
        if one.marker or not one.size or one.digest == besides:
            continue
        asked += 1
        with suppress(errors.NotFound, errors.Corrupt, errors.Unavailable):
            async with blobs.open(one.digest, one.version, end=1) as pieces:
                async for _ in pieces:
                    return True
        if asked == _OTHERS:
            break
    return False if asked else None
