"""What reminds a unit of dossiers that nobody has opened yet."""

from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.mongo import Database, Row
from repository.registers.unfiled import unfiled


class Wanting:
    """Incoming papers of the own unit that must be answered and are tied to no dossier (PL2.II.1.8)."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def find(self, actor: Actor, *, limit: int = 12) -> list[Row]:
        """Those that the actor sees, newest first."""
        actor.require(Permission.KEEP_DOSSIERS)
        seen: Row = {"readers": {"$in": actor.marks}}
        return await unfiled(self._database, actor.unit, limit=limit, also=seen)
