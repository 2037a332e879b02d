"""The services of retention, put together over what the wiring has opened."""

from dataclasses import dataclass

from repository.ingest.tables import Tables
from repository.journal import Journal
from repository.mongo import Database
from repository.retention.kept import Kept
from repository.retention.schedules import Schedules
from repository.retention.schedules_import import ScheduleImports


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long things are kept."""

    schedules: Schedules
    imports: ScheduleImports
    kept: Kept


def assemble(*, database: Database, journal: Journal, schedules: Schedules, tables: Tables) -> Retention:
    return Retention(
        schedules=schedules,
        imports=ScheduleImports(database=database, journal=journal, schedules=schedules, tables=tables),
        kept=Kept(database=database),
    )
