"""When a closed dossier goes to the archive (Decree 30/2020 Đ30, Đ31; annex VI: told 30 days before), and until when
the archive confirms that it has it (TT 05/2025). Dated rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from repository.policy.rulesets import RuleSets

DIGITAL: Final = "digital"
MEDIA: Final = {"digital": "Hồ sơ điện tử", "paper": "Hồ sơ giấy", "mixed": "Hồ sơ giấy và điện tử"}


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """Until when, from when it is told, how far it may be put off, and the clause."""

    due_on: date
    notice_on: date
    latest: date
    """The furthest that a written approval to keep it back can reach."""
    clause: str
    source: str
    least_years: int

    def as_row(self) -> dict[str, Any]:
        days = {"due_on": self.due_on, "notice_on": self.notice_on, "latest": self.latest}
        shown = {name: day.isoformat() for name, day in days.items()}
        return shown | {"clause": self.clause, "source": self.source}


def deadline(*, medium: str, construction: bool, ended_on: date) -> Deadline:
    """By the rules in force on the day the work ended."""
    rules = _shipped().on(ended_on)
    clause, due_on = _due(rules, medium, construction, ended_on)
    return Deadline(
        due_on=due_on,
        notice_on=due_on - timedelta(days=rules["notice_days"]),
        latest=_months_later(due_on, 12 * rules["keep_back_years"]),
        clause=clause,
        source=rules["source"],
        least_years=rules["least_years"],
    )


def receipt_due(handed_on: date) -> dict[str, str] | None:
    """Until when the archive answers, by the rules of the day of the hand-over; None where no rule says so."""
    rules = _shipped().on(handed_on)
    if not rules["confirm_days"]:
        return None
    due_on = handed_on + timedelta(days=rules["confirm_days"])
    return {"due_on": due_on.isoformat(), "source": rules["source"]}


def _due(rules: Mapping[str, Any], medium: str, construction: bool, ended_on: date) -> tuple[str, date]:
    if medium == DIGITAL and rules["digital_days"]:
        return rules["digital"], ended_on + timedelta(days=rules["digital_days"])
    if construction:
        return rules["construction"], _months_later(ended_on, rules["construction_months"])
    return rules["general"], _months_later(ended_on, rules["months"])


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


@cache
def _shipped() -> RuleSets:
    return RuleSets.shipped("handover")
