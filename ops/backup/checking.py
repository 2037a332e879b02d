"""Reads a set back: each of its files, each object it needs, opened and hashed. Says what is wrong, in sentences."""

import asyncio
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ops.backup import layout
from ops.backup.keys import Digesting, Key, Unopened, file_sha512
from ops.backup.ledger import Line
from ops.backup.refusals import SetDamaged
from ops.backup.sets import Manifest, Sets
from repository import errors

_AT_ONCE: Final = 2
_ENOUGH: Final = 50
_CONTENT: Final = re.compile(r"/v1/content/([0-9a-f]{64})\.age\Z")
Said = Callable[[int], None]


class Checker:
    """Over the sets of a place. Memory does not grow with the set; reading stops at so many findings."""

    def __init__(self, *, sets: Sets) -> None:
        self._sets = sets

    async def check(
        self, manifest: Manifest, *, quick: bool = False, say: Said = lambda _: None
    ) -> list[str]:
        """What is wrong with it; empty when it could be restored. `quick` opens no object, only looks for it."""
        found: list[str] = []
        with tempfile.TemporaryDirectory(prefix="tangthu-check-") as folder:
            try:
                await self._files(manifest)
                present = await self._present(manifest.area)
                async for lines in self._sets.lines(manifest, Path(folder)):
                    found += await self._objects(manifest.area, lines, present, quick, say)
                    if len(found) >= _ENOUGH:
                        break
            except SetDamaged as fault:
                found.append(str(fault.facts["why"]))
        return found

    async def _files(self, manifest: Manifest) -> None:
        for part in manifest.all_parts():
            async with self._sets.checked(manifest, part):
                pass
        await self._sets.facts(manifest)

    async def _present(self, area: str) -> set[bytes]:
        """Digests of the files that lie in the area; 32 bytes each."""
        return {
            bytes.fromhex(found[1])
            async for name, _ in self._sets.place.listing(layout.objects(area))
            if (found := _CONTENT.search(name))  # what a file manager leaves beside them is no file of ours
        }

    async def _objects(
        self, area: str, lines: list[Line], present: set[bytes], quick: bool, say: Said
    ) -> list[str]:
        found: list[str] = []
        inventories: dict[str, dict[str, str] | str] = {}
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(line: Line) -> None:
            async with gate:
                if line.bundle not in inventories:
                    inventories[line.bundle] = await self._inventory(area, line.bundle)
                why = await self._object(area, line, inventories[line.bundle])
                if why:
                    found.append(f"tệp {line.sha256} trong gói {line.bundle}: {why}")
                say(line.size)

        gone = [line for line in lines if bytes.fromhex(line.sha256) not in present]
        found += [f"tệp {line.sha256} trong gói {line.bundle}: thiếu" for line in gone]
        if not quick:
            missing = {line.sha256 for line in gone}
            await asyncio.gather(*(one(line) for line in lines if line.sha256 not in missing))
        return found

    async def _inventory(self, area: str, bundle: str) -> dict[str, str] | str:
        """Content path → SHA-512, or what is wrong with the inventory."""
        base = layout.bundle(area, bundle)
        try:
            async with self._sets.place.held(f"{base}/inventory.json") as path:
                digest, raw = file_sha512(path), path.read_bytes()
            async with self._sets.place.held(f"{base}/inventory.json.sha512") as path:
                sidecar = path.read_text("ascii", errors="replace")
        except errors.NotFound:
            return "thiếu inventory.json"
        if sidecar.split(" ")[0] != digest:
            return "inventory.json bị sửa"
        try:
            told: dict[str, Any] = json.loads(raw)
            return {str(path): str(sha) for sha, paths in told["manifest"].items() for path in paths}
        # written by somebody else, together with its sidecar
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return "inventory.json bị sửa"

    async def _object(self, area: str, line: Line, inventory: dict[str, str] | str) -> str:
        if isinstance(inventory, str):
            return inventory
        try:
            async with self._sets.place.held(layout.content(area, line.bundle, line.sha256)) as path:
                expected = inventory.get(f"v1/content/{line.sha256}.age", "")
                return await asyncio.to_thread(_read, path, self._sets.key, line, expected)
        except errors.NotFound:
            return "thiếu"


def _read(path: Path, key: Key, line: Line, sha512: str) -> str:
    if file_sha512(path) != sha512:
        return "bị sửa: mã băm khác inventory.json"
    sink = Digesting()
    try:
        with path.open("rb") as source:
            key.open_into(source, sink)
    except Unopened as fault:
        return f"không mở được ({fault})"
    if (sink.hex, sink.size) != (line.sha256, line.size):
        return "nội dung khác mã băm"
    return ""


def opened_object(path: Path, key: Key, line: Line, plain: Path) -> str:
    """Writes the plain bytes; what is wrong with them, or nothing."""
    try:
        with path.open("rb") as source, plain.open("wb") as out:
            sink = Digesting(out)
            key.open_into(source, sink)
    except Unopened as fault:
        return f"không mở được ({fault})"
    return "" if (sink.hex, sink.size) == (line.sha256, line.size) else "nội dung khác mã băm"
