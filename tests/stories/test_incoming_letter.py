"""Một văn bản đến: an incoming letter arrives, is judged, entered, filed, found, downloaded and checked.

Read this first: it is the product as a tale, told over HTTP as another system or a clerk's page would
tell it.
"""

import dataclasses
import hashlib
import json

import httpx
import pytest

from indexers.wiring import Indexers
from ops.demo.pki import DemoPki
from repository.blobs.digest import Digest
from repository.settings import Settings
from repository.wiring import Repository
from tests.factories import District
from tests.stories.letters import Letter, signed_letter, trust


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> DemoPki:
    return DemoPki.open(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def letter(pki: DemoPki) -> Letter:
    """A telegram of the city's People's Committee about the coming flood, signed by its chairman and
    sealed.
    """
    return signed_letter(pki)


@pytest.fixture
def settings(settings: Settings, pki: DemoPki) -> Settings:
    return dataclasses.replace(settings, trust_anchors=trust(pki))


async def arrive(client: httpx.AsyncClient, letter: Letter, **more: str) -> httpx.Response:
    """The clerk hands the file in, with what the envelope says; the sender stated the file's digest."""
    return await client.post(
        "/api/v1/documents",
        data={"metadata": json.dumps(letter.metadata | more, ensure_ascii=False)},
        files={"file": ("Công điện.pdf", letter.content, "application/pdf")},
        headers={"Repr-Digest": Digest.of(letter.content).repr_digest},
    )


@pytest.mark.clause("Đ4.2", "Đ8.3", "Đ8.4", "PL2.II.1.2")
async def test_an_incoming_letter(
    client: httpx.AsyncClient, indexers: Indexers, repository: Repository, district: District, letter: Letter
) -> None:
    # It arrives: kept once, under its digest, locked, scanned.
    arrived = await arrive(client, letter)
    assert arrived.status_code == 201, arrived.text
    where, document = arrived.headers["location"], arrived.json()
    (version,) = document["versions"]
    assert version["sha256"] == hashlib.sha256(letter.content).hexdigest()
    assert version["media_type"] == "application/pdf" and version["filename"] == "Công điện.pdf"
    assert version["lock"]["mode"] == "COMPLIANCE" and version["lock"]["until"]
    assert document["state"] == "stored" and document["legal_value"]["status"] == "pending"

    # It is judged: two signatures, a person's and the agency's, both good; so it has the value of the paper.
    await indexers.worker.drain()
    signatures = (await client.get(f"{where}/versions/1/signatures")).json()
    assert [one["signer"]["kind"] for one in signatures["items"]] == ["person", "agency"]
    assert {one["status"] for one in signatures["items"]} == {"TOTAL-PASSED"}
    judged = (await client.get(where)).json()
    assert judged["legal_value"]["status"] == "valid"
    assert {reason["clause"] for reason in judged["legal_value"]["reasons"]}, "it says by which articles"

    # It is entered in the book of incoming documents and gets its arrival number.
    book = f"/api/v1/registers/{district.incoming['_id']}"
    entered = (await client.post(f"{book}/entries", json={"document": document["id"]})).json()
    assert entered["number"] == 1 and entered["state"] == "registered"
    (line,) = (await client.get(f"{book}/entries")).json()["items"]
    assert line["symbol"] == "15/CĐ-UBND" and line["subject"] == letter.metadata["subject"]
    assert line["issuer"] == letter.metadata["issuer"]["name"]

    # It is filed in the dossier of the matter.
    opened = await client.post(
        "/api/v1/dossiers", json={"code": "02/VP-2026", "title": "Phòng, chống mưa lũ năm 2026"}
    )
    dossier = opened.headers["location"]
    await client.post(f"{dossier}/documents", json={"document": document["id"]})
    assert [one["id"] for one in (await client.get(dossier)).json()["documents"]] == [document["id"]]

    # It is found, with and without diacritics, by its words, its number, its dossier; in text that
    # nobody typed.
    await indexers.worker.drain()
    for asked in (
        "ứng phó mưa lớn",
        "ung pho mua lon",
        "15/CĐ-UBND",
        "15/cd-ubnd",
        "vận hành toàn bộ trạm bơm",
        "tram bom",
    ):
        found = (await client.get("/api/v1/search", params={"q": asked})).json()
        assert [one["id"] for one in found["items"]] == [document["id"]], asked
        assert found["complete"] is True
    lit = (await client.get("/api/v1/search", params={"q": "tram bom"})).json()["items"][0]["highlights"]
    assert "<em>" in "".join(lit["text"])
    lines = (await client.get("/api/v1/search", params={"q": "mua lon", "kind": "register"})).json()["items"]
    assert [one["number"] for one in lines] == [1]

    # It is read: byte for byte what was sent.
    read = await client.get(f"{where}/versions/1/content")
    assert read.content == letter.content and read.headers["etag"] == f'"{version["sha256"]}"'

    # It is checked against the store, and the whole way stands in its history.
    (checked,) = (await client.post(f"{where}/check")).json()["items"]
    assert checked["intact"] and checked["lock_mode"] == "COMPLIANCE"
    history = (await client.get(f"{where}/history")).json()["items"]
    acts = [one["action"] for one in history]
    for act in (
        "document.stored",
        "version.judged",
        "document.registered",
        "dossier.filed",
        "version.read",
        "version.checked",
    ):
        assert act in acts, act
    assert acts[0] == "document.stored" and all(one["hash"] and one["words"] for one in history)
    assert await repository.outbox.behind() == 0 and await repository.outbox.count_parked() == 0


@pytest.mark.clause("Đ8.1", "Đ7.2")
async def test_a_letter_changed_on_its_way_is_for_reference_only(
    client: httpx.AsyncClient, indexers: Indexers, letter: Letter
) -> None:
    at = letter.content.index(b"stream", 2000) + 20
    forged = letter.content[:at] + bytes([letter.content[at] ^ 1]) + letter.content[at + 1 :]
    arrived = await arrive(client, dataclasses.replace(letter, content=forged))
    assert arrived.status_code == 201, arrived.text
    await indexers.worker.drain()
    document = (await client.get(arrived.headers["location"])).json()
    assert document["legal_value"]["status"] == "reference" and document["legal_value"]["reasons"]


@pytest.mark.clause("Đ3.1")
async def test_a_letter_damaged_on_the_wire_is_not_taken(
    client: httpx.AsyncClient, repository: Repository, letter: Letter
) -> None:
    """The sender's digest does not agree: nothing is kept, and the clerk is told what to do."""
    headers = {"Repr-Digest": Digest.of(letter.content).repr_digest}
    cut = letter.content[:-100]
    form = {"data": {"metadata": json.dumps(letter.metadata)}, "files": {"file": ("a.pdf", cut)}}
    answer = await client.post("/api/v1/documents", headers=headers, **form)
    assert answer.status_code == 422 and "không nguyên vẹn" in answer.json()["detail"]
    assert await repository.blobs.stat(Digest.of(cut)) is None


async def test_the_same_letter_sent_twice_is_one_object_and_two_documents(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, repository: Repository, letter: Letter
) -> None:
    """Two units receive the same file: each has its own document and sees only its own."""
    ours, theirs = await arrive(client, letter), await arrive(stranger, letter)
    digest = Digest.of(letter.content)
    rows = await repository.database["documents"].find({"versions.sha256": digest.hex}).to_list(None)
    assert len(rows) == 2 and len({row["versions"][0]["store_version"] for row in rows}) == 1
    assert (await client.get(theirs.headers["location"])).status_code == 404
    assert (await stranger.get(ours.headers["location"])).status_code == 404


@pytest.mark.clause("Đ1.p2")
async def test_another_unit_neither_sees_nor_finds_it(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, indexers: Indexers, letter: Letter
) -> None:
    arrived = await arrive(client, letter)
    shared = await arrive(client, letter, shared_with=["phuong-a"])
    await indexers.worker.drain()
    found = (await stranger.get("/api/v1/search", params={"q": "mưa lớn"})).json()
    assert [one["id"] for one in found["items"]] == [shared.json()["id"]] and found["total"] == 1
    assert (await stranger.get(arrived.headers["location"])).status_code == 404
    assert (await stranger.get(shared.headers["location"])).status_code == 200
