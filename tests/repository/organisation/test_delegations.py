"""Delegation with dates: who may lend what, what the delegate may do meanwhile, and how it ends."""

from datetime import timedelta
from typing import Any

import pytest

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission, Role
from repository.clock import Clock, local_date
from repository.organisation.rights.delegations import (
    DelegationForm,
    Delegations,
    NotDelegable,
    NotInForce,
    lendable,
)
from repository.wiring import Repository
from tests.factories import District, make_person, stored

pytestmark = [pytest.mark.clause("Đ1.p2"), pytest.mark.clause("Đ5.2")]


class Later(Clock):
    """The real clock, some days on."""

    def __init__(self, clock: Clock, days: int) -> None:
        self._clock = clock
        self._days = days

    def now(self) -> Any:
        return self._clock.now() + timedelta(days=self._days)


def form(repository: Repository, to: Actor, **fields: Any) -> DelegationForm:
    today = local_date(repository.clock.now())
    wanted = {
        "receiver": to.id, "scopes": [Permission.READ_DOCUMENTS, Permission.MAKE_ENTRIES], "since": today,
        "until": today + timedelta(days=3), "reason": "nghỉ phép năm",
    }  # fmt: skip
    return DelegationForm.model_validate(wanted | fields)


@pytest.fixture
async def officer(repository: Repository, district: District) -> Actor:
    return await make_person(repository, "cv.vp", "van-phong", Role.OFFICER, title="Chuyên viên")


async def test_the_delegate_does_what_was_lent_and_both_are_named(
    repository: Repository, district: District, officer: Actor
) -> None:
    clerk, delegations = district.clerk, repository.delegations
    row = await stored(repository, clerk, classification="han_che")
    with pytest.raises(errors.NotFound):
        await repository.documents.get(officer, row["_id"])
    with pytest.raises(errors.Forbidden):
        officer.require(Permission.MAKE_ENTRIES)
    made = await delegations.make(clerk, form(repository, officer))
    acting = await delegations.acting(officer, made["_id"])
    assert acting.permissions == {Permission.READ_DOCUMENTS, Permission.MAKE_ENTRIES}
    await repository.documents.register(acting, row["_id"], district.incoming["_id"])
    record = (await repository.journal.history(row["_id"]))[-1]
    assert record["actor"]["id"] == officer.id
    assert record["actor"]["on_behalf_of"]["id"] == clerk.id
    assert record["actor"]["on_behalf_of"]["delegation"] == made["_id"]


async def test_only_its_receiver_wears_it_and_it_is_not_lent_on(
    repository: Repository, district: District, officer: Actor
) -> None:
    made = await repository.delegations.make(district.clerk, form(repository, officer))
    other = await make_person(repository, "cv2.vp", "van-phong", Role.OFFICER)
    for one in (other, district.foreign_clerk, district.clerk):
        with pytest.raises(NotInForce):
            await repository.delegations.acting(one, made["_id"])
    with pytest.raises(NotInForce):
        await repository.delegations.acting(officer, "uq-khong-co")
    acting = await repository.delegations.acting(officer, made["_id"])
    with pytest.raises(NotDelegable):
        await repository.delegations.make(acting, form(repository, other))


@pytest.mark.parametrize("role", [Role.IT, Role.UNIT_ADMIN])
async def test_administration_is_neither_lent_nor_borrowed(
    repository: Repository, district: District, officer: Actor, role: Role
) -> None:
    admin = await make_person(repository, "qt.vp", "van-phong", role, Role.CLERK)
    with pytest.raises(NotDelegable):
        await repository.delegations.make(admin, form(repository, officer))
    with pytest.raises(NotDelegable):
        await repository.delegations.make(district.clerk, form(repository, admin))


async def test_nothing_is_lent_that_one_does_not_have(
    repository: Repository, district: District, officer: Actor
) -> None:
    for scope in (Permission.ADMINISTER_PEOPLE, Permission.READ_EVERYTHING, Permission.OWN_ACCOUNT):
        with pytest.raises(NotDelegable):
            await repository.delegations.make(district.clerk, form(repository, officer, scopes=[scope]))
    with pytest.raises(NotDelegable):
        await repository.delegations.make(
            officer, form(repository, district.clerk, scopes=["registers.annul"])
        )
    assert not lendable([Role.IT, Role.UNIT_ADMIN, Role.AUDITOR])


async def test_to_a_colleague_of_the_unit_within_sensible_dates(
    repository: Repository, district: District, officer: Actor
) -> None:
    today = local_date(repository.clock.now())
    wrong: list[dict[str, Any]] = [
        {"receiver": district.foreign_clerk.id}, {"receiver": district.clerk.id}, {"receiver": "ng-khong-co"},
        {"since": today - timedelta(days=1)}, {"until": today - timedelta(days=1)},
        {"until": today + timedelta(days=91)},
    ]  # fmt: skip
    for fields in wrong:
        with pytest.raises(errors.Invalid):
            await repository.delegations.make(district.clerk, form(repository, officer, **fields))


async def test_it_begins_and_ends_by_itself(
    repository: Repository, district: District, officer: Actor
) -> None:
    today = local_date(repository.clock.now())
    days = {"since": today + timedelta(days=1), "until": today + timedelta(days=2)}
    made = await repository.delegations.make(district.clerk, form(repository, officer, **days))
    held = []
    for day in range(4):
        later = Delegations(
            database=repository.database, journal=repository.journal, clock=Later(repository.clock, day)
        )
        try:
            await later.acting(officer, made["_id"])
            held.append(day)
        except NotInForce:
            continue
    assert held == [1, 2]


async def test_it_ends_by_hand_from_either_side_once(
    repository: Repository, district: District, officer: Actor
) -> None:
    for side in (district.clerk, officer):
        made = await repository.delegations.make(district.clerk, form(repository, officer))
        with pytest.raises(errors.NotFound):
            await repository.delegations.end(district.auditor, made["_id"], "thôi")
        await repository.delegations.end(side, made["_id"], "về sớm")
        with pytest.raises(NotInForce):
            await repository.delegations.acting(officer, made["_id"])
        with pytest.raises(errors.Conflict):
            await repository.delegations.end(side, made["_id"], "lần nữa")
    mine = await repository.delegations.of(officer)
    assert [one["in_force"] for one in mine] == [False, False]


@pytest.mark.parametrize("side", ["clerk", "officer"])
@pytest.mark.parametrize(
    "change",
    [
        {"disabled_at": "now"},
        {"unit": "phuong-a"},
        {"roles": ["it"]},
        {"reinstated_at": "now"},
    ],
    ids=["disabled", "moved", "administrator", "reinstated"],
)
async def test_it_ends_when_either_side_is_no_longer_what_it_was(
    repository: Repository, district: District, officer: Actor, side: str, change: dict[str, Any]
) -> None:
    made = await repository.delegations.make(district.clerk, form(repository, officer))
    who = district.clerk if side == "clerk" else officer
    now = {name: repository.clock.now() if value == "now" else value for name, value in change.items()}
    await repository.database["people"].update_one({"_id": who.id}, {"$set": now})
    with pytest.raises(NotInForce):
        await repository.delegations.acting(officer, made["_id"])


async def test_a_right_the_principal_loses_is_lost_to_the_delegate(
    repository: Repository, district: District, officer: Actor
) -> None:
    made = await repository.delegations.make(district.clerk, form(repository, officer))
    await repository.database["people"].update_one(
        {"_id": district.clerk.id}, {"$set": {"roles": ["officer"]}}
    )
    acting = await repository.delegations.acting(officer, made["_id"])
    assert acting.permissions == {Permission.READ_DOCUMENTS}
