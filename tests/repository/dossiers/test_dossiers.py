"""Work dossiers: opened, filled by reference, closed, reopened with a reason."""

import asyncio

import pytest

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Role
from repository.documents.refusals import DossierClosed
from repository.dossiers.dossiers import DossierForm
from repository.wiring import Repository
from tests.factories import District, stored


async def opened(repository: Repository, actor: Actor, code: str = "01", **fields) -> dict:
    return await repository.dossiers.open(actor, DossierForm(code=code, title=f"Hồ sơ {code}", **fields))


@pytest.mark.clause("Đ2.2")
async def test_one_document_in_two_dossiers_is_one_stored_object(
    repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk, b"hai ho so")
    one, other = (
        await opened(repository, district.clerk, "01"),
        await opened(repository, district.clerk, "02"),
    )
    for dossier in (one, other):
        await repository.dossiers.file(district.clerk, dossier["_id"], row["_id"])
        inside = await repository.dossiers.contents(district.clerk, dossier["_id"])
        assert [each["_id"] for each in inside] == [row["_id"]]
    after = await repository.documents.get(district.clerk, row["_id"])
    assert after["dossiers"] == [one["_id"], other["_id"]] and after["versions"] == row["versions"]
    assert await repository.database["documents"].count_documents({}) == 1


async def test_filing_twice_changes_nothing(repository: Repository, district: District) -> None:
    row, dossier = await stored(repository, district.clerk), await opened(repository, district.clerk)
    first = await repository.dossiers.file(district.clerk, dossier["_id"], row["_id"])
    second = await repository.dossiers.file(district.clerk, dossier["_id"], row["_id"])
    assert second["revision"] == first["revision"] == row["revision"] + 1


async def test_a_closed_dossier_takes_nothing_until_it_is_reopened(
    repository: Repository, district: District
) -> None:
    row, dossier = await stored(repository, district.clerk), await opened(repository, district.clerk)
    closed = await repository.dossiers.close(district.clerk, dossier["_id"])
    assert closed["state"] == "closed" and closed["closed_at"]
    with pytest.raises(DossierClosed):
        await repository.dossiers.file(district.clerk, dossier["_id"], row["_id"])
    with pytest.raises(DossierClosed):
        await stored(repository, district.clerk, dossier_id=dossier["_id"])
    with pytest.raises(errors.Conflict):
        await repository.dossiers.close(district.clerk, dossier["_id"])
    reopened = await repository.dossiers.reopen(district.clerk, dossier["_id"], "bổ sung phúc đáp")
    assert reopened["state"] == "open" and reopened["closed_at"] is None
    await repository.dossiers.file(district.clerk, dossier["_id"], row["_id"])
    history = await repository.journal.history(dossier["_id"])
    assert [one["action"] for one in history] == [
        "dossier.opened",
        "dossier.closed",
        "dossier.reopened",
        "dossier.filed",
    ]
    assert history[2]["detail"]["reason"] == "bổ sung phúc đáp"


async def test_closing_and_filing_at_once_never_files_in_a_closed_dossier(
    repository: Repository, district: District
) -> None:
    rows = [await stored(repository, district.clerk, b"%d" % n) for n in range(4)]
    dossier = await opened(repository, district.clerk)
    attempts = [repository.dossiers.file(district.clerk, dossier["_id"], row["_id"]) for row in rows]
    attempts.insert(2, repository.dossiers.close(district.clerk, dossier["_id"]))
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    filed = [one for one in outcomes if isinstance(one, dict) and "dossiers" in one]
    refused = [one for one in outcomes if isinstance(one, DossierClosed)]
    after = await repository.dossiers.get(district.clerk, dossier["_id"])
    assert len(filed) + len(refused) == 4 and after["state"] == "closed" and after["filings"] == len(filed)
    records = await repository.journal.history(dossier["_id"])
    assert len([one for one in records if one["action"] == "dossier.filed"]) == len(filed)


async def test_a_code_names_one_dossier_of_a_unit(repository: Repository, district: District) -> None:
    await opened(repository, district.clerk, "01")
    with pytest.raises(errors.Conflict):
        await opened(repository, district.clerk, "01")
    assert (await opened(repository, district.foreign_clerk, "01"))["unit"] == "phuong-a"


@pytest.mark.clause("Đ1.p2")
async def test_a_foreign_dossier_is_not_there(repository: Repository, district: District) -> None:
    dossier = await opened(repository, district.foreign_clerk)
    row = await stored(repository, district.clerk)
    for attempt in (
        repository.dossiers.get(district.clerk, dossier["_id"]),
        repository.dossiers.contents(district.clerk, dossier["_id"]),
        repository.dossiers.file(district.clerk, dossier["_id"], row["_id"]),
        repository.dossiers.close(district.clerk, dossier["_id"]),
    ):
        with pytest.raises(errors.NotFound):
            await attempt
    with pytest.raises(errors.Forbidden):
        await opened(repository, district.clerk, "09", unit="phuong-a")
    assert await repository.dossiers.visible(district.clerk) == []
    assert [one["_id"] for one in await repository.dossiers.visible(district.auditor)] == [dossier["_id"]]


async def test_an_auditor_reads_and_keeps_nothing(repository: Repository, district: District) -> None:
    assert district.auditor.roles == {Role.AUDITOR}
    with pytest.raises(errors.Forbidden):
        await opened(repository, district.auditor)
