"""The alarm of Đ10.5: a day without a good set is told; the minutes in which the next one is made are no such day."""

from datetime import timedelta

import pytest

from ops.backup import running
from repository.access.actors import operator
from repository.wiring import Repository
from tests.stories.live import MovedClock

ROOT = operator("test")


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.mark.clause("Đ10.5")
async def test_a_day_without_a_set_is_told_but_not_while_the_next_is_made(
    repository: Repository, clock: MovedClock
) -> None:
    await running.back_up(repository, ROOT)
    clock.by = timedelta(hours=24, minutes=5)
    async with running.alone(repository):
        assert await running.watch(repository, ROOT) == "đang sao lưu"
    assert await repository.incidents.find() == []
    await running.watch(repository, ROOT)
    assert [one["kind"] for one in await repository.incidents.find()] == ["backup.late"]


@pytest.mark.clause("Đ10.5")
async def test_a_set_that_takes_two_days_to_make_is_told(repository: Repository, clock: MovedClock) -> None:
    await running.back_up(repository, ROOT)
    clock.by = timedelta(hours=49)
    async with running.alone(repository):
        assert (await running.watch(repository, ROOT)).startswith("CHẬM")
    assert [one["kind"] for one in await repository.incidents.find()] == ["backup.late"]
