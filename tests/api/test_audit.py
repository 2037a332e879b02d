"""The log over HTTP and on its page: an auditor's own arithmetic confirms what the service says."""

import io
import re
from datetime import timedelta

import httpx
import pytest
from PIL import Image

from repository.access.actors import operator
from repository.access.permissions import Permission
from repository.audit import Action, merkle
from repository.audit.checkpoint import Proof, opened
from tests.factories import PASSWORD, District, metadata, stream


def proof(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found
    return found.group(1)


async def a_token(repository, district: District, *scopes: Permission) -> str:
    made = await repository.credentials.issue_token(
        operator(), system="kiem-tra", unit="van-phong", scopes=list(scopes), lasts=timedelta(hours=1)
    )
    return made[0]


@pytest.fixture
async def sealed(repository, client: httpx.AsyncClient) -> None:
    for _ in range(5):
        await client.get("/api/v1/documents/doc-00000000000000000000000000")  # a refusal leaves a record
    await repository.log.sealer.catch_up()


async def test_proofs_hold_by_the_readers_own_arithmetic(app, repository, district, sealed) -> None:
    asker = httpx.AsyncClient(
        transport=app, base_url="http://tangthu", headers=await bearer(repository, district)
    )
    first = await asker.get("/api/v1/audit/checkpoint")
    checkpoint = opened(first.content, repository.log.keys.public())
    assert first.headers["content-type"].startswith("text/plain")
    for leaf in range(checkpoint.size):
        told = (await asker.get("/api/v1/audit/proof", params={"leaf": leaf})).json()
        assert Proof.from_json(told).shows(bytes.fromhex(told["leaf_hash"]), checkpoint)
        assert told["record"] is None  # proving is not reading
    await repository.journal.note(district.clerk, Action.LOGGED_IN, "login", "x")
    await repository.log.sealer.catch_up()
    second = opened((await asker.get("/api/v1/audit/checkpoint")).content, repository.log.keys.public())
    told = (
        await asker.get("/api/v1/audit/consistency", params={"from": checkpoint.size, "to": second.size})
    ).json()
    hashes = [bytes.fromhex(one) for one in told["hashes"]]
    assert merkle.extends(checkpoint.size, checkpoint.root, second.size, second.root, hashes)
    early = await asker.get("/api/v1/audit/checkpoint", params={"size": checkpoint.size})
    assert early.content == first.content


@pytest.mark.parametrize("path", [
    "proof", "proof?leaf=-1", "proof?leaf=x", "proof?leaf=1e3", "consistency?from=3", "consistency?from=5&to=2",
    "consistency?from=0&to=99999999",
])  # fmt: skip
async def test_what_cannot_be_proven_is_refused_by_name(app, repository, district, sealed, path) -> None:
    asker = httpx.AsyncClient(
        transport=app, base_url="http://tangthu", headers=await bearer(repository, district)
    )
    assert (await asker.get(f"/api/v1/audit/{path}")).status_code == 422


async def test_a_leaf_that_was_never_given(app, repository, district, sealed) -> None:
    asker = httpx.AsyncClient(
        transport=app, base_url="http://tangthu", headers=await bearer(repository, district)
    )
    assert (await asker.get("/api/v1/audit/proof?leaf=999999")).status_code == 404


async def test_unsealed_records_are_measured(nobody, repository, client) -> None:
    await client.get("/api/v1/documents/doc-00000000000000000000000000")
    page = (await nobody.get("/metrics")).text
    waiting = next(line for line in page.splitlines() if line.startswith("tangthu_log_unsealed "))
    assert float(waiting.split()[1]) > 0
    assert (await nobody.get("/readyz")).json()["log"]["unsealed"] > 0
    await repository.log.sealer.catch_up()
    assert (await nobody.get("/readyz")).json()["log"] | {"leaves": 0} == {
        "leaves": 0, "unsealed": 0, "oldest_seconds": 0,
    }  # fmt: skip


async def bearer(repository, district) -> dict[str, str]:
    return {"Authorization": f"Bearer {await a_token(repository, district, Permission.PROVE_LOG)}"}


@pytest.fixture
async def auditor(app, district):
    """A browser in which the auditor is logged in."""
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu") as client:
        form = {"csrf": proof((await client.get("/login")).text), "username": "ktv", "password": PASSWORD}
        assert (await client.post("/login", data=form)).status_code == 303
        yield client


@pytest.mark.clause("Đ5.2")
async def test_the_page_shows_records_their_proof_and_what_was_bent(sealed, auditor, repository) -> None:
    shown = (await auditor.get("/audit")).text
    assert "Từ chối truy cập" in shown and "chờ" in shown  # the login just made is not sealed yet
    row = await repository.database["audit"].find_one({"leaf": 3})
    one = (await auditor.get("/audit", params={"record": row["_id"]})).text
    assert "không đổi từ khi niêm phong" in one
    await repository.database["audit"].update_one({"_id": row["_id"]}, {"$set": {"actor.name": "ai đó"}})
    bent = (await auditor.get("/audit", params={"record": row["_id"]})).text
    assert "không đổi từ khi niêm phong" not in bent and "bản ghi đã bị sửa" in bent
    looked = await repository.database["audit"].count_documents({"action": "log.read"})
    assert looked == 3


async def test_the_list_is_narrowed(auditor, repository, sealed) -> None:
    shown = (await auditor.get("/audit", params={"action": "login.done"})).text
    assert shown.count("/audit?record=") == 1
    assert "Không có bản ghi nào" in (await auditor.get("/audit", params={"to": "01/01/2020"})).text
    wrong = (await auditor.get("/audit", params={"from": "mai"})).text
    assert "ngày/tháng/năm" in wrong
    assert (await auditor.get("/audit", params={"record": "aud-x"})).status_code == 404


async def test_looking_leaves_a_record(app, client, repository, district) -> None:
    """A paper of limited spread that is read, and one that is found, are told to whoever asks later."""
    picture = io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(picture, "PNG")
    received = await repository.intake.receive(district.clerk, stream(picture.getvalue()), filename="a.png")
    made = await repository.documents.store(
        district.clerk, metadata(subject="Kết luận thanh tra", classification="han_che"), [received]
    )
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu") as clerk:
        form = {
            "csrf": proof((await clerk.get("/login")).text),
            "username": "vt.vanphong",
            "password": PASSWORD,
        }
        await clerk.post("/login", data=form)
        await clerk.get(f"/documents/{made['_id']}")
        await clerk.get(f"/api/v1/documents/{made['_id']}")
        shown = await clerk.get(f"/documents/{made['_id']}/versions/1/preview/1.png")
        assert shown.headers["content-type"] == "image/png"
    read = await repository.database["audit"].find({"action": "document.read"}).to_list(None)
    assert {(one["detail"]["what"], one["actor"]["id"]) for one in read} == {
        ("page", district.clerk.id),
        ("metadata", district.clerk.id),
    }
    viewed = await repository.database["audit"].count_documents({"action": "version.viewed"})
    assert viewed == 1
