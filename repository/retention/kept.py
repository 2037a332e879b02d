"""Until when a document must be kept: as long as the longest of the dossiers it lies in (domain §5; Luật 33/2024
Đ36.4).
"""

from datetime import date

from repository.dossiers import inventory
from repository.mongo import Database, Row
from repository.policy.retention import Forever, longest

PERMANENT = Forever.PERMANENT


class Kept:
    """Asked by the locks, and again by disposal at its execution."""

    def __init__(self, *, database: Database) -> None:
        self._dossiers = database["dossiers"]

    async def kept_until(self, document: Row) -> date | Forever | None:
        """The last day, PERMANENT, or None: not known, for it lies in no dossier, or in one that is open or waits
        for something to happen. What is None is kept on.
        """
        if not document["dossiers"]:
            return None
        rows = await self._dossiers.find({"_id": {"$in": document["dossiers"]}}).to_list(None)
        if len(rows) < len(document["dossiers"]):
            return None  # a dossier that cannot be read cannot let go
        return longest(inventory.end_of(row) for row in rows)
