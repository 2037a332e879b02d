"""Who else needs an object: bytes that another record names are not erased with this one."""

from collections.abc import Iterator
from typing import Any, Final

from repository.mongo import Database, Row

_INDEXED: Final = frozenset({"documents"})
_NAMES_NONE: Final = frozenset(
    {
        "audit",
        "outbox",
        "tiles",
        "heads",
        "texts",
        "verdicts",
        "leases",
        "jobs",
        "fixity",
        "erasures",
        "entries",
    }
)
"""Collections whose rows own no object."""


class Links:
    """Documents are asked by index; what else keeps objects is little, and read through once a run."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def others(self) -> frozenset[str]:
        """Hashes of all objects that rows other than documents own: checkpoints, certificates, signings."""
        found: set[str] = set()
        for name in await self._database.list_collection_names():
            if name not in _INDEXED | _NAMES_NONE:
                async for row in self._database[name].find({}):
                    found.update(_owned(row))
        return frozenset(found)

    async def not_yet_gone(self) -> frozenset[str]:
        """Hashes under the stubs whose bytes are there still: only the execution, which asks the holds, takes them."""
        rows = self._database["erasures"].find({"state": "disposed"}, {"objects.sha256": 1})
        return frozenset([one["sha256"] async for row in rows for one in row["objects"]])

    async def documents_on(self, digests: list[str], *, besides: str = "") -> set[str]:
        """Those of the hashes that some live document still has a version of."""
        query: Row = {"versions.sha256": {"$in": digests}, "_id": {"$ne": besides}}
        rows = self._database["documents"].find(query, {"versions.sha256": 1})
        wanted = set(digests)
        return {one["sha256"] async for row in rows for one in row["versions"]} & wanted


def _owned(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("sha256"), str) and value.get("store_version"):
            yield value["sha256"]
        for one in value.values():
            yield from _owned(one)
    elif isinstance(value, list):
        for one in value:
            yield from _owned(one)
