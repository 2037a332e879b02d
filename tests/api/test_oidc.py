"""Login by a real OpenID Connect provider on loopback: an existing account only, and nothing that is not proven."""

import dataclasses
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from joserfc import jwk

from api.app import create_app
from repository.access.actors import operator
from repository.access.permissions import Role
from repository.organisation.people.people import PersonChange
from repository.wiring import Repository
from tests.api.provider import CLIENT, SECRET, Provider, path_of, running
from tests.factories import District, make_person


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running() as opened:
        yield opened


@asynccontextmanager
async def browsers(repository: Repository, provider: Provider):
    """A service that trusts the provider; each call of what is yielded is a fresh browser."""
    settings = dataclasses.replace(
        repository.settings,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
    )
    application = create_app(opened=dataclasses.replace(repository, settings=settings))
    async with application.router.lifespan_context(application) as state:

        async def with_state(scope, receive, send):
            await application({**scope, "state": dict(state)}, receive, send)

        transport = httpx.ASGITransport(app=with_state, raise_app_exceptions=False)
        yield lambda: httpx.AsyncClient(
            transport=transport, base_url="http://tangthu", headers={"Accept": "text/html"}
        )


async def go(browser: httpx.AsyncClient, next_path: str = "/dossiers") -> httpx.Response:
    """To the provider and back, as a browser follows."""
    away = await browser.get(f"/login/oidc?next={next_path}")
    assert away.status_code == 303, away.text
    async with httpx.AsyncClient(trust_env=False) as outside:
        back = await outside.get(away.headers["location"])
    return await browser.get(path_of(back.headers["location"]))


@pytest.mark.clause("Đ5.3")
async def test_an_existing_account_is_entered(
    repository: Repository, district: District, provider: Provider
) -> None:
    async with browsers(repository, provider) as browser, browser() as one:
        assert "Đăng nhập bằng tài khoản công vụ" in (await one.get("/login")).text
        answer = await go(one)
        assert answer.status_code == 303 and answer.headers["location"] == "/dossiers"
        assert (await one.get("/dossiers")).status_code == 200
        assert "đăng nhập một lần" in (await one.get("/account")).text
    logins = await repository.own_account.logins(district.clerk)
    assert logins[0]["detail"]["via"] == "oidc"


async def test_an_account_is_found_by_a_verified_address_only(
    repository: Repository,
    district: District,
    provider: Provider,
) -> None:
    root = operator("test")
    await repository.people.edit(root, district.clerk.id, PersonChange(email="Thuy@Quan.example"), revision=1)
    async with browsers(repository, provider) as browser:
        provider.who = {"sub": "2", "email": "thuy@quan.example", "email_verified": True}
        async with browser() as one:
            assert (await go(one)).status_code == 303
        provider.who["email_verified"] = False
        async with browser() as one:
            assert (await go(one)).status_code == 403


async def test_nobody_is_created_and_the_disabled_stay_out(
    repository: Repository,
    district: District,
    provider: Provider,
) -> None:
    count = await repository.database["people"].count_documents({})
    async with browsers(repository, provider) as browser:
        for who in ("chua.co", "", "vt.phuonga"):
            await repository.people.disable(
                operator("test"), district.foreign_clerk.id, "nghỉ"
            ) if who == "vt.phuonga" else None
            provider.who = {"sub": "3", "preferred_username": who}
            async with browser() as one:
                refused = await go(one)
                assert refused.status_code == 403 and "Không có tài khoản" in refused.text
    assert await repository.database["people"].count_documents({}) == count


@pytest.mark.parametrize(
    "bent",
    [
        {"aud": "another"}, {"iss": "https://elsewhere.example"}, {"nonce": "old"}, {"exp": 1},
        {"aud": ["tangthu", "another"], "azp": "another"}, {"nonce": None},
    ],
    ids="+".join,
)  # fmt: skip
async def test_a_token_that_is_not_for_this_login_is_refused(
    repository: Repository,
    district: District,
    provider: Provider,
    bent: dict,
) -> None:
    provider.bent = bent
    async with browsers(repository, provider) as browser, browser() as one:
        refused = await go(one)
        assert refused.status_code == 403 and "không thành công" in refused.text
        assert (await one.get("/dossiers")).status_code == 303


async def test_a_token_signed_by_somebody_else_is_refused(
    repository: Repository,
    district: District,
    provider: Provider,
) -> None:
    provider.published = jwk.RSAKey.generate_key(2048, {"kid": "a"})
    async with browsers(repository, provider) as browser, browser() as one:
        assert (await go(one)).status_code == 403


async def test_an_answer_that_another_browser_asked_for_is_refused(
    repository: Repository,
    district: District,
    provider: Provider,
) -> None:
    """Without it, an attacker could log a victim in to the attacker's account."""
    async with browsers(repository, provider) as browser, browser() as one, browser() as victim:
        away = await one.get("/login/oidc")
        async with httpx.AsyncClient(trust_env=False) as outside:
            back = path_of((await outside.get(away.headers["location"])).headers["location"])
        assert (await victim.get(back)).status_code == 403
        await victim.get("/login/oidc")
        assert (await victim.get(back)).status_code == 403
        assert (await one.get(back)).status_code == 303
        assert (await one.get(back)).status_code == 403, "a code is used once"


async def test_where_to_go_afterwards_stays_here(
    repository: Repository, district: District, provider: Provider
) -> None:
    async with browsers(repository, provider) as browser, browser() as one:
        assert (await go(one, "//evil.example")).headers["location"] == "/"


async def test_a_provider_that_does_not_answer_is_an_outage(
    repository: Repository, district: District
) -> None:
    silent = Provider()
    silent.issuer = "http://127.0.0.1:9"
    async with browsers(repository, silent) as browser, browser() as one:
        assert (await one.get("/login/oidc")).status_code == 503
        assert (await one.get("/login")).status_code == 200, "the password still opens"


async def test_without_configuration_there_is_no_such_login(
    nobody: httpx.AsyncClient, district: District
) -> None:
    assert (await nobody.get("/login/oidc")).status_code == 404
    assert (await nobody.get("/login/oidc/back?code=x&state=y")).status_code == 404
    assert not re.search("oidc", (await nobody.get("/login")).text)


async def test_a_provider_that_asked_for_two_factors_satisfies_the_rule(
    repository: Repository, provider: Provider
) -> None:
    from repository.organisation.units.settings import UnitSettings
    from repository.organisation.units.units import UnitForm

    root = operator("test")
    await repository.units.create(root, UnitForm(id="vp", name="Văn phòng", symbol="VP"))
    await repository.units.set_rules(root, "vp", UnitSettings(totp="all"), revision=1)
    await make_person(repository, "vt.vanphong", "vp", Role.CLERK)
    async with browsers(repository, provider) as browser:
        async with browser() as one:
            assert (await go(one)).headers["location"] == "/account/factor"
        provider.who["amr"] = ["pwd", "otp"]
        async with browser() as one:
            assert (await go(one)).headers["location"] == "/dossiers"
