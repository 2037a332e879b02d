"""A document out of a dossier: the reference goes, with a reason; the document and the record of its place stay."""

from repository import errors
from repository.access import rules
from repository.audit import Action
from repository.documents import filing
from repository.journal import Change
from repository.mongo import Row


async def take(change: Change, dossier_id: str, document_id: str, reason: str) -> Row:
    """The document without that dossier. Raises NotFound, and DossierMissing for a paper that needs one."""
    row = await change.find_one("documents", {"_id": document_id, "dossiers": dossier_id})
    if row is None:
        raise errors.NotFound(what="văn bản trong hồ sơ này")
    # A hold on the dossier counts from its commit; the worker may not have carried it to the paper yet.
    placed: Row = {"kind": "dossier", "target": dossier_id, "state": {"$ne": "lifted"}}
    placed["unit"] = {"$in": ["", row["unit"]]}
    if row.get("holds") or await change.find_one("holds", placed):
        raise errors.OnHold(until="khi lệnh phong tỏa được gỡ")
    row["dossiers"] = [one for one in row["dossiers"] if one != dossier_id]
    filing.require_dossier(row)
    readers = rules.readers(row, await filing.dossiers_of(change, row))
    update = {"$set": {"dossiers": row["dossiers"], "readers": readers}, "$inc": {"revision": 1}}
    after = await change.take("documents", {"_id": document_id, "revision": row["revision"]}, update)
    if after is None:
        raise errors.Stale
    removed = {"at": change.now, "by": change.actor.as_row(), "reason": reason}
    key = filing.filing_id(dossier_id, document_id)
    await change.update("filings", {"_id": key}, {"$set": {"removed": removed}, "$push": {"past": removed}})
    change.record(
        "document", document_id, also=[dossier_id], action=Action.DOSSIER_REMOVED, dossier=dossier_id,
        reason=reason,
    )  # fmt: skip
    return after
