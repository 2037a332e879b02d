"""What the sealed log finds wrong, as incidents: the log lies below them and only knows whom to tell."""

from typing import Final

from repository.access.actors import operator
from repository.audit.sealer import Finding, Tell
from repository.incidents.incidents import Incidents

_SEALER: Final = operator("seal")


def teller(incidents: Incidents) -> Tell:
    """Opens an incident for each finding."""

    async def tell(finding: Finding) -> None:
        await incidents.report(
            _SEALER, kind=finding.kind, subject_kind="log", subject_id=finding.subject,
            found=finding.found, todo=finding.todo,
        )  # fmt: skip

    return tell
