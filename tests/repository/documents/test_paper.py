"""The paper that follows a document for reference, and the gate of a unit that can sign (Đ7.1, Đ7.2, Đ10.1)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization

from repository import errors
from repository.access.actors import operator
from repository.audit import Action
from repository.clock import local_date
from repository.documents.issuing import IssueForm, MustBeSigned, holds_certificate
from repository.documents.paper import (
    NoPaperOwed,
    PaperForm,
    PaperStillOwed,
    paper_owed,
    require_no_paper_owed,
)
from repository.dossiers.dossiers import DossierForm
from repository.mongo import Row
from repository.organisation.units.units import UnitForm
from repository.signatures.preservation.notices import ending
from repository.wiring import Repository, open_repository
from tests.factories import District, stored
from tests.repository.documents.test_documents import outgoing
from tests.repository.signatures.forge import _name, issue

DAY = date(2026, 1, 5)
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


@pytest.mark.clause("Đ7.1")
@pytest.mark.clause("Đ7.2")
@pytest.mark.parametrize(
    ("direction", "state", "status", "owed"),
    [
        ("incoming", "stored", "reference", True),
        ("incoming", "registered", "reference", True),
        ("incoming", "stored", "valid", False),
        ("incoming", "stored", "pending", False),
        ("outgoing", "registered", "reference", False),
        ("outgoing", "issued", "reference", True),
        ("outgoing", "issued", "valid", False),
        ("internal", "stored", "reference", False),
    ],
)
def test_who_owes_a_paper(direction: str, state: str, status: str, owed: bool) -> None:
    row = {"direction": direction, "state": state, "legal_value": {"status": status}, "subject": "x"}
    assert paper_owed(row) is owed
    assert paper_owed(row | {"paper": {"way": "received"}}) is False
    if owed:
        with pytest.raises(PaperStillOwed):
            require_no_paper_owed(row)


async def judged(repository: Repository, row: Row, status: str = "reference") -> None:
    value = {"legal_value": {"status": status, "reasons": []}}
    await repository.database["documents"].update_one({"_id": row["_id"]}, {"$set": value})


@pytest.mark.clause("Đ7.2")
async def test_the_paper_blocks_the_dossier_until_it_is_recorded(
    repository: Repository, district: District
) -> None:
    clerk = district.clerk
    form = DossierForm(code="01.PAPER", title="Hồ sơ thử bản giấy", year=2026)
    dossier = await repository.dossiers.open(clerk, form)
    row = await stored(repository, clerk, direction="incoming", dossier_id=dossier["_id"])
    await judged(repository, row)
    with pytest.raises(errors.Conflict, match="bản giấy"):
        await repository.dossiers.close(clerk, dossier["_id"])
    after = await repository.papers.settle(clerk, row["_id"], PaperForm(on=DAY, note="bưu điện 123"))
    assert (after["paper"]["way"], after["paper"]["on"]) == ("received", "2026-01-05")
    with pytest.raises(NoPaperOwed):
        await repository.papers.settle(clerk, row["_id"], PaperForm(on=DAY))
    acts = [one["action"] for one in await repository.journal.history(row["_id"])]
    assert Action.PAPER_SETTLED.value in acts
    closed = await repository.dossiers.close(clerk, dossier["_id"])
    assert closed["state"] == "closed"


async def test_only_the_units_clerk_records_it_and_not_for_tomorrow(
    repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk, direction="incoming")
    await judged(repository, row)
    with pytest.raises(errors.NotFound):
        await repository.papers.settle(district.foreign_clerk, row["_id"], PaperForm(on=DAY))
    tomorrow = local_date(repository.clock.now()) + timedelta(days=1)
    with pytest.raises(errors.Invalid):
        await repository.papers.settle(district.clerk, row["_id"], PaperForm(on=tomorrow))


@pytest.fixture
async def certified(repository: Repository, district: District) -> District:
    """The clerk's unit holds a valid certificate."""
    holder = issue(_name("Văn phòng UBND quận", o="Quận", uid="MST:1"), None)
    content = holder.certificate.public_bytes(serialization.Encoding.PEM)
    await repository.certificates.add(operator("test"), "van-phong", content)
    return district


@pytest.mark.clause("Đ10.1")
@pytest.mark.parametrize("status", ["reference", "pending"])
async def test_a_unit_with_a_certificate_signs_or_says_why_not(
    repository: Repository, certified: District, status: str
) -> None:
    row = await outgoing(repository, certified)
    await judged(repository, row, status)
    for form in (None, IssueForm(), IssueForm(unsigned_reason="   ")):
        with pytest.raises(MustBeSigned):
            await repository.documents.issue(certified.clerk, row["_id"], form)
    said = IssueForm(unsigned_reason="Thiết bị ký hỏng, hẹn gửi bản giấy")
    issued = await repository.documents.issue(certified.clerk, row["_id"], said)
    assert issued["unsigned"]["reason"] == said.unsigned_reason
    (record,) = [
        one for one in await repository.journal.history(row["_id"]) if one["action"] == "document.issued"
    ]
    assert record["detail"]["unsigned_reason"] == said.unsigned_reason
    await judged(repository, row)
    assert paper_owed(await repository.documents.get(certified.clerk, row["_id"]))


@pytest.mark.clause("Đ10.1")
async def test_signed_needs_no_reason_and_a_unit_without_certificate_may_send(
    repository: Repository, certified: District
) -> None:
    row = await outgoing(repository, certified)
    await judged(repository, row, "valid")
    said = IssueForm(unsigned_reason="thừa, đã ký")
    assert "unsigned" not in await repository.documents.issue(certified.clerk, row["_id"], said)


async def test_without_a_certificate_it_goes_and_the_paper_follows(
    repository: Repository, district: District
) -> None:
    row = await outgoing(repository, district)
    await judged(repository, row)
    issued = await repository.documents.issue(district.clerk, row["_id"])
    assert paper_owed(issued)
    after = await repository.papers.settle(district.clerk, row["_id"], PaperForm(on=DAY))
    assert after["paper"]["way"] == "dispatched"


def _unit(*days: int) -> Row:
    now = NOON
    return {
        "_id": "u", "name": "Đơn vị", "certificates": [
            {"sha256": f"{n:064x}", "serial": str(n), "not_before": now - timedelta(days=900),
             "not_after": now + timedelta(days=n)} for n in days
        ],
    }  # fmt: skip


@pytest.mark.clause("Đ10.1")
def test_which_certificates_are_about_to_end() -> None:
    today = local_date(NOON)
    assert [one["serial"] for one in ending(_unit(40), 60, today)] == ["40"]
    assert ending(_unit(90), 60, today) == []
    assert ending(_unit(40, 400), 60, today) == []  # another outlasts it
    assert ending(_unit(-1), 60, today) == []
    assert holds_certificate(_unit(0), today) and not holds_certificate(_unit(-1), today)


@pytest.mark.clause("Đ10.1")
async def test_notices_come_once_at_60_30_and_7_days(settings, fixed_clock, engines) -> None:
    async with open_repository(settings, clock=fixed_clock) as repository:
        await repository.units.create(operator("t"), UnitForm(id="don-vi", name="Đơn vị", symbol="DV"))
        ends = fixed_clock.now() + timedelta(days=70)
        holder = issue(_name("Đơn vị"), None, ends=ends)
        content = holder.certificate.public_bytes(serialization.Encoding.PEM)
        await repository.certificates.add(operator("t"), "don-vi", content)
        given = {}
        for day in range(75):
            if count := await repository.custody.notices.give():
                given[70 - day] = count
            fixed_clock.advance(timedelta(days=1))
        assert given == {60: 1, 30: 1, 7: 1}
        found = await repository.incidents.find()
        assert all("Đơn vị" in one["found"] and one["todo"] for one in found)
        await repository.database.client.drop_database(settings.mongo_database)
