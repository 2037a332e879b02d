"""Fixity and the backup together: what was damaged is put back where a sound copy exists, and only there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ops.backup import running
from ops.backup.sets import Sets
from ops.fixity import examine
from repository.access.actors import operator
from repository.audit import Action
from repository.evidence.fixity_runs import Wish
from repository.mongo import Row
from tests.soak.estate import Estate, Shell, open_estate

ROOT = operator("test")


@pytest.fixture
async def estate(settings, engines) -> AsyncIterator[Estate]:
    """An office with a backup of all that it has; the settings are this folder's, so it has a place and a key."""
    async with open_estate(settings, engines) as opened:
        await running.back_up(opened.repository, ROOT)
        yield opened


async def content_of(estate: Estate, version: Row) -> bytes:
    async with estate.repository.versions.content(version) as pieces:
        return b"".join([piece async for piece in pieces])


async def as_it_is(estate: Estate, document: Row) -> Row:
    found: Row = await estate.database["documents"].find_one({"_id": document["_id"]})
    return found


async def incident_of(estate: Estate, document: Row) -> Row:
    [row] = [
        one for one in await estate.repository.incidents.find() if one["subject"]["id"] == document["_id"]
    ]
    return row


@pytest.mark.clause("Đ3.1")
async def test_what_was_damaged_is_put_back_from_the_copy(estate: Estate) -> None:
    shell = Shell(estate)
    swapped, cut, gone = estate.documents[:3]
    before = {one["_id"]: await content_of(estate, one["versions"][0]) for one in (swapped, cut, gone)}
    shell.overwrite(swapped["versions"][0], bytes(len(before[swapped["_id"]])))
    shell.overwrite(cut["versions"][0], before[cut["_id"]][:-5])
    shell.raw("DELETE", gone["versions"][0])

    out = await examine(estate.indexers, Wish(again=True))

    told = {one.subject: one for one in out.findings}
    assert told.keys() == before.keys() and all(one.mended for one in told.values())
    assert [told[one["_id"]].kind for one in (swapped, cut, gone)] == [
        "object.changed",
        "object.short",
        "object.missing",
    ]
    for one in (swapped, cut, gone):
        old, [new] = one["versions"][0], (await as_it_is(estate, one))["versions"]
        assert await content_of(estate, new) == before[one["_id"]]
        assert [kept["store_version"] for kept in new["replaced"]] == [old["store_version"]]
        [record] = (
            await estate.database["audit"]
            .find({"action": Action.VERSION_RESTORED, "subject.id": one["_id"]})
            .to_list(None)
        )
        assert (record["detail"]["was"], record["detail"]["now"]) == (
            old["store_version"],
            new["store_version"],
        )
        incident = await incident_of(estate, one)
        assert "ĐÃ PHỤC HỒI từ bản sao lưu" in incident["found"]
        assert "Phục hồi tệp" not in incident["todo"] and "tìm" in incident["todo"]
    assert await estate.wrong() == set(), (
        "locks, holds, rows and log stand as they should, the damaged bytes beside"
    )


@pytest.mark.clause("Đ3.1")
async def test_a_copy_that_is_damaged_itself_is_not_put_in_the_place_of_anything(
    estate: Estate, sets: Sets
) -> None:
    victim = estate.documents[0]
    version = victim["versions"][0]
    [copy] = Path(sets.place.name).rglob(f"{version['sha256']}.age")
    *kept, last = copy.read_bytes()
    copy.write_bytes(bytes([*kept, last ^ 1]))
    Shell(estate).overwrite(version, bytes(version["size"]))

    out = await examine(estate.indexers, Wish(again=True))

    [finding] = out.findings
    assert (finding.subject, finding.mended) == (victim["_id"], False)
    assert (await as_it_is(estate, victim))["versions"] == victim["versions"]
    incident = await incident_of(estate, victim)
    assert (
        "PHỤC HỒI" not in incident["found"] and "phục hồi từ bản sao lưu có đúng SHA-256" in incident["todo"]
    )
    assert not await estate.database["audit"].count_documents({"action": Action.VERSION_RESTORED})
