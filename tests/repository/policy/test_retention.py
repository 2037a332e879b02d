"""Periods and deadlines: what people write, the day they end, and that nothing becomes shorter by itself."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository import errors
from repository.policy import RuleSets
from repository.policy.handover import deadline, receipt_due
from repository.policy.retention import (
    UNDETERMINED,
    Forever,
    Kind,
    Period,
    Rule,
    chosen,
    ends_on,
    ends_sooner,
    longest,
    may_shorten,
    parse,
)

DAYS = st.dates(date(1945, 1, 1), date(2200, 12, 31))
YEARS = st.integers(1, 200).map(lambda n: Period(kind=Kind.YEARS, years=n))
EVENTS = st.integers(1, 200).map(lambda n: Period(kind=Kind.EVENT, years=n, words=f"{n} năm sau việc"))
PERIODS = st.one_of(
    YEARS,
    EVENTS,
    st.sampled_from([Period(kind=one) for one in (Kind.PERMANENT, Kind.TEXT, Kind.WORKS)]),
    st.just(UNDETERMINED),
)
ENDS = st.one_of(DAYS, st.none(), st.just(Forever.PERMANENT))


@pytest.mark.parametrize(
    ("written", "kind", "years"),
    [
        ("20", Kind.YEARS, 20),
        ("20 năm", Kind.YEARS, 20),
        ("  5 NAM ", Kind.YEARS, 5),
        ("Vĩnh viễn", Kind.PERMANENT, None),
        ("vinh vien", Kind.PERMANENT, None),
        ("Đến khi văn bản hết hiệu lực", Kind.TEXT, None),
        ("5 năm sau khi chấm dứt hợp đồng", Kind.EVENT, 5),
        ("Theo tuổi thọ công trình", Kind.WORKS, None),
        ("10 năm sau khi văn bản hết hiệu lực", Kind.EVENT, 10),
        ("5 năm, kể từ khi văn bản hết hiệu lực", Kind.EVENT, 5),
        ("20 năm tính từ khi hết tuổi thọ công trình", Kind.EVENT, 20),
        ("Đến khi nghị quyết năm 2020 hết hiệu lực", Kind.TEXT, None),
    ],
)
def test_what_schedules_write_is_understood(written: str, kind: Kind, years: int | None) -> None:
    found = parse(written)
    assert (found.kind, found.years) == (kind, years)
    assert parse(str(found)).kind is kind


@pytest.mark.parametrize(
    "written",
    [
        "", "lâu", "0 năm", "201 năm", "-5", "5 năm hoặc 10 năm", "5.5", "năm năm",
        "đến khi văn bản hết hiệu lực và 5 năm sau đó", "999 năm sau khi hết hiệu lực", "hết tuổi thọ thêm 5 năm",
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused_and_told(written: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        parse(written)
    assert "thời hạn bảo quản" in str(refused.value)


def test_years_count_from_the_year_the_work_ended() -> None:
    for day in (date(2018, 1, 1), date(2018, 12, 31)):
        assert ends_on(parse("5 năm"), worked_until=day) == date(2023, 12, 31)
    event = parse("5 năm sau khi chấm dứt hợp đồng")
    assert ends_on(event, worked_until=date(2018, 1, 1)) is None
    assert ends_on(event, worked_until=date(2018, 1, 1), event_on=date(2020, 3, 4)) == date(2025, 12, 31)
    text = parse("đến khi văn bản hết hiệu lực")
    assert ends_on(text, worked_until=date(2018, 1, 1), event_on=date(2020, 3, 4)) == date(2020, 12, 31)


@given(YEARS, DAYS, DAYS)
def test_no_period_ends_before_its_years_have_passed_and_later_work_is_kept_longer(
    period: Period, day: date, later: date
) -> None:
    end = ends_on(period, worked_until=day)
    assert end is not None and end >= day and end.year - day.year == period.years
    first, second = sorted((day, later))
    ends = ends_on(period, worked_until=first), ends_on(period, worked_until=second)
    assert ends[0] is not None and ends[1] is not None and ends[0] <= ends[1]


@given(PERIODS, PERIODS, DAYS, DAYS)
def test_what_is_said_not_to_shorten_never_ends_sooner(
    old: Period, new: Period, day: date, event: date
) -> None:
    if may_shorten(old, new) or old.kind is Kind.UNDETERMINED:
        return
    was, now = (ends_on(one, worked_until=day, event_on=event) for one in (old, new))
    if now is not None:
        assert was is not None and now >= was


@given(PERIODS, DAYS, st.one_of(st.none(), DAYS))
def test_permanent_and_undetermined_never_end(period: Period, day: date, event: date | None) -> None:
    end = ends_on(period, worked_until=day, event_on=event)
    assert (end is None) or period.kind not in (Kind.PERMANENT, Kind.UNDETERMINED)


@given(st.lists(ENDS, min_size=1))
def test_the_longest_is_none_of_them_sooner(ends: list[date | Forever | None]) -> None:
    found = longest(ends)
    assert found is Forever.PERMANENT or None not in ends or found is None
    assert not any(ends_sooner(one, found) for one in ends)


@given(PERIODS, PERIODS)
def test_a_newer_schedule_shortens_only_when_that_is_said(old: Period, new: Period) -> None:
    rule = Rule(id="a", schedule="cu", group="", title="Hồ sơ", variant="", period=old)
    heir = Rule(id="b", schedule="moi", group="", title="Hồ sơ", variant="", period=new, supersedes=("a",))
    kept, why = chosen(rule, [heir], accept_shorter=False)
    assert why and not (kept is heir and may_shorten(old, new))
    twice = chosen(rule, [heir, heir], accept_shorter=False)[0]
    assert twice is rule  # of two rows in its place a person chooses


def test_the_shipped_schedules_are_marked_partial_and_read() -> None:
    first, second = RuleSets.shipped("retention").all()
    assert first["partial"] is True and second["partial"] is True
    ids = [one["id"] for one in [*first["rules"], *second["rules"]]]
    assert len(ids) == len(set(ids)) > 50
    assert all(parse(one["period"]) for one in [*first["rules"], *second["rules"]])
    known = {one["id"] for one in first["rules"]}
    assert {old for one in second["rules"] for old in one.get("supersedes", [])} <= known
    assert second["in_force"] == date(2023, 2, 15)


@pytest.mark.parametrize(
    ("medium", "construction", "ended", "due", "notice"),
    [
        ("paper", False, date(2024, 2, 29), date(2025, 2, 28), date(2025, 1, 29)),
        ("paper", True, date(2024, 11, 30), date(2025, 2, 28), date(2025, 1, 29)),
        ("digital", False, date(2024, 6, 30), date(2025, 6, 30), date(2025, 5, 31)),
        ("digital", False, date(2026, 1, 1), date(2026, 3, 2), date(2026, 1, 31)),
        ("mixed", False, date(2026, 1, 1), date(2027, 1, 1), date(2026, 12, 2)),
    ],
)
def test_deadlines_follow_the_rules_of_the_day_the_work_ended(
    medium: str, construction: bool, ended: date, due: date, notice: date
) -> None:
    found = deadline(medium=medium, construction=construction, ended_on=ended)
    assert (found.due_on, found.notice_on) == (due, notice)
    assert found.latest.year == due.year + 2 and found.least_years == 5


def test_the_archives_answer_has_the_deadline_of_the_day_of_the_hand_over() -> None:
    found = receipt_due(date(2026, 1, 31))
    assert found is not None and found["due_on"] == "2026-04-01" and "05/2025" in found["source"]
    assert receipt_due(date(2025, 6, 30)) is None, "no rule of that time says so"
