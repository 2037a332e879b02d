"""Đ9.2 and Đ5.2: what people ask their administrator for, and what their leader confirms each quarter."""

from datetime import UTC, date, datetime, timedelta

import pytest

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission, Role
from repository.clock import FixedClock, local_date
from repository.organisation.rights.requests import DecisionForm, RequestForm, TrainingForm
from repository.organisation.rights.reviews import ReviewForm, quarter_of
from repository.wiring import Repository
from tests.factories import District, make_person

YES = DecisionForm(approved=True, reason="theo quyết định 7")
NO = DecisionForm(approved=False, reason="chưa có biên chế")


@pytest.fixture
async def officer(repository: Repository, district: District) -> Actor:
    return await make_person(repository, "cv.a", "phuong-a", Role.OFFICER, title="Chuyên viên")


@pytest.fixture
async def admin(repository: Repository, district: District) -> Actor:
    return await make_person(repository, "qt.a", "phuong-a", Role.UNIT_ADMIN)


def wish(**fields: object) -> RequestForm:
    given = {"title": "Văn thư", "roles": ["clerk"], "reason": "được phân công"}
    return RequestForm.model_validate(given | fields)


@pytest.mark.clause("Đ9.2")
async def test_an_approved_request_is_a_position_from_its_day(
    repository: Repository, officer: Actor, admin: Actor
) -> None:
    later = local_date(repository.clock.now()) + timedelta(days=5)
    asked = await repository.requests.ask(officer, wish(since=later, training=True))
    assert [one["_id"] for one in await repository.requests.waiting(admin)] == [asked["_id"]]
    done = await repository.requests.decide(admin, asked["_id"], YES)
    assert done["state"] == "approved" and done["decided"]["by"]["id"] == admin.id
    person = await repository.people.get(officer.id)
    assert person["roles"] == ["officer"], "not before its day"
    assert person["positions"][-1]["since"] == later.isoformat()
    assert person["positions"][-1]["roles"] == ["clerk"]
    acts = [one["action"] for one in await repository.journal.history(officer.id)]
    assert acts[-2:] == ["person.transferred", "request.approved"] or acts[-2:] == [
        "request.approved",
        "person.transferred",
    ]
    with pytest.raises(errors.Conflict, match="đã được xử lý"):
        await repository.requests.decide(admin, asked["_id"], NO)
    trained = await repository.requests.train(
        admin, officer.id, TrainingForm(on=date(2026, 1, 5), about="Vào sổ")
    )
    assert trained["trainings"][0]["about"] == "Vào sổ"


async def test_one_request_at_a_time_refused_or_withdrawn(
    repository: Repository, officer: Actor, admin: Actor
) -> None:
    first = await repository.requests.ask(officer, wish())
    with pytest.raises(errors.Conflict, match="chờ duyệt"):
        await repository.requests.ask(officer, wish())
    with pytest.raises(errors.NotFound):
        await repository.requests.withdraw(admin, first["_id"])
    assert (await repository.requests.withdraw(officer, first["_id"]))["state"] == "withdrawn"
    second = await repository.requests.ask(officer, wish())
    refused = await repository.requests.decide(admin, second["_id"], NO)
    assert refused["state"] == "refused" and refused["decided"]["reason"] == "chưa có biên chế"
    assert (await repository.people.get(officer.id))["roles"] == ["officer"]


@pytest.mark.clause("Đ10.2")
async def test_a_units_administrator_decides_neither_moves_nor_other_units_requests(
    repository: Repository, officer: Actor, admin: Actor
) -> None:
    away = await repository.requests.ask(officer, wish(unit="van-phong"))
    assert await repository.requests.waiting(admin) == []
    with pytest.raises(errors.Forbidden):
        await repository.requests.decide(admin, away["_id"], YES)
    foreign = await make_person(repository, "qt.vp", "van-phong", Role.UNIT_ADMIN)
    with pytest.raises(errors.NotFound):
        await repository.requests.decide(foreign, away["_id"], YES)
    it = await make_person(repository, "it.x", "van-phong", Role.IT)
    await repository.requests.decide(it, away["_id"], YES)
    assert (await repository.people.get(officer.id))["unit"] == "van-phong"


async def test_a_request_that_cannot_be_granted_stays_open(
    repository: Repository, officer: Actor, admin: Actor
) -> None:
    asked = await repository.requests.ask(officer, wish(roles=["auditor"]))
    with pytest.raises(errors.Forbidden):
        await repository.requests.decide(admin, asked["_id"], YES)
    assert [one["state"] for one in await repository.requests.of(officer)] == ["open"]
    own = await repository.requests.ask(admin, wish(roles=["leader"]))
    with pytest.raises(errors.Conflict):
        await repository.requests.decide(admin, own["_id"], YES)
    tomorrow = local_date(repository.clock.now()) + timedelta(days=1)
    with pytest.raises(errors.Invalid):
        await repository.requests.train(admin, officer.id, TrainingForm(on=tomorrow, about="Chưa học"))


@pytest.mark.clause("Đ5.2")
async def test_the_leader_confirms_the_list_of_the_quarter_once(
    repository: Repository, officer: Actor, admin: Actor
) -> None:
    leader = await make_person(repository, "ld.a", "phuong-a", Role.LEADER)
    scopes = [Permission.SEARCH]
    await repository.credentials.issue_token(
        officer, system="quét", unit="phuong-a", scopes=scopes, lasts=timedelta(days=1)
    )
    shown = await repository.reviews.show(leader, "phuong-a")
    line = next(one for one in shown["lines"] if one["person"] == officer.id)
    assert line["roles"] == ["officer"] and line["tokens"] == 1 and shown["confirmed"] is None
    assert "phuong-a" in await repository.reviews.missing()
    form = ReviewForm(seen=len(shown["lines"]), changes={officer.id: "thu mã truy cập"}, note="đã xem")
    with pytest.raises(errors.Forbidden):
        await repository.reviews.confirm(admin, "phuong-a", form)
    await make_person(repository, "cv.moi", "phuong-a", Role.OFFICER)
    with pytest.raises(errors.Stale):
        await repository.reviews.confirm(leader, "phuong-a", form)
    again = form.model_copy(update={"seen": len(shown["lines"]) + 1})
    done = await repository.reviews.confirm(leader, "phuong-a", again)
    assert done["confirmed"]["by"]["id"] == leader.id
    with pytest.raises(errors.Conflict, match="đã được xác nhận"):
        await repository.reviews.confirm(leader, "phuong-a", again)
    kept = await repository.reviews.show(leader, "phuong-a", shown["quarter"])
    assert {one["person"]: one["change"] for one in kept["lines"]}[officer.id] == "thu mã truy cập"
    assert "phuong-a" not in await repository.reviews.missing()
    assert [one["quarter"] for one in await repository.reviews.past("phuong-a")] == [shown["quarter"]]
    with pytest.raises(errors.NotFound):
        await repository.reviews.show(leader, "van-phong")
    with pytest.raises(errors.NotFound):
        await repository.reviews.show(leader, "phuong-a", "2020-Q1")


def test_quarters_follow_the_local_day() -> None:
    clock = FixedClock(datetime(2026, 12, 31, 17, 0, tzinfo=UTC))
    assert quarter_of(local_date(clock.now())) == "2027-Q1"
    assert [quarter_of(date(2026, month, 1)) for month in (1, 3, 4, 9, 12)] == [
        "2026-Q1", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4",
    ]  # fmt: skip
