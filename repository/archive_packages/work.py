"""The feature, assembled: packages made, packages taken in."""

from dataclasses import dataclass

from repository.archive_packages.importing import Importing
from repository.archive_packages.packing import Packing
from repository.blobs.store import BlobStore
from repository.documents.documents import Documents
from repository.dossiers.dossiers import Dossiers
from repository.evidence.draft import Bench
from repository.ingest.intake import Intake
from repository.journal import Journal
from repository.mongo import Database
from repository.settings import Settings


@dataclass(frozen=True, kw_only=True)
class ArchivePackages:
    """SIP and AIP of TT 05/2025."""

    packing: Packing
    importing: Importing


def assemble(
    settings: Settings, database: Database, journal: Journal, documents: Documents, dossiers: Dossiers,
    blobs: BlobStore, intake: Intake,
) -> ArchivePackages:  # fmt: skip
    """Over opened adapters."""
    bench = Bench(settings.staging, blobs)
    return ArchivePackages(
        packing=Packing(database=database, journal=journal, dossiers=dossiers, blobs=blobs, bench=bench),
        importing=Importing(
            database=database, journal=journal, documents=documents, dossiers=dossiers, intake=intake,
            largest=settings.max_file_size,
        ),
    )  # fmt: skip
