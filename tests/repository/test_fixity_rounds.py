"""How far a round of fixity has come is believed only where the log says so: else objects could be passed over."""

import pytest

from repository.access.actors import operator
from repository.evidence.fixity_runs import Wish
from tests.factories import stored
from tests.soak.estate import alone

ROOT = operator("test")


@pytest.fixture
def settings(settings, engines):
    return alone(settings, engines)


@pytest.fixture
async def fixity(repository, district):
    for n in range(3):
        await stored(repository, district.clerk, b"tep %d" % n)
    return repository.fixity


def told(out) -> list[tuple[str, str, str]]:
    return [(one.kind, one.subject_kind, one.subject) for one in out.findings]


async def test_a_round_goes_on_where_it_was(fixity) -> None:
    first = await fixity.run(ROOT, Wish(slice=True))
    assert not first.whole and not first.resumed_after
    rest = await fixity.run(ROOT, Wish())
    assert rest.whole and rest.resumed_after and first.objects + rest.objects == 3
    again = await fixity.run(ROOT, Wish())
    assert again.whole and again.objects == 3 and not again.resumed_after
    assert told(first) == told(rest) == told(again) == []


async def test_a_round_moved_on_by_somebody_else_is_found_and_begun_anew(repository, fixity) -> None:
    await fixity.run(ROOT, Wish(slice=True))
    await repository.database["rounds"].update_one({}, {"$set": {"cursor": "f" * 64}})
    out = await fixity.run(ROOT, Wish())
    assert told(out) == [("row.changed", "rounds", "round")]
    assert out.objects == 3 and not out.resumed_after
    assert told(await fixity.run(ROOT, Wish())) == []


async def test_a_round_that_nobody_began_passes_nothing_over(repository, fixity) -> None:
    now = repository.clock.now()
    row = {"_id": "round", "cursor": "f" * 64, "started": now, "ended": None}
    await repository.database["rounds"].insert_one(row)
    out = await fixity.run(ROOT, Wish())
    assert told(out) == [("row.unknown", "rounds", "round")] and out.objects == 3


async def test_a_round_taken_away_is_missed(repository, fixity) -> None:
    await fixity.run(ROOT, Wish(slice=True))
    await repository.database["rounds"].delete_many({})
    out = await fixity.run(ROOT, Wish())
    assert told(out) == [("row.missing", "rounds", "round")] and out.objects == 3
