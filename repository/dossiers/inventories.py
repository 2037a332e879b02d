"""The frozen contents lists as they are read: the newest, or what an open dossier's list would be."""

from collections.abc import AsyncIterator

from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.dossiers import inventory
from repository.dossiers.dossiers import Dossiers
from repository.dossiers.places import Places
from repository.mongo import Database, Row


class Inventories:
    """Reads only."""

    def __init__(self, *, database: Database, dossiers: Dossiers) -> None:
        self._rows = database["inventories"]
        self._documents = database["documents"]
        self._places = Places(database=database)
        self._dossiers = dossiers

    async def lines(self, actor: Actor, dossier_id: str) -> AsyncIterator[Row]:
        """Line by line. A closed dossier's list as it was frozen; an open one's as it stands now, for those
        who see the documents.
        """
        dossier = await self._dossiers.get(actor, dossier_id)
        if dossier["state"] == "open":
            shown = await self._places.seen(dossier, actor.marks, limit=100_000)
            pieces = inventory.lists(dossier_id, 0, shown)
        else:
            query = {"dossier": dossier_id, "closing": dossier["closings"]}
            pieces = await self._rows.find(query).sort("first", 1).to_list(None)
        for piece in pieces:
            seen = await self._seen(actor, dossier, [one["document"] for one in piece["lines"]])
            for line in piece["lines"]:
                if seen is None or line["document"] in seen:
                    yield line

    async def _seen(self, actor: Actor, dossier: Row, documents: list[str]) -> set[str] | None:
        """None where the whole list may be read: by the units that hold the dossier, and by auditors. Others, its
        members, read of the papers that they may see.
        """
        holders = {dossier["unit"], dossier.get("from_unit"), (dossier.get("handed") or {}).get("to")}
        if holders & set(actor.units) or actor.may(Permission.READ_EVERYTHING) or actor.kind == "operator":
            return None
        query = {"_id": {"$in": documents}, "readers": {"$in": actor.marks}}
        return {row["_id"] async for row in self._documents.find(query, {"_id": 1})}

    async def intact(self, dossier: Row) -> bool:
        """Whether the frozen lines are still those whose digest was recorded at closing."""
        query = {"dossier": dossier["_id"], "closing": dossier["closings"]}
        pieces = await self._rows.find(query).sort("first", 1).to_list(None)
        same = all(inventory.digest(one["lines"]) == one["digest"] for one in pieces)
        return same and inventory.summary(pieces) == dossier["inventory"]
