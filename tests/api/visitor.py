"""A browser of one person, and those of the two administrators of accounts."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from repository.access.permissions import Role
from repository.wiring import Repository
from tests.factories import PASSWORD, District, make_person


class Visitor:
    """A browser of one person: cookies, the CSRF proof of the last page."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.page: httpx.Response | None = None

    async def get(self, path: str) -> httpx.Response:
        self.page = await self.http.get(path)
        return self.page

    async def post(self, path: str, /, **form) -> httpx.Response:
        answer = await self.http.post(path, data={"csrf": self.proof, **form})
        self.page = answer if "csrf" in answer.text else self.page
        return answer

    async def api(self, method: str, path: str, **options) -> httpx.Response:
        headers = {"x-csrf-token": self.proof, "accept": "application/json"} | options.pop("headers", {})
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **options)

    @property
    def proof(self) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.page.text if self.page else "")
        assert found, self.page and self.page.text[:500]
        return found.group(1)

    async def log_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        await self.get("/login")
        answer = await self.post("/login", username=username, password=password)
        if (
            answer.status_code == 303
            and answer.headers["location"].startswith("/")
            and "code" not in answer.headers["location"]
        ):
            assert (await self.get("/account/password")).status_code == 200
        return answer


@pytest.fixture
async def visitor(app: httpx.ASGITransport, district: District) -> AsyncIterator:
    opened: list[httpx.AsyncClient] = []

    def make() -> Visitor:
        client = httpx.AsyncClient(transport=app, base_url="http://tangthu", headers={"Accept": "text/html"})
        opened.append(client)
        return Visitor(client)

    yield make
    for one in opened:
        await one.aclose()


@pytest.fixture
async def admin(visitor, repository: Repository) -> Visitor:
    """The administrator of van-phong."""
    await make_person(repository, "qt.a", "van-phong", Role.UNIT_ADMIN)
    one = visitor()
    await one.log_in("qt.a")
    return one


@pytest.fixture
async def it(visitor, repository: Repository) -> Visitor:
    await make_person(repository, "it.a", "van-phong", Role.IT)
    one = visitor()
    await one.log_in("it.a")
    return one
