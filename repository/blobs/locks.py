"""Until when a version must stay locked: rules without I/O. A lock is only ever made longer.

Birth: one day, so that an object which never gets its record can be swept. Registered: at least ninety days
ahead, renewed in steps of thirty so that a version is touched once a month and not every night.
"""

from datetime import datetime, timedelta
from typing import Final

MODE: Final = "COMPLIANCE"
BIRTH: Final = timedelta(days=1)
AHEAD: Final = timedelta(days=90)
STEP: Final = timedelta(days=30)


def at_birth(now: datetime) -> datetime:
    """The lock that every object is written with (S3 keeps whole seconds)."""
    return (now + BIRTH).replace(microsecond=0)


def due(now: datetime, locked_until: datetime | None, wanted: datetime) -> datetime | None:
    """The date to set so that the version is locked until `wanted`; None when nothing has to be done."""
    if wanted <= now or (locked_until is not None and locked_until >= wanted):
        return None
    return wanted


def rolling(
    now: datetime, locked_until: datetime | None, retained_until: datetime | None = None
) -> datetime | None:
    """The date to set on a registered version, or None while it is locked for at least `AHEAD`.

    `retained_until` is the date its retention schedule asks for, once the dossier is closed.
    """
    floor = max(now + AHEAD, retained_until or now)
    if due(now, locked_until, floor) is None:
        return None
    return max(now + AHEAD + STEP, floor).replace(microsecond=0)
