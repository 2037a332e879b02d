"""Rights over HTTP: sharing, members, why, on behalf; and all by which a foreign thing could show itself."""

import io
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from indexers.wiring import Indexers
from repository.access.actors import operator
from repository.access.permissions import Permission, Role
from repository.clock import local_date
from repository.dossiers.dossiers import DossierForm
from repository.organisation.rights.delegations import DelegationForm
from repository.wiring import Repository
from tests.factories import PASSWORD, WORKING, District, make_person, stored

pytestmark = [pytest.mark.clause("Đ1.p2"), pytest.mark.clause("Đ5.2")]
WORD = "zqxkhoai"
V1 = "/api/v1"


async def session(repository: Repository, username: str) -> dict[str, str]:
    """A session's cookie; reading needs no more, writing goes through tokens here."""
    entered = await repository.credentials.log_in(username, PASSWORD)
    return {"Cookie": f"tangthu_session={entered[0]}"}


async def sharer(repository: Repository) -> dict[str, str]:
    """A token of the office that may share."""
    bearer, _ = await repository.credentials.issue_token(
        operator("test"), system="chia-se", unit="van-phong", scopes=[*WORKING, Permission.SHARE_DOCUMENTS],
        lasts=timedelta(hours=1),
    )  # fmt: skip
    return {"Authorization": f"Bearer {bearer}"}


async def test_shared_shown_explained_and_ended(
    repository: Repository, district: District, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    paper = f"{V1}/documents/{(await stored(repository, district.clerk))['_id']}"
    assert (await stranger.get(paper)).status_code == 404
    assert (
        await client.post(f"{paper}/shares", json={"unit": "phuong-a", "reason": "x" * 3})
    ).status_code == 403
    bearing = await sharer(repository)
    both = {"unit": "phuong-a", "person": "vt.phuonga", "reason": "nhầm"}
    assert (await client.post(f"{paper}/shares", json=both, headers=bearing)).status_code == 422
    form = {"unit": "phuong-a", "reason": "phối hợp xử lý"}
    made = await client.post(f"{paper}/shares", json=form, headers=bearing)
    assert made.status_code == 201 and made.json()["mark"] == "unit:phuong-a"
    assert made.headers["location"] == f"{paper}/shares/unit:phuong-a"
    assert (await stranger.get(paper)).status_code == 200
    assert (
        await stranger.patch(paper, json={"subject": "x"}, headers={"If-Match": '"r2"'})
    ).status_code == 403

    clerk = await session(repository, "vt.vanphong")
    async with httpx.AsyncClient(
        transport=client._transport, base_url="http://tangthu", headers=clerk
    ) as person:
        answer = (await person.get(f"{paper}/access?person=vt.phuonga")).json()
        assert answer["sees"] is True and answer["person"]["unit"] == "phuong-a"
        assert [(one["rule"], one["reason"]) for one in answer["reasons"]] == [("share", "phối hợp xử lý")]
        assert {one["rule"] for one in (await person.get(f"{paper}/access")).json()["reasons"]} == {
            "role", "unit", "share",
        }  # fmt: skip
        assert (await person.get(f"{paper}/access?person=khong-co")).status_code == 404
    ended = await client.post(
        f"{paper}/shares/unit:phuong-a/end", json={"reason": "đã xong"}, headers=bearing
    )
    assert ended.status_code == 200 and ended.json()["ended"]["reason"] == "đã xong"
    assert (await stranger.get(paper)).status_code == 404


async def test_search_speaks_of_nothing_foreign(
    repository: Repository,
    indexers: Indexers,
    district: District,
    client: httpx.AsyncClient,
    app: httpx.ASGITransport,
) -> None:
    """Hits, totals, facets, highlights of papers, dossiers and lines; restricted ones of the own unit too."""
    await stored(
        repository, district.foreign_clerk, f"Nội dung {WORD}".encode(), subject=f"Công văn {WORD}",
        register_id=district.foreign_incoming["_id"],
    )  # fmt: skip
    await repository.dossiers.open(district.foreign_clerk, DossierForm(code=WORD, title=f"Hồ sơ {WORD}"))
    await stored(repository, district.clerk, f"Kín {WORD}".encode(), subject=WORD, classification="han_che")
    await indexers.worker.drain()
    await make_person(repository, "cv.vp", "van-phong", Role.OFFICER)
    officer = await session(repository, "cv.vp")
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu", headers=officer) as person:
        for kind in ("documents", "dossiers", "register"):
            for asked in (
                f"q={WORD}",
                "q=",
                f"q={WORD}&unit=phuong-a",
                "unit=phuong-a",
                "unit=phuong-a&type=KHAC",
            ):
                answer = (await person.get(f"{V1}/search?kind={kind}&{asked}")).json()
                assert (answer["items"], answer["total"]) == ([], 0)
                assert not any(counts for counts in answer["facets"].values())
        page = await person.get("/search?q=cong")
        assert WORD not in page.text
    found = (await client.get(f"{V1}/search?q={WORD}")).json()
    assert found["total"] == 0  # a system is no clerk: the restricted paper is not its own


async def test_probes_answer_alike_for_foreign_and_for_nothing(
    repository: Repository, district: District, stranger: httpx.AsyncClient
) -> None:
    """Tags, conditions, ranges, bodies: nothing tells a foreign document from one that never was."""
    row = await stored(repository, district.clerk, subject=f"Công văn {WORD}")
    nothing = "doc-" + "0" * 26
    sha256 = row["versions"][0]["sha256"]
    probes: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "", {"headers": {"If-None-Match": '"r1"'}}),
        ("GET", "", {"headers": {"If-None-Match": "*"}}),
        ("PATCH", "", {"json": {"subject": "x"}}),
        ("PATCH", "", {"json": {"colour": "x"}, "headers": {"If-Match": '"r1"'}}),
        ("GET", "/versions/1", {}),
        ("GET", "/versions/9", {}),
        ("GET", "/versions/1/content", {"headers": {"If-None-Match": f'"{sha256}"'}}),
        ("GET", "/versions/1/content", {"headers": {"Range": "bytes=999999-"}}),
        ("GET", "/versions/1/text", {}),
        ("GET", "/history", {}),
        ("POST", "/check", {}),
        ("POST", "/versions", {"files": {"file": ("a.txt", b"x")}, "headers": {"If-Match": '"r9"'}}),
    ]
    for method, tail, carried in probes:
        answers = []
        for paper in (row["_id"], nothing):
            answer = await stranger.request(method, f"{V1}/documents/{paper}{tail}", **carried)
            body = json.loads(answer.text)
            body.pop("instance")
            headers = {
                k: v for k, v in answer.headers.items() if k not in ("x-request-id", "date", "server-timing")
            }
            answers.append((answer.status_code, body, headers))
            assert WORD not in answer.text
        assert answers[0] == answers[1] and answers[0][0] == 404, (method, tail)


async def test_a_key_of_another_actor_gives_nothing_away(
    repository: Repository, district: District, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    carried = {
        "data": {"metadata": json.dumps({"subject": f"Công văn {WORD}"})},
        "files": {"file": ("a.txt", b"Noi dung", "text/plain")}, "headers": {"Idempotency-Key": "mot-khoa"},
    }  # fmt: skip
    mine = await client.post(f"{V1}/documents", **carried)
    theirs = await stranger.post(f"{V1}/documents", **carried)
    assert mine.status_code == theirs.status_code == 201
    assert mine.json()["id"] != theirs.json()["id"]
    assert mine.headers["location"] != theirs.headers["location"]


async def test_answering_filing_and_entering_reach_no_foreign_thing(
    repository: Repository, district: District, stranger: httpx.AsyncClient
) -> None:
    row = await stored(repository, district.clerk, subject=WORD)
    dossier = await repository.dossiers.open(district.clerk, DossierForm(code="1", title=WORD))
    for field, value in (
        ("replies_to", [row["_id"]]),
        ("dossier_id", dossier["_id"]),
        ("register_id", district.incoming["_id"]),
    ):
        answer = await stranger.post(
            f"{V1}/documents",
            data={"metadata": json.dumps({"subject": "x", field: value})},
            files={"file": ("a.txt", b"x", "text/plain")},
        )
        assert answer.status_code == 404 and WORD not in answer.text
    for path, body in (
        (f"{V1}/dossiers/{dossier['_id']}/documents", {"document": row["_id"]}),
        (f"{V1}/registers/{district.incoming['_id']}/entries", {"document": row["_id"]}),
        (f"{V1}/registers/{district.foreign_incoming['_id']}/entries", {"document": row["_id"]}),
    ):
        answer = await stranger.post(path, json=body)
        assert answer.status_code == 404 and WORD not in answer.text


async def test_acting_for_an_absent_colleague(
    repository: Repository, district: District, app: httpx.ASGITransport
) -> None:
    officer = await make_person(repository, "cv.vp", "van-phong", Role.OFFICER)
    row = await stored(repository, district.clerk, classification="han_che")
    today = local_date(repository.clock.now())
    form = DelegationForm.model_validate(
        {"receiver": officer.id, "scopes": ["documents.read", "history.read"], "since": today, "until": today,
         "reason": "đi công tác"}
    )  # fmt: skip
    made = await repository.delegations.make(district.clerk, form)
    headers = await session(repository, "cv.vp")
    path = f"{V1}/documents/{row['_id']}"
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu", headers=headers) as person:
        assert (await person.get(path)).status_code == 404
        worn = {"On-Behalf-Of": made["_id"]}
        assert (await person.get(path, headers=worn)).status_code == 200
        assert (await person.get(f"{path}/versions/1/content", headers=worn)).status_code == 200
        assert (await person.get(f"{V1}/search", headers=worn)).status_code == 403  # not lent
        assert (await person.get(f"{V1}/delegations", headers=worn)).status_code == 403
        assert (await person.get(path, headers={"On-Behalf-Of": "uq-khac"})).status_code == 403
        assert [one["in_force"] for one in (await person.get(f"{V1}/delegations")).json()["items"]] == [True]
    read = await repository.database["audit"].find_one({"action": "version.read", "subject.id": row["_id"]})
    assert read is not None and read["actor"]["on_behalf_of"]["name"] == district.clerk.name
    clerk = await session(repository, "vt.vanphong")
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu", headers=clerk) as person:
        answer = (await person.get(f"{path}/access?person=cv.vp")).json()
        assert answer["sees"] and {one["rule"] for one in answer["reasons"]} == {"delegation"}
        assert {one["by"] for one in answer["reasons"]} == {district.clerk.name}


async def test_a_printed_book_keeps_restricted_words(
    repository: Repository, district: District, app: httpx.ASGITransport
) -> None:
    """A book is read by the whole unit: as lines, as a sheet, as paper."""
    book = district.incoming["_id"]
    kept = await stored(
        repository,
        district.clerk,
        subject=f"Việc {WORD}",
        issuer={"name": WORD},
        classification="han_che",
        register_id=book,
    )
    await stored(repository, district.clerk, subject="Việc thường", register_id=book)
    await make_person(repository, "cv.vp", "van-phong", Role.OFFICER)
    headers = await session(repository, "cv.vp")
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu", headers=headers) as person:
        lines = await person.get(f"{V1}/registers/{book}/entries")
        assert WORD not in lines.text and "Việc thường" in lines.text
        found = await person.get(f"{V1}/registers/{book}/entries?issuer={WORD}")
        assert found.json()["items"] == []
        sheet = await person.get(f"{V1}/registers/{book}/print?format=xlsx")
        assert sheet.status_code == 200
        cells = [
            str(cell.value) for row in load_workbook(io.BytesIO(sheet.content)).active.rows for cell in row
        ]
        assert any("Việc thường" in one for one in cells) and not any(WORD in one for one in cells)
        assert (await person.get(f"{V1}/documents/{kept['_id']}")).status_code == 404
