"""A deed of somebody with a shell on the machine, and the small ones that most of the table is made of."""

import copy
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from tests.soak.estate import Estate, Shell, moved, new_id

Row = dict[str, Any]


@dataclass(frozen=True)
class Tampering:
    """One deed; any one of `finds` shows that the check which should find it did."""

    name: str
    finds: tuple[str, ...]
    do: Callable[[Estate, Shell], Awaitable[None]]


def edit(collection: str, change: Callable[[Row], None], which: Row | None = None) -> Any:
    """The first row that answers `which`, changed in place."""

    async def do(estate: Estate, _: Shell) -> None:
        row = await estate.database[collection].find_one(which or {}, sort=[("_id", 1)])
        assert row is not None, (collection, which)
        before = copy.deepcopy(row)
        change(row)
        assert row != before, "the deed changes nothing"
        await estate.database[collection].replace_one({"_id": row["_id"]}, row)

    return do


def bend(collection: str, path: str, value: Any, which: Row | None = None) -> Any:
    def change(row: Row) -> None:
        *parents, last = path.split(".")
        place: Any = row
        for one in parents:
            place = place[int(one) if one.isdigit() else one]
        place[last] = value(place.get(last)) if callable(value) else value

    return edit(collection, change, which)


def remove(collection: str, which: Row | None = None) -> Any:
    async def do(estate: Estate, _: Shell) -> None:
        row = await estate.database[collection].find_one(which or {}, sort=[("_id", 1)])
        assert row is not None
        await estate.database[collection].delete_one({"_id": row["_id"]})

    return do


def double(collection: str, which: Row | None = None, **other: Any) -> Any:
    async def do(estate: Estate, _: Shell) -> None:
        row = await estate.database[collection].find_one(which or {}, sort=[("_id", 1)])
        assert row is not None
        row["_id"] = f"{row['_id'][:-3]}{secrets.token_hex(1)}z"
        for name, value in other.items():
            row[name] = value(row[name]) if callable(value) else value
        await estate.database[collection].insert_one(row)

    return do


def days(number: int) -> Callable[[Any], Any]:
    return lambda moment: moved(moment, number)


REGISTERED: Row = {"number": {"$gt": 0}}
LINED: Row = {"annulled": None, "number": {"$in": [1, 2]}}
CHANGED = ("row.changed",)


def invented(collection: str, **fields: Any) -> Any:
    async def do(estate: Estate, _: Shell) -> None:
        row = {"_id": new_id("xx"), "person": "x", "writes": 1, "made_up": True} | fields
        await estate.database[collection].insert_one(row)

    return do


def without(collection: str, name: str, which: Row | None = None) -> Any:
    return edit(collection, lambda row: row.pop(name), which)


def foreign_id(collection: str, **fields: Any) -> Any:
    """A row whose id is none of ours: a driver's own, as a shell gives it."""

    async def do(estate: Estate, _: Shell) -> None:
        row = await estate.database[collection].find_one({})
        await estate.database[collection].insert_one(row | fields | {"_id": ObjectId()})

    return do
