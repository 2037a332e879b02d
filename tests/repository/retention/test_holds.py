"""Legal holds: in force at once, on what is stored later too, lifted by two people."""

import pytest
from pydantic import ValidationError

from repository import errors
from repository.access.actors import operator
from repository.blobs import Digest
from repository.dossiers.closing import ClosingForm
from repository.organisation.units.units import UnitForm
from repository.retention.holding import HoldForm, HoldKind, Wanted
from repository.retention.two_people import NeedsAnother
from tests.factories import stored
from tests.repository.retention.office import dossier_with, moved, settled, staff

WHY = "Theo yêu cầu của cơ quan điều tra"


@pytest.fixture
async def office(settings):
    async with moved(settings, "2018-03-01") as opened:
        for unit in ("van-phong", "phuong-a"):
            form = UnitForm(id=unit, name=f"Đơn vị {unit}", symbol="UBND")
            await opened.units.create(operator("test"), form)
        yield opened


async def held(office, document):
    row = await office.database["documents"].find_one({"_id": document["_id"]})
    version = row["versions"][0]
    stat = await office.blobs.stat(Digest.parse(version["sha256"]), version["store_version"])
    assert stat.held == version["lock"]["hold"] == bool(row.get("holds"))
    return stat.held


def on(kind, target="", **more):
    return HoldForm(kind=kind, target=target, reason=WHY, **more)


async def lift(office, hold, first, second):
    await office.retention.holds.ask_lift(first, hold["_id"], "Vụ việc đã kết thúc")
    await office.retention.holds.confirm_lift(second, hold["_id"])
    await settled(office)


async def test_each_kind_finds_its_documents_old_and_new(office):
    people = await staff(office)
    clerk, leader = people["clerk"], people["leader"]
    dossier, (paper, other) = await dossier_with(office, clerk, "01", "5 năm", 2)
    land = await stored(
        office, clerk, b"land", subject="Giải quyết KHIẾU NẠI về đất đai", document_type="Công văn"
    )
    mine = await stored(office, leader, b"mine")
    place = office.retention.holds.place
    await place(leader, on(HoldKind.DOCUMENT, paper["_id"]))
    await settled(office)
    assert [await held(office, one) for one in (paper, other, land, mine)] == [True, False, False, False]
    await place(leader, on(HoldKind.DOSSIER, dossier["_id"]))
    await place(leader, on(HoldKind.PERSON, leader.id))
    await place(leader, on(HoldKind.QUERY, query=Wanted(words="khieu nai dat")))
    await settled(office)
    assert [await held(office, one) for one in (paper, other, land, mine)] == [True] * 4
    new = await stored(office, clerk, b"new", subject="Đơn khiếu nại đất nông nghiệp")
    late = await stored(office, clerk, b"late", dossier_id=dossier["_id"])
    free = await stored(office, clerk, b"free", subject="Giấy mời họp")
    await settled(office)
    assert [await held(office, one) for one in (new, late, free)] == [True, True, False]
    with pytest.raises(errors.OnHold):
        await office.dossier_work.ordering.remove(clerk, dossier["_id"], paper["_id"], "nhầm")


async def test_a_hold_on_a_dossier_keeps_its_papers_in_it_before_the_worker_came(office):
    """In force at once: who takes a paper out meanwhile would take it out of the hold."""
    people, there = await staff(office), await staff(office, "phuong-a")
    clerk, leader = people["clerk"], people["leader"]
    dossier, papers = await dossier_with(office, clerk, "01", "5 năm", 2)
    remove = office.dossier_work.ordering.remove
    hold = await office.retention.holds.place(leader, on(HoldKind.DOSSIER, dossier["_id"]))
    with pytest.raises(errors.OnHold):
        await remove(clerk, dossier["_id"], papers[0]["_id"], "nhầm")
    with pytest.raises(errors.OnHold):
        await office.dossiers.close(clerk, dossier["_id"], ClosingForm(weed=[papers[0]["_id"]]))
    await settled(office)
    assert await held(office, papers[0]) and await held(office, papers[1])
    await lift(office, hold, leader, people["deputy"])
    other = await stored(office, there["clerk"], b"of another dossier")
    await office.retention.holds.place(there["leader"], on(HoldKind.DOCUMENT, other["_id"]))
    assert (await remove(clerk, dossier["_id"], papers[0]["_id"], "nhầm"))["dossiers"] == []


async def test_a_hold_takes_two_people_to_lift(office):
    people = await staff(office)
    clerk, leader, deputy = people["clerk"], people["leader"], people["deputy"]
    paper = await stored(office, clerk, b"one")
    holds = office.retention.holds
    hold = await holds.place(leader, on(HoldKind.DOCUMENT, paper["_id"]))
    await settled(office)
    with pytest.raises(errors.Conflict):
        await holds.confirm_lift(deputy, hold["_id"])  # nobody asked
    await holds.ask_lift(leader, hold["_id"], "Đã xong")
    for alone in (holds.confirm_lift(leader, hold["_id"]), holds.refuse_lift(leader, hold["_id"], "không")):
        with pytest.raises(NeedsAnother):
            await alone
    for nobody in (clerk, operator("test")):
        with pytest.raises(errors.Forbidden):
            await holds.confirm_lift(nobody, hold["_id"])
    await settled(office)
    assert await held(office, paper)
    back = await holds.refuse_lift(deputy, hold["_id"], "Còn chờ bản án phúc thẩm")
    assert back["state"] == "active" and back["refusals"][0]["reason"] == "Còn chờ bản án phúc thẩm"
    await lift(office, hold, deputy, leader)
    assert not await held(office, paper)
    acts = [one["action"] for one in await office.journal.history(hold["_id"])]
    assert acts.count("hold.lift_asked") == 2 and "hold.lift_refused" in acts and "hold.lifted" in acts


async def test_overlapping_holds_and_shared_bytes_stay_held(office):
    people = await staff(office)
    clerk, leader, deputy = people["clerk"], people["leader"], people["deputy"]
    one, two = await stored(office, clerk, b"same"), await stored(office, clerk, b"same")
    first = await office.retention.holds.place(leader, on(HoldKind.DOCUMENT, one["_id"]))
    again = await office.retention.holds.place(deputy, on(HoldKind.DOCUMENT, one["_id"]))
    second = await office.retention.holds.place(leader, on(HoldKind.DOCUMENT, two["_id"]))
    await settled(office)
    await lift(office, first, leader, deputy)
    assert await held(office, one)
    await lift(office, again, leader, deputy)
    row = await office.database["documents"].find_one({"_id": one["_id"]})
    assert row["holds"] == [] and await held(office, two)  # the bytes stay held for the other
    await lift(office, second, leader, deputy)
    assert not await held(office, two) and not await held(office, one)


async def test_a_leader_holds_only_what_is_his_unit_s(office):
    here, there = await staff(office), await staff(office, "phuong-a")
    paper = await stored(office, there["clerk"], b"theirs", subject="Khiếu nại")
    place = office.retention.holds.place
    with pytest.raises(errors.NotFound):
        await place(here["leader"], on(HoldKind.DOCUMENT, paper["_id"]))
    with pytest.raises(errors.Forbidden):
        await place(here["clerk"], on(HoldKind.DOCUMENT, paper["_id"]))
    hold = await place(here["leader"], on(HoldKind.QUERY, query=Wanted(words="khiếu nại")))
    await settled(office)
    assert not await held(office, paper)
    with pytest.raises(errors.NotFound):
        await office.retention.holds.get(there["leader"], hold["_id"])
    await place(here["auditor"], on(HoldKind.QUERY, query=Wanted(words="khiếu nại")))
    await settled(office)
    assert await held(office, paper)


@pytest.mark.parametrize("wrong", [{"kind": "query"}, {"kind": "query", "query": {}}, {"kind": "dossier"}])
def test_a_hold_says_on_what_and_why(wrong):
    with pytest.raises(ValidationError):
        HoldForm.model_validate({"reason": WHY} | wrong)
    with pytest.raises(ValidationError):
        HoldForm.model_validate({"kind": "document", "target": "x", "reason": ""})
