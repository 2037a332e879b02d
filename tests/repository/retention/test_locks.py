"""Locks follow the retention, and the store is asked only where something must change."""

from datetime import UTC, date, datetime, timedelta

import pytest

from repository import errors
from repository.access.actors import operator
from repository.blobs import Digest
from repository.clock import local_date
from repository.dossiers.closing import RetentionForm
from repository.dossiers.dossiers import DossierForm
from repository.organisation.units.units import UnitForm
from repository.retention.kept import PERMANENT
from repository.retention.locks import FAR, end_of_day, wanted
from tests.factories import stored
from tests.repository.retention.office import closed, dossier_with, moved, settled, staff, to

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("locked_for", "end", "until", "final"),
    [
        (1, None, 120, False),  # open: ninety days ahead, in steps of thirty
        (91, None, None, False),
        (1, PERMANENT, FAR.days, False),
        (FAR.days - 100, PERMANENT, None, False),
        (91, date(2226, 12, 31), FAR.days, False),  # longer than stores take: rolled
        (400, date(2026, 7, 1), None, True),  # never shortened
        (1, date(2026, 5, 30), None, True),  # over: nothing is locked again
    ],
)
def test_the_rule(locked_for, end, until, final):
    found = wanted(NOW, NOW + locked_for * DAY, end)
    assert found == (None if until is None else NOW + until * DAY, final)


def test_a_known_end_is_the_last_moment_of_its_local_day():
    until, final = wanted(NOW, NOW + DAY, date(2031, 12, 31))
    assert (until, final) == (datetime(2031, 12, 31, 17, tzinfo=UTC), True)
    assert end_of_day(date.max).year > 9990


@pytest.fixture
async def office(settings):
    async with moved(settings, "2018-03-01") as opened:
        root = operator("test")
        await opened.units.create(root, UnitForm(id="van-phong", name="Văn phòng UBND", symbol="UBND"))
        yield opened


async def lock_of(office, document):
    row = await office.database["documents"].find_one({"_id": document["_id"]})
    version = row["versions"][0]
    stat = await office.blobs.stat(Digest.parse(version["sha256"]), version["store_version"])
    return version["lock"], stat


async def test_from_birth_to_the_end_of_its_retention(office):
    clerk = (await staff(office))["clerk"]
    dossier, (paper, *_) = await dossier_with(office, clerk, "01", "5 năm", 2)
    await settled(office)
    lock, stat = await lock_of(office, paper)
    assert lock["until"] == stat.locked_until == datetime(2018, 6, 29, 3, tzinfo=UTC)
    to(office, "2018-04-15")  # 75 days left: rolled
    done = await office.retention.locks.roll()
    assert (done.seen, done.extended) == (2, 2)
    await closed(office, clerk, dossier)
    lock, stat = await lock_of(office, paper)
    assert lock["until"] == stat.locked_until == datetime(2023, 12, 31, 17, tzinfo=UTC) and lock["final"]
    office.blobs.asked.clear()
    to(office, "2023-11-01")  # inside ninety days of the fixed end: nothing more is asked
    assert (await office.retention.locks.roll()).extended == 0
    assert office.blobs.asked == []


async def test_opened_again_it_rolls_and_permanent_is_locked_far_ahead(office):
    clerk = (await staff(office))["clerk"]
    dossier, (paper,) = await dossier_with(office, clerk, "01", "2 năm", 1)
    await closed(office, clerk, dossier)
    to(office, "2020-12-20")
    await office.dossiers.reopen(clerk, dossier["_id"], "bổ sung tài liệu")
    await settled(office)
    lock, _ = await lock_of(office, paper)
    assert not lock["final"] and lock["until"] > office.clock.now() + 119 * DAY
    row = await closed(office, clerk, await office.dossiers.get(clerk, dossier["_id"]))
    await office.dossier_work.closing.determine(clerk, row, RetentionForm(retention="vĩnh viễn"))
    await settled(office)
    lock, stat = await lock_of(office, paper)
    assert not lock["final"] and stat.locked_until == office.clock.now() + FAR


async def test_equal_bytes_keep_the_longer_lock(office):
    clerk = (await staff(office))["clerk"]
    short, _ = await dossier_with(office, clerk, "01", "2 năm", 0)
    long = await office.dossiers.open(clerk, DossierForm(code="02", title="Dài", retention="30 năm"))
    one = await stored(office, clerk, b"same", dossier_id=short["_id"], page_amount=1, direction="internal")
    two = await stored(office, clerk, b"same", dossier_id=long["_id"], page_amount=1, direction="internal")
    await closed(office, clerk, long)
    await closed(office, clerk, short)
    assert (await lock_of(office, one))[1].locked_until.year == 2048
    assert (await lock_of(office, two))[0]["until"].year == 2048
    assert (await lock_of(office, one))[0]["until"].year == 2020


async def test_a_version_the_store_has_lost_stops_nobody_else(office):
    clerk = (await staff(office))["clerk"]
    _, (lost, well) = await dossier_with(office, clerk, "01", "2 năm", 2)
    office.blobs.versions_of(Digest.parse(lost["versions"][0]["sha256"])).clear()
    to(office, "2018-05-01")
    done = await office.retention.locks.roll()
    assert done.failed == [lost["_id"]] and done.extended == 1
    assert (await lock_of(office, well))[1].locked_until > office.clock.now() + 89 * DAY


async def test_a_store_that_does_not_answer_is_told_as_away_and_what_it_locked_is_noted(office):
    """The worker parks what fails otherwise, and waits for what is away."""
    clerk = (await staff(office))["clerk"]
    dossier, papers = await dossier_with(office, clerk, "01", "2 năm", 2)
    hashes = [one["versions"][0]["sha256"] for one in papers]
    office.blobs.mute = {hashes[0]}
    with pytest.raises(errors.Unavailable):
        await office.retention.settle("document", papers[0]["_id"])
    with pytest.raises(errors.Unavailable):
        await office.retention.settle("dossier", dossier["_id"])
    assert (await lock_of(office, papers[1]))[0]["until"] == datetime(2018, 6, 29, 3, tzinfo=UTC)
    office.blobs.mute = set()
    await settled(office)
    assert (await lock_of(office, papers[0]))[0]["until"] == datetime(2018, 6, 29, 3, tzinfo=UTC)


async def test_a_version_the_store_will_not_lock_stops_nobody_else_and_is_told(office, monkeypatch):
    clerk = (await staff(office))["clerk"]
    _, (bent, *well) = await dossier_with(office, clerk, "01", "2 năm", 4)
    office.blobs.mute = {bent["versions"][0]["sha256"]}
    to(office, "2018-05-01")
    done = await office.retention.locks.roll()
    assert (done.refused, done.extended) == ([bent["_id"]], 3)
    for one in well:
        assert (await lock_of(office, one))[1].locked_until > office.clock.now() + 89 * DAY
    office.blobs.mute = {one["versions"][0]["sha256"] for one in (bent, *well)}
    monkeypatch.setattr("repository.retention.locks._TOO_MANY", 2)
    to(office, "2018-08-01")
    with pytest.raises(errors.Unavailable):
        await office.retention.locks.roll()


async def test_only_a_person_with_the_right_determines(office):
    clerk = (await staff(office))["clerk"]
    assert local_date(office.clock.now()) == date(2018, 3, 1)
    with pytest.raises(errors.Forbidden):
        await office.retention.disposals.propose(clerk, "phuong-a")
