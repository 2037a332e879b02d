"""The gate of a dossier: only an open one that the actor may see takes documents."""

from typing import Any

from repository import errors, ids
from repository.access.actors import Actor
from repository.documents.refusals import DossierClosed
from repository.journal import Change
from repository.mongo import Row


async def open_dossier(dossiers: Any, actor: Actor, dossier_id: str) -> None:
    """Raises NotFound, Forbidden or Conflict unless the actor may file in this dossier now."""
    query = {"_id": ids.dossier_id(dossier_id), "readers": {"$in": actor.marks}}
    found = await dossiers.find_one(query)
    if found is None:
        raise errors.NotFound(what="hồ sơ")
    actor.require_unit(found["unit"], "đưa văn bản vào hồ sơ")
    if found["state"] != "open":
        raise DossierClosed(title=found["title"], why="hồ sơ đã kết thúc")


async def open_dossier_in(change: Change, dossier_id: str) -> None:
    """The same within a transaction. Touching the dossier makes a concurrent closing lose or wait."""
    if not await change.update("dossiers", {"_id": dossier_id, "state": "open"}, {"$inc": {"filings": 1}}):
        raise DossierClosed(title=dossier_id, why="hồ sơ đã kết thúc")


async def dossiers_of(change: Change, document: Row) -> list[Row]:
    """The dossiers that a document lies in, as the rule for its readers wants them."""
    found = [await change.find_one("dossiers", {"_id": one}) for one in document["dossiers"]]
    return [one for one in found if one is not None]
