"""The schedule: each job when it is due, one process at a time, failures told and tried again."""

import dataclasses
from datetime import UTC, datetime, timedelta

from indexers.wiring import Indexers, open_indexers
from ops.backup import running
from ops.backup.keys import Key
from ops.schedule.jobs import DAY, JOBS, Job, back_up, close_books
from ops.schedule.runner import Schedule
from repository.audit import Action
from repository.clock import FixedClock
from repository.journal import Change
from repository.registers.lines import Line
from repository.wiring import Repository, open_repository
from tests.factories import District, make_district


def _job(name: str, ran: list[str], fault: Exception | None = None) -> Job:
    async def run(_indexers: Indexers) -> str:
        ran.append(name)
        if fault:
            raise fault
        return "xong"

    return Job(name=name, words=f"Việc {name}", every=timedelta(hours=10), run=run)


async def test_a_job_runs_when_it_is_due_and_a_failed_one_is_told_and_tried_again(settings) -> None:
    clock, ran = FixedClock(), []
    jobs = [_job("hong", ran, ValueError("ổ đĩa đầy")), _job("tot", ran)]
    async with open_repository(settings, clock=clock) as repository, open_indexers(repository) as indexers:
        schedule = Schedule(indexers=indexers, jobs=jobs)
        rows = await schedule.run_due()
        assert [(row["said"], row["failed"]) for row in rows] == [("", "ổ đĩa đầy"), ("xong", "")]
        assert await schedule.run_due() == []
        [incident] = await repository.incidents.find(state="open")
        assert "ổ đĩa đầy" in incident["found"]
        clock.advance(timedelta(hours=1))
        assert [row["_id"] for row in await schedule.run_due()] == ["hong"]
        clock.advance(timedelta(hours=9))
        assert [row["_id"] for row in await schedule.run_due()] == ["hong", "tot"]
        await repository.database.client.drop_database(settings.mongo_database)


async def test_a_clock_that_was_years_ahead_puts_no_job_off_for_years(settings) -> None:
    clock, ran = FixedClock(), []
    async with open_repository(settings, clock=clock) as repository, open_indexers(repository) as indexers:
        schedule = Schedule(indexers=indexers, jobs=[_job("xa", ran)])
        clock.advance(timedelta(days=9000))
        await schedule.run_due()
        clock.advance(timedelta(days=-9000))
        [row] = await schedule.run_due()
        assert ran == ["xa", "xa"] and row["next"] == clock.now() + timedelta(hours=10)
        assert await schedule.run_due() == []
        clock.advance(timedelta(minutes=-5))
        assert await schedule.run_due() == []
        await repository.database.client.drop_database(settings.mongo_database)


async def test_a_backup_that_meets_a_drill_comes_again_soon_and_is_no_incident(settings, tmp_path) -> None:
    clock = FixedClock()
    Key.make(tmp_path / "key")
    placed = dataclasses.replace(
        settings, data=tmp_path / "data", backup_to=str(tmp_path / "sets"), backup_key=str(tmp_path / "key")
    )
    job = Job(name="backup", words="Sao lưu", every=DAY, run=back_up)
    async with open_repository(placed, clock=clock) as repository, open_indexers(repository) as indexers:
        schedule = Schedule(indexers=indexers, jobs=[job])
        async with running.alone(repository):
            [row] = await schedule.run_due()
            assert row["failed"] == "" and "đang bận" in row["said"] and "10 phút" in row["said"]
            assert await schedule.run_due() == []
        assert await repository.incidents.find(state="open") == []
        clock.advance(timedelta(minutes=10))
        [row] = await schedule.run_due()
        assert row["failed"] == "" and row["said"].startswith("bản ")
        assert row["next"] == clock.now() + DAY
        await repository.database.client.drop_database(settings.mongo_database)


async def test_what_another_process_is_at_is_left_to_it(indexers: Indexers) -> None:
    ran: list[str] = []

    async def slow(_indexers: Indexers) -> str:
        assert await Schedule(indexers=indexers, jobs=[job]).run_due() == []
        ran.append("slow")
        return "xong"

    job = Job(name="cham", words="Việc chậm", every=timedelta(hours=1), run=slow)
    await Schedule(indexers=indexers, jobs=[job]).run_due()
    assert ran == ["slow"]


async def test_every_shipped_job_runs_on_an_empty_repository(indexers: Indexers) -> None:
    rows = await Schedule(indexers=indexers).run_due()
    assert [row["_id"] for row in rows] == [job.name for job in JOBS]
    assert [row["failed"] for row in rows] == [""] * len(JOBS)


async def test_the_books_job_closes_what_nobody_closed_and_finds_a_bent_line(settings) -> None:
    clock = FixedClock(datetime(2026, 3, 2, 3, 0, tzinfo=UTC))
    async with open_repository(settings, clock=clock) as repository, open_indexers(repository) as indexers:
        district = await make_district(repository)
        book = district.incoming["_id"]
        await enter(repository, district, book)
        assert await close_books(indexers) == "khóa 1 ngày sổ, 0 sổ có sai khác"
        [empty] = await repository.closings.of(district.clerk, book)
        assert empty["entries"] == 0 and empty["day"] == "2026-03-01", "today is not over"
        clock.advance(timedelta(days=1))
        assert await close_books(indexers) == "khóa 1 ngày sổ, 0 sổ có sai khác"
        assert await close_books(indexers) == "khóa 0 ngày sổ, 0 sổ có sai khác"
        bent = {"$set": {"columns.subject": "khác"}}
        await repository.database["entries"].update_one({"register": book, "number": 1}, bent)
        assert await close_books(indexers) == "khóa 0 ngày sổ, 1 sổ có sai khác"
        [incident] = await repository.incidents.find(state="open")
        assert incident["kind"] == "register.bent" and incident["subject"]["id"] == book
        await repository.database.client.drop_database(settings.mongo_database)


async def enter(repository: Repository, district: District, book: str) -> None:
    """A line without a document: the store's own clock refuses locks of another year."""

    async def work(change: Change) -> None:
        row = await repository.registers.get(district.clerk, book)
        await repository.registers.enter(change, row, Line(document="", columns={"subject": "Một việc"}))

    await repository.journal.change(district.clerk, Action.ENTRY_MADE, work)
