"""Bad input, each refused with a clear problem; afterwards the service is fit and nothing has changed."""

import contextlib
import json
from datetime import timedelta

import httpx
import pytest
from starlette.requests import ClientDisconnect

from repository.access.actors import operator
from repository.access.permissions import Permission
from repository.blobs.digest import Digest
from repository.wiring import Repository
from tests.api.site_probe import assert_problem, unchanged
from tests.data import make_bad
from tests.factories import District, stored

DOCUMENTS = "/api/v1/documents"
META = json.dumps({"subject": "Văn bản thử"})
TEXT = b"Noi dung"


def body(
    boundary: bytes = b"RANH", *, end: bool = True, filename: str = "a.txt", content: bytes = TEXT
) -> bytes:
    """A multipart body by hand, so that it can be wrong."""
    parts = [
        b'--' + boundary + b'\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n' + META.encode(),
        b'--' + boundary + b'\r\nContent-Disposition: form-data; name="file"; filename="' + filename.encode()
        + b'"\r\nContent-Type: application/octet-stream\r\n\r\n' + content,
    ]  # fmt: skip
    return b"\r\n".join(parts) + (b"\r\n--" + boundary + b"--\r\n" if end else b"")


FORM = {"content-type": "multipart/form-data; boundary=RANH"}
WHOLE = body()


def named(disposition: bytes) -> bytes:
    """The whole form, its file named in the extended notation of RFC 2231."""
    return WHOLE.replace(b'filename="a.txt"', b"filename" + disposition)


BROKEN_BODIES = {
    "cut off in the file": (FORM, body(content=b"x" * 200_000, end=False)[:-1000]),
    "cut off before the end mark": (FORM, body(end=False)),
    "cut off in the metadata": (FORM, WHOLE[:90]),
    "cut off in a part header": (FORM, WHOLE[: WHOLE.index(b"filename")]),
    "nothing at all": (FORM, b""),
    "a name both whole and in pieces": (FORM, named(b"*=utf-8''a.txt; filename*0=b.txt")),
    "a name whose piece has no countable number": (FORM, named(b"*" + b"1" * 5000 + b"=a.txt")),
    "a name in a coding that cannot be read": (FORM, named(b"*=idna''%ff.txt")),
    "a name in a coding with a NUL": (FORM, named(b"*=ut\0f''a.txt")),
    "a name of half a character only": (FORM, named(b"*=utf-7''%2B2AA-/")),
    "only the end mark": (FORM, b"--RANH--\r\n"),
    "wrong boundary": ({"content-type": "multipart/form-data; boundary=KHAC"}, WHOLE),
    "no boundary": ({"content-type": "multipart/form-data"}, WHOLE),
    "empty boundary": ({"content-type": "multipart/form-data; boundary="}, WHOLE),
    "JSON instead of a form": ({"content-type": "application/json"}, META.encode()),
    "no content type": ({}, WHOLE),
    "urlencoded": ({"content-type": "application/x-www-form-urlencoded"}, b"metadata=x"),
    "binary noise": (FORM, bytes(range(256)) * 300),
    "metadata not UTF-8": (FORM, WHOLE.replace(b"subject", b"sub\xff\xfeject")),
    "a part header without end": (FORM, b"--RANH\r\n" + b"X" * 20_000),
    "a part header too long": (FORM, b"--RANH\r\nX-Long: " + b"y" * 20_000 + b"\r\n\r\nz\r\n--RANH--\r\n"),
    "a part without a name": (FORM, b"--RANH\r\nContent-Disposition: form-data\r\n\r\nx\r\n--RANH--\r\n"),
    "metadata twice as a file": (FORM, body().replace(b'name="metadata"', b'name="metadata"; filename="m"')),
    "metadata too long": (FORM, body().replace(META.encode(), b"x" * (2 * 1024 * 1024))),
    "deep JSON": (FORM, body().replace(META.encode(), b"[" * 100_000)),
    "a number as metadata": (FORM, body().replace(META.encode(), b"5")),
    "a file name of nothing usable": (FORM, body(filename="..")),
    "a file name that is a folder": (FORM, body(filename="a/b/")),
}


async def test_broken_forms(client: httpx.AsyncClient, repository: Repository) -> None:
    for name, (headers, content) in BROKEN_BODIES.items():
        async with unchanged(repository, client):
            answer = await client.post(DOCUMENTS, headers=headers, content=content)
            print(name, answer.status_code)
            assert_problem(answer)


async def test_the_form_by_hand_is_right_when_it_is_whole(client: httpx.AsyncClient) -> None:
    assert (await client.post(DOCUMENTS, headers=FORM, content=WHOLE)).status_code == 201


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"), ("..\\..\\windows\\win.txt", "win.txt"),
        ("/etc/shadow.txt", "shadow.txt"),
        ("C:\\a\\b.txt", "b.txt"), ("a\u202etxt.exe.txt", "atxt.exe.txt"),
        ("  công văn số 5 .txt ", "công văn số 5 .txt"),
        ("a:b*c?.txt", "a_b_c_.txt"), ("đ" * 300 + ".txt", "đ" * 125 + ".txt"),
        ("....//x.txt", "x.txt"), (".htaccess.txt", "htaccess.txt"),
    ],
)  # fmt: skip
async def test_path_tricks_are_stored_under_a_safe_base_name(
    client: httpx.AsyncClient, sent: str, kept: str
) -> None:
    made = await client.post(DOCUMENTS, data={"metadata": META}, files={"file": (sent, TEXT)})
    assert made.status_code == 201, made.text
    assert made.json()["versions"][0]["filename"] == kept
    got = await client.get(f"{made.headers['location']}/versions/1/content")
    disposition = got.headers["content-disposition"]
    assert (
        got.status_code == 200 and "/" not in disposition.replace("UTF-8''", "") and "\\" not in disposition
    )


async def test_a_header_cannot_be_smuggled_through_a_file_name(client: httpx.AsyncClient) -> None:
    made = await client.post(DOCUMENTS, headers=FORM, content=body(filename='a";%0d%0aX-Evil: 1.txt'))
    if made.status_code == 201:
        got = await client.get(f"{made.headers['location']}/versions/1/content")
        assert got.status_code == 200 and "x-evil" not in got.headers
    else:
        assert_problem(made)


@pytest.mark.clause("Đ11.3")
@pytest.mark.parametrize(
    ("build", "filename"),
    [
        (make_bad.eicar, "a.txt"), (make_bad.eicar_zip, "a.zip"), (make_bad.eicar_docx, "a.docx"),
        (make_bad.eicar_nested_zip, "a.zip"),
    ],
)  # fmt: skip
async def test_malware_is_refused_and_listed_and_not_stored(
    client: httpx.AsyncClient, repository: Repository, build, filename: str
) -> None:
    if not repository.settings.clamd_url:
        pytest.fail("this test needs clamd: install clamav-daemon")
    content = build()
    async with unchanged(repository, client):
        answer = await client.post(DOCUMENTS, data={"metadata": META}, files={"file": (filename, content)})
        problem = assert_problem(answer, 422)
    assert filename in problem["detail"]
    assert await repository.blobs.stat(Digest.of(content)) is None
    (listed,) = await repository.intake.stopped()
    assert listed["filename"] == filename and listed["found"] and listed["by"]["name"] == "kiem-thu-van-phong"
    record = await repository.database["audit"].find_one({"action": "malware.refused"})
    assert record is not None and record["detail"]["filename"] == filename


async def test_one_bad_file_refuses_the_whole_form(client: httpx.AsyncClient, repository: Repository) -> None:
    files = [("file", ("tot.txt", b"tot")), ("file", ("xau.pdf", make_bad.exe_as_pdf()))]
    async with unchanged(repository, client):
        assert_problem(await client.post(DOCUMENTS, data={"metadata": META}, files=files), 422)


@pytest.mark.clause("Đ6.2a")
@pytest.mark.parametrize(
    ("build", "filename"),
    [
        (make_bad.zip_bomb, "a.zip"), (make_bad.docx_bomb, "a.docx"), (make_bad.exe_as_pdf, "bao-cao.pdf"),
        (make_bad.html_as_pdf, "a.pdf"), (make_bad.html_as_pdf, "a.txt"), (make_bad.pdf, "a.docx"),
        (make_bad.pdf_truncated, "a.pdf"), (make_bad.empty, "a.txt"), (make_bad.exe_as_pdf, "a.exe"),
    ],
)  # fmt: skip
async def test_hostile_and_false_files_are_refused(
    client: httpx.AsyncClient, repository: Repository, build, filename: str
) -> None:
    async with unchanged(repository, client):
        answer = await client.post(DOCUMENTS, data={"metadata": META}, files={"file": (filename, build())})
        assert filename in assert_problem(answer, 413, 422)["detail"]


@pytest.mark.parametrize(
    ("build", "warning"),
    [
        (make_bad.pdf_broken_xref, "repaired"), (make_bad.pdf_with_javascript, "javascript"),
        (make_bad.pdf_with_launch, "launch"), (make_bad.pdf_false_signature, ""), (make_bad.pdf, ""),
    ],
)  # fmt: skip
async def test_odd_pdfs_are_kept_judged_and_never_break_anything(
    client: httpx.AsyncClient, repository: Repository, indexers, build, warning: str
) -> None:
    made = await client.post(DOCUMENTS, data={"metadata": META}, files={"file": ("a.pdf", build())})
    assert made.status_code == 201, made.text
    assert made.json()["versions"][0]["warnings"] == ([warning] if warning else [])
    await indexers.worker.drain()
    location = made.headers["location"]
    document = (await client.get(location)).json()
    assert document["legal_value"]["status"] == "reference" and document["legal_value"]["reasons"]
    assert document["versions"][0]["signatures"]["status"] not in ("valid", "pending", "TOTAL-PASSED")
    for path in ("/versions/1/signatures", "/versions/1/text", "/versions/1/content", "/history"):
        assert (await client.get(location + path)).status_code == 200, path
    assert await repository.outbox.count_parked() == 0


async def test_a_token_that_is_wrong_expired_or_revoked_opens_nothing(
    client: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    root, scopes = operator("test"), [Permission.READ_DOCUMENTS]
    expired, _ = await repository.credentials.issue_token(
        root, system="cu", unit="van-phong", scopes=scopes, lasts=timedelta(seconds=-1)
    )
    revoked, row = await repository.credentials.issue_token(
        root, system="bo", unit="van-phong", scopes=scopes, lasts=timedelta(days=1)
    )
    await repository.credentials.revoke(root, row["_id"][:16])
    good = district.token
    for header in (
        f"Bearer {expired}", f"Bearer {revoked}", "Bearer ", "Bearer", "Bearer x y", f"Basic {good}", good,
        f"Bearer {good}x", "Bearer " + "ă" * 40, "Bearer " + "x" * 7000, "Digest a=b",
    ):  # fmt: skip
        answer = await client.get(DOCUMENTS, headers={"Authorization": header.encode("utf-8")})
        assert_problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert good not in answer.text


async def test_a_token_without_the_permission_is_forbidden(
    repository, client: httpx.AsyncClient, district
) -> None:
    secret, _ = await repository.credentials.issue_token(
        operator("test"), system="doc", unit="van-phong", scopes=[Permission.SEARCH], lasts=timedelta(days=1)
    )
    headers = {"Authorization": f"Bearer {secret}"}
    async with unchanged(repository, client):
        assert_problem(await client.get(DOCUMENTS, headers=headers), 403)
        posted = await client.post(
            DOCUMENTS, headers=headers, data={"metadata": META}, files={"file": ("a.txt", TEXT)}
        )
        assert_problem(posted, 403)


async def test_books_and_dossiers_that_cannot_take_it(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    dossier = (await client.post("/api/v1/dossiers", json={"code": "01", "title": "Hồ sơ"})).json()["id"]
    await client.post(f"/api/v1/dossiers/{dossier}/close")
    foreign = (await stranger.post("/api/v1/dossiers", json={"code": "01", "title": "Hồ sơ"})).json()["id"]
    cases = [
        ({"dossier_id": dossier}, (409,)), ({"dossier_id": foreign}, (404,)),
        ({"dossier_id": "hs-khong-co"}, (404,)),
        ({"register_id": "so-khong-co"}, (404, 422)),
        ({"register_id": district.foreign_incoming["_id"]}, (404,)),
        ({"register_id": district.outgoing["_id"]}, (409,)), ({"replies_to": ["doc-khong-co"]}, (404, 422)),
        ({"unit": "phuong-a"}, (403,)), ({"shared_with": ["khong-co"]}, (422,)),
    ]  # fmt: skip
    for fields, statuses in cases:
        async with unchanged(repository, client):
            wanted = json.dumps({"subject": "x"} | fields)
            answer = await client.post(DOCUMENTS, data={"metadata": wanted}, files={"file": ("a.txt", TEXT)})
            assert_problem(answer, *statuses)
    entered = await client.post("/api/v1/registers/so-khong-co/entries", json={"document": "doc-khong-co"})
    assert_problem(entered, 404)


async def test_json_bodies_that_are_wrong(
    client: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk)
    document, book = f"{DOCUMENTS}/{row['_id']}", f"/api/v1/registers/{district.incoming['_id']}"
    wrong = [
        b"",
        b"{",
        b"[]",
        b"5",
        b"null",
        b'"x"',
        b'{"x":1}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"reason": null}',
    ]
    targets = [
        ("PATCH", document, {"If-Match": '"r1"'}),
        ("POST", f"{book}/entries", {}), ("POST", f"{book}/entries/1/annulment", {}),
        ("POST", "/api/v1/dossiers", {}), ("POST", "/api/v1/registers", {}),
    ]  # fmt: skip
    async with unchanged(repository, client):
        for method, path, headers in targets:
            for content in wrong:
                if method == "PATCH" and content == b"":
                    continue  # an empty change is a change of nothing
                answer = await client.request(method, path, headers=headers, content=content)
                print(method, path, content[:20], answer.status_code)
                assert_problem(answer, 400, 422)


async def test_nulls_cannot_empty_a_document(
    client: httpx.AsyncClient, repository, district: District
) -> None:
    row = await stored(repository, district.clerk)
    for field in ("subject", "symbol", "recipients", "urgency", "document_type", "description"):
        answer = await client.patch(
            f"{DOCUMENTS}/{row['_id']}", headers={"If-Match": '"r1"'}, json={field: None}
        )
        assert assert_problem(answer, 422)["errors"][0]["pointer"] == f"/{field}"


@pytest.mark.parametrize(
    "tag", ['"r9"', '"r0"', "r1", "*", '"x"', 'W/"r1"', '"r1", "r2"', '"r' + "9" * 30 + '"', "\u00e9"]
)
async def test_a_tag_that_is_not_the_present_one_changes_nothing(
    client, repository, district, tag: str
) -> None:
    row = await stored(repository, district.clerk)
    async with unchanged(repository, client):
        headers = {"If-Match": tag.encode("utf-8")}
        answer = await client.patch(f"{DOCUMENTS}/{row['_id']}", headers=headers, json={"subject": "Sửa"})
        assert_problem(answer, 412)
    assert (await repository.documents.get(district.clerk, row["_id"]))["subject"] == row["subject"]


@pytest.mark.parametrize(
    "given", ["sha-256=:x:", "sha-256=:" + "A" * 44 + ":", "md5=:x:", "x", "sha-256=::", "=,;", "ă"]
)
async def test_a_stated_digest_that_cannot_be_held_against_the_file_is_refused(
    client, repository, given: str
) -> None:
    async with unchanged(repository, client):
        headers = {"Repr-Digest": given.encode("utf-8")}
        answer = await client.post(
            DOCUMENTS, data={"metadata": META}, files={"file": ("a.txt", TEXT)}, headers=headers
        )
        assert_problem(answer, 400, 422)


async def test_huge_and_strange_headers(client: httpx.AsyncClient, repository: Repository) -> None:
    async with unchanged(repository, client):
        for headers in (
            {"X-Request-Id": "x" * 20_000}, {"Accept-Language": "en" * 5000}, {"Cookie": "a=" + "b" * 20_000},
            {"Range": "bytes=" + "9" * 5000 + "-"}, {"If-None-Match": '"' + "x" * 20_000 + '"'},
            {"X-Request-Id": 'a"b\tc'}, {"Accept": "\u00ff"},
        ):  # fmt: skip
            answer = await client.get(DOCUMENTS, headers={k: v.encode("latin-1") for k, v in headers.items()})
            assert answer.status_code == 200 and len(answer.headers["x-request-id"]) <= 64
        answer = await client.post(
            DOCUMENTS,
            headers={"Idempotency-Key": "k" * 300},
            data={"metadata": META},
            files={"file": ("a.txt", TEXT)},
        )
        assert_problem(answer, 422)


async def test_a_sender_that_goes_away_leaves_nothing(
    app: httpx.ASGITransport, client: httpx.AsyncClient, repository: Repository, district: District
) -> None:
    """The connection ends in the middle of the file: no staged file, no object, no row."""
    content = b"dang gui do dang " * 40_000
    arrived = [body(content=content, end=False)[:300_000]]
    headers = [
        (b"authorization", f"Bearer {district.token}".encode()),
        (b"content-type", FORM["content-type"].encode()),
    ]

    async def receive() -> dict:
        if arrived:
            return {"type": "http.request", "body": arrived.pop(), "more_body": True}
        return {"type": "http.disconnect"}

    async def send(message: dict) -> None:
        pass

    scope = {"type": "http", "method": "POST", "path": DOCUMENTS, "raw_path": DOCUMENTS.encode(),
     "query_string": b"",
             "headers": headers, "scheme": "http", "http_version": "1.1", "server": ("tangthu", 80),
             "client": ("x", 1)}  # fmt: skip
    async with unchanged(repository, client):
        with contextlib.suppress(ClientDisconnect):
            await app.app(scope, receive, send)
    assert await repository.blobs.stat(Digest.of(content)) is None


async def test_an_address_that_does_not_exist_is_a_problem_too(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/api/v1/nothing"), 404)
    assert_problem(await client.delete(DOCUMENTS), 405)
    assert_problem(await client.put(f"{DOCUMENTS}/x"), 405)
    english = await client.get("/api/v1/nothing", headers={"Accept-Language": "en"})
    assert english.json()["title"] == "There is no such address"
