"""The clerk's counter: every channel hands its files in here; refused malware is listed with its bringer."""

from collections.abc import AsyncIterator

from repository import ids
from repository.access.actors import Actor
from repository.audit import Action
from repository.blobs.digest import Digest
from repository.clock import Clock, local_date
from repository.ingest.receive import MalwareFound, ReceivedFile, Receiver
from repository.journal import Change, Journal
from repository.mongo import Database, Row


class Intake:
    """Receives files on behalf of an actor; keeps the list of what was stopped."""

    def __init__(self, *, receiver: Receiver, database: Database, journal: Journal, clock: Clock) -> None:
        self._receiver = receiver
        self._stopped = database["quarantine"]
        self._journal = journal
        self._clock = clock

    async def receive(
        self, actor: Actor, chunks: AsyncIterator[bytes], *, filename: str, expected: Digest | None = None
    ) -> ReceivedFile:
        """The stored file. Raises what the receiver raises; malware is recorded first (no bytes are kept)."""
        try:
            return await self._receiver.receive(
                chunks, filename=filename, expected=expected, on=local_date(self._clock.now())
            )
        except MalwareFound as fault:
            await self._list(actor, filename, str(fault.facts.get("signature", "")))
            raise

    async def _list(self, actor: Actor, filename: str, found: str) -> None:
        row: Row = {"_id": ids.new("cl"), "filename": filename[:255], "found": found}

        async def work(change: Change) -> None:
            await change.insert("quarantine", row | {"at": change.now, "by": change.actor.as_row()})
            change.record("unit", actor.unit or "—", owes=False, filename=row["filename"], found=found)

        await self._journal.change(actor, Action.MALWARE_REFUSED, work)

    async def stopped(self, limit: int = 100) -> list[Row]:
        """Refused malware, newest first."""
        return await self._stopped.find({}).sort("_id", -1).limit(limit).to_list(limit)
