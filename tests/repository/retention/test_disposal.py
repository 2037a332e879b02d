"""Disposal: only what expired, two people approved and nothing keeps; and after any crash it goes on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from repository import errors
from repository.access.actors import Principal, operator
from repository.access.permissions import Permission, Role
from repository.audit import content_hash
from repository.blobs import Digest
from repository.dossiers.closing import RetentionForm
from repository.dossiers.dossiers import DossierForm
from repository.retention.council import NotApproved
from repository.retention.disposal import NothingExpired, VoteForm
from repository.retention.eraser import NoEraser, NothingErases, StillLocked
from repository.retention.holding import HoldForm, HoldKind
from repository.retention.two_people import NeedsAnother
from tests.factories import make_person, stored
from tests.repository.retention.crashing import Crash, Fuse, approved, fused, index_told
from tests.repository.retention.office import closed, dossier_with, sealed, settled, there, to

YES = VoteForm(approve=True)


@pytest.fixture
async def expired(office, people):
    """A dossier of 2018 with three papers, kept for two years; it is 2021 now."""
    dossier, papers = await dossier_with(office, people["clerk"], "01", "2 năm", 3)
    await closed(office, people["clerk"], dossier)
    to(office, "2021-03-01")
    return dossier, papers


async def test_nothing_is_proposed_before_its_time(office, people):
    dossier, _ = await dossier_with(office, people["clerk"], "01", "2 năm", 1)
    await dossier_with(office, people["clerk"], "02", "2 năm", 1)  # stays open
    await closed(office, people["clerk"], dossier)
    for day in ("2018-12-31", "2020-12-31"):
        to(office, day)
        with pytest.raises(NothingExpired):
            await office.retention.disposals.propose(people["clerk"], "van-phong")
        assert await office.retention.propose_all(operator("test")) == []
    to(office, "2021-01-01")
    row = await office.retention.disposals.propose(people["clerk"], "van-phong")
    assert (row["documents"], row["state"], len(row["dossiers"])) == (1, "proposed", 1)
    with pytest.raises(NothingExpired):  # it lies before the council already
        await office.retention.disposals.propose(people["clerk"], "van-phong")


async def test_neither_alone_and_never_the_proposer_nor_a_machine(office, people, expired):
    disposals = office.retention.disposals
    row = await disposals.propose(people["clerk"], "van-phong")
    leader, deputy, auditor = people["leader"], people["deputy"], people["auditor"]
    officer = await make_person(office, "cv", "van-phong", Role.OFFICER)
    behind = Principal(id=leader.id, name="", title="", delegation="uq-1")
    with pytest.raises(NeedsAnother):
        await disposals.vote(people["clerk"], row["_id"], YES)
    for nobody in (operator("test"), officer, replace(leader, kind="system", scopes=frozenset(Permission))):
        with pytest.raises(errors.Forbidden):
            await disposals.vote(nobody, row["_id"], YES)
    with pytest.raises(errors.Invalid):
        await disposals.vote(leader, row["_id"], VoteForm(approve=False))
    assert (await disposals.vote(leader, row["_id"], YES))["state"] == "proposed"
    for again in (leader, replace(deputy, on_behalf_of=behind)):
        with pytest.raises(NeedsAnother):
            await disposals.vote(again, row["_id"], YES)
    with pytest.raises(NotApproved):
        await office.retention.dispose(row["_id"])
    assert (await disposals.vote(auditor, row["_id"], YES))["state"] == "approved"
    with pytest.raises(errors.Conflict):
        await disposals.vote(deputy, row["_id"], VoteForm(approve=False, reason="muộn"))


async def placed(office, people, papers, dossier):
    await office.retention.holds.place(
        people["leader"],
        HoldForm(kind=HoldKind.DOCUMENT, target=papers[0]["_id"], reason="Đang thanh tra đột xuất"),
    )


async def filed(office, people, papers, dossier):
    longer = await office.dossiers.open(
        people["clerk"], DossierForm(code="09", title="Khác", retention="30 năm")
    )
    await office.dossiers.file(people["clerk"], longer["_id"], papers[0]["_id"])


async def lengthened(office, people, papers, dossier):
    row = await office.dossiers.get(people["clerk"], dossier["_id"])
    await office.dossier_work.closing.determine(people["clerk"], row, RetentionForm(retention="20 năm"))


async def reopened(office, people, papers, dossier):
    await office.dossiers.reopen(people["clerk"], dossier["_id"], "làm tiếp")


async def grown(office, people, papers, dossier):
    received = await office.intake.receive(people["clerk"], _bytes(b"more"), filename="b.txt")
    await office.versions.add(people["clerk"], papers[0]["_id"], received, None)


async def locked(office, people, papers, dossier):
    version = papers[0]["versions"][0]
    await office.blobs.retain(
        Digest.parse(version["sha256"]), version["store_version"], office.clock.now() + timedelta(days=9)
    )


async def store_held(office, people, papers, dossier):
    version = papers[0]["versions"][0]
    await office.blobs.hold(Digest.parse(version["sha256"]), version["store_version"], True)


async def _bytes(content):
    yield content


@pytest.mark.parametrize(
    ("meanwhile", "why", "spared"),
    [
        (placed, "phong tỏa", 1), (filed, "đang mở", 1), (lengthened, "31/12/2038", 3), (reopened, "đang mở", 3),
        (grown, "phiên bản", 1), (locked, "còn khóa", 1), (store_held, "trong kho", 1),
    ],
)  # fmt: skip
async def test_what_changed_after_the_approval_is_kept(office, people, expired, meanwhile, why, spared):
    dossier, papers = expired
    row = await approved(office, people)
    await meanwhile(office, people, papers, dossier)
    row, done = await office.retention.dispose(row["_id"])
    assert (done.kept, done.erased) == (spared, 3 - spared)
    assert there(office, papers[0]) and there(office, papers[2]) == (spared == 3)
    items = await office.retention.disposals.items(row["_id"])
    assert all(why in one["why"] for one in items if one["state"] == "kept"), items
    assert not (await office.documents.get(people["clerk"], papers[0]["_id"])).get("disposed")
    await index_told(office)
    row, _ = await office.retention.dispose(row["_id"])
    await sealed(office)
    assert row["state"] == "done" and await office.retention.certificates.verify(people["clerk"], row) == []
    emptied = await office.database["dossiers"].find_one({"_id": dossier["_id"]})
    assert bool(emptied.get("disposed")) == (
        meanwhile is filed
    )  # there nothing is left but what lives elsewhere


async def forged_state(office, people, papers, row):
    await office.database["disposals"].update_one({"_id": row["_id"]}, {"$set": {"state": "approved"}})


async def forged_votes(office, people, papers, row):
    votes = [{"by": people[one].as_row(), "approve": True} for one in ("leader", "deputy")]
    await office.database["disposals"].update_one(
        {"_id": row["_id"]}, {"$set": {"state": "approved", "votes": votes}}
    )


async def forged_list(office, people, papers, row):
    for name in ("leader", "deputy"):
        await office.retention.disposals.vote(people[name], row["_id"], YES)
    other = await stored(office, people["clerk"], b"never proposed")
    item = await office.database["erasures"].find_one({"disposal": row["_id"]})
    item |= {"_id": f"{row['_id']}:{other['_id']}", "document": other["_id"]}
    await office.database["erasures"].insert_one(item)


async def forged_record(office, people, papers, row):
    """Votes edited into the log itself: their hash no longer fits."""
    await office.retention.disposals.vote(people["leader"], row["_id"], YES)
    await office.retention.disposals.vote(
        people["deputy"], row["_id"], VoteForm(approve=False, reason="chưa được")
    )
    await office.database["audit"].update_many(
        {"action": "disposal.voted"}, {"$set": {"detail.approve": True}}
    )
    await office.database["disposals"].update_one({"_id": row["_id"]}, {"$set": {"state": "approved"}})


@pytest.mark.parametrize("forge", [forged_state, forged_votes, forged_list, forged_record])
async def test_a_forged_approval_erases_nothing_and_is_reported(office, people, expired, forge):
    _, papers = expired
    row = await office.retention.disposals.propose(people["clerk"], "van-phong")
    await forge(office, people, papers, row)
    with pytest.raises(NotApproved):
        await office.retention.dispose(row["_id"])
    assert all(there(office, one) for one in papers)
    assert await office.database["incidents"].count_documents({"kind": "disposal.forged"}) == 1


async def test_bytes_of_another_document_stay_and_the_certificate_says_so(office, people):
    clerk = people["clerk"]
    dossier, (paper,) = await dossier_with(office, clerk, "01", "2 năm", 1)
    twin = await stored(office, clerk, "01 văn bản 0".encode())
    await closed(office, clerk, dossier)
    to(office, "2021-03-01")
    await office.database["texts"].insert_one({"_id": paper["versions"][0]["sha256"], "pages": []})
    row = await approved(office, people)
    await office.retention.dispose(row["_id"])
    await index_told(office)
    row, done = await office.retention.dispose(row["_id"])
    assert done.erased == 1 and there(office, twin)
    _, version = await office.versions.get(clerk, twin["_id"], 1)
    assert await office.blobs.stat(Digest.parse(version["sha256"]), version["store_version"])
    _, content = await office.retention.certificates.read(row)
    assert b'"shared":true' in content
    assert await office.database["texts"].count_documents({"_id": paper["versions"][0]["sha256"]}) == 1
    await sealed(office)
    assert await office.retention.certificates.verify(clerk, row) == []


async def test_without_an_eraser_nothing_goes_and_later_it_goes_on(office, people, expired):
    _, papers = expired
    row = await approved(office, people)
    kept, office.retention.execution._eraser = office.retention.execution._eraser, NothingErases()
    with pytest.raises(NoEraser):
        await office.retention.dispose(row["_id"])
    assert all(there(office, one) for one in papers)
    office.retention.execution._eraser = kept
    _, done = await office.retention.dispose(row["_id"])
    assert done.erased == 3


async def test_what_lacks_only_its_printed_certificate_is_still_to_be_carried_out(office, people, expired):
    """Killed between the end and the print: the next run has to come back to it."""
    disposals = office.retention.disposals
    row = await approved(office, people)
    for _ in range(2):
        row, _ = await office.retention.dispose(row["_id"])
        await index_told(office)
    assert row["state"] == "done" and await disposals.approved() == [row["_id"]]
    await office.retention.certificates.attach(row["_id"], "chung-nhan.pdf", b"%PDF-1.4")
    assert await disposals.approved() == []
    assert [one.name for one in office.settings.staging.iterdir() if one.name.startswith("certificate")] == []


async def test_a_certificate_that_was_touched_does_not_verify(office, people, expired):
    row = await approved(office, people)
    await office.retention.dispose(row["_id"])
    await index_told(office)
    row, _ = await office.retention.dispose(row["_id"])
    verify = office.retention.certificates.verify
    [unsealed] = await verify(people["clerk"], row)
    assert "chưa nằm dưới bản ký" in unsealed
    await sealed(office)
    assert await verify(people["clerk"], row) == []
    stub = {"_id": expired[1][0]["_id"]}
    await office.database["documents"].update_one(stub, {"$set": {"erased": []}})
    assert len(await verify(people["clerk"], row)) == 1
    row["certificate"]["files"][0]["sha256"] = "0" * 64
    with pytest.raises(errors.NotFound):
        await verify(people["clerk"], row)


async def test_a_certificate_exchanged_together_with_its_record_does_not_verify(office, people, expired):
    """All that the database can be made to say agrees; the leaf under the signed checkpoint does not."""
    row = await approved(office, people)
    for _ in range(2):
        row, _ = await office.retention.dispose(row["_id"])
        await index_told(office)
    await sealed(office)
    _, content = await office.retention.certificates.read(row)
    forged = await office.retention.certificates._stored("x.json", content + b" ", "application/json")
    row["certificate"]["files"][0] = forged
    record = await office.database["audit"].find_one({"action": "disposal.done"})
    record["detail"]["sha256"] = forged["sha256"]
    await office.database["audit"].replace_one(
        {"_id": record["_id"]}, record | {"hash": content_hash(record)}
    )
    [found] = await office.retention.certificates.verify(people["clerk"], row)
    assert "không nằm ở lá" in found


async def test_a_hold_that_comes_before_the_bytes_have_gone_keeps_them(office, people, expired):
    """The worker died between the stub and the erasing, or the hold was committed together with the stub."""
    dossier, papers = expired
    row, place = await approved(office, people), office.retention.holds.place
    crash = Fuse(at=2)  # the first is the stub's commit
    with fused(office, crash), pytest.raises(Crash):
        await office.retention.dispose(row["_id"])
    assert all(there(office, one) for one in papers)
    form = HoldForm(kind=HoldKind.DOSSIER, target=dossier["_id"], reason="Thanh tra yêu cầu giữ")
    hold = await place(people["leader"], form)
    row, done = await office.retention.dispose(row["_id"])
    assert (done.waiting, done.kept, done.erased, row["state"]) == (1, 2, 0, "approved"), crash.log
    assert all(there(office, one) for one in papers)
    [told] = await office.incidents.find(kind="disposal.held")
    assert "Thanh tra yêu cầu giữ" in told["found"]
    await office.retention.holds.ask_lift(people["leader"], hold["_id"], "Đã xong")
    await office.retention.holds.confirm_lift(people["deputy"], hold["_id"])
    await index_told(office)
    row, done = await office.retention.dispose(row["_id"])
    assert (done.waiting, done.kept, done.erased) == (0, 2, 1)
    assert sum(there(office, one) for one in papers) == 2


async def test_a_crash_at_every_moment_is_gone_on_from(office, people):
    """Each round: three papers, one of them shared bytes, one held after the approval; killed at moment k."""
    clerk, eraser = people["clerk"], office.retention.execution._eraser
    moment, rounds, points = 1, 0, set()
    while True:
        to(office, "2018-03-01")
        dossier, papers = await dossier_with(office, clerk, f"v{moment}", "2 năm", 3)
        await closed(office, clerk, dossier)
        to(office, "2021-03-01")
        row = await approved(office, people)
        await placed(office, people, papers, dossier)
        fuse = Fuse(at=moment)
        with fused(office, fuse):
            try:
                await office.retention.dispose(row["_id"])
                await index_told(office)
                await office.retention.dispose(row["_id"])
                crashed = False
            except Crash:
                crashed = True
        assert there(office, papers[0])
        gone = {one["versions"][0]["sha256"] for one in papers[1:]}
        assert not eraser.erased - gone, "something was erased that was not approved"
        for _ in range(2):
            await index_told(office)
            row, done = await office.retention.dispose(row["_id"])
        assert (row["state"], done.erased, done.kept, done.waiting) == ("done", 2, 1, 0), fuse.log[-1]
        await sealed(office)
        assert await office.retention.certificates.verify(clerk, row) == [], fuse.log[-1]
        assert there(office, papers[0]) and not any(there(office, one) for one in papers[1:])
        eraser.erased.clear()
        points.add(fuse.log[-1])
        rounds, moment = rounds + 1, moment + 1
        if not crashed:
            break
    assert (
        rounds >= 17 and {"before erase", "after erase", "before put", "after put", "after change"} <= points
    )


async def test_orphans_are_swept_and_many_are_not(office, people, tmp_path):
    keep = await stored(office, people["clerk"], b"kept")
    path = tmp_path / "x"

    async def orphan(content):
        path.write_bytes(content)
        return await office.blobs.put(Digest.of(content), path, len(content), "text/plain")

    await orphan(b"nobody's")
    assert (await office.retention.sweep.run()).erased == 0  # its day is not over
    office.clock.advance(timedelta(days=2))
    assert (await office.retention.sweep.run(dry=True)).orphans == 1
    done = await office.retention.sweep.run()
    assert (done.orphans, done.erased, done.refused) == (1, 1, False) and there(office, keep)
    for n in range(60):
        await orphan(b"lost row %d" % n)
    office.clock.advance(timedelta(days=2))
    done = await office.retention.sweep.run()
    assert (done.erased, done.refused) == (0, True)
    assert await office.database["incidents"].count_documents({"kind": "object.orphans"}) == 1


async def test_what_the_log_knows_is_no_orphan(office, people):
    """Its row was taken out of the database, its lock ran out: the sweep tells, and takes nothing."""
    robbed = await stored(office, people["clerk"], b"robbed")
    await office.database["documents"].delete_one({"_id": robbed["_id"]})
    office.clock.advance(timedelta(days=400))
    for dry in (True, False, False):
        done = await office.retention.sweep.run(dry=dry)
        assert (done.orphans, done.robbed, done.erased) == (1, 1, 0) and there(office, robbed)
    told = await office.incidents.find(kind="object.robbed")
    assert [one["subject"]["id"] for one in told] == [robbed["versions"][0]["sha256"]]


async def test_the_twin_of_the_eraser_refuses_what_is_locked_or_held(office, people):
    paper = await stored(office, people["clerk"], b"locked")
    version = paper["versions"][0]
    digest = Digest.parse(version["sha256"])
    with pytest.raises(StillLocked):
        await office.retention.execution._eraser.erase(digest, version["store_version"])
    await office.blobs.hold(digest, version["store_version"], True)
    office.clock.advance(timedelta(days=400))
    with pytest.raises(StillLocked):
        await office.retention.execution._eraser.erase(digest, version["store_version"])
    assert await office.blobs.stat(digest) is not None
    await settled(office)
