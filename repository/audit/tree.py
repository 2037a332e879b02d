"""The tree as it is stored: tiles of 256 hashes (C2SP tlog-tiles), so that any proof reads a handful of rows.

`tiles` {_id "level/number", hashes}: the tile of level L holds the roots of complete subtrees of 256^L leaves.
`heads` {_id "head", size, root}: the one row that says how far the log is sealed; who moves it on must name the
size it had, inside the transaction that gives the leaves, so that two sealers can never both succeed.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from repository import errors
from repository.audit import merkle
from repository.audit.checkpoint import Proof
from repository.audit.merkle import Node, Range
from repository.mongo import Database, DuplicateKeyError, Row, Session

WIDTH: Final = 256
_BITS: Final = 8
HEAD: Final = "head"
Tile = tuple[int, int]


class TreeBroken(errors.Corrupt):
    """The stored tree does not fit its own head."""

    vi = "Cây nhật ký trong cơ sở dữ liệu không khớp: {what}."
    en = "The stored log tree does not agree with itself: {what}."


class Overtaken(errors.Conflict):
    """Another sealer moved the head first; nothing was done here."""

    vi = "Một tiến trình niêm phong khác đã đi trước."
    en = "Another sealer was first."


@dataclass(frozen=True)
class Head:
    """How far the log is sealed."""

    size: int
    root: bytes


NOTHING: Final = Head(0, merkle.EMPTY)


class Tree:
    """Reads and grows the stored tree."""

    def __init__(self, *, database: Database) -> None:
        self._tiles = database["tiles"]
        self._heads = database["heads"]

    async def head(self, session: Session | None = None) -> Head:
        """Raises TreeBroken when the row is not what a sealer writes."""
        row = await self._heads.find_one({"_id": HEAD}, session=session)
        if row is None:
            return NOTHING
        size, root = row.get("size"), row.get("root")
        if not isinstance(size, int) or size < 0 or not isinstance(root, bytes):
            raise TreeBroken(what=f"đầu cây ghi {size!r} lá")
        return Head(size, bytes(root))

    async def inclusion(self, leaf: int, size: int) -> Proof:
        """The proof for a leaf in the tree of `size`."""
        return Proof(leaf, size, tuple(await self.roots(merkle.inclusion(leaf, size))))

    async def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of `new` begins with the tree of `old`."""
        return await self.roots(merkle.consistency(old, new))

    async def root_at(self, size: int) -> bytes:
        """The root that the tree had with so many leaves."""
        return (await self.roots([(0, size)]))[0]

    async def roots(self, ranges: list[Range]) -> list[bytes]:
        """The root of each range. Raises TreeBroken where hashes are missing."""
        wanted = [merkle.nodes_of(one) for one in ranges]
        tiles = await self._read({_tile_of(node) for nodes in wanted for node in nodes})
        return [merkle.fold([_node(tiles, node) for node in nodes]) for nodes in wanted]

    async def tile(self, level: int, number: int) -> list[bytes]:
        """The hashes of one tile, as far as it is filled."""
        return (await self._read({(level, number)})).get((level, number), [])

    async def grow(self, session: Session, head: Head, leaves: list[bytes], now: datetime, by: str) -> Head:
        """Adds leaf hashes inside the caller's transaction. Raises Overtaken when the head has moved."""
        changed = await self._grown(session, head, leaves)
        grown = head.size + len(leaves)
        root = merkle.fold(await self._edge(session, changed, grown))
        told = {"size": grown, "root": root, "at": now, "by": by}
        if head.size:
            moved = await self._heads.update_one(
                {"_id": HEAD, "size": head.size, "root": head.root}, {"$set": told}, session=session
            )
            if moved.matched_count != 1:
                raise Overtaken
        else:
            try:
                await self._heads.insert_one({"_id": HEAD} | told, session=session)
            except DuplicateKeyError as fault:
                raise Overtaken from fault
        for tile, hashes in changed.items():
            row = {"hashes": b"".join(hashes)}
            await self._tiles.update_one({"_id": _key(tile)}, {"$set": row}, upsert=True, session=session)
        return Head(grown, root)

    async def _grown(self, session: Session, head: Head, leaves: list[bytes]) -> dict[Tile, list[bytes]]:
        """The tiles that change, after a look that what they stand on fits the head."""
        changed: dict[Tile, list[bytes]] = {}
        edge = merkle.fold(await self._edge(session, changed, head.size))
        if not hmac.compare_digest(edge, head.root):
            raise TreeBroken(what=f"gốc của {head.size} lá")
        level, start, added = 0, head.size, leaves
        while added:
            above: list[bytes] = []
            for place, one in enumerate(added, start):
                tile = (level, place // WIDTH)
                if tile not in changed:
                    changed[tile] = await self._hashes(session, tile, place % WIDTH)
                changed[tile].append(one)
                if len(changed[tile]) == WIDTH:
                    above.append(merkle.root(changed[tile]))
            start, level, added = start // WIDTH, level + 1, above
        return changed

    async def _hashes(self, session: Session, tile: Tile, filled: int) -> list[bytes]:
        """The first hashes of a tile; what lies behind them was never committed to."""
        if not filled:
            return []
        found = (await self._read({tile}, session)).get(tile, [])
        if len(found) < filled:
            raise TreeBroken(what=f"mảnh {_key(tile)} thiếu")
        return found[:filled]

    async def _edge(self, session: Session, changed: dict[Tile, list[bytes]], size: int) -> list[bytes]:
        nodes = merkle.nodes_of((0, size))
        tiles = await self._read({_tile_of(node) for node in nodes} - set(changed), session)
        return [_node(tiles | changed, node) for node in nodes]

    async def _read(self, tiles: set[Tile], session: Session | None = None) -> dict[Tile, list[bytes]]:
        if not tiles:
            return {}
        keys = {_key(one): one for one in tiles}
        found: dict[Tile, list[bytes]] = {}
        query: Row = {"_id": {"$in": list(keys)}}
        async for row in self._tiles.find(query, session=session):
            found[keys[row["_id"]]] = _parted(row.get("hashes"))
        return found


def _key(tile: Tile) -> str:
    return f"{tile[0]}/{tile[1]}"


def _parted(hashes: Any) -> list[bytes]:
    whole = bytes(hashes) if isinstance(hashes, bytes) else b""
    return [whole[i : i + 32] for i in range(0, len(whole) - len(whole) % 32, 32)]


def _tile_of(node: Node) -> Tile:
    level, index = node
    return level // _BITS, (index << level % _BITS) // WIDTH


def _node(tiles: dict[Tile, list[bytes]], node: Node) -> bytes:
    level, index = node
    first, count = (index << level % _BITS) % WIDTH, 1 << level % _BITS
    hashes = tiles.get(_tile_of(node), [])[first : first + count]
    if len(hashes) != count:
        raise TreeBroken(what=f"thiếu nút {level}/{index}")
    return merkle.root(hashes)
