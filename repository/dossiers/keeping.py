"""Open dossiers as open work: each has one keeper, and goes to another when he leaves (Đ10.3a)."""

from repository.journal import Change
from repository.mongo import Database, Row


class KeptDossiers:
    """The open dossiers of a person; those from before keepers were named belong to who opened them."""

    name = "hồ sơ đang mở"

    def __init__(self, *, database: Database) -> None:
        self._dossiers = database["dossiers"]

    async def of(self, person_id: str) -> list[Row]:
        rows = await self._dossiers.find(_kept_by(person_id)).sort("_id", 1).to_list(None)
        return [
            {"kind": "dossier", "id": r["_id"], "title": f"{r['code']} – {r['title']}", "unit": r["unit"]}
            for r in rows
        ]

    async def is_left(self, change: Change, person_id: str) -> bool:
        return await change.find_one("dossiers", _kept_by(person_id)) is not None

    async def take_one(self, change: Change, person_id: str, successor: Row) -> str | None:
        keeper = {"id": successor["_id"], "name": successor["full_name"], "kind": "person"}
        keeper |= {"unit": successor["unit"], "title": successor["title"]}
        update = {"$set": {"keeper": keeper}, "$inc": {"revision": 1}}
        row = await change.take("dossiers", _kept_by(person_id), update)
        return row["_id"] if row else None


def _kept_by(person_id: str) -> Row:
    first = {"keeper": None, "opened_by.id": person_id}
    return {"state": "open", "$or": [{"keeper.id": person_id}, first]}
