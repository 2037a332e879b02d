"""Sets as they lie in a place: what `set.json` says, whether it may be believed, which are there."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import zstandard

from ops.backup import layout
from ops.backup.keys import Key, Unopened, file_sha256
from ops.backup.ledger import Line
from ops.backup.place import Place
from ops.backup.refusals import NoSuchSet, SetDamaged, WrongKey
from ops.backup.rows import read_all
from ops.backup.seen import Seen
from repository import errors

FORMAT: Final = 2
_READ: Final = (1, FORMAT)
"""In the first format every set was whole."""
_PIECE: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What belongs to one set. Nothing in it is secret."""

    set: str
    area: str
    kind: str
    """`full` (first of its area: every object copied and checked anew) or `incremental`."""
    at: str
    """The moment that the set shows, ISO 8601."""
    ended: str
    recipient: str
    previous: dict[str, str] | None
    """Name and digest of the set before this one, wherever it lies."""
    head: dict[str, Any]
    objects: dict[str, int]
    """count, bytes: all that the set needs; new, new_bytes: what this run copied."""
    rows: dict[str, int]
    files: dict[str, str]
    """Each file of the set → SHA-256 of the sealed bytes."""
    program: str = ""
    format: int = FORMAT
    earlier: dict[str, list[list[str]]] = field(default_factory=dict)
    """Collections that earlier sets of the area begin: which sets, oldest first, and the digests of their files.
    Of several states of a row the one in the latest set counts.
    """
    lost: list[str] = field(default_factory=list)
    """Digests of objects (the first thousand) that the store could not give: rows name them, the set lacks them."""

    def dump(self) -> bytes:
        told = asdict(self)
        if self.format == 1:
            del told["earlier"], told["lost"]
        return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode()

    @property
    def folder(self) -> str:
        return layout.set_folder(self.area, self.set)

    def part(self, file: str) -> "Part":
        """One of the set's own files."""
        return Part(set=self.set, area=self.area, file=file, sha256=self.files.get(file, ""))

    def parts(self, collection: str) -> list["Part"]:
        """The files that hold the collection's rows, the latest first."""
        own = self.part(layout.metadata(collection))
        earlier = reversed(self.earlier.get(collection, []))
        return [own, *(replace(own, set=one, sha256=sha256) for one, sha256 in earlier)]

    def all_parts(self) -> list["Part"]:
        """Every file that the set needs: its own, and those of earlier sets."""
        own = [self.part(name) for name in self.files]
        return own + [part for name in self.earlier for part in self.parts(name)[1:]]

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One sealed file of a set."""

    set: str
    area: str
    file: str
    sha256: str

    @property
    def path(self) -> str:
        return f"{layout.set_folder(self.area, self.set)}/{self.file}"


class Sets:
    """The sets of one place, believed only under one key."""

    def __init__(self, *, place: Place, key: Key) -> None:
        self.place = place
        self.key = key

    async def areas(self) -> list[str]:
        found = await self.place.folders(layout.AREAS)
        return [name for name in found if layout.is_set_name(name)]

    async def names(self) -> list[tuple[str, str]]:
        """(area, set) of every set that is there, oldest first."""
        found = []
        for area in await self.areas():
            inside = await self.place.folders(layout.sets(area))
            found += [(area, name) for name in inside if layout.is_set_name(name)]
        return sorted(found, key=lambda one: one[1])

    async def find(self, name: str) -> Manifest:
        """The set of that name, or `latest`. Raises NoSuchSet, SetDamaged, WrongKey."""
        known = await self.names()
        for area, one in reversed(known):
            if name in (one, "latest"):
                return await self.read(area, one)
        raise NoSuchSet(what=name)

    async def at(self, moment: datetime) -> Manifest:
        """The last set that shows a moment not after this one. Raises NoSuchSet."""
        for area, one in reversed(await self.names()):
            if layout.moment_of(one) <= moment:
                return await self.read(area, one)
        raise NoSuchSet(what=f"nào lập trước {moment.isoformat()}")

    async def read(self, area: str, name: str) -> Manifest:
        """The manifest, after a look that we wrote it. Raises SetDamaged, WrongKey."""
        folder = layout.set_folder(area, name)
        raw = await self._bytes(f"{folder}/{layout.MANIFEST}", name)
        mac = await self._bytes(f"{folder}/{layout.MAC}", name)
        try:
            told = json.loads(raw)
            recipient, version = str(told["recipient"]), told["format"]
        except (ValueError, KeyError, TypeError, RecursionError) as fault:
            raise SetDamaged(set=name, why=f"{layout.MANIFEST} không đọc được") from fault
        if recipient != self.key.recipient:
            raise WrongKey(set=name, recipient=recipient)
        if not self.key.wrote(raw, mac.decode("ascii", "replace")):
            raise SetDamaged(set=name, why=f"{layout.MANIFEST} bị sửa: không khớp mã xác thực")
        if version not in _READ:
            raise SetDamaged(set=name, why=f"dạng {version} do bản chương trình khác lập")
        manifest = Manifest(**told)
        if (manifest.area, manifest.set) != (area, name):
            raise SetDamaged(set=name, why=f"thư mục này chứa bản {manifest.set} của vùng {manifest.area}")
        return manifest

    async def opened(self, manifest: Manifest, file: str) -> bytes:
        """A small sealed file of the set, plain. Raises SetDamaged."""
        async with self.sealed(manifest, file) as path:
            try:
                return self.key.open(path.read_bytes())
            except Unopened as fault:
                raise SetDamaged(set=manifest.set, why=f"{file} không mở được ({fault})") from fault

    async def facts(self, manifest: Manifest) -> dict[str, Any]:
        """What the set says a restored system must come out at. Raises SetDamaged."""
        packed = await self.opened(manifest, layout.FACTS)
        told: dict[str, Any] = json.loads(zstandard.ZstdDecompressor().decompressobj().decompress(packed))
        return told

    def sealed(self, manifest: Manifest, file: str) -> "_Checked":
        """The sealed file, after a look that it is the one that was written."""
        return self.checked(manifest, manifest.part(file))

    def checked(self, manifest: Manifest, part: Part) -> "_Checked":
        """A file that the set needs, be it an earlier set's."""
        return _Checked(self, manifest, part)

    async def pages(self, manifest: Manifest, collection: str, scratch: Path) -> AsyncIterator[list[bytes]]:
        """The rows of a collection as BSON, some hundreds at a time, in no order, each once. Raises SetDamaged."""
        latest, *before = manifest.parts(collection)
        with Seen(scratch / f"seen-{collection}.sqlite") as seen:
            async for page in self._rows(manifest, latest, scratch):
                if before:
                    seen.add(page)
                yield page
            while before:
                part = before.pop(0)
                async for page in self._rows(manifest, part, scratch):
                    if fresh := seen.fresh(page):
                        yield fresh
                        if before:
                            seen.add(fresh)

    async def _rows(self, manifest: Manifest, part: Part, scratch: Path) -> AsyncIterator[list[bytes]]:
        rest = b""
        async for piece in self._unpacked(manifest, part, scratch):
            found, rest = read_all(piece, rest)
            if found:
                yield found
        if rest:
            raise SetDamaged(set=manifest.set, why=f"{part.file} bị cắt cụt")

    async def lines(self, manifest: Manifest, scratch: Path) -> AsyncIterator[list[Line]]:
        """The objects that the set needs. Raises SetDamaged."""
        rest = b""
        async for piece in self._unpacked(manifest, manifest.part(layout.OBJECTS), scratch):
            whole, _, rest = (rest + piece).rpartition(b"\n")
            if whole:
                yield [Line.parse(one) for one in whole.decode().split("\n")]
        if rest:
            raise SetDamaged(set=manifest.set, why=f"{layout.OBJECTS} bị cắt cụt")

    async def _unpacked(self, manifest: Manifest, part: Part, scratch: Path) -> AsyncIterator[bytes]:
        packed = scratch / f"{part.set}-{part.file.replace('/', '-')}.zst"
        async with self.checked(manifest, part) as path:
            try:
                await asyncio.to_thread(_poured, self.key, path, packed)
            except Unopened as fault:
                raise SetDamaged(set=manifest.set, why=f"{part.file} không mở được ({fault})") from fault
        try:
            with packed.open("rb") as source, zstandard.ZstdDecompressor().stream_reader(source) as reader:
                while piece := reader.read(_PIECE):
                    yield piece
        finally:
            packed.unlink(missing_ok=True)

    async def _bytes(self, name: str, set_name: str) -> bytes:
        try:
            async with self.place.held(name) as path:
                return path.read_bytes()
        except errors.NotFound as fault:
            raise SetDamaged(set=set_name, why=f"thiếu {name.rpartition('/')[2]}") from fault


class _Checked:
    """`async with` it: the local path of a set's file whose digest is the manifest's."""

    def __init__(self, sets: Sets, manifest: Manifest, part: Part) -> None:
        self._set, self._part = manifest.set, part
        self._name = part.file if part.set == manifest.set else f"{part.file} của bản {part.set}"
        self._held = sets.place.held(part.path)

    async def __aenter__(self) -> Path:
        if not self._part.sha256:
            raise SetDamaged(set=self._set, why=f"không có {self._name}")
        try:
            path = await self._held.__aenter__()
        except errors.NotFound as fault:
            raise SetDamaged(set=self._set, why=f"thiếu {self._name}") from fault
        if await asyncio.to_thread(file_sha256, path) != self._part.sha256:
            raise SetDamaged(set=self._set, why=f"{self._name} bị sửa: mã băm khác")
        return path

    async def __aexit__(self, *fault: object) -> None:
        await self._held.__aexit__(None, None, None)


def _poured(key: Key, sealed: Path, plain: Path) -> None:
    with sealed.open("rb") as source, plain.open("wb") as out:
        key.open_into(source, out)
