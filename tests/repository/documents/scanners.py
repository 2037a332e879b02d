"""The intake of an installation that has no scanner, over the same stores."""

from repository.ingest.intake import Intake
from repository.ingest.receive import Receiver
from repository.ingest.scanner import ClamdScanner
from repository.ingest.staging import Staging
from repository.policy.formats import Formats
from repository.wiring import Repository


def without_scanner(repository: Repository) -> Intake:
    receiver = Receiver(
        staging=Staging(folder=repository.settings.staging),
        blobs=repository.blobs,
        scanner=ClamdScanner(url="", clock=repository.clock),
        formats=Formats.shipped(),
        clock=repository.clock,
        max_size=repository.settings.max_file_size,
    )
    return Intake(
        receiver=receiver, database=repository.database, journal=repository.journal, clock=repository.clock
    )
