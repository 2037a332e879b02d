"""The description is valid, the answers are as described, and no address breaks, whatever is asked of it."""

import json
import re
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from api.openapi import describe
from api.routes import ROUTES
from indexers.wiring import Indexers
from repository.access.permissions import Role
from repository.wiring import Repository
from tests.api.shapes_check import faults
from tests.factories import PASSWORD, District, make_person

LEAVES = [one for one in ROUTES if isinstance(one, Route)]
DESCRIBED = describe(LEAVES)
SCHEMAS = DESCRIBED["components"]["schemas"]
JUNK = [
    "x", "%20", "..%2f..%2fetc%2fpasswd", "%00", "'", '"', "<script>", "doc-", "doc-" + "0" * 26,
    "hs-" + "z" * 26, "-1",
    "0", "1e9", "9" * 40, "null", "{}", "$ne", "%F0%9F%93%84", "%ED%A0%80", "%C4%91", "a" * 3000,
    "%0d%0aX:1", ";",
]  # fmt: skip
FILE = {"file": ("công văn.txt", "Kính gửi phòng Nội vụ về việc kiểm thử".encode())}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, item in DESCRIBED["paths"].items() for method, one in item.items()]


def test_the_description_is_well_formed() -> None:
    assert (
        DESCRIBED["openapi"].startswith("3.1") and DESCRIBED["info"]["title"] and DESCRIBED["info"]["version"]
    )
    names = [one["operationId"] for _, _, one in operations()]
    assert len(names) == len(set(names))
    for path, method, one in operations():
        in_path = {each["name"] for each in one["parameters"] if each["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), path
        assert all(each["required"] for each in one["parameters"] if each["in"] == "path")
        assert one["summary"] and one["responses"] and all(code.isdigit() for code in one["responses"])
        assert all(each["description"] for each in one["responses"].values())
        assert (method in ("get", "head")) <= ("requestBody" not in one), path


def test_every_reference_leads_somewhere() -> None:
    wanted = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(DESCRIBED)))
    assert wanted and wanted <= set(SCHEMAS)
    assert '"$defs"' not in json.dumps(DESCRIBED)
    assert json.loads(json.dumps(DESCRIBED)) == DESCRIBED


def test_every_schema_is_one() -> None:
    kinds = {"string", "object", "array", "null", "number", "integer", "boolean"}
    for name, schema in SCHEMAS.items():
        types = schema.get("type", "object")
        assert set([types] if isinstance(types, str) else types) <= kinds, name
        assert set(schema.get("required", [])) <= set(schema.get("properties", {})), name


async def test_the_description_is_served(nobody: httpx.AsyncClient) -> None:
    served = (await nobody.get("/openapi.json")).json()
    assert served == json.loads(json.dumps(DESCRIBED))
    page = await nobody.get("/docs", headers={"accept": "text/html"})
    assert page.status_code == 200 and "/api/v1/documents" in page.text


@pytest.fixture
async def made(
    client: httpx.AsyncClient, repository: Repository, district: District, indexers: Indexers
) -> dict[str, str]:
    """One of everything, judged and indexed, so that every read has something to answer."""
    dossier = (await client.post("/api/v1/dossiers", json={"code": "01", "title": "Hồ sơ thử"})).json()["id"]
    metadata = {"subject": "Công văn thử", "register_id": district.incoming["_id"],
     "dossier_id": dossier, "issuer": {"name": "UBND"}}  # fmt: skip
    stored = await client.post("/api/v1/documents", data={"metadata": json.dumps(metadata)}, files=FILE)
    assert stored.status_code == 201, stored.text
    await indexers.worker.drain()
    return {
        "documents": stored.json()["id"],
        "dossiers": dossier,
        "registers": district.incoming["_id"],
        "n": "1",
    }


def address(path: str, ids_by_kind: dict[str, str]) -> str:
    kind = path.split("/")[3] if path.startswith("/api/") else ""
    return path.replace("{id}", ids_by_kind.get(kind, "x")).replace("{n}", "1")


def assert_as_described(path: str, method: str, answer: httpx.Response) -> None:
    one = DESCRIBED["paths"][path][method]
    response = one["responses"].get(str(answer.status_code))
    assert response is not None, (
        f"{method} {path}: {answer.status_code} is not described: {answer.text[:200]}"
    )
    content = response.get("content", {})
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind == "application/json" and "application/json" in content:
        found = faults(answer.json(), content["application/json"]["schema"], SCHEMAS)
        assert not found, f"{method} {path}: {found}"


async def test_what_is_read_is_as_described(client: httpx.AsyncClient, repository: Repository, made) -> None:
    reads = [path for path, method, _ in operations() if method == "get"]
    seen = set()
    for path in reads:
        answer = await client.get(address(path, made))
        assert_as_described(path, "get", answer)
        seen.add(answer.status_code)
    for kind in ("documents", "dossiers", "register"):
        found = await client.get("/api/v1/search", params={"q": "thu", "kind": kind})
        assert_as_described("/api/v1/search", "get", found)
        assert found.json()["total"] >= 1, kind
    assert 200 in seen and max(seen) < 500


async def test_what_is_written_is_as_described(client: httpx.AsyncClient, district: District, made) -> None:
    document = f"/api/v1/documents/{made['documents']}"
    tag = (await client.get(document)).headers["etag"]
    book = f"/api/v1/registers/{district.outgoing['_id']}"
    letter = await client.post(
        "/api/v1/documents",
        data={"metadata": json.dumps({"subject": "Đi", "direction": "outgoing", "document_type": "QĐ"})},
        files=FILE,
    )
    assert_as_described("/api/v1/documents", "post", letter)
    changed = await client.patch(document, json={"urgency": 2}, headers={"If-Match": tag})
    assert_as_described("/api/v1/documents/{id}", "patch", changed)
    steps = [
        ("/api/v1/documents/{id}/check", document + "/check", None),
        ("/api/v1/documents/{id}/rescan", document + "/rescan", None),
        ("/api/v1/registers/{id}/entries", book + "/entries", {"document": letter.json()["id"]}),
        ("/api/v1/documents/{id}/issue", letter.headers["location"] + "/issue", None),
        ("/api/v1/registers/{id}/entries/{n}/annulment", book + "/entries/1/annulment",
         {"reason": "ghi nhầm"}),
        ("/api/v1/dossiers/{id}/documents", f"/api/v1/dossiers/{made['dossiers']}/documents",
         {"document": letter.json()["id"]}),
        ("/api/v1/documents/{id}/paper", document + "/paper", {"on": "2026-01-05", "note": "bưu điện"}),
        ("/api/v1/dossiers/{id}/close", f"/api/v1/dossiers/{made['dossiers']}/close", None),
        ("/api/v1/dossiers/{id}/reopen", f"/api/v1/dossiers/{made['dossiers']}/reopen",
         {"reason": "bổ sung"}),
        ("/api/v1/registers", "/api/v1/registers",
         {"unit": "van-phong", "year": 2030, "direction": "outgoing"}),
    ]  # fmt: skip
    for path, where, body in steps:
        answer = await client.post(where, json=body)
        assert answer.status_code < 400, f"{path}: {answer.text}"
        assert_as_described(path, "post", answer)
    added = await client.post(document + "/versions", files=FILE)
    assert_as_described("/api/v1/documents/{id}/versions", "post", added)
    assert (await client.get(added.headers["location"])).json()["n"] == 2


async def test_junk_in_any_address_is_refused_and_never_a_fault(
    client: httpx.AsyncClient, repository, made
) -> None:
    before = await repository.database["documents"].count_documents({})
    for route in LEAVES:
        if "{" not in route.path or "GET" not in (route.methods or set()):
            continue
        for junk in JUNK:
            path = address(route.path, {}) if "{id}" not in route.path else route.path.replace("{id}", junk)
            answer = await client.get(
                path.replace("{n}", junk).replace("{page}", junk).replace("{path:path}", junk)
            )
            assert answer.status_code < 500, f"{route.path} {junk}: {answer.text[:300]}"
            assert answer.status_code in (303, 400, 401, 403, 404, 405, 416, 422), (
                f"{route.path} {junk} {answer.status_code}"
            )
    for route in LEAVES:
        if "{n}" in route.path and route.path.startswith("/api/") and "GET" in (route.methods or set()):
            for junk in JUNK:
                answer = await client.get(route.path.replace("{id}", made["documents"]).replace("{n}", junk))
                assert 400 <= answer.status_code < 500, f"{route.path} {junk}: {answer.status_code}"
    assert await repository.database["documents"].count_documents({}) == before


async def test_junk_written_to_any_address_is_refused_and_never_a_fault(
    client: httpx.AsyncClient, made
) -> None:
    for route in LEAVES:
        for method in sorted((route.methods or set()) - {"GET", "HEAD"}):
            if not route.path.startswith("/api/"):
                continue
            for junk in JUNK:
                where = route.path.replace("{id}", junk).replace("{n}", junk)
                answer = await client.request(
                    method, where, content=junk.encode(), headers={"If-Match": '"r1"'}
                )
                assert 400 <= answer.status_code < 500, f"{method} {route.path} {junk}: {answer.status_code}"


async def test_junk_in_any_parameter_is_answered(client: httpx.AsyncClient, made) -> None:
    for path, method, one in operations():
        for parameter in [
            each["name"] for each in one["parameters"] if each["in"] == "query" and method == "get"
        ]:
            for junk in [
                *JUNK,
                "",
                "%",
                "*",
                '"',
                "(((",
                "a AND OR NOT",
                "+" * 200,
                "\\",
                "a:b",
                "~",
                "[a TO b]",
                "đ" * 900,
            ]:
                answer = await client.get(f"{address(path, made)}?{parameter}={junk.replace('#', '')}")
                assert answer.status_code in (200, 403, 404, 422), (
                    f"{path}?{parameter}={junk}: {answer.status_code} {answer.text[:200]}"
                )


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/api/v1/documents", "/api/v1/registers", "/openapi.json"]
)
async def test_head_answers_like_get_without_a_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


async def test_head_of_content_tells_size_and_digest(client: httpx.AsyncClient, made) -> None:
    path = f"/api/v1/documents/{made['documents']}/versions/1/content"
    got, head = await client.get(path), await client.head(path)
    assert head.status_code == 200 and head.content == b""
    for name in (
        "etag",
        "repr-digest",
        "content-length",
        "content-type",
        "content-disposition",
        "accept-ranges",
    ):
        assert head.headers[name] == got.headers[name], name


async def test_lists_page_to_the_end_and_each_thing_once(
    client: httpx.AsyncClient, district: District
) -> None:
    for n in range(7):
        metadata = json.dumps({"subject": f"Văn bản {n}", "register_id": district.incoming["_id"]})
        await client.post(
            "/api/v1/documents", data={"metadata": metadata}, files={"file": ("a.txt", b"%d" % n)}
        )
    for path in ("/api/v1/documents", f"/api/v1/registers/{district.incoming['_id']}/entries"):
        seen, cursor = [], ""
        for _ in range(10):
            page = (await client.get(path, params={"limit": "3", "cursor": cursor})).json()
            seen += [one.get("id") or one["number"] for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 7


async def test_security_headers_are_on_every_answer(
    client: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    for answer in (
        await client.get("/api/v1/documents"),
        await nobody.get("/login"),
        await nobody.get("/api/v1/x"),
    ):
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["x-request-id"]


class TestAdministration:
    """Units, people and tokens over HTTP, by the IT group and by a unit's own administrator."""

    @pytest.fixture
    async def it(self, app, repository: Repository, district: District):
        await make_person(repository, "it", "van-phong", Role.IT)
        async with httpx.AsyncClient(
            transport=app, base_url="http://tangthu", follow_redirects=False
        ) as browser:
            await self.log_in(browser, "it")
            yield browser

    @staticmethod
    async def log_in(browser: httpx.AsyncClient, username: str) -> None:
        page = await browser.get("/login", headers={"accept": "text/html"})
        found = re.search(r'name="csrf"\s+value="(\w+)"', page.text)
        assert found, page.text
        answer = await browser.post(
            "/login", data={"username": username, "password": PASSWORD, "csrf": found.group(1)}
        )
        assert answer.status_code == 303, answer.text
        home = await browser.get("/", headers={"accept": "text/html"})
        proof = re.search(r'name="csrf"\s+value="(\w+)"', home.text)
        assert proof
        browser.headers["x-csrf-token"] = proof.group(1)

    async def test_units_people_and_tokens_are_made_listed_and_ended(
        self, it: httpx.AsyncClient, nobody
    ) -> None:
        unit = {"id": "noi-vu", "name": "Phòng Nội vụ", "symbol": "NV"}
        assert_as_described("/api/v1/units", "post", await it.post("/api/v1/units", json=unit))
        assert (await it.post("/api/v1/units", json=unit)).status_code == 409
        person = {
            "username": "cv.noivu",
            "full_name": "Ngô Khánh Linh",
            "unit": "noi-vu",
            "roles": ["officer"],
        }
        created = await it.post("/api/v1/people", json=person)
        assert_as_described("/api/v1/people", "post", created)
        assert created.json()["first_password"] and "password" not in {*created.json()}
        disabled = await it.post(f"{created.headers['location']}/disable", json={"reason": "chuyển công tác"})
        assert_as_described("/api/v1/people/{id}/disable", "post", disabled)
        assert disabled.json()["disabled_at"]
        token = await it.post(
            "/api/v1/tokens", json={"system": "edoc", "unit": "noi-vu", "scopes": ["documents.read"]}
        )
        assert_as_described("/api/v1/tokens", "post", token)
        bearer = {"Authorization": f"Bearer {token.json()['token']}"}
        assert (await nobody.get("/api/v1/documents", headers=bearer)).status_code == 200
        listed = await it.get("/api/v1/tokens")
        assert_as_described("/api/v1/tokens", "get", listed)
        assert token.json()["token"] not in listed.text
        assert (await it.post(f"{token.headers['location']}/revoke")).status_code == 204
        assert (await nobody.get("/api/v1/documents", headers=bearer)).status_code == 401
        for path in ("/api/v1/people", "/api/v1/tokens"):
            assert_as_described(path, "get", await it.get(path))

    @pytest.mark.clause("Đ10.3a")
    async def test_people_cannot_be_deleted(self, it: httpx.AsyncClient, district: District) -> None:
        for path in ("/api/v1/people", f"/api/v1/people/{district.clerk.id}", "/api/v1/units/van-phong"):
            assert (await it.delete(path)).status_code in (404, 405)

    async def test_a_browser_without_the_proof_changes_nothing(
        self, it: httpx.AsyncClient, repository
    ) -> None:
        del it.headers["x-csrf-token"]
        answer = await it.post("/api/v1/units", json={"id": "gia", "name": "Giả mạo", "symbol": "GM"})
        assert answer.status_code == 403
        assert await repository.database["units"].count_documents({"_id": "gia"}) == 0

    async def test_bad_forms_are_refused_with_the_field(
        self, it: httpx.AsyncClient, repository: Repository
    ) -> None:
        cases = [
            ("/api/v1/units", {"id": "Có Dấu", "name": "x", "symbol": "y"}),
            ("/api/v1/people", {"username": "a", "full_name": "x", "unit": "khong-co", "roles": []}),
            (
                "/api/v1/people",
                {"username": "abc", "full_name": "Người", "unit": "khong-co", "roles": ["officer"]},
            ),
            (
                "/api/v1/people",
                {"username": "abc", "full_name": "Người", "unit": "van-phong", "roles": ["god"]},
            ),
            ("/api/v1/tokens", {"system": "x", "unit": "khong-co", "scopes": ["documents.read"]}),
            ("/api/v1/tokens", {"system": "may", "unit": "van-phong", "scopes": ["all"]}),
            ("/api/v1/tokens", {"system": "may", "unit": "van-phong", "scopes": ["search"], "days": 9999}),
        ]
        for path, form in cases:
            answer = await it.post(path, json=form)
            assert answer.status_code == 422 and answer.json()["errors"], (path, answer.text)

    @pytest.mark.clause("Đ10.3a")
    async def test_no_route_hands_out_a_secret(self, it: httpx.AsyncClient, repository: Repository) -> None:
        text = (await it.get("/api/v1/people")).text + (await it.get("/api/v1/tokens")).text
        assert "argon2" not in text and "password" not in text and "tt_" not in text
