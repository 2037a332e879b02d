"""Evidence over HTTP and from the pages: for whoever sees the thing, recorded, whole or not at all."""

import re
from datetime import timedelta

import httpx
import pytest

from repository import errors
from repository.access.actors import operator
from repository.access.permissions import Permission
from repository.audit import Action
from repository.dossiers.dossiers import DossierForm
from repository.evidence.draft import Bench
from repository.evidence.package import NotSealedYet
from repository.evidence.verify import verify
from tests.factories import PASSWORD, stored, stream


@pytest.fixture
async def document(repository, district):
    return await stored(
        repository, district.clerk, register_id=district.incoming["_id"], direction="incoming"
    )


async def test_a_package_is_sent_whole_and_recorded(client, repository, document, tmp_path) -> None:
    answer = await client.get(f"/api/v1/documents/{document['_id']}/evidence")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="chung-cu-{document["_id"]}.zip"'
    path = tmp_path / "goi.zip"
    path.write_bytes(answer.content)
    assert verify(path, trusted=repository.log.keys.public()).ok
    [record] = await repository.database["audit"].find({"action": "evidence.made"}).to_list(None)
    assert record["subject"] == {"kind": "document", "id": document["_id"]} and record["leaf"] is not None
    assert record["detail"]["documents"] == 1 and len(record["detail"]["sha256"]) == 64
    assert not list(repository.settings.staging.glob("evidence-*"))


async def test_asking_whether_makes_nothing(client, repository, document) -> None:
    answer = await client.head(f"/api/v1/documents/{document['_id']}/evidence")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    assert await repository.database["audit"].count_documents({"action": "evidence.made"}) == 0
    assert (await client.head("/api/v1/dossiers/hs-00000000000000000000000000/evidence")).status_code == 404


async def test_a_large_file_passes_in_pieces(repository, district) -> None:
    row = await stored(repository, district.clerk)
    large = await repository.intake.receive(
        district.clerk, stream(b"xin chao\n" * 800_000), filename="lon.txt"
    )
    row = await repository.versions.add(district.clerk, row["_id"], large, None)
    async with repository.evidence.package(district.clerk, "document", row["_id"]) as pieces:
        sizes = [len(one) async for one in pieces]
    assert sum(sizes) > 7_000_000 and max(sizes) < 2_500_000


async def test_an_object_that_is_gone_is_told_before_anything_is_sent(client, repository, document) -> None:
    change = {"$set": {"versions.0.store_version": "0" * 32}}
    await repository.database["documents"].update_one({"_id": document["_id"]}, change)
    answer = await client.get(f"/api/v1/documents/{document['_id']}/evidence")
    assert answer.status_code >= 400 and answer.headers["content-type"] == "application/problem+json"


async def test_bytes_that_changed_on_their_way_never_end_well(repository) -> None:
    async with Bench(repository.settings.staging, repository.blobs).draft() as making:
        making.add("data/x.txt", b"abc")
        making.bag("thu")
        making.add("request.json", b"{}")
        path = making.members["data/x.txt"].path
        assert path is not None
        path.write_bytes(b"abd")
        with pytest.raises(errors.Corrupt):
            [one async for one in making.stream()]


async def test_not_yours_is_not_there(stranger, nobody, document) -> None:
    path = f"/api/v1/documents/{document['_id']}/evidence"
    assert (await stranger.get(path)).status_code == 404
    assert (await nobody.get(path)).status_code == 401


async def test_reading_is_not_enough(app, repository, document) -> None:
    token, _ = await repository.credentials.issue_token(
        operator(),
        system="doc",
        unit="van-phong",
        scopes=[Permission.READ_DOCUMENTS],
        lasts=timedelta(hours=1),
    )
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu", headers=headers) as reader:
        path = f"/api/v1/documents/{document['_id']}"
        assert (await reader.get(path)).status_code == 200
        assert (await reader.get(f"{path}/evidence")).status_code == 403


@pytest.mark.parametrize(
    ("previous", "status"), [("0", 200), ("1", 200), ("x", 422), ("-1", 422), ("99999", 422), ("1e3", 422)]
)
async def test_a_checkpoint_that_was_kept(client, document, previous, status) -> None:
    answer = await client.get(f"/api/v1/documents/{document['_id']}/evidence", params={"previous": previous})
    assert answer.status_code == status


async def test_a_dossier_that_is_seen_in_part_gives_no_evidence(
    client, repository, district, tmp_path
) -> None:
    dossier = await repository.dossiers.open(district.clerk, DossierForm(code="01", title="Hồ sơ"))
    plain = await stored(repository, district.clerk, dossier_id=dossier["_id"])
    path = f"/api/v1/dossiers/{dossier['_id']}/evidence"
    good = await client.get(path)
    package = tmp_path / "goi.zip"
    package.write_bytes(good.content)
    assert good.status_code == 200 and verify(package).ok
    await stored(
        repository,
        district.clerk,
        b"rieng",
        dossier_id=dossier["_id"],
        classification="han_che",
        subject="Kín đáo",
    )
    refused = await client.get(path)
    assert refused.status_code == 403 and "không được xem" in refused.text and "Kín đáo" not in refused.text
    assert (await client.get(f"/api/v1/documents/{plain['_id']}/evidence")).status_code == 200


async def test_a_paper_taken_out_stays_in_the_count(client, repository, district, tmp_path) -> None:
    dossier = await repository.dossiers.open(district.clerk, DossierForm(code="01", title="Hồ sơ"))
    rows = [await stored(repository, district.clerk, b"%d" % n, dossier_id=dossier["_id"]) for n in range(3)]
    await repository.dossier_work.ordering.remove(district.clerk, dossier["_id"], rows[1]["_id"], "trùng")
    await repository.dossiers.close(district.clerk, dossier["_id"])
    answer = await client.get(f"/api/v1/dossiers/{dossier['_id']}/evidence")
    package = tmp_path / "goi.zip"
    package.write_bytes(answer.content)
    found = verify(package)
    assert found.ok, found.lines
    assert next(one.words for one in found.lines if one.about == "Hồ sơ").startswith("đủ 2 văn bản")


async def test_what_the_database_lost_is_told_by_the_package(client, repository, document, tmp_path) -> None:
    """A row edited behind the journal's back is put in as it is, and the verifier says so."""
    change = {"$set": {"subject": "Trích yếu bị sửa"}}
    await repository.database["documents"].update_one({"_id": document["_id"]}, change)
    answer = await client.get(f"/api/v1/documents/{document['_id']}/evidence")
    package = tmp_path / "goi.zip"
    package.write_bytes(answer.content)
    found = verify(package)
    assert not found.ok
    assert any("khác với nội dung mà nhật ký ghi" in one.words for one in found.lines)


async def test_a_process_without_the_logs_key_waits_and_makes_none(
    repository, district, document, monkeypatch
) -> None:
    await repository.log.sealer.catch_up()
    await repository.journal.note(district.clerk, Action.DOCUMENT_READ, "document", document["_id"])
    monkeypatch.setattr("repository.evidence.package._WAITS", 2)
    for path in (repository.settings.data / "log").glob("*"):
        path.unlink()
    with pytest.raises(NotSealedYet):
        async with repository.evidence.package(district.clerk, "document", document["_id"]):
            pass
    assert not list((repository.settings.data / "log").glob("*"))


async def test_the_pages_have_the_button(app, repository, district, document) -> None:
    dossier = await repository.dossiers.open(district.clerk, DossierForm(code="01", title="Hồ sơ"))
    await repository.dossiers.file(district.clerk, dossier["_id"], document["_id"])
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu") as clerk:
        page = (await clerk.get("/login")).text
        csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
        assert csrf
        form = {"csrf": csrf[1], "username": "vt.vanphong", "password": PASSWORD}
        await clerk.post("/login", data=form)
        for here in (f"/documents/{document['_id']}", f"/dossiers/{dossier['_id']}"):
            assert f'href="{here}/evidence"' in (await clerk.get(here)).text
            answer = await clerk.get(f"{here}/evidence")
            assert answer.status_code == 200 and answer.content.startswith(b"PK")
        assert (await clerk.get("/documents/doc-00000000000000000000000000/evidence")).status_code == 404
