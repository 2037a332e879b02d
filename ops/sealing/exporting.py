"""The log written to a file: whole or not at all."""

import asyncio
from pathlib import Path

from repository.audit.export import Export, exported
from repository.audit.log import Log


async def export(log: Log, path: Path, form: str) -> Export:
    """Everything under the latest checkpoint, page by page. Raises NothingSealed, TreeBroken."""
    found = await exported(log, form)
    draft = path.with_name(f".{path.name}.part")
    try:
        with await asyncio.to_thread(draft.open, "w", encoding="utf-8", newline="") as out:
            async for text in found.pieces:
                await asyncio.to_thread(out.write, text)
        await asyncio.to_thread(draft.replace, path)
    finally:
        await asyncio.to_thread(draft.unlink, missing_ok=True)
    return found
