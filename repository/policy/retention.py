"""How long a dossier is kept: the kinds of period, the day they end, and which of two is longer. No I/O.

A period counts from the year the work ends (TT 10/2022; Luật 33/2024 Đ15.3), so it ends with the last day of a year:
"5 năm" of work that ended in 2018 is kept through 31/12/2023. What is not known yet has no end: it is kept on.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import Final

from repository import errors, text

MOST_YEARS: Final = 200
_YEARS: Final = re.compile(r"(\d{1,3})(?: nam)?(,? (?:sau|ke tu|tinh tu|tu) .+)?")
_MORE_YEARS: Final = re.compile(r"\b\d{1,3} nam\b")


class Kind(StrEnum):
    """What a period hangs on."""

    YEARS = "years"
    PERMANENT = "permanent"
    TEXT = "text_expires"
    EVENT = "after_event"
    WORKS = "life_of_works"
    UNDETERMINED = "undetermined"


class Forever(Enum):
    """Kept without end; not the same as an end that is not known yet (None)."""

    PERMANENT = "permanent"


KINDS: Final[dict[Kind, str]] = {
    Kind.YEARS: "số năm, tính từ năm công việc kết thúc",
    Kind.PERMANENT: "vĩnh viễn",
    Kind.TEXT: "đến khi văn bản hết hiệu lực",
    Kind.EVENT: "số năm sau một sự kiện",
    Kind.WORKS: "theo tuổi thọ công trình",
    Kind.UNDETERMINED: "chưa xác định",
}
WAITING: Final = frozenset({Kind.TEXT, Kind.EVENT, Kind.WORKS})
"""Kinds whose end is known only when something has happened."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """One entry of a schedule's last column."""

    kind: Kind
    years: int | None = None
    words: str = ""

    def __str__(self) -> str:
        if self.words:
            return self.words
        return f"{self.years} năm" if self.kind is Kind.YEARS else KINDS[self.kind]


UNDETERMINED: Final = Period(kind=Kind.UNDETERMINED)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row of a schedule."""

    id: str
    schedule: str
    group: str
    title: str
    variant: str
    period: Period
    supersedes: tuple[str, ...] = ()
    """Rows of older schedules in whose place this one stands."""

    @property
    def words(self) -> str:
        return f"{self.title}: {self.variant}" if self.variant else self.title


def parse(written: str) -> Period:
    """A period as schedules and people write it: `20`, `20 năm`, `vĩnh viễn`, `đến khi văn bản hết hiệu lực`,
    `5 năm sau khi chấm dứt hợp đồng`, `10 năm sau khi văn bản hết hiệu lực`, `theo tuổi thọ công trình`.
    Raises Invalid.
    """
    said = " ".join(text.fold(written).split())
    if said in ("vinh vien", "lau dai", "vv"):
        return Period(kind=Kind.PERMANENT, words="vĩnh viễn")
    found = _YEARS.fullmatch(said)
    if found is None and not _MORE_YEARS.search(said):  # years beside the event are never left out
        if "het hieu luc" in said:
            return Period(kind=Kind.TEXT, words=written.strip())
        if "tuoi tho" in said:
            return Period(kind=Kind.WORKS, words=written.strip())
    if found is None or not 1 <= int(found[1]) <= MOST_YEARS:
        known = "số năm (1–200), «vĩnh viễn», «… hết hiệu lực», «N năm sau …» hoặc «theo tuổi thọ …»"
        raise errors.Invalid(why=f"không hiểu thời hạn bảo quản «{written}»: hãy ghi {known}")
    years = int(found[1])
    if found[2]:
        return Period(kind=Kind.EVENT, years=years, words=written.strip())
    return Period(kind=Kind.YEARS, years=years)


def ends_on(period: Period, *, worked_until: date, event_on: date | None = None) -> date | None:
    """The last day it must be kept; None for what is permanent, or whose end is not known yet."""
    if period.kind is Kind.YEARS:
        return _year_end(worked_until.year + (period.years or 0))
    if period.kind in WAITING and event_on is not None:
        return _year_end(event_on.year + (period.years or 0))
    return None


def _year_end(year: int) -> date:
    return date(min(year, date.max.year), 12, 31)


def may_shorten(old: Period, new: Period) -> bool:
    """Whether something kept by `old` could be let go sooner by `new`. What cannot be compared may."""
    if old == new or old.kind is Kind.UNDETERMINED or new.kind is Kind.PERMANENT:
        return False
    if old.kind is Kind.PERMANENT or new.kind is Kind.UNDETERMINED or old.kind is not new.kind:
        return True
    return (new.years or 0) < (old.years or 0)


def ends_sooner(old: date | Forever | None, new: date | Forever | None) -> bool:
    """The same of two reckoned ends; None (not known yet) is as long as anything."""
    if not isinstance(new, date):
        return old is Forever.PERMANENT and new is not Forever.PERMANENT
    return not isinstance(old, date) or new < old


def longest(ends: Iterable[date | Forever | None]) -> date | Forever | None:
    """What lies in several dossiers is kept as long as the longest; one that is not known yet keeps it open."""
    found = list(ends)
    if Forever.PERMANENT in found:
        return Forever.PERMANENT
    days = [one for one in found if isinstance(one, date)]
    return max(days) if days and len(days) == len(found) else None


def chosen(rule: Rule, newer: Sequence[Rule], *, accept_shorter: bool) -> tuple[Rule, str]:
    """The rule that holds at closing and why: what a newer schedule lengthens is followed, what it shortens
    only when somebody says so.
    """
    if rule.period.kind is Kind.UNDETERMINED or not newer:
        return rule, f"theo {rule.schedule}, dòng {rule.id}"
    last = [one for one in newer if one.schedule == newer[-1].schedule]
    best = last[0] if len(last) == 1 else None
    if best is None or (may_shorten(rule.period, best.period) and not accept_shorter):
        told = "; ".join(f"{one.id}: {one.period}" for one in last)
        return rule, f"giữ {rule.id} ({rule.period}) vì bảng mới có thể rút ngắn ({told}) và chưa ai xác nhận"
    return best, f"bảng {best.schedule} thay dòng {rule.id} bằng {best.id}"
