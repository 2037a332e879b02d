"""Passwords, sessions, tokens: refused alike, locked after five tries, ended at once, never kept in clear."""

from datetime import date, timedelta

import pytest

from repository import errors
from repository.access.actors import operator
from repository.access.permissions import Permission, Role
from repository.clock import FixedClock
from repository.journal import Journal
from repository.organisation.accounts.credentials import Credentials, LoginRefused
from repository.organisation.people.people import PersonForm
from repository.policy.accounts import account_policy
from repository.wiring import Repository
from tests.factories import PASSWORD, District

ROOT = operator("test")
POLICY = account_policy(date(2026, 11, 23))
SESSION_LASTS, TRIES, LOCKED_FOR = timedelta(hours=POLICY.session_hours), POLICY.tries, POLICY.lock_lasts(0)
CLERK = "vt.vanphong"


@pytest.fixture
def credentials(repository: Repository, fixed_clock: FixedClock) -> Credentials:
    journal = Journal(database=repository.database, clock=fixed_clock)
    return Credentials(database=repository.database, journal=journal, clock=fixed_clock)


async def token(credentials: Credentials, *scopes: Permission) -> tuple[str, dict]:
    return await credentials.issue_token(
        ROOT,
        system="may",
        unit="van-phong",
        scopes=list(scopes),
        lasts=timedelta(days=1),
    )


async def test_a_session_knows_its_person_until_it_ends(credentials, district: District, fixed_clock) -> None:
    secret, actor = await credentials.log_in(CLERK, PASSWORD)
    assert actor == district.clerk == await credentials.of_session(secret)
    fixed_clock.advance(SESSION_LASTS - timedelta(seconds=1))
    assert await credentials.of_session(secret) is not None
    fixed_clock.advance(timedelta(seconds=1))
    assert await credentials.of_session(secret) is None


async def test_logging_out_ends_the_session(credentials, district: District) -> None:
    secret, actor = await credentials.log_in(CLERK, PASSWORD)
    await credentials.log_out(secret, actor)
    assert await credentials.of_session(secret) is None


@pytest.mark.parametrize(
    ("username", "password"),
    [(CLERK, "sai"), ("nobody", PASSWORD), (CLERK, ""), ("", ""), (CLERK, PASSWORD + " ")],
)
async def test_every_refusal_reads_alike(
    credentials,
    district: District,
    username: str,
    password: str,
) -> None:
    with pytest.raises(LoginRefused) as refused:
        await credentials.log_in(username, password)
    assert str(refused.value) == LoginRefused.vi


@pytest.mark.clause("Đ9.4")
async def test_five_wrong_tries_lock_the_account_for_a_while(
    credentials,
    district: District,
    fixed_clock,
) -> None:
    for _ in range(TRIES):
        with pytest.raises(LoginRefused):
            await credentials.log_in(CLERK, "sai")
    with pytest.raises(LoginRefused):
        await credentials.log_in(CLERK, PASSWORD)
    fixed_clock.advance(LOCKED_FOR + timedelta(seconds=1))
    secret, _ = await credentials.log_in(CLERK, PASSWORD)
    assert await credentials.of_session(secret)


async def test_a_success_forgets_the_wrong_tries_before_it(credentials, district: District) -> None:
    for wrong in (TRIES - 1, 1):
        for _ in range(wrong):
            with pytest.raises(LoginRefused):
                await credentials.log_in(CLERK, "sai")
        await credentials.log_in(CLERK, PASSWORD)


async def test_wrong_tries_of_one_lock_nobody_else(credentials, district: District) -> None:
    for _ in range(TRIES):
        with pytest.raises(LoginRefused):
            await credentials.log_in("nobody", "sai")
    await credentials.log_in(CLERK, PASSWORD)


@pytest.mark.clause("Đ10.3a")
async def test_a_disabled_person_is_out_at_once_and_stays_in_the_history(
    repository: Repository,
    credentials,
    district: District,
) -> None:
    secret, _ = await credentials.log_in(CLERK, PASSWORD)
    await repository.people.disable(ROOT, district.clerk.id, "nghỉ hưu")
    assert await credentials.of_session(secret) is None
    with pytest.raises(LoginRefused):
        await credentials.log_in(CLERK, PASSWORD)
    with pytest.raises(errors.Conflict):
        await repository.people.disable(ROOT, district.clerk.id, "lần nữa")
    person = await repository.people.get(district.clerk.id)
    assert person["disabled_at"] and "password" not in person
    assert not hasattr(repository.people, "delete")
    logins = await repository.journal.history(district.clerk.id)
    assert [one["action"] for one in logins][:3] == ["person.created", "login.done", "person.disabled"]


@pytest.mark.clause("Đ9.1")
async def test_a_user_name_belongs_to_one_person(repository: Repository, district: District) -> None:
    form = PersonForm(username=CLERK, full_name="Người khác", unit="phuong-a", roles=[Role.OFFICER])
    with pytest.raises(errors.Conflict):
        await repository.people.create(ROOT, form, "x")
    with pytest.raises(errors.Invalid):
        await repository.people.create(
            ROOT,
            form.model_copy(update={"username": "moi", "unit": "khong-co"}),
            "x",
        )
    assert await repository.database["people"].count_documents({"username": CLERK}) == 1


async def test_a_token_may_only_what_it_was_given(credentials, district: District) -> None:
    secret, _ = await token(credentials, Permission.READ_DOCUMENTS)
    actor = await credentials.of_token(secret)
    assert (
        actor is not None
        and actor.permissions == {Permission.READ_DOCUMENTS, Permission.READ_UNITS}
        and actor.unit == "van-phong"
    )
    with pytest.raises(errors.Forbidden):
        actor.require(Permission.STORE_DOCUMENTS)


async def test_no_token_administers(credentials, district: District) -> None:
    secret, _ = await token(credentials, *Permission)
    actor = await credentials.of_token(secret)
    assert actor is not None
    refused = {
        Permission.ADMINISTER_PEOPLE,
        Permission.ADMINISTER_TOKENS,
        Permission.ADMINISTER_UNITS,
        Permission.OPERATE,
    }
    assert not refused & actor.permissions


async def test_a_token_ends_by_time_and_by_revocation(credentials, district: District, fixed_clock) -> None:
    first, _ = await token(credentials, Permission.SEARCH)
    second, row = await token(credentials, Permission.SEARCH)
    await credentials.revoke(ROOT, row["_id"][:16])
    assert await credentials.of_token(second) is None and await credentials.of_token(first) is not None
    with pytest.raises(errors.NotFound):
        await credentials.revoke(ROOT, row["_id"][:16])
    fixed_clock.advance(timedelta(days=1))
    assert await credentials.of_token(first) is None


@pytest.mark.parametrize("junk", ["", ".*", "^", "a", "khong-co", "0" * 16, "a|b", "(", "\u0000"])
async def test_junk_revokes_nothing(credentials, district: District, junk: str) -> None:
    secret, _ = await token(credentials, Permission.SEARCH)
    with pytest.raises(errors.NotFound):
        await credentials.revoke(ROOT, junk)
    assert await credentials.of_token(secret) is not None


@pytest.mark.clause("Đ9.4")
async def test_no_secret_lies_in_the_database_in_clear(
    repository: Repository,
    credentials,
    district: District,
) -> None:
    session, _ = await credentials.log_in(CLERK, PASSWORD)
    secret, _ = await token(credentials, Permission.SEARCH)
    with pytest.raises(LoginRefused):
        await credentials.log_in(CLERK, "mat-khau-go-nham")
    dump = ""
    for name in await repository.database.list_collection_names():
        dump += repr(await repository.database[name].find({}).to_list(None))
    assert not [one for one in (PASSWORD, session, secret, "mat-khau-go-nham") if one in dump]


async def test_a_token_for_an_unknown_unit_is_refused(credentials, district: District) -> None:
    with pytest.raises(errors.Invalid):
        await credentials.issue_token(
            ROOT,
            system="x",
            unit="khong-co",
            scopes=[Permission.SEARCH],
            lasts=timedelta(1),
        )
