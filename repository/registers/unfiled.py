"""Incoming papers that must be answered and lie in no dossier yet (PL2.II.1.8): no year ends over them."""

from typing import Final

from repository import errors
from repository.mongo import Database, Row
from repository.schema import MUST_REPLY

_NAMED: Final = 10


class Unfiled(errors.Conflict):
    """The book's year cannot end: answers are still owed that nobody opened a dossier for."""

    vi = (
        "Chưa đóng được sổ: văn bản đến phải phản hồi chưa gắn với hồ sơ nào ({papers}). "
        "Mở hồ sơ gắn với từng văn bản rồi đóng lại (Phụ lục 2, mục II.1.8)."
    )
    en = "The book is not closed: papers that must be answered lie in no dossier ({papers})."


async def unfiled(database: Database, unit: str, *, limit: int, also: Row | None = None) -> list[Row]:
    """Newest first; `also` narrows it down. Read by an index that holds only what must be answered."""
    query: Row = {"unit": unit, "must_reply": True, "dossiers": [], "direction": "incoming"} | (also or {})
    return (
        await database["documents"].find(query).hint(MUST_REPLY).sort("_id", -1).limit(limit).to_list(limit)
    )


async def require_filed(database: Database, book: Row) -> None:
    """Raises Unfiled."""
    found = await unfiled(database, book["unit"], limit=_NAMED, also={"register": book["_id"]})
    if found:
        named = ", ".join(
            f"số {one['number']}" for one in sorted(found, key=lambda one: int(one["number"] or 0))
        )
        raise Unfiled(papers=named, why="văn bản phải phản hồi chưa có hồ sơ")
