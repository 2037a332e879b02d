"""Numbers set aside for work on paper (Đ10.4a): never given on-line, used by late entries, struck when left over."""

from datetime import date
from typing import Final

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.clock import local_date
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.registers import lines
from repository.registers.lines import LateEntry, Line
from repository.registers.registers import Registers

MOST: Final = 500
_UNUSED: Final = "Số dành sẵn không dùng đến"


class Blocks:
    """Reserves blocks and settles them when the outage is over."""

    def __init__(self, *, database: Database, journal: Journal, registers: Registers) -> None:
        self._entries = database["entries"]
        self._journal = journal
        self._registers = registers

    async def reserve(self, actor: Actor, register_id: str, count: int, reason: str) -> Row:
        """The next `count` numbers, for use on paper: {n, first, last, reason, at, by, settled}."""
        actor.require(Permission.OPEN_REGISTERS)
        register = await self._registers.get(actor, register_id)
        actor.require_unit(register["unit"], "dành số trong sổ")
        if not 1 <= count <= MOST:
            raise errors.Invalid(
                why=f"mỗi khối từ 1 đến {MOST} số", errors=[{"pointer": "/count", "detail": f"1–{MOST}"}]
            )

        async def work(change: Change) -> Row:
            if register["year"] != local_date(change.now).year:
                raise errors.Conflict(why="chỉ dành số trong sổ của năm đang chạy")
            query = {"_id": register["_id"], "closed": False}
            after = await change.take("registers", query, {"$inc": {"last": count}})
            if after is None:
                raise errors.Conflict(why=f"{register['title']} đã đóng")
            block: Row = {
                "n": len(after.get("blocks", [])) + 1, "first": after["last"] - count + 1, "last": after["last"],
                "reason": reason, "at": change.now, "by": change.actor.as_row(), "settled": None,
            }  # fmt: skip
            await change.update("registers", {"_id": register["_id"]}, {"$push": {"blocks": block}})
            change.record(
                "register",
                register["_id"],
                owes=False,
                reason=reason,
                first=block["first"],
                last=block["last"],
            )
            return block

        return await self._journal.change(actor, Action.BLOCK_RESERVED, work, hot=register["_id"])

    async def settle(self, actor: Actor, register_id: str, n: int) -> Row:
        """Ends the block: each number that was not used gets a struck line, so that no gap stays unexplained."""
        actor.require(Permission.OPEN_REGISTERS)
        register = await self._registers.get(actor, register_id)
        actor.require_unit(register["unit"], "dành số trong sổ")

        async def work(change: Change) -> Row:
            book = await change.find_one("registers", {"_id": register["_id"]}) or register
            block: Row | None = next((one for one in book.get("blocks", []) if one["n"] == n), None)
            if block is None:
                raise errors.NotFound(what=f"khối số {n}")
            if block["settled"] or book["closed"]:
                raise errors.Conflict(why="khối số đã kết thúc")
            unused = await strike_unused(change, book, block)
            change.record(
                "register", register["_id"], first=block["first"], last=block["last"], unused=unused
            )
            return block | {"settled": change.now, "unused": unused}

        return await self._journal.change(actor, Action.BLOCK_SETTLED, work, hot=register["_id"])


async def strike_unused(change: Change, book: Row, block: Row) -> list[int]:
    """Within a transaction: the numbers of an open block that were never used, now struck, and the block ended."""
    taken = {
        one["number"]
        async for one in change.find(
            "entries",
            {"register": book["_id"], "number": {"$gte": block["first"], "$lte": block["last"]}},
        )
    }
    unused = [one for one in range(block["first"], block["last"] + 1) if one not in taken]
    after = await change.take(
        "registers",
        {"_id": book["_id"]},
        {"$inc": {"events": len(unused)}, "$set": {f"blocks.{block['n'] - 1}.settled": change.now}},
    )
    events = int((after or book)["events"]) - len(unused)
    for order, number in enumerate(unused, start=events + 1):
        day = min(local_date(change.now), date(book["year"], 12, 31))
        late = LateEntry(number=number, happened_on=day, reason=_UNUSED)
        line = Line(document="", columns={"subject": _UNUSED}, late=late)
        row = lines.row_of(change, book | {"events": order}, number, line)
        row["annulled"] = {"at": change.now, "by": change.actor.as_row(), "reason": _UNUSED, "order": order}
        await change.insert("entries", row | {"keys": lines.keys(row)})
    return unused
