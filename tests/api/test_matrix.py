"""Every route × every role × a thing of the own and of another unit: the answers stand in `matrix.txt`.

A route that is not in the table fails, and so does a line without a route. When an answer differs, the line
as it was answered is printed: judge it, then put it there. No answer may bear a word its reader may not see.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.routing import Route

from api.routes import ROUTES
from ops.stack import EngineAddresses
from repository import ids
from repository.blobs import Digest
from repository.settings import Settings
from repository.wiring import open_repository
from tests.api import (
    asking_accounts,
    asking_books,
    asking_dossiers,
    asking_retention,
    asking_samples,
    asking_signing,
)
from tests.api.asking import RECIPES, UNITLESS, ask
from tests.api.district import (
    FOREIGN,
    FOREIGN_PERSON,
    FOREIGN_WORD,
    OWN,
    RESTRICTED_WORD,
    ROLES,
    Caller,
    World,
    open_world,
)

assert (
    asking_accounts and asking_books and asking_dossiers
)  # their recipes stand in RECIPES once they are imported
assert asking_retention and asking_samples and asking_signing
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.clause("Đ1.p2"),
    pytest.mark.clause("Đ5.2"),
]
TABLE = Path(__file__).with_name("matrix.txt")
LEAVES = [(one.path, method) for one in ROUTES if isinstance(one, Route) for method in one.methods or ()]
SERVED = [f"{method} {path}" for path, method in sorted(LEAVES) if method != "HEAD"]
UNITS = {"own": OWN, "foreign": FOREIGN, "-": OWN}
HIDDEN = {
    FOREIGN_WORD: {"auditor", "clerk+auditor"},
    RESTRICTED_WORD: {"auditor", "clerk+auditor", "clerk", "leader"},
    FOREIGN_PERSON: {"auditor", "clerk+auditor", "it"},
}
"""Word → who may meet it."""


def table() -> dict[tuple[str, str], list[str]]:
    """(route, whose thing) → the answers in the order of the roles."""
    rows = {}
    for line in TABLE.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            method, path, whose, *answers = line.split()
            rows[f"{method} {path}", whose] = answers
    return rows


def kinds(route: str) -> list[str]:
    """Whose things a route is asked about: of both units, or of none where it names none."""
    about_units = route not in UNITLESS and ("{" in route or route in RECIPES)
    return ["own", "foreign"] if about_units else ["-"]


def line(route: str, whose: str, answers: list[str]) -> str:
    method, path = route.split(" ")
    return f"{method:<6}{path:<58}{whose:<9}" + "".join(f"{one:<11}" for one in answers).rstrip()


def word(answer: httpx.Response) -> str:
    there = answer.headers.get("location", "")
    return (
        "login" if answer.status_code == 303 and there.startswith("/login?next") else str(answer.status_code)
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(engines: EngineAddresses, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    data = tmp_path_factory.mktemp("matrix")
    settings = Settings(
        data=data, mongo_url=engines.mongo_url, mongo_database=ids.new("mx"), s3_url=engines.s3_url,
        s3_access_key=engines.s3_access_key, s3_secret_key=engines.s3_secret_key, s3_bucket=engines.bucket,
        clamd_url=engines.clamd or "", search_url=f"tantivy:{data / 'search'}", secret="test",
        **({"admin_totp": "optional"} if "admin_totp" in Settings.__dataclass_fields__ else {}),
    )  # fmt: skip
    async with open_repository(settings) as repository:
        async with open_world(repository) as opened:
            yield opened
        if "TANGTHU_TEST_DATA" in os.environ:  # else the engines end with the session; so many rows go slowly
            await repository.database.client.drop_database(settings.mongo_database)


async def answered(world: World, route: str, whose: str, caller: Caller) -> httpx.Response:
    method, path = route.split(" ")
    asked = await ask(world, route, UNITS[whose], caller)
    for name, value in asked.params.items():
        path = path.replace(f"{{{name}}}", value)
    headers = caller.headers | asked.carried.pop("headers", {})
    if "/api/" not in path:
        headers["Accept"] = "text/html"
    if "files" in asked.carried:
        headers["Sec-Fetch-Site"] = "same-origin"
    return await world.http.request(method, path, headers=headers, **asked.carried)


def leaks(name: str, answer: httpx.Response) -> list[str]:
    """Words in an answer, or in its headers, that this reader may not meet."""
    said = answer.text + repr(answer.headers.raw)
    return [one for one, allowed in HIDDEN.items() if name not in allowed and one in said]


@pytest.mark.parametrize("route", SERVED)
async def test_each_answer_is_the_expected_one(world: World, route: str) -> None:
    expected = table()
    differ, leaked = [], []
    for whose in kinds(route):
        found = []
        for name, caller in world.callers.items():
            answer = await answered(world, route, whose, caller)
            found.append(word(answer))
            leaked += [f"{name}, {whose}: {one}" for one in leaks(name, answer)]
            assert answer.status_code < 500, answer.text
        if expected.get((route, whose)) != found:
            differ.append(line(route, whose, found))
    assert not leaked
    assert not differ, "\n" + "\n".join(differ)


async def test_every_line_has_its_route_and_every_role_its_answer() -> None:
    rows = table()
    assert sorted(set(rows) - {(route, whose) for route in SERVED for whose in kinds(route)}) == []
    assert {key: len(answers) for key, answers in rows.items() if len(answers) != len(ROLES)} == {}
    assert sorted(set(RECIPES) - {*SERVED}) == []


@pytest.mark.clause("Đ10.4c")
async def test_nothing_that_was_asked_erased_anything(world: World) -> None:
    """After every route by every role: each paper has its row, each version its bytes under its lock."""
    repository = world.repository
    acts = repository.database["audit"]
    stored = await acts.count_documents({"action": "document.stored"})
    rows = await repository.database["documents"].find({"disposed": None}).to_list(None)
    assert len(rows) == stored > len(ROLES)
    versions = {(one["sha256"], one["store_version"]): one for row in rows for one in row["versions"]}
    for (sha256, version), one in versions.items():
        stat = await repository.blobs.stat(Digest.parse(sha256), version)
        assert stat is not None and (stat.size, stat.lock_mode) == (one["size"], "COMPLIANCE")
        assert stat.locked_until is not None and stat.locked_until > repository.clock.now()
    gone = {"$in": ["document.disposed", "disposal.erased", "disposal.done", "object.swept"]}
    assert await acts.count_documents({"action": gone}) == 0
