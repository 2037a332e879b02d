"""Time: UTC inside, the local day for numbers and year ends."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from repository.clock import FixedClock, SystemClock, local, local_date

moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def test_the_local_day_begins_at_five_in_the_afternoon_of_utc() -> None:
    assert local_date(datetime(2026, 12, 31, 16, 59, 59, tzinfo=UTC)) == date(2026, 12, 31)
    assert local_date(datetime(2026, 12, 31, 17, 0, tzinfo=UTC)) == date(2027, 1, 1)


@given(moments)
def test_shown_times_are_the_same_moment_seven_hours_later_on_the_wall(moment: datetime) -> None:
    assert local(moment) == moment and local(moment).utcoffset() == timedelta(hours=7)


def test_clocks_answer_in_utc_to_the_millisecond() -> None:
    fixed = FixedClock(datetime(2026, 1, 1, 0, 0, 0, 123_999, tzinfo=UTC))
    for now in (SystemClock().now(), fixed.now()):
        assert now.utcoffset() == timedelta(0) and now.microsecond % 1000 == 0
    before = fixed.now()
    fixed.advance(timedelta(hours=2))
    assert fixed.now() - before == timedelta(hours=2)
