"""The services around dossiers, put together over what the wiring has opened."""

from dataclasses import dataclass

from repository.documents.documents import Documents
from repository.dossiers.acceptance import Acceptance
from repository.dossiers.catalogues import Catalogues
from repository.dossiers.closing import Closing, KnownRules
from repository.dossiers.custody import Custody
from repository.dossiers.dossiers import Dossiers
from repository.dossiers.inventories import Inventories
from repository.dossiers.ordering import Ordering
from repository.dossiers.wanting import Wanting
from repository.ingest.tables import Tables
from repository.journal import Journal
from repository.mongo import Database


@dataclass(frozen=True, kw_only=True)
class DossierWork:
    """What is done with dossiers beyond opening, filling and reading them."""

    ordering: Ordering
    closing: Closing
    custody: Custody
    acceptance: Acceptance
    catalogues: Catalogues
    inventories: Inventories
    wanting: Wanting


def assemble(
    *, database: Database, journal: Journal, documents: Documents, rules: KnownRules, tables: Tables
) -> tuple[Dossiers, DossierWork]:
    closing = Closing(database=database, journal=journal, rules=rules)
    dossiers = Dossiers(database=database, journal=journal, documents=documents, closing=closing)
    inventories = Inventories(database=database, dossiers=dossiers)
    return dossiers, DossierWork(
        ordering=Ordering(database=database, journal=journal, dossiers=dossiers),
        closing=closing,
        custody=Custody(database=database, journal=journal, dossiers=dossiers),
        acceptance=Acceptance(database=database, journal=journal, dossiers=dossiers, inventories=inventories),
        catalogues=Catalogues(
            database=database, journal=journal, dossiers=dossiers, rules=rules, tables=tables
        ),
        inventories=inventories,
        wanting=Wanting(database=database),
    )
