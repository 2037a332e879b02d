"""Signing put together over what the repository has open."""

from repository.blobs.store import BlobStore
from repository.clock import Clock
from repository.documents.documents import Documents
from repository.ingest.intake import Intake
from repository.journal import Journal
from repository.mongo import Database
from repository.organisation.accounts.second_factor import Vault
from repository.sandbox import Sandbox
from repository.settings import Settings
from repository.signatures.signing.evidence import Evidences
from repository.signatures.signing.finishing import Finisher
from repository.signatures.signing.holders import Holders
from repository.signatures.signing.keys import Keys
from repository.signatures.signing.preparing import Preparer
from repository.signatures.signing.press import Press
from repository.signatures.signing.signings import Signings
from repository.signatures.trust.trusted import Trusted


def assemble_signings(
    settings: Settings, *, clock: Clock, database: Database, journal: Journal, blobs: BlobStore,
    documents: Documents, intake: Intake, vault: Vault, sandbox: Sandbox,
    trusted: Trusted,
) -> Signings:  # fmt: skip
    """`sandbox` serves `repository.signatures.signing.pdf:work`."""
    holders = Holders(database=database, journal=journal, vault=vault)
    evidences = Evidences(trusted=trusted, fetch=settings.signing_fetch == "yes")
    press = Press(blobs=blobs, sandbox=sandbox, staging=settings.staging)
    return Signings(
        database=database, journal=journal, documents=documents,
        preparer=Preparer(holders=holders, evidences=evidences, press=press),
        keys=Keys(settings=settings, holders=holders),
        finisher=Finisher(
            press=press, evidences=evidences, intake=intake, clock=clock, tsa_url=settings.tsa_url
        ),
    )  # fmt: skip
