"""Account rules by date and by unit: growing locks, idle ends, passwords, dated positions, dated moves."""

from datetime import UTC, date, datetime, timedelta

import pytest

from repository import errors
from repository.access.actors import operator
from repository.access.permissions import Permission, Role
from repository.clock import FixedClock
from repository.journal import Journal
from repository.organisation.accounts.credentials import Credentials, LoginRefused
from repository.organisation.accounts.idleness import Idleness
from repository.organisation.accounts.passwords import PasswordRefused, one_time, require_good
from repository.organisation.accounts.second_factor import Vault
from repository.organisation.people.people import People, PersonForm, actor_of, position_on
from repository.organisation.people.postings import Postings, TransferForm
from repository.organisation.units.settings import UnitSettings
from repository.organisation.units.units import UnitForm
from repository.policy.accounts import account_policy
from repository.wiring import Repository
from tests.factories import PASSWORD, District, make_person

ROOT = operator("test")
CLERK = "vt.vanphong"
TODAY = date(2026, 11, 23)


class Office:
    """The services of one repository over a clock that the test moves."""

    def __init__(self, repository: Repository, clock: FixedClock) -> None:
        self.clock = clock
        together = {
            "database": repository.database,
            "journal": Journal(database=repository.database, clock=clock),
        }
        self.credentials = Credentials(**together, clock=clock)
        self.people = People(**together)
        self.idleness = Idleness(**together, clock=clock)
        self.postings = Postings(**together, clock=clock, people=self.people, work=[])

    async def hire(self, username: str, unit: str = "van-phong", *roles: Role) -> str:
        from tests.factories import _password_hash

        form = PersonForm(
            username=username, full_name="Người thử", unit=unit, roles=list(roles or (Role.OFFICER,))
        )
        return (await self.people.create(ROOT, form, _password_hash(), must_change=False))["_id"]


@pytest.fixture
async def office(repository: Repository, fixed_clock: FixedClock) -> Office:
    await repository.units.create(ROOT, UnitForm(id="van-phong", name="Văn phòng", symbol="VP"))
    await repository.units.create(ROOT, UnitForm(id="phuong-a", name="Phường A", symbol="UBND"))
    return Office(repository, fixed_clock)


async def fail(office: Office, times: int) -> None:
    for _ in range(times):
        with pytest.raises(LoginRefused):
            await office.credentials.log_in("cv.thu", "sai")


def test_the_rules_are_those_of_the_day() -> None:
    old, new = account_policy(date(2020, 1, 1)), account_policy(TODAY)
    assert (old.idle_days, new.idle_days) == (90, 45) and "QCVN 12:2026" in new.source
    assert [new.lock_lasts(n) for n in (0, 1, 2, 20)] == [
        timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40), timedelta(days=1),
    ]  # fmt: skip
    assert (new.password_length, new.tries) == (8, 5)


@pytest.mark.clause("Đ5.3")
async def test_each_lock_out_lasts_longer_until_a_success(office: Office) -> None:
    await office.hire("cv.thu")
    for minutes in (10, 20, 40):
        await fail(office, 5)
        await fail(office, 7)  # knocking while it is locked makes it neither longer nor shorter
        office.clock.advance(timedelta(minutes=minutes) - timedelta(seconds=1))
        with pytest.raises(LoginRefused):
            await office.credentials.log_in("cv.thu", PASSWORD)
        office.clock.advance(timedelta(seconds=1))
    await office.credentials.log_in("cv.thu", PASSWORD)
    await fail(office, 5)
    office.clock.advance(timedelta(minutes=10))
    await office.credentials.log_in("cv.thu", PASSWORD)


@pytest.mark.clause("Đ9.4")
@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("Sông-Hương-9", True), ("aB3$efgh", True), ("ngắn-A1", False), ("chithuong", False), ("Chu1thuong", True),
        ("Matkhau@123", False), ("P@ssw0rd1!", False), ("Vt.Vanphong-1", False), ("1111111111aA", False),
        ("x" * 201 + "A1", False),
        ("chữ thường thôi", False), ("CHỮ HOA và 1 số", True),
    ],
)  # fmt: skip
def test_good_and_bad_passwords(password: str, good: bool) -> None:
    if good:
        require_good(password, account_policy(TODAY), names=[CLERK])
        return
    with pytest.raises(PasswordRefused):
        require_good(password, account_policy(TODAY), names=[CLERK])


def test_first_passwords_differ_and_pass_the_rules() -> None:
    made = {one_time() for _ in range(200)}
    assert len(made) == 200
    for one in made:
        require_good(one, account_policy(TODAY), names=[CLERK])


@pytest.mark.clause("Đ10.3a")
async def test_an_account_that_nobody_uses_is_warned_of_and_then_disabled(
    office: Office, repository: Repository
) -> None:
    idle, busy = await office.hire("cv.thu"), await office.hire("cv.ban")
    office.clock.advance(timedelta(days=37))
    assert (await office.idleness.review()).warned == []
    office.clock.advance(timedelta(days=1, minutes=1))
    assert [one["_id"] for one in (await office.idleness.review(dry_run=True)).warned] == [idle, busy]
    assert (await repository.people.get(idle)).get("idle_warned_at") is None, "a dry run changes nothing"
    assert len((await office.idleness.review()).warned) == 2
    assert (await office.idleness.review()).warned == [], "once is enough"
    await office.credentials.log_in("cv.ban", PASSWORD)
    office.clock.advance(timedelta(days=7))
    found = await office.idleness.review()
    assert [one["_id"] for one in found.disabled] == [idle] and found.warned == []
    assert (await repository.people.get(idle))["disabled_why"] == "không sử dụng trong 45 ngày"
    assert (await repository.people.get(busy))["disabled_at"] is None


async def test_an_idle_account_is_shut_even_when_no_review_ran(office: Office) -> None:
    await office.hire("cv.thu")
    office.clock.advance(timedelta(days=45))
    with pytest.raises(LoginRefused):
        await office.credentials.log_in("cv.thu", PASSWORD)


@pytest.mark.clause("Đ13.3")
async def test_a_unit_may_tighten_the_rules_and_never_loosen_them(
    office: Office, repository: Repository
) -> None:
    units = repository.units
    await units.create(ROOT, UnitForm(id="to-a", name="Tổ A", symbol="TA", parent="van-phong"))
    for loose in (
        {"session_hours": 11},
        {"password_length": 7},
        {"idle_days": 46},
        {"tries": 6},
        {"totp": "nobody"},
    ):
        with pytest.raises(errors.Invalid) as refused:
            await units.set_rules(ROOT, "van-phong", UnitSettings.model_validate(loose), revision=1)
        assert [one["pointer"] for one in refused.value.errors] == [f"/{name}" for name in loose]
    await units.set_rules(ROOT, "van-phong", UnitSettings(session_hours=4, tries=3), revision=1)
    with pytest.raises(errors.Invalid):
        await units.set_rules(ROOT, "to-a", UnitSettings(session_hours=5), revision=1)
    await units.set_rules(ROOT, "to-a", UnitSettings(session_hours=4, password_length=12), revision=1)
    await units.set_rules(ROOT, "van-phong", UnitSettings(session_hours=2, tries=3), revision=2)

    await office.hire("cv.thu", "to-a")
    secret, _ = await office.credentials.log_in("cv.thu", PASSWORD)
    office.clock.advance(timedelta(hours=2))
    assert await office.credentials.of_session(secret) is None, "tightened above, it holds below"
    await fail(office, 3)
    with pytest.raises(LoginRefused):
        await office.credentials.log_in("cv.thu", PASSWORD)


@pytest.mark.clause("Đ10.3c")
async def test_a_move_on_a_later_day_comes_by_itself_on_that_day(
    office: Office, repository: Repository
) -> None:
    """17:00 UTC is midnight in Viet Nam."""
    office.clock.moment = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    person = await office.hire("cv.thu")
    form = TransferForm(
        unit="phuong-a", title="Trưởng ban", roles=[Role.LEADER], since=date(2026, 11, 24), reason="QĐ"
    )
    await office.postings.transfer(ROOT, person, form)
    secret, actor = await office.credentials.log_in("cv.thu", PASSWORD)
    assert actor.unit == "van-phong" and (await office.postings.settle()) == []
    office.clock.advance(timedelta(hours=1))
    assert await office.credentials.of_session(secret) is None, "the session belonged to the old position"
    _, actor = await office.credentials.log_in("cv.thu", PASSWORD)
    assert (actor.unit, actor.title, actor.roles) == ("phuong-a", "Trưởng ban", {Role.LEADER})
    assert [one["_id"] for one in await office.postings.settle()] == [person]
    row = await repository.people.get(person)
    assert row["unit"] == "phuong-a" and await office.postings.settle() == []
    assert position_on(row, date(2026, 11, 23))["unit"] == "van-phong"
    assert actor_of(row, date(2020, 1, 1)).unit == "van-phong"


async def test_a_move_before_the_present_position_or_to_nowhere_is_refused(office: Office) -> None:
    person = await office.hire("cv.thu")
    base = {"unit": "phuong-a", "roles": ["officer"], "reason": "QĐ"}
    for wrong in (
        {"since": "2026-11-22"},
        {"since": "2028-01-01"},
        {"unit": "khong-co"},
        {"roles": ["system"]},
    ):
        with pytest.raises(errors.Invalid):
            await office.postings.transfer(ROOT, person, TransferForm.model_validate(base | wrong))


async def test_changed_roles_change_rights_at_once(office: Office, repository: Repository) -> None:
    person = await office.hire("cv.thu", "van-phong", Role.CLERK)
    secret, actor = await office.credentials.log_in("cv.thu", PASSWORD)
    assert actor.may(Permission.ANNUL_ENTRIES)
    form = TransferForm(unit="van-phong", title="Chuyên viên", roles=[Role.OFFICER], reason="QĐ")
    await office.postings.transfer(ROOT, person, form)
    assert await office.credentials.of_session(secret) is None
    _, actor = await office.credentials.log_in("cv.thu", PASSWORD)
    assert not actor.may(Permission.ANNUL_ENTRIES)


async def test_administrators_owe_a_second_factor_where_the_installation_demands_it(
    repository: Repository,
    district: District,
) -> None:
    strict = Credentials(
        database=repository.database,
        journal=repository.journal,
        clock=repository.clock,
        admin_totp=True,
    )
    for role, owed in ((Role.IT, "factor"), (Role.UNIT_ADMIN, "factor"), (Role.OFFICER, "")):
        await make_person(repository, f"x.{role.value}".replace("_", "-"), "van-phong", role)
        secret, _ = await strict.log_in(f"x.{role.value}".replace("_", "-"), PASSWORD)
        standing = await strict.standing(secret)
        assert standing is not None and standing.owes == owed


def test_of_several_processes_one_makes_the_key(tmp_path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _: Vault.opened("", tmp_path), range(16)))
    sealed = vaults[0].seal("bí mật")
    assert {one.unseal(sealed) for one in vaults} == {"bí mật"} and "bí" not in sealed
    assert [one.name for one in tmp_path.iterdir()] == ["account.key"]
    assert (tmp_path / "account.key").stat().st_mode & 0o777 == 0o600
    assert Vault.opened("khác", tmp_path).unseal(sealed) is None
