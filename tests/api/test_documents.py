"""Documents over HTTP: stored with their files, read back, described, refused."""

import hashlib
import json

import httpx
import pytest

from repository.blobs.digest import Digest
from repository.wiring import Repository
from tests.factories import District

TEXT = "Kính gửi: Ủy ban nhân dân phường A.\n".encode() * 40


def form(content: bytes = TEXT, filename: str = "công văn.txt", **metadata):
    described = {"subject": "Công văn về việc kiểm thử"} | metadata
    return {"data": {"metadata": json.dumps(described)}, "files": {"file": (filename, content)}}


async def test_a_file_comes_back_byte_for_byte_with_its_digest(client: httpx.AsyncClient) -> None:
    made = await client.post("/api/v1/documents", **form())
    assert made.status_code == 201, made.text
    document = made.json()
    assert made.headers["location"] == f"/api/v1/documents/{document['id']}"
    version = document["versions"][0]
    assert version["sha256"] == hashlib.sha256(TEXT).hexdigest()
    assert version["filename"] == "công văn.txt" and version["size"] == len(TEXT)
    got = await client.get(f"{made.headers['location']}/versions/1/content")
    assert got.content == TEXT
    assert got.headers["etag"] == f'"{version["sha256"]}"'
    assert got.headers["repr-digest"] == Digest.of(TEXT).repr_digest
    assert "filename*=UTF-8''c%C3%B4ng%20v%C4%83n.txt" in got.headers["content-disposition"]


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=5-2", 200, slice(None)),
        ("bytes=0-3,6-9", 200, slice(None)),
        ("bytes=999999-", 416, None),
        ("bytes=" + "9" * 5000 + "-", 200, slice(None)),
        ("bytes=0-" + "9" * 5000, 200, slice(None)),
    ],
)
async def test_ranges(client: httpx.AsyncClient, asked: str, status: int, expected: slice | None) -> None:
    location = (await client.post("/api/v1/documents", **form())).headers["location"]
    got = await client.get(f"{location}/versions/1/content", headers={"Range": asked})
    assert got.status_code == status
    if expected is not None:
        assert got.content == TEXT[expected]


async def test_a_foreign_document_is_not_found(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    location = (await client.post("/api/v1/documents", **form())).headers["location"]
    for path in (
        "",
        "/history",
        "/versions/1",
        "/versions/1/content",
        "/versions/1/signatures",
        "/versions/1/text",
    ):
        answer = await stranger.get(location + path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await stranger.patch(location, json={}, headers={"If-Match": '"r1"'})).status_code == 404
    assert (await stranger.post(f"{location}/check")).status_code == 404


async def test_the_same_key_twice_makes_one_document(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await client.post("/api/v1/documents", **form(), headers=headers)
    second = await client.post("/api/v1/documents", **form(), headers=headers)
    assert second.json()["id"] == first.json()["id"]
    other = await client.post("/api/v1/documents", **form(b"khac"), headers=headers)
    assert other.status_code == 422


async def test_a_stale_change_is_refused_and_a_blind_one_too(client: httpx.AsyncClient) -> None:
    made = await client.post("/api/v1/documents", **form())
    location, tag = made.headers["location"], made.headers["etag"]
    assert (await client.patch(location, json={"subject": "Sửa"})).status_code == 428
    changed = await client.patch(location, json={"subject": "Sửa lần một"}, headers={"If-Match": tag})
    assert changed.status_code == 200 and changed.json()["subject"] == "Sửa lần một"
    late = await client.patch(location, json={"subject": "Sửa lần hai"}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert (await client.get(location)).json()["subject"] == "Sửa lần một"


@pytest.mark.clause("Đ1.p1")
@pytest.mark.parametrize("order", ["metadata first", "file first"])
async def test_a_secret_document_leaves_nothing_behind(
    client: httpx.AsyncClient, repository: Repository, order: str
) -> None:
    content = b"bi mat nha nuoc " * 100 + order.encode()
    parts = [
        ("metadata", (None, json.dumps({"subject": "x", "classification": "mat"}))),
        ("file", ("a.txt", content)),
    ]
    answer = await client.post("/api/v1/documents", files=parts if order == "metadata first" else parts[::-1])
    assert answer.status_code == 422
    assert await repository.blobs.stat(Digest.of(content)) is None
    assert await repository.database["documents"].count_documents({}) == 0
    refusal = await repository.database["audit"].find_one({"action": "secret.refused"})
    assert refusal is not None and refusal["detail"] == {"channel": "api"}


BAD_METADATA = {
    "not JSON": "{",
    "unknown field": {"subject": "x", "colour": "red"},
    "not NFC": {"subject": "Quye\u0302\u0301t \u0111i\u0323nh"},
    "long subject": {"subject": "x" * 10_000},
    "no subject": {},
    "unknown type": {"subject": "x", "document_type": "THƠ"},
    "unknown unit": {"subject": "x", "unit": "khong-co"},
    "bad date": {"subject": "x", "issued_on": "16/01/2018"},
    "control character": {"subject": "a\u0000b"},
}


@pytest.mark.parametrize("name", BAD_METADATA)
async def test_bad_metadata_is_refused_with_the_field(
    client: httpx.AsyncClient, repository: Repository, name: str
) -> None:
    bad = BAD_METADATA[name]
    described = bad if isinstance(bad, str) else json.dumps(bad)
    answer = await client.post(
        "/api/v1/documents", data={"metadata": described}, files={"file": ("a.txt", TEXT)}
    )
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code and problem["title"] and problem["detail"]
    assert await repository.database["documents"].count_documents({}) == 0


@pytest.mark.parametrize(
    ("files", "headers"),
    [
        ({}, {}),
        ({"file": ("a.txt", b"")}, {}),
        ({"file": ("a.txt", TEXT)}, {"Repr-Digest": Digest.of(b"other").repr_digest}),
        ({"file": ("a.pdf", b"MZ" + bytes(600))}, {}),
        ({"file": ("a.pdf", TEXT)}, {}),
        ({"file": ("a.txt", bytes(9 * 1024 * 1024))}, {}),
        ({"other": ("a.txt", TEXT)}, {}),
    ],
    ids=["no file", "empty", "wrong digest", "exe as pdf", "text as pdf", "over the limit", "other part"],
)
async def test_bad_files_are_refused_and_nothing_changes(
    client: httpx.AsyncClient, repository: Repository, files, headers
) -> None:
    answer = await client.post(
        "/api/v1/documents",
        data={"metadata": json.dumps({"subject": "x"})},
        files=files or None,
        headers=headers,
    )
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await repository.database["documents"].count_documents({}) == 0
    assert not list(repository.settings.staging.iterdir())
    assert (await client.get("/readyz")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/v1/documents", "/api/v1/search", "/api/v1/registers", "/api/v1/dossiers", "/api/v1/units"]
)
async def test_nobody_gets_nothing(nobody: httpx.AsyncClient, path: str) -> None:
    answer = await nobody.get(path)
    assert answer.status_code == 401 and "Bearer" in answer.headers["www-authenticate"]


async def test_number_dossier_and_history_go_with_the_document(
    client: httpx.AsyncClient, district: District
) -> None:
    dossier = (await client.post("/api/v1/dossiers", json={"code": "01", "title": "Hồ sơ thử"})).json()
    made = await client.post(
        "/api/v1/documents", **form(register_id=district.incoming["_id"], dossier_id=dossier["id"])
    )
    document = made.json()
    assert document["number"] == 1 and document["dossiers"] == [dossier["id"]]
    entries = (await client.get(f"/api/v1/registers/{district.incoming['_id']}/entries")).json()["items"]
    assert [(one["number"], one["document"]) for one in entries] == [(1, document["id"])]
    history = (await client.get(f"/api/v1/documents/{document['id']}/history")).json()["items"]
    assert {one["action"] for one in history} >= {"document.stored", "entry.made"}
    closed = await client.post(f"/api/v1/dossiers/{dossier['id']}/close")
    assert closed.json()["state"] == "closed"
    refused = await client.post("/api/v1/documents", **form(b"hai", dossier_id=dossier["id"]))
    assert refused.status_code == 409
