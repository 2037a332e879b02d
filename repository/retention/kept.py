"""Until when a document must be kept: as long as the longest of the dossiers it lies in (domain §5; Luật 33/2024
Đ36.4).
"""

from collections.abc import Iterable, Sequence
from datetime import date

from repository.dossiers import inventory
from repository.mongo import Database, Row
from repository.policy.retention import Forever, longest

PERMANENT = Forever.PERMANENT
End = date | Forever | None


class Kept:
    """Asked by the locks, and again by disposal at its execution."""

    def __init__(self, *, database: Database) -> None:
        self._dossiers = database["dossiers"]

    async def kept_until(self, document: Row) -> End:
        """The last day, PERMANENT, or None: not known, for it lies in no dossier, or in one that is open or waits
        for something to happen. What is None is kept on.
        """
        return (await self.many([document]))[document["_id"]]

    async def many(self, documents: Sequence[Row]) -> dict[str, End]:
        """The same for many, with one question to the database."""
        wanted = sorted({one for document in documents for one in document["dossiers"]})
        rows = await self._dossiers.find({"_id": {"$in": wanted}}).to_list(None) if wanted else []
        return {one["_id"]: end_in(one, rows) for one in documents}


def end_in(document: Row, dossiers: Iterable[Row]) -> End:
    """The end that these dossiers give a document. A dossier that cannot be read cannot let go."""
    own = [row for row in dossiers if row["_id"] in document["dossiers"]]
    if not own or len(own) < len(document["dossiers"]):
        return None
    return longest(inventory.end_of(row) for row in own)
