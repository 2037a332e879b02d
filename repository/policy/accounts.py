"""Rules for accounts on a date (QCVN 12:2026/BCA; Đ9.4, Đ10.3a), and how a unit may tighten them (Đ13.3)."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from repository.policy.rulesets import RuleSets

TOTP_GRADES: Final = ("nobody", "administrators", "all")
"""Who must have a second factor, from the loosest grade to the strictest."""

_STRICTER_WHEN_LOWER: Final = frozenset({"tries", "idle_days", "session_hours"})


@dataclass(frozen=True, kw_only=True)
class AccountPolicy:
    """What is asked of every account on a day, in one unit."""

    source: str
    password_length: int
    password_kinds: int
    tries: int
    lock_minutes: int
    lock_factor: int
    lock_most_minutes: int
    idle_days: int
    warn_days: int
    session_hours: int
    totp: str
    common: frozenset[str]

    def lock_lasts(self, earlier: int) -> timedelta:
        """How long the next lock-out lasts after `earlier` ones in a row."""
        grown = self.lock_minutes * self.lock_factor ** min(earlier, 20)
        return timedelta(minutes=min(grown, self.lock_most_minutes))

    def looser(self, settings: Mapping[str, Any]) -> list[str]:
        """The settings that would ask less than this policy does."""
        return [
            name
            for name, value in settings.items()
            if value is not None and self._stricter(name, value) != value
        ]

    def tightened(self, settings: Mapping[str, Any]) -> "AccountPolicy":
        """This policy with the stricter of its own and the given values."""
        chosen = {name: self._stricter(name, value) for name, value in settings.items() if value is not None}
        return dataclasses.replace(self, **chosen)

    def _stricter(self, name: str, value: Any) -> Any:
        own = getattr(self, name)
        if name == "totp":
            return max(own, value, key=TOTP_GRADES.index)
        return min(own, value) if name in _STRICTER_WHEN_LOWER else max(own, value)


def account_policy(day: date) -> AccountPolicy:
    """The rules in force on a local date."""
    return _policy(_shipped().on(day)["in_force"])


@cache
def _shipped() -> RuleSets:
    return RuleSets.shipped("accounts")


@cache
def _policy(in_force: date) -> AccountPolicy:
    rules = _shipped().on(in_force)
    return AccountPolicy(
        source=rules["source"],
        password_length=rules["password"]["length"],
        password_kinds=rules["password"]["kinds"],
        tries=rules["lock"]["tries"],
        lock_minutes=rules["lock"]["minutes"],
        lock_factor=rules["lock"]["factor"],
        lock_most_minutes=rules["lock"]["most_minutes"],
        idle_days=rules["idle"]["days"],
        warn_days=rules["idle"]["warn_days"],
        session_hours=rules["session"]["hours"],
        totp=rules["totp"],
        common=frozenset(rules["common"]),
    )
