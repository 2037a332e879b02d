"""What happens between the stub and the last word of a disposal: holds that come, dossiers that are opened again."""

import pytest

from repository import errors
from repository.retention.holding import HoldForm, HoldKind
from tests.factories import stored
from tests.repository.retention.crashing import Crash, Fuse, approved, fused, index_told
from tests.repository.retention.office import closed, dossier_with, there, to


@pytest.fixture
async def expired(office, people):
    """A dossier of 2018, kept for two years; it is 2021 now."""
    dossier, papers = await dossier_with(office, people["clerk"], "01", "2 năm", 1)
    await closed(office, people["clerk"], dossier)
    to(office, "2021-03-01")
    return dossier, papers


async def test_bytes_that_a_hold_keeps_do_not_go_under_another_document_s_name(office, people):
    """Equal files of two papers: the one is a stub that is held, the other is approved and held by nobody."""
    first, (paper,) = await dossier_with(office, people["clerk"], "01", "2 năm", 1)
    second, _ = await dossier_with(office, people["clerk"], "02", "2 năm", 0)
    await stored(office, people["clerk"], "01 văn bản 0".encode(), dossier_id=second["_id"])
    for one in (first, second):
        await closed(office, people["clerk"], one)
    to(office, "2021-03-01")
    row = await approved(office, people)
    with fused(office, Fuse(at=2)), pytest.raises(Crash):
        await office.retention.dispose(row["_id"])
    form = HoldForm(kind=HoldKind.DOSSIER, target=first["_id"], reason="Thanh tra yêu cầu giữ")
    hold = await office.retention.holds.place(people["leader"], form)
    _, done = await office.retention.dispose(row["_id"])
    assert (done.waiting, done.erased) == (1, 1) and there(office, paper)
    assert (await office.retention.sweep.run()).orphans == 0 and there(office, paper)
    await office.retention.holds.ask_lift(people["leader"], hold["_id"], "Đã xong")
    await office.retention.holds.confirm_lift(people["deputy"], hold["_id"])
    _, done = await office.retention.dispose(row["_id"])
    assert (done.waiting, done.erased) == (0, 2) and not there(office, paper)


async def test_a_dossier_that_was_opened_again_is_not_marked_disposed(office, people, expired):
    dossier, _ = expired
    row = await approved(office, people)
    await office.retention.dispose(row["_id"])  # the certificate waits for the index
    await office.dossiers.reopen(people["clerk"], dossier["_id"], "Bổ sung văn bản")
    await index_told(office)
    row, _ = await office.retention.dispose(row["_id"])
    after = await office.database["dossiers"].find_one({"_id": dossier["_id"]})
    assert (row["state"], after["state"], after.get("disposed")) == ("done", "open", None)


async def test_a_dossier_that_was_marked_disposed_meanwhile_is_not_opened_again(office, people, expired):
    dossier = await office.database["dossiers"].find_one({"_id": expired[0]["_id"]})
    row = await approved(office, people)
    await office.retention.dispose(row["_id"])
    await index_told(office)
    await office.retention.dispose(row["_id"])
    with pytest.raises(errors.Stale):
        await office.dossiers._closing.reopen(people["clerk"], dossier, "Bổ sung văn bản")
    after = await office.database["dossiers"].find_one({"_id": dossier["_id"]})
    assert after["state"] == "closed" and after["disposed"]
