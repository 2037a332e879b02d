"""One moment of all metadata, written as packed and sealed BSON; what it names goes into the ledger."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import zstandard

from ops.backup import layout, rows
from ops.backup.keys import Key
from ops.backup.ledger import Ledger
from repository.mongo import INDEXES, Database, Moment, Row, one_moment

_PAGE: Final = 2000
Said = Callable[[str, int], None]


class Facts:
    """What a restored system must come out at, gathered while the rows go by."""

    def __init__(self) -> None:
        self._tallies: dict[str, rows.Tally] = {}
        self._registers: dict[str, Row] = {}
        self._closings: dict[str, Row] = {}
        self._dossiers: dict[str, Row] = {}
        self.head: Row = {"size": 0, "root": "", "unsealed": 0, "checkpoint": None}

    def add(self, collection: str, raw: bytes) -> None:
        self._tallies.setdefault(collection, rows.Tally()).add(raw)
        look = getattr(self, f"_see_{collection}", None)
        if look is not None:
            look(rows.decoded(raw))

    def as_json(self) -> Row:
        return {
            "collections": {name: one.as_json() for name, one in sorted(self._tallies.items())},
            "registers": dict(sorted(self._registers.items())),
            "closings": {name: one["digest"] for name, one in sorted(self._closings.items())},
            "dossiers": {
                name: {"documents": one["documents"], "digest": f"{one['sum']:064x}"}
                for name, one in sorted(self._dossiers.items())
            },
            "search": sum(self._count(name) for name in ("documents", "dossiers", "entries")),
            "head": self.head,
        }

    def counts(self) -> dict[str, int]:
        return {name: one.rows for name, one in sorted(self._tallies.items())}

    def _count(self, name: str) -> int:
        return self._tallies[name].rows if name in self._tallies else 0

    def _register(self, register: str) -> Row:
        return self._registers.setdefault(register, {"last": None, "entries": 0, "annulled": 0})

    def _see_registers(self, row: Row) -> None:
        self._register(row["_id"])["last"] = row.get("last")

    def _see_entries(self, row: Row) -> None:
        told = self._register(row["register"])
        told["entries"] += 1
        told["annulled"] += row.get("annulled") is not None

    def _see_closings(self, row: Row) -> None:
        known = self._closings.get(row["register"])
        if known is None or known["n"] < row["n"]:
            digest = row.get("digest") or hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()
            self._closings[row["register"]] = {"n": row["n"], "digest": str(digest)}

    def _see_documents(self, row: Row) -> None:
        for dossier in row.get("dossiers", []):
            told = self._dossiers.setdefault(dossier, {"documents": 0, "sum": 0})
            told["documents"] += 1
            one = int.from_bytes(hashlib.sha256(row["_id"].encode()).digest())
            told["sum"] = (told["sum"] + one) % (1 << 256)

    def _see_heads(self, row: Row) -> None:
        self.head |= {"size": row["size"], "root": bytes(row["root"]).hex()}

    def _see_checkpoints(self, row: Row) -> None:
        known = self.head["checkpoint"]
        if known is None or row["_id"] > known["id"]:
            told = {"id": row["_id"], "size": row["size"], "root": row["root"], "note": row["note"]}
            self.head["checkpoint"] = told


async def collections_of(database: Database) -> list[str]:
    found = set(await database.list_collection_names()) | set(INDEXES)
    return sorted(name for name in found if not name.startswith("system."))


async def taken(database: Database, folder: Path, *, key: Key, ledger: Ledger, say: Said) -> Facts:
    """Writes `metadata/*.bson.zst.age` under `folder`. The moment is over when this returns."""
    facts = Facts()
    (folder / "metadata").mkdir(parents=True)
    async with one_moment(database) as moment:
        # After the moment was chosen: a collection made later holds nothing of it.
        for name in await collections_of(database):
            await _written(moment, name, folder / layout.metadata(name), facts, key, ledger)
            say(name, facts.counts().get(name, 0))
    facts.head["unsealed"] = facts.counts().get("audit", 0) - facts.head["size"]
    return facts


async def _written(moment: Moment, name: str, final: Path, facts: Facts, key: Key, ledger: Ledger) -> None:
    packed = final.with_suffix("")
    packer = zstandard.ZstdCompressor(level=3)
    with packed.open("wb") as out, packer.stream_writer(out) as writer:
        async for page in _pages(moment.rows(name)):
            await asyncio.to_thread(_noted, page, name, facts, ledger, writer)
    await asyncio.to_thread(key.seal_file, packed, final)
    packed.unlink()


async def _pages(found: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    page: list[bytes] = []
    async for raw in found:
        page.append(raw)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


def _noted(page: list[bytes], name: str, facts: Facts, ledger: Ledger, writer: Any) -> None:
    for raw in page:
        facts.add(name, raw)
        if rows.mentions(raw):
            ledger.name(rows.named(rows.decoded(raw)))
    writer.write(b"".join(page))


def sealed_json(key: Key, told: Row) -> bytes:
    """Packed and sealed."""
    return key.seal(zstandard.compress(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()))


def opened_json(key: Key, sealed: bytes) -> Row:
    """Raises keys.Unopened."""
    told: Row = json.loads(zstandard.ZstdDecompressor().decompressobj().decompress(key.open(sealed)))
    return told
