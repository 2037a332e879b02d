"""Documents: kept by their unit, seen by whom they are for, changed only as the rules allow."""

import asyncio

import pytest

from repository import errors
from repository.blobs.digest import Digest
from repository.documents.documents import Documents
from repository.documents.metadata import MetadataChange
from repository.documents.refusals import NoFile, NotScanned, SecretRefused
from repository.mongo import Row
from repository.wiring import Repository
from tests.factories import District, metadata, stored, stream


async def outgoing(repository: Repository, district: District, **fields) -> Row:
    fields = {
        "direction": "outgoing",
        "document_type": "QĐ",
        "register_id": district.outgoing["_id"],
    } | fields
    return await stored(repository, district.clerk, **fields)


@pytest.mark.clause("PL2.III.1.2")
async def test_a_document_needs_a_file(repository: Repository, district: District) -> None:
    with pytest.raises(NoFile):
        await repository.documents.store(district.clerk, metadata(), [])


async def test_the_first_file_is_the_main_one_and_the_others_are_attachments(
    repository, district: District
) -> None:
    files = [
        await repository.intake.receive(district.clerk, stream(content), filename=f"{n}.txt")
        for n, content in enumerate((b"van ban", b"phu luc", b"van ban"), start=1)
    ]
    row = await repository.documents.store(district.clerk, metadata(), files)
    assert [(one["n"], one["role"]) for one in row["versions"]] == [
        (1, "main"),
        (2, "attachment"),
        (3, "attachment"),
    ]
    assert row["versions"][0]["store_version"] == row["versions"][2]["store_version"], (
        "equal bytes are one object"
    )
    assert row["state"] == "stored" and row["legal_value"]["status"] == "pending" and row["revision"] == 1


async def test_a_new_version_lies_on_top_and_the_old_one_stays(repository, district: District) -> None:
    row = await stored(repository, district.clerk, b"ban mot")
    file = await repository.intake.receive(district.clerk, stream(b"ban hai"), filename="b.txt")
    after = await repository.versions.add(district.clerk, row["_id"], file, row["revision"])
    assert [one["n"] for one in after["versions"]] == [1, 2] and after["versions"][0] == row["versions"][0]
    with pytest.raises(errors.Stale):
        await repository.versions.add(district.clerk, row["_id"], file, row["revision"])
    async with repository.versions.content(after["versions"][0]) as chunks:
        assert b"".join([chunk async for chunk in chunks]) == b"ban mot"


async def test_versions_added_at_once_are_numbered_without_gap(repository, district: District) -> None:
    row = await stored(repository, district.clerk)
    file = await repository.intake.receive(district.clerk, stream(b"them"), filename="b.txt")
    await asyncio.gather(*(repository.versions.add(district.clerk, row["_id"], file, None) for _ in range(6)))
    after = await repository.documents.get(district.clerk, row["_id"])
    assert [one["n"] for one in after["versions"]] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.clause("Đ1.p2")
async def test_a_document_is_seen_by_its_unit_by_whom_it_is_shared_with_and_by_the_auditor(
    repository: Repository, district: District
) -> None:
    own = await stored(repository, district.clerk, b"rieng")
    shared = await stored(repository, district.clerk, b"chung", shared_with=["phuong-a"])
    with pytest.raises(errors.NotFound):
        await repository.documents.get(district.foreign_clerk, own["_id"])
    assert (await repository.documents.get(district.foreign_clerk, shared["_id"]))["_id"] == shared["_id"]
    assert [one["_id"] for one in await repository.documents.newest(district.foreign_clerk)] == [
        shared["_id"]
    ]
    assert len(await repository.documents.newest(district.auditor)) == 2
    digest = own["versions"][0]["sha256"]
    assert await repository.documents.with_digest(district.clerk, "van-phong", digest) == [own["_id"]]
    assert await repository.documents.with_digest(district.foreign_clerk, "van-phong", digest) == []


@pytest.mark.clause("Đ1.p2")
async def test_nothing_of_a_foreign_document_can_be_touched(
    repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk)
    stranger, one = district.foreign_clerk, row["_id"]
    file = await repository.intake.receive(stranger, stream(b"khac"), filename="x.txt")
    for attempt in (
        repository.documents.get(stranger, one),
        repository.documents.describe(stranger, one, MetadataChange(subject="Sửa"), 1),
        repository.documents.register(stranger, one, district.foreign_incoming["_id"]),
        repository.documents.issue(stranger, one),
        repository.documents.history(stranger, one),
        repository.versions.add(stranger, one, file, None),
        repository.versions.get(stranger, one, 1),
        repository.versions.check(stranger, one),
        repository.versions.rescan(stranger, one),
        stored(repository, stranger, replies_to=[one]),
    ):
        with pytest.raises(errors.NotFound):
            await attempt
    assert await repository.documents.get(district.clerk, one) == row


async def test_nobody_stores_for_another_unit(repository: Repository, district: District) -> None:
    with pytest.raises(errors.Forbidden):
        await stored(repository, district.clerk, unit="phuong-a")
    with pytest.raises(errors.Invalid):
        await stored(repository, district.clerk, shared_with=["khong-co"])
    with pytest.raises(errors.Forbidden):
        await stored(repository, district.auditor)


@pytest.mark.clause("Đ1.p1")
@pytest.mark.parametrize("mark", ["mat", "toi_mat", "tuyet_mat", "Mật", "TỐI MẬT", "tuyệt mật", " mat "])
async def test_a_secret_paper_is_refused_and_recorded_without_its_words(
    repository, district: District, mark: str
) -> None:
    wanted = metadata(classification=mark, subject="Nội dung không ai được thấy")
    with pytest.raises(SecretRefused):
        await repository.documents.refuse_secret(district.clerk, wanted, "test")
    record = await repository.database["audit"].find_one({"action": "secret.refused"})
    assert record is not None and record["detail"] == {"channel": "test"} and "không ai" not in repr(record)


async def test_storing_itself_refuses_a_secret_paper(repository: Repository, district: District) -> None:
    """The last gate: whatever channel forgot to ask, nothing secret is stored."""
    with pytest.raises(SecretRefused):
        await stored(repository, district.clerk, classification="mat")
    assert await repository.database["documents"].count_documents({}) == 0


async def test_a_change_is_bound_to_the_reading_it_was_made_on(
    repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk)
    after = await repository.documents.describe(district.clerk, row["_id"], MetadataChange(subject="Một"), 1)
    assert after["subject"] == "Một" and after["revision"] == 2
    with pytest.raises(errors.Stale):
        await repository.documents.describe(district.clerk, row["_id"], MetadataChange(subject="Hai"), 1)
    changed = [
        one
        for one in await repository.documents.history(district.clerk, row["_id"])
        if "was" in one["detail"]
    ]
    assert changed[0]["detail"] == {"was": {"subject": row["subject"]}, "now": {"subject": "Một"}}


async def test_of_two_changes_at_once_one_wins(repository: Repository, district: District) -> None:
    row = await stored(repository, district.clerk)
    outcomes = await asyncio.gather(
        *(
            repository.documents.describe(district.clerk, row["_id"], MetadataChange(subject=f"Lần {n}"), 1)
            for n in range(4)
        ),
        return_exceptions=True,
    )
    assert len([one for one in outcomes if isinstance(one, errors.Stale)]) == 3
    assert (await repository.documents.get(district.clerk, row["_id"]))["revision"] == 2


async def test_an_outgoing_document_gets_number_symbol_and_state(
    repository: Repository, district: District
) -> None:
    first = await outgoing(repository, district)
    letter = await outgoing(repository, district, document_type="CV")
    assert (first["number"], first["symbol"], first["state"]) == (1, "01/QĐ-UBND", "registered")
    assert (letter["number"], letter["symbol"][:7]) == (2, "02/UBND")


async def test_a_document_is_entered_once(repository: Repository, district: District) -> None:
    row = await stored(repository, district.clerk)
    attempts = [
        repository.documents.register(district.clerk, row["_id"], district.incoming["_id"]) for _ in range(4)
    ]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict", "Conflict", "Conflict", "dict"]
    assert await repository.database["entries"].count_documents({}) == 1


@pytest.mark.clause("Đ11.3")
async def test_nothing_is_issued_that_was_not_scanned(repository: Repository, district: District) -> None:
    row = await outgoing(repository, district)
    query, unscanned = {"_id": row["_id"]}, {"$set": {"versions.0.scan.verdict": "not_scanned"}}
    await repository.database["documents"].update_one(query, unscanned)
    with pytest.raises(NotScanned) as refused:
        await repository.documents.issue(district.clerk, row["_id"])
    assert "văn bản.txt" in str(refused.value)


@pytest.mark.clause("Đ11.3")
async def test_what_arrived_without_a_scanner_is_kept_and_can_be_scanned_later(
    repository, district: District
) -> None:
    from tests.repository.documents.scanners import without_scanner

    intake = without_scanner(repository)
    file = await intake.receive(district.clerk, stream(b"chua quet"), filename="a.txt")
    wanted = metadata(direction="outgoing", register_id=district.outgoing["_id"])
    row = await repository.documents.store(district.clerk, wanted, [file])
    assert row["versions"][0]["scan"]["verdict"] == "not_scanned"
    with pytest.raises(NotScanned):
        await repository.documents.issue(district.clerk, row["_id"])
    again = await repository.versions.rescan(district.clerk, row["_id"])
    if not repository.settings.clamd_url:
        pytest.fail("this test needs clamd: install clamav-daemon")
    assert again["versions"][0]["scan"]["verdict"] == "clean"
    assert (await repository.documents.issue(district.clerk, row["_id"]))["state"] == "issued"


async def test_an_issued_document_stays_as_it_is(repository: Repository, district: District) -> None:
    row = await outgoing(repository, district)
    issued = await repository.documents.issue(district.clerk, row["_id"])
    assert issued["state"] == "issued"
    file = await repository.intake.receive(district.clerk, stream(b"khac"), filename="x.txt")
    revision = issued["revision"]
    for attempt in (
        repository.documents.issue(district.clerk, row["_id"]),
        repository.documents.describe(district.clerk, row["_id"], MetadataChange(subject="Sửa"), revision),
        repository.versions.add(district.clerk, row["_id"], file, None),
    ):
        with pytest.raises(errors.Conflict):
            await attempt
    noted = MetadataChange(description="ghi chú sau phát hành")
    after = await repository.documents.describe(district.clerk, row["_id"], noted, revision)
    assert after["description"] == "ghi chú sau phát hành" and after["subject"] == issued["subject"]


async def test_an_issue_and_a_new_version_at_once_never_issue_what_was_not_judged(
    repository, district: District
) -> None:
    row = await outgoing(repository, district)
    file = await repository.intake.receive(district.clerk, stream(b"chen vao"), filename="x.txt")
    outcomes = await asyncio.gather(
        repository.documents.issue(district.clerk, row["_id"]),
        repository.versions.add(district.clerk, row["_id"], file, None),
        return_exceptions=True,
    )
    after = await repository.documents.get(district.clerk, row["_id"])
    assert not (
        after["state"] == "issued" and len(after["versions"]) == 2 and not isinstance(outcomes[0], Exception)
    ), outcomes


@pytest.mark.clause("Đ3.1", "Đ5.2")
async def test_the_check_reads_every_version_back(repository: Repository, district: District) -> None:
    row = await stored(repository, district.clerk, b"nguyen ven")
    (found,) = await repository.versions.check(district.clerk, row["_id"])
    assert found.intact and found.lock_mode == "COMPLIANCE" and found.finding == ""
    await repository.database["documents"].update_one({"_id": row["_id"]}, {"$set": {"versions.0.size": 5}})
    (found,) = await repository.versions.check(district.clerk, row["_id"])
    assert not found.intact and "kích thước" in found.finding
    await repository.database["documents"].update_one(
        {"_id": row["_id"]}, {"$set": {"versions.0.size": 10, "versions.0.sha256": Digest.of(b"khac").hex}}
    )
    (found,) = await repository.versions.check(district.clerk, row["_id"])
    assert not found.intact and found.finding
    records = await repository.documents.history(district.clerk, row["_id"])
    assert [one["detail"]["damaged"] for one in records if one["action"] == "version.checked"] == [
        [],
        [1],
        [1],
    ]


def test_documents_cannot_be_removed() -> None:
    assert not [name for name in dir(Documents) if name.startswith(("delete", "remove", "purge"))]
