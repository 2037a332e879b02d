"""What time it is: stored in UTC; numbering, deadlines and year ends go by the local date (Asia/Ho_Chi_Minh)."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


class Clock(Protocol):
    """Answers the present moment, timezone-aware, in UTC, to the millisecond (what BSON keeps)."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return to_milliseconds(datetime.now(UTC))


@dataclass
class FixedClock:
    """A clock that moves only when told; for tests and drills."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 1, 0, tzinfo=UTC))

    def now(self) -> datetime:
        return to_milliseconds(self.moment)

    def advance(self, by: timedelta) -> None:
        self.moment += by


def to_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def local(moment: datetime) -> datetime:
    """The same moment as people in Viet Nam read it."""
    return moment.astimezone(VIETNAM)


def local_date(moment: datetime) -> date:
    """The day a clerk would write (17:00 UTC is already tomorrow)."""
    return local(moment).date()
