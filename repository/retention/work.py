"""The services of retention, put together over what the wiring has opened; none of them hands the eraser on."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from repository.access.actors import Actor
from repository.audit.log import Log
from repository.clock import Clock
from repository.incidents.incidents import Incidents
from repository.ingest.tables import Tables
from repository.journal import Journal
from repository.mongo import Database, Row
from repository.retention.certificates import Certificates
from repository.retention.disposal import Disposals
from repository.retention.eraser import Eraser
from repository.retention.execution import Done, Execution, Store
from repository.retention.holds import Holds
from repository.retention.kept import Kept
from repository.retention.locks import Locks
from repository.retention.schedules import Schedules
from repository.retention.schedules_import import ScheduleImports
from repository.retention.sweep import Sweep
from repository.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long things are kept, what holds them, how they go."""

    schedules: Schedules
    imports: ScheduleImports
    kept: Kept
    locks: Locks
    holds: Holds
    disposals: Disposals
    certificates: Certificates
    sweep: Sweep
    execution: Execution
    database: Database
    previews: Path

    async def settle(self, kind: str, subject_id: str) -> None:
        """Locks and holds of what changed, as they should be now; the worker's step, harmless to repeat."""
        if kind == "document":
            await self.locks.extend(subject_id)
            await self.holds.settle(subject_id)
        elif kind == "dossier":
            await self.locks.of_dossier(subject_id)
        elif kind == "hold":
            await self.holds.apply(subject_id)

    async def propose_all(self, actor: Actor) -> list[Row]:
        """One proposal a unit that holds something expired; for the job, which never goes further."""
        units = await self.disposals.units()
        return [row for one in units if (row := await self.disposals.propose_if_any(actor, one))]

    async def dispose(self, disposal_id: str) -> tuple[Row, Done]:
        """Carries out an approved disposal as far as it goes now; its certificate once nothing is waiting.

        Raises NotApproved, NoEraser, Unavailable.
        """
        row = await self.disposals.row(disposal_id)
        if row["state"] == "done":
            return row, await self.execution.standing(disposal_id)
        done = await self.execution.run(row)
        items = await self.disposals.items(disposal_id)
        await asyncio.to_thread(_forget_pictures, self.previews, items)
        if not done.waiting and not await self._still_found(items):
            row = await self.certificates.complete(row, items)
        return row, done

    async def _still_found(self, items: list[Row]) -> bool:
        """Whether the search index has not been told of all of them yet; the certificate waits for it."""
        gone = [one["document"] for one in items if one["state"] == "erased"]
        owed = {"kind": "document.disposed", "subject.id": {"$in": gone}}
        return await self.database["outbox"].find_one(owed, {"_id": 1}) is not None


def assemble(
    settings: Settings, *, database: Database, journal: Journal, schedules: Schedules, tables: Tables,
    blobs: Store, eraser: Eraser, clock: Clock, incidents: Incidents, log: Log,
) -> Retention:  # fmt: skip
    kept = Kept(database=database)
    holds = Holds(database=database, journal=journal, blobs=blobs)
    return Retention(
        schedules=schedules,
        imports=ScheduleImports(database=database, journal=journal, schedules=schedules, tables=tables),
        kept=kept,
        locks=Locks(database=database, journal=journal, blobs=blobs, clock=clock, kept=kept),
        holds=holds,
        disposals=Disposals(database=database, journal=journal, clock=clock, kept=kept, holds=holds),
        certificates=Certificates(
            database=database, journal=journal, blobs=blobs, clock=clock, staging=settings.staging, log=log
        ),
        sweep=Sweep(
            database=database, journal=journal, blobs=blobs, eraser=eraser, clock=clock, incidents=incidents
        ),
        execution=Execution(
            database=database,
            journal=journal,
            blobs=blobs,
            eraser=eraser,
            holds=holds,
            incidents=incidents,
        ),
        database=database,
        previews=settings.previews,
    )


def _forget_pictures(folder: Path, items: list[Row]) -> None:
    """Each machine that shows pages keeps its own; one that shares no folder with the worker forgets by age."""
    for item in items:
        for one in item["objects"] if item["state"] == "erased" else []:
            if one["sha256"] not in item["shared"]:
                shutil.rmtree(folder / one["sha256"][:2] / one["sha256"], ignore_errors=True)
