"""The end of a dossier: weeded, retention re-checked, numbered and frozen; and order, removal, hand-over."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from repository import errors, ids
from repository.access.actors import Actor, operator
from repository.clock import local_date
from repository.documents import filing
from repository.documents.refusals import DossierClosed, DossierMissing
from repository.dossiers import inventory
from repository.dossiers.closing import ClosingForm, PaperOwed, RetentionForm, WouldShorten
from repository.dossiers.custody import KeepBackForm, TransferForm
from repository.dossiers.dossiers import DossierForm
from repository.dossiers.ordering import PlaceForm
from repository.mongo import Row
from repository.organisation.people.people import actor_of
from repository.organisation.units.units import ClosingForm as UnitClosing
from repository.registers.unfiled import Unfiled
from repository.wiring import Repository
from tests.factories import District, stored


async def filled(repository: Repository, actor: Actor, papers: int = 3, **fields) -> tuple[Row, list[Row]]:
    given = {"code": "01", "title": "Hồ sơ thử"} | fields
    dossier = await repository.dossiers.open(actor, DossierForm.model_validate(given))
    rows = [
        await stored(
            repository, actor, b"van ban %d" % n, symbol=f"{n}/CV", dossier_id=dossier["_id"], page_amount=n
        )
        for n in range(1, papers + 1)
    ]
    return dossier, rows


async def symbols(repository: Repository, actor: Actor, dossier: Row) -> list[str]:
    return [one["symbol"] for one in await repository.dossiers.contents(actor, dossier["_id"])]


async def lines(repository: Repository, actor: Actor, dossier: Row) -> list[Row]:
    return [one async for one in repository.dossier_work.inventories.lines(actor, dossier["_id"])]


async def test_papers_are_put_in_order_and_pages_follow_it(
    repository: Repository, district: District
) -> None:
    clerk = district.clerk
    dossier, rows = await filled(repository, clerk, 4)
    place = repository.dossier_work.ordering.place
    await place(clerk, dossier["_id"], rows[3]["_id"], PlaceForm(after=""))
    await place(clerk, dossier["_id"], rows[0]["_id"], PlaceForm(after=rows[2]["_id"]))
    assert await symbols(repository, clerk, dossier) == ["4/CV", "2/CV", "3/CV", "1/CV"]
    first = await repository.dossiers.contents(clerk, dossier["_id"], limit=3)
    after = str(first[-1]["filing"]["order"])
    rest = await repository.dossiers.contents(clerk, dossier["_id"], limit=3, after=after)
    assert [one["symbol"] for one in rest] == ["1/CV"]
    for wrong in (ids.new("doc"), dossier["_id"]):
        with pytest.raises(errors.NotFound):
            await place(clerk, dossier["_id"], wrong, PlaceForm(after=""))


async def test_a_place_between_the_same_two_can_be_taken_again_and_again(
    repository: Repository, district: District
) -> None:
    clerk = district.clerk
    dossier, rows = await filled(repository, clerk, 3)
    for n in range(30):
        moved = rows[1 + n % 2]
        await repository.dossier_work.ordering.place(
            clerk, dossier["_id"], moved["_id"], PlaceForm(after=rows[0]["_id"])
        )
        assert (await symbols(repository, clerk, dossier))[1] == moved["symbol"]


@pytest.mark.clause("Đ2.2")
async def test_a_paper_is_taken_out_of_one_dossier_with_a_reason_and_stays_in_the_other(
    repository: Repository, district: District
) -> None:
    clerk = district.clerk
    dossier, rows = await filled(repository, clerk, 2)
    other = await repository.dossiers.open(clerk, DossierForm(code="02", title="Hồ sơ khác"))
    await repository.dossiers.file(clerk, other["_id"], rows[0]["_id"])
    await repository.dossier_work.ordering.remove(clerk, dossier["_id"], rows[0]["_id"], "đưa nhầm")
    assert await symbols(repository, clerk, dossier) == ["2/CV"]
    assert await symbols(repository, clerk, other) == ["1/CV"]
    after = await repository.documents.get(clerk, rows[0]["_id"])
    assert after["dossiers"] == [other["_id"]] and after["versions"] == rows[0]["versions"]
    record = (await repository.journal.history(dossier["_id"]))[-1]
    assert record["action"] == "dossier.removed" and record["detail"]["reason"] == "đưa nhầm"
    with pytest.raises(errors.NotFound):
        await repository.dossier_work.ordering.remove(clerk, dossier["_id"], rows[0]["_id"], "lần nữa")
    await repository.dossiers.file(clerk, dossier["_id"], rows[0]["_id"])
    assert await symbols(repository, clerk, dossier) == ["2/CV", "1/CV"]


@pytest.mark.clause("PL2.II.1.8")
async def test_a_paper_that_must_be_answered_needs_its_dossier(
    repository: Repository, district: District
) -> None:
    clerk = district.clerk
    asked = await stored(repository, clerk, b"bao cao", must_reply=True)
    with pytest.raises(DossierMissing):
        filing.require_dossier(asked)
    dossier = await repository.dossiers.open(
        clerk, DossierForm(code="01", title="Trả lời", incoming=asked["_id"])
    )
    linked = await repository.documents.get(clerk, asked["_id"])
    assert linked["dossiers"] == [dossier["_id"]] and dossier["incoming"] == asked["_id"]
    filing.require_dossier(linked)
    with pytest.raises(DossierMissing):
        await repository.dossier_work.ordering.remove(clerk, dossier["_id"], asked["_id"], "bỏ ra")
    assert (await repository.documents.get(clerk, asked["_id"]))["dossiers"] == [dossier["_id"]]


@pytest.mark.clause("PL2.II.1.8")
async def test_its_handling_is_not_completed_before_it_lies_in_a_dossier(
    repository: Repository, district: District
) -> None:
    """Neither by issuing the reply nor by ending the year of its book; both go once the dossier is there."""
    clerk, book = district.clerk, district.incoming["_id"]
    asked = await stored(
        repository, clerk, b"bao cao", must_reply=True, direction="incoming", register_id=book
    )
    await stored(repository, clerk, b"de biet", direction="incoming", register_id=book)
    reply = await stored(
        repository, clerk, b"tra loi", direction="outgoing", document_type="CV", replies_to=[asked["_id"]],
        register_id=district.outgoing["_id"],
    )  # fmt: skip
    wanting = repository.dossier_work.wanting
    assert [one["_id"] for one in await wanting.find(clerk)] == [asked["_id"]]
    assert await wanting.find(district.foreign_clerk) == []
    with pytest.raises(DossierMissing, match=r"II\.1\.8"):
        await repository.documents.issue(clerk, reply["_id"])
    with pytest.raises(Unfiled, match="số 1"):
        await repository.closings.close_year(clerk, book, "thử")
    assert (await repository.documents.get(clerk, reply["_id"]))["state"] == "registered"
    await repository.dossiers.open(clerk, DossierForm(code="01", title="Trả lời", incoming=asked["_id"]))
    assert await wanting.find(clerk) == []
    assert (await repository.documents.issue(clerk, reply["_id"]))["state"] == "issued"
    closed, _ = await repository.closings.close_year(clerk, book, "thử")
    assert closed["closed"]


async def test_closing_proposes_duplicates_and_drafts_and_weeds_what_is_confirmed(
    repository: Repository, district: District
) -> None:
    clerk = district.clerk
    dossier, rows = await filled(repository, clerk, 2)
    again = await stored(repository, clerk, b"van ban 1", symbol="1/CV", dossier_id=dossier["_id"])
    draft = await stored(repository, clerk, b"nhap", direction="outgoing", dossier_id=dossier["_id"])
    closing = repository.dossier_work.closing
    plan = await closing.plan(await repository.dossiers.get(clerk, dossier["_id"]), ClosingForm())
    assert [(one["document"], one["of"]) for one in plan["weeds"]] == [
        (again["_id"], rows[0]["_id"]),
        (draft["_id"], ""),
    ]
    assert await symbols(repository, clerk, dossier) == ["1/CV", "2/CV", "1/CV", draft["symbol"]]
    with pytest.raises(errors.Invalid):
        await repository.dossiers.close(clerk, dossier["_id"], ClosingForm(weed=[dossier["_id"]]))
    closed = await repository.dossiers.close(
        clerk, dossier["_id"], ClosingForm(weed=[again["_id"]], retention="20 năm")
    )
    kept = await lines(repository, clerk, closed)
    assert [(one["n"], one["symbol"]) for one in kept][:2] == [(1, "1/CV"), (2, "2/CV")] and len(kept) == 3
    assert (closed["doc_total"], closed["page_total"]) == (3, 3)
    assert (await repository.documents.get(clerk, again["_id"]))["dossiers"] == []


async def test_the_contents_list_is_frozen_and_proves_itself(
    repository: Repository, district: District
) -> None:
    clerk = district.clerk
    dossier, rows = await filled(repository, clerk, 3)
    closed = await repository.dossiers.close(clerk, dossier["_id"], ClosingForm(retention="vĩnh viễn"))
    listed = await lines(repository, clerk, closed)
    assert [(one["from_sheet"], one["sheets"]) for one in listed] == [(1, 1), (2, 2), (4, 3)]
    for attempt in (
        repository.dossier_work.ordering.remove(clerk, dossier["_id"], rows[0]["_id"], "muộn"),
        repository.dossier_work.ordering.place(clerk, dossier["_id"], rows[0]["_id"], PlaceForm(sheets=9)),
    ):
        with pytest.raises(DossierClosed):
            await attempt
    assert await repository.dossier_work.inventories.intact(closed)
    tampered = {"lines.1.subject": "khác"}
    await repository.database["inventories"].update_one({"dossier": dossier["_id"]}, {"$set": tampered})
    assert not await repository.dossier_work.inventories.intact(closed)
    await repository.dossiers.reopen(clerk, dossier["_id"], "bổ sung")
    again = await repository.dossiers.close(clerk, dossier["_id"], ClosingForm(retention="vĩnh viễn"))
    assert again["closings"] == 2 and await repository.dossier_work.inventories.intact(again)


async def test_retention_is_reckoned_at_closing(repository: Repository, district: District) -> None:
    clerk, today = district.clerk, local_date(repository.clock.now())
    cases = [
        ({"rule": "tt09-1-06"}, {}, "years", f"{today.year + 10}-12-31"),
        ({}, {"retention": "vĩnh viễn"}, "permanent", None),
        ({}, {"retention": "5 năm sau khi chấm dứt hợp đồng"}, "after_event", None),
        (
            {"retention": "10 năm", "started_on": "2018-01-05"},
            {"ended_on": "2018-06-01"},
            "years",
            "2028-12-31",
        ),
        ({}, {}, "undetermined", None),
    ]
    for n, (opened, closed, kind, end) in enumerate(cases):
        row = await repository.dossiers.open(
            clerk, DossierForm.model_validate({"code": f"k{n}", "title": "Hồ sơ"} | opened)
        )
        after = await repository.dossiers.close(clerk, row["_id"], ClosingForm.model_validate(closed))
        assert (after["retention"]["kind"], after["retention"]["ends_on"]) == (kind, end), n
        assert after["retention"]["why"]
    for wrong in (
        {"rule": "khong-co"},
        {"retention": "lâu"},
        {"ended_on": (today + timedelta(days=2)).isoformat()},
    ):
        row = await repository.dossiers.open(clerk, DossierForm(code=str(wrong), title="Hồ sơ"))
        with pytest.raises(errors.Invalid):
            await repository.dossiers.close(clerk, row["_id"], ClosingForm.model_validate(wrong))


async def test_a_newer_schedule_does_not_shorten_at_closing_unless_accepted(
    repository: Repository, district: District
) -> None:
    clerk = district.clerk
    ends = []
    for accepted in (False, True):
        form = DossierForm(
            code=f"q{accepted}", title="Quy hoạch", rule="tt09-2.1-02", started_on=date(2023, 5, 1)
        )
        row = await repository.dossiers.open(clerk, form)
        closed = await repository.dossiers.close(
            clerk, row["_id"], ClosingForm(ended_on=date(2024, 6, 1), accept_shorter=accepted)
        )
        ends.append((closed["retention"]["rule"], closed["retention"]["ends_on"]))
    assert ends == [("tt09-2.1-02", "2034-12-31"), ("tt10-2.1-01", "2029-12-31")]


async def test_retention_is_set_again_when_something_happened_and_never_shortened_unsaid(
    repository: Repository, district: District
) -> None:
    clerk, set_again = district.clerk, repository.dossier_work.closing.determine
    row = await repository.dossiers.open(clerk, DossierForm(code="01", title="Hợp đồng"))
    period = "5 năm sau khi chấm dứt hợp đồng"
    row = await repository.dossiers.close(clerk, row["_id"], ClosingForm(retention=period))
    row = await set_again(
        clerk, row, RetentionForm(retention=period, event_on=date(2026, 3, 1), reason="thanh lý")
    )
    assert row["retention"]["ends_on"] == "2031-12-31"
    row = await set_again(clerk, row, RetentionForm(retention="vĩnh viễn"))
    assert inventory.end_of(row).value == "permanent"
    for form in (RetentionForm(retention="70 năm"), RetentionForm(retention="70 năm", accept_shorter=True)):
        with pytest.raises(WouldShorten):
            await set_again(clerk, row, form)
    said = RetentionForm(retention="70 năm", accept_shorter=True, reason="theo kết luận")
    assert (await set_again(clerk, row, said))["retention"]["years"] == 70


async def test_closed_again_it_is_not_kept_for_less_long_than_was_determined_unless_said(
    repository: Repository, district: District
) -> None:
    clerk = district.clerk
    row = await repository.dossiers.open(clerk, DossierForm(code="01", title="Hồ sơ", retention="5 năm"))
    row = await repository.dossiers.close(clerk, row["_id"])
    await repository.dossier_work.closing.determine(clerk, row, RetentionForm(retention="vĩnh viễn"))
    await repository.dossiers.reopen(clerk, row["_id"], "bổ sung một văn bản")
    for unsaid in (ClosingForm(), ClosingForm(retention="70 năm"), ClosingForm(accept_shorter=True)):
        with pytest.raises(WouldShorten):
            await repository.dossiers.close(clerk, row["_id"], unsaid)
    said = ClosingForm(accept_shorter=True, reason="theo kết luận của hội đồng")
    assert (await repository.dossiers.close(clerk, row["_id"], said))["retention"]["years"] == 5


async def test_what_is_determined_to_be_kept_long_has_its_day_of_hand_over(
    repository: Repository, district: District
) -> None:
    clerk = district.clerk
    row = await repository.dossiers.open(clerk, DossierForm(code="01", title="Hồ sơ", retention="3 năm"))
    row = await repository.dossiers.close(clerk, row["_id"])
    assert row["handover"] is None
    row = await repository.dossier_work.closing.determine(clerk, row, RetentionForm(retention="vĩnh viễn"))
    assert row["handover"]["due_on"] > row["ended_on"] and row["handover"]["kept_back"] is None
    handed = await repository.dossier_work.custody.transfer(clerk, row["_id"], TransferForm(to="phuong-a"))
    assert handed["state"] == "handed_over"


async def test_a_dossier_whose_paper_copy_is_owed_is_not_closed(
    repository: Repository, district: District
) -> None:
    dossier, rows = await filled(repository, district.clerk, 1)
    await repository.database["documents"].update_one(
        {"_id": rows[0]["_id"]},
        {"$set": {"direction": "incoming", "legal_value": {"status": "reference", "reasons": []}}},
    )
    with pytest.raises(PaperOwed):
        await repository.dossiers.close(district.clerk, dossier["_id"])
    assert (await repository.dossiers.get(district.clerk, dossier["_id"]))["state"] == "open"


async def test_handed_over_once_with_its_hands_on_record(repository: Repository, district: District) -> None:
    clerk, custody = district.clerk, repository.dossier_work.custody
    dossier, _ = await filled(repository, clerk, 1)
    with pytest.raises(errors.Conflict):
        await custody.transfer(clerk, dossier["_id"], TransferForm(to="phuong-a"))
    await repository.dossiers.close(clerk, dossier["_id"], ClosingForm(retention="10 năm"))
    with pytest.raises(errors.Invalid):
        await custody.transfer(clerk, dossier["_id"], TransferForm(to="khong-co"))
    with pytest.raises(errors.NotFound):
        await repository.dossiers.get(district.foreign_clerk, dossier["_id"])
    form = TransferForm(to="phuong-a", receiver="Người nhận", reason="nộp lưu năm")
    outcomes = await asyncio.gather(
        *(custody.transfer(clerk, dossier["_id"], form) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(one, dict) for one in outcomes) == 1
    row = await repository.dossiers.get(district.foreign_clerk, dossier["_id"])
    assert row["state"] == "handed_over" and row["handed"]["late"] is False
    assert [(one["from"], one["to"], one["kind"]) for one in row["custody"]] == [
        ("van-phong", "phuong-a", "archive")
    ]
    with pytest.raises(errors.Conflict):
        await repository.dossiers.reopen(clerk, dossier["_id"], "mở lại")
    assert [one["_id"] for one in await custody.batch(clerk, dossier["_id"])] == [dossier["_id"]]


async def test_short_or_unknown_retention_is_not_handed_over(
    repository: Repository, district: District
) -> None:
    for n, period in enumerate(("4 năm", "")):
        row = await repository.dossiers.open(district.clerk, DossierForm(code=str(n), title="Hồ sơ"))
        await repository.dossiers.close(district.clerk, row["_id"], ClosingForm(retention=period))
        with pytest.raises(errors.Conflict):
            await repository.dossier_work.custody.transfer(
                district.clerk, row["_id"], TransferForm(to="phuong-a")
            )


async def test_told_before_the_deadline_once_and_kept_back_at_most_two_years(
    repository: Repository, district: District
) -> None:
    clerk, custody = district.clerk, repository.dossier_work.custody
    today = local_date(repository.clock.now())
    rows = []
    for n, ago in enumerate((50, 5)):
        day = today - timedelta(days=ago)
        form = DossierForm(code=str(n), title="Hồ sơ", retention="10 năm", started_on=day)
        row = await repository.dossiers.open(clerk, form)
        rows.append(await repository.dossiers.close(clerk, row["_id"], ClosingForm(ended_on=day)))
    assert rows[0]["handover"]["due_on"] == (today + timedelta(days=10)).isoformat()
    assert [one["_id"] for one in await custody.notify()] == [rows[0]["_id"]]
    assert await custody.notify() == []
    assert [one["_id"] for one in await custody.due(clerk)] == [rows[0]["_id"]]
    assert [one["_id"] for one in await custody.due(clerk, days=90)] == [one["_id"] for one in rows]
    assert await custody.due(district.foreign_clerk, days=90) == []
    latest = date.fromisoformat(rows[0]["handover"]["latest"])
    for wrong in (latest + timedelta(days=1), today):
        with pytest.raises(errors.Invalid):
            form = KeepBackForm(until=wrong, approval="CV 12/UBND", reason="còn tra cứu")
            await custody.keep_back(clerk, rows[0]["_id"], form)
    kept = KeepBackForm(until=latest, approval="CV 12/UBND", reason="còn tra cứu")
    await custody.keep_back(clerk, rows[0]["_id"], kept)
    assert await custody.due(clerk) == [] and await custody.notify() == []


async def test_a_successor_takes_on_what_a_closed_unit_left(
    repository: Repository, district: District
) -> None:
    root, gone = operator("test"), district.foreign_clerk
    row = await repository.dossiers.open(gone, DossierForm(code="01", title="Việc của phường cũ"))
    await repository.dossiers.close(gone, row["_id"], ClosingForm(retention="10 năm"))
    ending = UnitClosing(successor="van-phong", on=local_date(repository.clock.now()), reason="NQ 1")
    unit = await repository.units.get("phuong-a")
    gone_on = {"$set": {"disabled_at": repository.clock.now()}}
    await repository.database["people"].update_many({"unit": "phuong-a"}, gone_on)
    await repository.units.close(root, "phuong-a", ending, revision=unit["revision"])
    heir = await repository.people.named(district.clerk.name.removeprefix("Người "))
    clerk = replace(actor_of(heir), inherits=("phuong-a",))
    with pytest.raises(errors.Forbidden):
        await repository.dossiers.reopen(clerk, row["_id"], "chưa tiếp nhận")
    taken = await repository.dossier_work.custody.transfer(
        clerk, row["_id"], TransferForm(to="van-phong", reason="NQ 1")
    )
    assert (taken["unit"], taken["from_unit"], taken["custody"][-1]["kind"]) == (
        "van-phong",
        "phuong-a",
        "successor",
    )
    assert (await repository.dossiers.reopen(clerk, row["_id"], "làm tiếp"))["state"] == "open"
