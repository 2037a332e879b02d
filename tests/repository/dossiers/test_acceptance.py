"""The archive's word on a hand-over: received or sent back; what it sees of the papers, and nobody else."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from repository import errors
from repository.access.actors import Actor, operator
from repository.access.permissions import Role
from repository.archive_packages.packing import Asked, PartlyUnseen
from repository.clock import local_date
from repository.documents.sharing import ShareForm
from repository.dossiers.acceptance import ReceiptForm, SendBackForm
from repository.dossiers.closing import ClosingForm
from repository.dossiers.custody import TransferForm
from repository.dossiers.dossiers import DossierForm
from repository.mongo import Row
from repository.organisation.units.units import UnitForm
from repository.wiring import Repository
from tests.factories import District, stored

REASON = SendBackForm(reason="thiếu văn bản số 2")


async def handed_over(repository: Repository, district: District) -> tuple[Row, list[Row]]:
    """A dossier with a paper of each kind, closed and handed over to the other unit's archive."""
    clerk = district.clerk
    dossier = await repository.dossiers.open(clerk, DossierForm(code="01", title="Hồ sơ nộp lưu"))
    levels = ("thuong", "noi_bo", "han_che")
    rows = [
        await stored(repository, clerk, one.encode(), classification=one, dossier_id=dossier["_id"])
        for one in levels
    ]
    await repository.dossiers.close(clerk, dossier["_id"], ClosingForm(retention="20 năm"))
    form = TransferForm(to="phuong-a", reason="nộp lưu năm")
    return await repository.dossier_work.custody.transfer(clerk, dossier["_id"], form), rows


def third(actor: Actor) -> Actor:
    return replace(actor, id="ng-khac", unit="phuong-b")


async def seen(repository: Repository, actor: Actor, rows: list[Row]) -> int:
    found = 0
    for row in rows:
        try:
            found += bool(await repository.documents.get(actor, row["_id"]))
        except errors.NotFound:
            continue
    return found


async def package(repository: Repository, actor: Actor, dossier: Row) -> bytes:
    async with repository.archive_packages.packing.package(actor, dossier["_id"], Asked()) as ready:
        return b"".join([piece async for piece in ready.pieces])


@pytest.mark.clause("Đ1.p2")
async def test_the_archive_and_no_other_unit_sees_the_papers_after_the_hand_over(
    repository: Repository, district: District
) -> None:
    archivist = district.foreign_clerk
    dossier, rows = await handed_over(repository, district)
    assert await seen(repository, archivist, rows) == 3
    assert await seen(repository, district.clerk, rows) == 3, "the giver loses nothing"
    assert await seen(repository, third(archivist), rows) == 0
    officer = replace(archivist, id="ng-cv", roles=frozenset({Role.OFFICER}))
    assert await seen(repository, officer, rows) == 0, "clerks and leaders of the archive, not all its people"
    assert (await package(repository, archivist, dossier)).startswith(b"PK")
    with pytest.raises(errors.NotFound):
        await package(repository, third(archivist), dossier)
    moved = {row["_id"] for row in await repository.database["outbox"].find(
        {"kind": "dossier.handed_over", "subject.kind": "document"}, {"subject": 1}
    ).to_list(None)}  # fmt: skip
    assert len(moved) == 3, "the index learns it of each paper"


async def test_a_foreign_paper_in_the_dossier_is_not_the_givers_to_open(
    repository: Repository, district: District
) -> None:
    """Filed because its unit shared it; the archive is told that it sees the dossier in part."""
    await repository.units.create(operator(), UnitForm(id="phuong-b", name="UBND phường B", symbol="UBND"))
    other = third(district.foreign_clerk)
    paper = await stored(repository, other, b"cua don vi khac")
    share = ShareForm(unit="van-phong", reason="phối hợp")
    await repository.sharing.share(other, paper["_id"], share)
    clerk = district.clerk
    dossier = await repository.dossiers.open(clerk, DossierForm(code="02", title="Có văn bản mượn"))
    await repository.dossiers.file(clerk, dossier["_id"], paper["_id"])
    await repository.dossiers.close(clerk, dossier["_id"], ClosingForm(retention="20 năm"))
    await repository.dossier_work.custody.transfer(clerk, dossier["_id"], TransferForm(to="phuong-a"))
    assert await seen(repository, district.foreign_clerk, [paper]) == 0
    with pytest.raises(PartlyUnseen):
        await package(repository, district.foreign_clerk, dossier)


async def test_received_once_by_the_archive_alone_with_the_hand_on_record(
    repository: Repository, district: District
) -> None:
    acceptance, archivist = repository.dossier_work.acceptance, district.foreign_clerk
    dossier, _ = await handed_over(repository, district)
    due = local_date(repository.clock.now()) + timedelta(days=60)
    assert dossier["handed"]["receipt"]["due_on"] == due.isoformat()
    assert [one["_id"] for one in await acceptance.waiting(archivist)] == [dossier["_id"]]
    assert await acceptance.waiting(district.clerk) == [] == await acceptance.waiting(third(archivist))
    form, dossier_id = ReceiptForm(note="đủ 3 văn bản"), dossier["_id"]
    officer = replace(archivist, roles=frozenset({Role.OFFICER}))
    for actor, fault in (
        (district.clerk, errors.Forbidden), (officer, errors.Forbidden), (third(archivist), errors.NotFound),
    ):  # fmt: skip
        with pytest.raises(fault):
            await acceptance.confirm(actor, dossier_id, form)
        with pytest.raises(fault):
            await acceptance.send_back(actor, dossier_id, REASON)
    tried = (acceptance.confirm(archivist, dossier_id, form) for _ in range(3))
    outcomes = await asyncio.gather(*tried, return_exceptions=True)
    assert sum(isinstance(one, dict) for one in outcomes) == 1
    row = await repository.dossiers.get(district.clerk, dossier_id)
    assert row["state"] == "handed_over" and row["handed"]["received"]["late"] is False
    hands = [(one["kind"], one["from"], one["to"], one["by"]["id"]) for one in row["custody"]]
    assert hands == [
        ("archive", "van-phong", "phuong-a", district.clerk.id),
        ("received", "van-phong", "phuong-a", archivist.id),
    ]
    assert [one["inventory"] for one in row["custody"]] == [row["inventory"]] * 2
    record = (await repository.journal.history(dossier_id))[-1]
    assert record["action"] == "dossier.received" and record["detail"]["note"] == "đủ 3 văn bản"
    assert await acceptance.waiting(archivist) == []
    with pytest.raises(errors.Conflict):
        await acceptance.send_back(archivist, dossier_id, REASON)


async def test_sent_back_it_is_the_givers_again_and_handed_over_anew(
    repository: Repository, district: District
) -> None:
    acceptance, archivist, clerk = repository.dossier_work.acceptance, district.foreign_clerk, district.clerk
    dossier, rows = await handed_over(repository, district)
    row = await acceptance.send_back(archivist, dossier["_id"], REASON)
    assert row["state"] == "closed" and row["handed"] is None
    assert (row["custody"][-1]["from"], row["custody"][-1]["to"]) == ("phuong-a", "van-phong")
    assert row["custody"][-1]["reason"] == REASON.reason
    assert await seen(repository, archivist, rows) == 0 and await seen(repository, clerk, rows) == 3
    for deed in (repository.dossiers.get(archivist, dossier["_id"]), package(repository, archivist, dossier)):
        with pytest.raises(errors.NotFound):
            await deed
    with pytest.raises(errors.Conflict):
        await acceptance.confirm(replace(archivist, unit="van-phong"), dossier["_id"], ReceiptForm())
    again = await repository.dossier_work.custody.transfer(clerk, dossier["_id"], TransferForm(to="phuong-a"))
    assert [one["kind"] for one in again["custody"]] == ["archive", "returned", "archive"]
    assert await seen(repository, archivist, rows) == 3


async def test_a_contents_list_that_was_bent_is_not_confirmed_and_a_late_word_is_marked(
    repository: Repository, district: District
) -> None:
    acceptance, archivist = repository.dossier_work.acceptance, district.foreign_clerk
    dossier, _ = await handed_over(repository, district)
    lists, line = repository.database["inventories"], {"dossier": dossier["_id"]}
    kept = await lists.find_one(line)
    assert kept is not None
    await lists.update_one(line, {"$set": {"lines.0.subject": "khác"}})
    with pytest.raises(errors.Conflict, match="mục lục"):
        await acceptance.confirm(archivist, dossier["_id"], ReceiptForm())
    await lists.update_one(line, {"$set": {"lines": kept["lines"]}})
    past = {"$set": {"handed.receipt.due_on": "2026-01-01"}}
    await repository.database["dossiers"].update_one({"_id": dossier["_id"]}, past)
    row = await acceptance.confirm(archivist, dossier["_id"], ReceiptForm())
    assert row["handed"]["received"]["late"] is True


async def test_dossiers_that_are_overdue_for_long_do_not_keep_others_from_being_told(
    repository: Repository, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk, day = district.clerk, local_date(repository.clock.now()) - timedelta(days=90)
    monkeypatch.setattr("repository.dossiers.custody._MOST", 1)
    told = []
    for code in "12":
        form = DossierForm(code=code, title="Hồ sơ", retention="10 năm", started_on=day)
        row = await repository.dossiers.open(clerk, form)
        await repository.dossiers.close(clerk, row["_id"], ClosingForm(ended_on=day))
        told.append([one["code"] for one in await repository.dossier_work.custody.notify()])
    assert told == [["1"], ["2"]]
