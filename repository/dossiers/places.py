"""Where documents lie in a dossier: read by bounded ranges of their order, so that a page of a dossier with 10,000
papers costs what a page costs.
"""

from typing import Final

from repository.documents.filing import GAP
from repository.mongo import Database, Row

_AT_ONCE: Final = 500


class Places:
    """Reads only."""

    def __init__(self, *, database: Database) -> None:
        self._filings = database["filings"]
        self._documents = database["documents"]

    async def after(self, dossier: Row, order: float, limit: int) -> list[Row]:
        """The next filings, at most `limit`; the range grows where many papers were taken out."""
        found: list[Row] = []
        start, wide, last = order, GAP * limit, float(dossier.get("last") or 0)
        while start < last and len(found) < limit:
            query = {"dossier": dossier["_id"], "order": {"$gt": start, "$lte": start + wide}}
            rows = await self._filings.find(query).to_list(None)
            found += sorted((r for r in rows if r["removed"] is None), key=lambda row: float(row["order"]))
            start, wide = start + wide, wide * 2
        return found[:limit]

    async def seen(self, dossier: Row, marks: list[str] | None, *, limit: int, after: float = 0) -> list[Row]:
        """Documents in order, each with its `filing`; of all readers when `marks` is None."""
        if "last" not in dossier:
            return await self._unplaced(dossier, marks, limit, after)
        found: list[Row] = []
        while len(found) < limit:
            places = await self.after(dossier, after, min(limit, _AT_ONCE))
            if not places:
                break
            after = places[-1]["order"]
            query: Row = {"_id": {"$in": [one["document"] for one in places]}}
            if marks is not None:
                query["readers"] = {"$in": marks}
            rows = {row["_id"]: row async for row in self._documents.find(query)}
            found += [rows[one["document"]] | {"filing": one} for one in places if one["document"] in rows]
        return found[:limit]

    async def all(self, dossier: Row) -> list[Row]:
        """Every document of a dossier in order, whoever may see it; for closing it."""
        return await self.seen(dossier, None, limit=100_000)

    async def _unplaced(self, dossier: Row, marks: list[str] | None, limit: int, after: float) -> list[Row]:
        """What was filed before places were kept, in order of arrival."""
        query: Row = {"dossiers": dossier["_id"]}
        if marks is not None:
            query["readers"] = {"$in": marks}
        rows = await self._documents.find(query).sort("_id", 1).to_list(None)
        blank: Row = {"note": "", "removed": None, "past": []}
        places = [
            {"order": float(n), "document": one["_id"], "sheets": one["page_amount"]} | blank
            for n, one in enumerate(rows, start=1)
        ]
        found = [row | {"filing": place} for row, place in zip(rows, places, strict=True)]
        return [one for one in found if one["filing"]["order"] > after][:limit]
