"""What keeps signatures worth something over time, put together: trust, review and renewal, notices."""

from dataclasses import dataclass

from repository.blobs.store import BlobStore
from repository.clock import Clock
from repository.incidents.incidents import Incidents
from repository.journal import Journal
from repository.mongo import Database
from repository.settings import Settings
from repository.signatures.judging.judge import Judge
from repository.signatures.preservation.notices import Notices
from repository.signatures.preservation.preservation import Preservation
from repository.signatures.signing.timestamps import HttpTimestamps
from repository.signatures.trust.store import TrustStore


@dataclass(frozen=True, kw_only=True)
class Custody:
    trust: TrustStore
    preservation: Preservation
    notices: Notices


def keep(
    settings: Settings, *, database: Database, blobs: BlobStore, journal: Journal, incidents: Incidents,
    judge: Judge, clock: Clock,
) -> Custody:  # fmt: skip
    stamper = HttpTimestamps(url=settings.tsa_url) if settings.tsa_url else None
    return Custody(
        trust=TrustStore(database=database, journal=journal),
        preservation=Preservation(
            database=database, blobs=blobs, journal=journal, incidents=incidents, judge=judge, stamper=stamper
        ),
        notices=Notices(database=database, incidents=incidents, clock=clock),
    )
