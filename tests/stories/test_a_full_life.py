"""A dossier of 2018 from its first paper to its certificate of disposal, under a clock that is moved."""

import pytest

from indexers.wiring import open_indexers
from repository import errors
from repository.access.actors import operator
from repository.dossiers.closing import ClosingForm
from repository.dossiers.custody import TransferForm
from repository.dossiers.dossiers import DossierForm
from repository.organisation.units.units import UnitForm
from repository.retention.disposal import VoteForm
from repository.retention.holding import HoldForm, HoldKind
from repository.retention.two_people import NeedsAnother
from tests.factories import stored
from tests.repository.retention.office import moved, sealed, staff, to


@pytest.fixture
async def office(settings):
    async with moved(settings, "2018-01-08") as opened:
        yield opened


@pytest.mark.clause("Đ10.5")
async def test_forty_papers_of_2018(office):
    root = operator("test")
    await office.units.create(root, UnitForm(id="van-phong", name="Văn phòng UBND quận", symbol="UBND"))
    await office.units.create(root, UnitForm(id="luu-tru", name="Lưu trữ quận", symbol="LT"))
    people, archive = await staff(office), await staff(office, "luu-tru")
    clerk = people["clerk"]
    retention, dossiers = office.retention, office.dossiers

    # 2018: forty papers, six of them in a second dossier that is kept for twenty years
    dossier = await dossiers.open(clerk, DossierForm(code="01", title="Khiếu nại đất đai", retention="5 năm"))
    other = await dossiers.open(clerk, DossierForm(code="02", title="Quy hoạch phường", retention="20 năm"))
    papers = [
        await stored(
            office,
            clerk,
            f"nội dung {n}".encode(),
            symbol=f"{n}/CV-UBND",
            dossier_id=dossier["_id"],
            page_amount=2,
            direction="internal",
        )
        for n in range(40)
    ]
    for one in papers[:6]:
        await dossiers.file(clerk, other["_id"], one["_id"])
    async with open_indexers(office) as indexers:
        await indexers.worker.drain()
        to(office, "2018-11-30")
        await dossiers.close(clerk, dossier["_id"], ClosingForm())
        to(office, "2019-02-11")
        await dossiers.close(clerk, other["_id"], ClosingForm())
        await indexers.worker.drain()
        rows = await office.database["documents"].find({"dossiers": dossier["_id"]}).to_list(None)
        fixed = {
            one["versions"][0]["lock"]["until"].year for one in rows if other["_id"] not in one["dossiers"]
        }
        assert fixed == {2023}  # 5 years from 2018: through 31/12/2023, in UTC still that day
        shared = {one["versions"][0]["lock"]["until"].year for one in rows if other["_id"] in one["dossiers"]}
        assert shared == {2039}

        # 2019: handed over to the archive
        to(office, "2019-11-20")
        await office.dossier_work.custody.transfer(
            clerk, dossier["_id"], TransferForm(to="luu-tru", receiver="Chị Lan")
        )

        # 2023: an inspection holds the dossier; nothing is proposed while it does
        to(office, "2023-06-01")
        hold = await retention.holds.place(
            people["auditor"],
            HoldForm(
                kind=HoldKind.DOSSIER, target=dossier["_id"], reason="Thanh tra theo quyết định 12/QĐ-TTr"
            ),
        )
        await indexers.worker.drain()
        held = await office.database["documents"].find({"holds": hold["_id"]}).to_list(None)
        assert len(held) == 40 and all(one["versions"][0]["lock"]["hold"] for one in held)
        to(office, "2024-02-01")
        assert await retention.propose_all(root) == []
        assert (await retention.locks.roll()).failed == []
        asked = await retention.holds.ask_lift(
            people["auditor"], hold["_id"], "Kết luận thanh tra đã ban hành"
        )
        with pytest.raises(NeedsAnother):
            await retention.holds.confirm_lift(people["auditor"], hold["_id"])
        assert asked["state"] == "lifting"
        assert await retention.propose_all(root) == []  # asked is not lifted
        await retention.holds.confirm_lift(archive["auditor"], hold["_id"])
        await indexers.worker.drain()
        assert await office.database["documents"].count_documents({"versions.lock.hold": True}) == 0

        # 2024: proposed, refused once, proposed again, approved by two
        first = (await retention.propose_all(root))[0]
        assert first["documents"] == 34 and first["unit"] == "luu-tru"
        await retention.disposals.vote(archive["leader"], first["_id"], VoteForm(approve=True))
        refused = await retention.disposals.vote(
            archive["deputy"], first["_id"], VoteForm(approve=False, reason="Chờ ý kiến Sở Nội vụ")
        )
        assert refused["state"] == "refused"
        with pytest.raises(errors.Conflict):
            await retention.dispose(first["_id"])
        to(office, "2024-06-10")
        second = (await retention.propose_all(root))[0]
        await retention.disposals.vote(archive["leader"], second["_id"], VoteForm(approve=True))
        with pytest.raises(NeedsAnother):
            await retention.disposals.vote(archive["leader"], second["_id"], VoteForm(approve=True))
        with pytest.raises(errors.Conflict):
            await retention.dispose(second["_id"])  # one alone approves nothing
        assert (await retention.disposals.vote(archive["deputy"], second["_id"], VoteForm(approve=True)))[
            "state"
        ] == "approved"

        # erased; the certificate waits until the index has forgotten too
        row, done = await retention.dispose(second["_id"])
        assert (done.erased, done.kept, done.waiting) == (34, 0, 0)
        assert row["state"] == "approved" and row["certificate"] is None
        await indexers.worker.drain()
        row, _ = await retention.dispose(second["_id"])
        assert row["state"] == "done"
        await sealed(office)
        assert await retention.certificates.verify(archive["clerk"], row) == []

        # what remains
        gone, lives = papers[20]["_id"], papers[0]["_id"]
        stub = await office.documents.get(clerk, gone)
        assert stub["symbol"] == "20/CV-UBND" and stub["versions"] == []
        assert stub["erased"][0]["sha256"] == papers[20]["versions"][0]["sha256"]
        with pytest.raises(errors.Gone):
            await office.versions.get(clerk, gone, 1)
        with pytest.raises(errors.Gone):
            await office.documents.own(clerk, gone, "sửa")
        _, version = await office.versions.get(clerk, lives, 1)
        async with office.versions.content(version) as chunks:
            assert b"".join([chunk async for chunk in chunks]) == "nội dung 0".encode()
        acts = [one["action"] for one in await office.journal.history(gone)]
        assert acts[0] == "document.stored" and acts[-2:] == ["document.disposed", "disposal.erased"]
        objects = {one.digest.hex async for one in office.blobs.walk()}
        assert (
            papers[20]["versions"][0]["sha256"] not in objects
            and papers[0]["versions"][0]["sha256"] in objects
        )
        assert (
            await office.database["texts"].count_documents({"_id": papers[20]["versions"][0]["sha256"]}) == 0
        )
        assert (await office.database["dossiers"].find_one({"_id": dossier["_id"]}))["disposed"][
            "disposal"
        ] == row["_id"]
        found = {entry async for entry, _ in indexers.index.holdings()}
        assert gone not in found and lives in found

        # 2039 is far: the shared ones go only with their longer dossier
        to(office, "2039-12-31")
        assert await retention.propose_all(root) == []
        to(office, "2040-01-02")
        third = (await retention.propose_all(root))[0]
        assert third["documents"] == 6
