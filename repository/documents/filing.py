"""The gate of a dossier: only an open one that the actor may see takes documents; and the order they lie in.

A filing is the place of one document in one dossier: nothing of the document is copied. `order` grows as papers are
filed and leaves room between neighbours, so that moving one rewrites one row.
"""

from typing import Any, Final

from repository import errors, ids
from repository.access.actors import Actor
from repository.documents.refusals import DossierClosed, DossierMissing
from repository.journal import Change
from repository.mongo import Row

GAP: Final = 1024.0
"""Between two neighbours: papers can be put between them again and again before numbers run out."""


async def open_dossier(dossiers: Any, actor: Actor, dossier_id: str) -> None:
    """Raises NotFound, Forbidden or Conflict unless the actor may file in this dossier now."""
    query = {"_id": ids.dossier_id(dossier_id), "readers": {"$in": actor.marks}}
    found = await dossiers.find_one(query)
    if found is None:
        raise errors.NotFound(what="hồ sơ")
    actor.require_unit(found["unit"], "đưa văn bản vào hồ sơ")
    if found["state"] != "open":
        raise DossierClosed(title=found["title"], why="hồ sơ đã kết thúc")


def filing_id(dossier_id: str, document_id: str) -> str:
    return f"{dossier_id}:{document_id}"


async def enter(change: Change, dossier_id: str, document: Row) -> None:
    """Puts a document last in an open dossier, within a transaction; `document` need not be stored yet.

    Touching the dossier makes a concurrent closing lose or wait.
    """
    if document.get("disposed"):
        raise errors.Gone(what="Văn bản")
    touched = await change.take(
        "dossiers", {"_id": dossier_id, "state": "open"}, {"$inc": {"filings": 1, "last": GAP}}
    )
    if touched is None:
        raise DossierClosed(title=dossier_id, why="hồ sơ đã kết thúc")
    if touched["last"] == GAP and touched["filings"] > 1:
        await _adopt(change, dossier_id)
    await _put(change, dossier_id, document, touched["last"])


async def _adopt(change: Change, dossier_id: str) -> None:
    """Gives a place to what was filed before places were kept: in order of arrival, before what comes now."""
    rows = [one async for one in change.find("documents", {"dossiers": dossier_id})]
    for n, one in enumerate(sorted(rows, key=lambda row: str(row["_id"])), start=1):
        await _put(change, dossier_id, one, GAP * n / (len(rows) + 1))


async def _put(change: Change, dossier_id: str, document: Row, order: float) -> None:
    place = {
        "order": order,
        "sheets": document.get("page_amount"),
        "filed_at": change.now,
        "filed_by": change.actor.as_row(),
        "removed": None,
    }
    key = filing_id(dossier_id, document["_id"])
    if not await change.update("filings", {"_id": key}, {"$set": place}):
        await change.insert(
            "filings",
            {"_id": key, "dossier": dossier_id, "document": document["_id"], "note": "", "past": []} | place,
        )


def require_dossier(document: Row) -> None:
    """Raises DossierMissing for an incoming paper that must be answered and lies in no dossier (PL2.II.1.8).

    Whoever completes the handling of an incoming document asks this first.
    """
    if document.get("must_reply") and document["direction"] == "incoming" and not document["dossiers"]:
        raise DossierMissing(subject=document["subject"], why="chưa gắn với hồ sơ")


async def require_dossiers(change: Change, reply: Row) -> None:
    """The same for what a reply answers: with its issue the handling ends. Other units answer for their own papers."""
    if reply.get("replies_to"):
        query = {"_id": {"$in": reply["replies_to"]}, "unit": reply["unit"]}
        async for answered in change.find("documents", query):
            require_dossier(answered)


async def dossiers_of(change: Change, document: Row) -> list[Row]:
    """The dossiers that a document lies in, as the rule for its readers wants them."""
    found = [await change.find_one("dossiers", {"_id": one}) for one in document["dossiers"]]
    return [one for one in found if one is not None]
