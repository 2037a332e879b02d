"""Who sees the papers of a dossier, reckoned again when the dossier changes hands; the index follows each paper."""

from repository.access import rules
from repository.documents import filing
from repository.journal import Change
from repository.mongo import Row


async def reckon(change: Change, dossier: Row) -> int:
    """Writes the readers that follow from the dossier as it stands now; how many papers' readers changed.

    The dossier's row must be written by the same change: whoever files or closes meanwhile loses or waits.
    """
    papers = [one async for one in change.find("documents", {"dossiers": dossier["_id"]})]
    changed = 0
    for row in papers:
        alone = row["dossiers"] == [dossier["_id"]]
        readers = rules.readers(row, [dossier] if alone else await filing.dossiers_of(change, row))
        if readers == row["readers"]:
            continue
        update = {"$set": {"readers": readers}, "$inc": {"revision": 1}}
        await change.take("documents", {"_id": row["_id"]}, update)
        change.record("document", row["_id"], dossier=dossier["_id"])
        changed += 1
    return changed
