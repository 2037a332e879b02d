"""Schedules: shipped and imported, tried dry, applied without shortening anything silently; the longest of all
dossiers holds for a document.
"""

import io
from datetime import date

import pytest
from openpyxl import Workbook

from repository import errors
from repository.access.actors import operator
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import DossierForm
from repository.mongo import Row
from repository.retention.kept import PERMANENT
from repository.retention.schedules_import import ApplyForm, ScheduleForm, ShorteningNotConfirmed
from repository.wiring import Repository
from tests.factories import District, stored

ROOT = operator("test")
HEADS = "Mã dòng,Tên loại hồ sơ,Chi tiết,Thời hạn bảo quản,Thay cho\n"
SOONER = (
    HEADS
    + "01,Kế hoạch năm,Của đơn vị chức năng,5 năm,tt09-1-08\n02,Kế hoạch năm,Của cấp trên,20 năm,tt09-1-06\n"
)


def form(name: str = "noi-bo-2025", day: date = date(2025, 1, 1)) -> ScheduleForm:
    return ScheduleForm(id=name, name="Bảng nội bộ 2025", source="QĐ 5/QĐ-UBND", in_force=day)


def xlsx(text: str) -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.active.append(["BẢNG THỜI HẠN BẢO QUẢN"])
    for line in text.splitlines():
        book.active.append(line.split(","))
    book.save(out)
    return out.getvalue()


async def closed(repository: Repository, district: District, code: str, **fields: str) -> Row:
    opened = DossierForm.model_validate({"code": code, "title": "Hồ sơ", "started_on": "2025-01-02"} | fields)
    row = await repository.dossiers.open(district.clerk, opened)
    return await repository.dossiers.close(district.clerk, row["_id"], ClosingForm(ended_on=date(2025, 6, 1)))


async def end(repository: Repository, row: Row) -> str:
    found = await repository.database["dossiers"].find_one({"_id": row["_id"]})
    return str(found["retention"]["ends_on"])


async def test_the_schedules_of_a_day(repository: Repository) -> None:
    schedules = repository.retention.schedules
    assert [one.id for one in await schedules.on(date(2018, 1, 16))] == ["tt09-2011"]
    assert [one.id for one in await schedules.on(date(2023, 2, 15))] == ["tt09-2011", "tt10-2022"]
    assert all(one.partial for one in await schedules.all())
    before = {one.id for one in await schedules.choices(date(2018, 1, 16))}
    now = {one.id for one in await schedules.choices(date(2024, 1, 1))}
    assert "tt09-2.1-02" in before - now and "tt10-2.1-01" in now - before


@pytest.mark.parametrize("made", [lambda text: text.encode(), xlsx], ids=["csv", "xlsx"])
async def test_a_dry_run_says_what_would_change_and_changes_nothing(
    repository: Repository, district: District, made
) -> None:
    one = await closed(repository, district, "01", rule="tt09-1-08")
    other = await closed(repository, district, "02", rule="tt09-1-06")
    told = await repository.retention.imports.try_dry(form(), made(SOONER))
    assert (told["rows"], told["faults"], told["shortens"], told["lengthens"]) == (2, [], 1, 1)
    assert {(d["id"], d["was"], d["now"]) for d in told["dossiers"]} == {
        (one["_id"], "2035-12-31", "2030-12-31"),
        (other["_id"], "2035-12-31", "2045-12-31"),
    }
    assert await end(repository, one) == "2035-12-31"
    assert len(await repository.retention.schedules.all()) == 2


async def test_nothing_is_shortened_before_that_very_number_is_confirmed_with_a_reason(
    repository: Repository, district: District
) -> None:
    one = await closed(repository, district, "01", rule="tt09-1-08")
    other = await closed(repository, district, "02", rule="tt09-1-06")
    imports = repository.retention.imports
    await imports.take_in(ROOT, form(), SOONER.encode())
    assert await end(repository, one) == await end(repository, other) == "2035-12-31"
    for wrong in (ApplyForm(), ApplyForm(shorten=1), ApplyForm(shorten=2, reason="đã duyệt")):
        with pytest.raises(ShorteningNotConfirmed):
            await imports.apply(ROOT, "noi-bo-2025", wrong)
        assert await end(repository, other) == "2035-12-31"
    said = ApplyForm(shorten=1, reason="QĐ 5/QĐ-UBND")
    assert await imports.apply(ROOT, "noi-bo-2025", said) == {"shortened": 1, "lengthened": 1}
    assert await end(repository, one) == "2030-12-31" and await end(repository, other) == "2045-12-31"
    record = (await repository.journal.history(one["_id"]))[-1]
    assert record["action"] == "dossier.retention_set" and record["detail"]["reason"] == "QĐ 5/QĐ-UBND"
    assert await imports.apply(ROOT, "noi-bo-2025", ApplyForm()) == {"shortened": 0, "lengthened": 0}


async def test_years_that_become_an_unknown_day_may_be_fewer_and_are_not_taken_for_more(
    repository: Repository, district: District
) -> None:
    one = await closed(repository, district, "01", rule="tt09-1-08")
    imports = repository.retention.imports
    table = HEADS + "01,Kế hoạch năm,Của đơn vị,đến khi văn bản hết hiệu lực,tt09-1-08\n"
    assert (await imports.try_dry(form(), table.encode()))["shortens"] == 1
    await imports.take_in(ROOT, form(), table.encode())
    with pytest.raises(ShorteningNotConfirmed):
        await imports.apply(ROOT, "noi-bo-2025", ApplyForm())
    assert await end(repository, one) == "2035-12-31"


@pytest.mark.parametrize(
    ("table", "pointer"),
    [
        (HEADS + "01,Hồ sơ,,lâu lắm,\n", "/2/period"),
        (HEADS + "01,,,5 năm,\n", "/2/title"),
        (HEADS + "01,Hồ sơ,,5 năm,\n01,Hồ sơ,,5 năm,\n", "/3/id"),
        (HEADS + "01,Hồ sơ,,5 năm,khong-co\n", "/2/supersedes"),
        (HEADS, "/"),
    ],
)
async def test_a_wrong_line_is_told_by_its_number_and_nothing_is_taken(
    repository: Repository, table: str, pointer: str
) -> None:
    told = await repository.retention.imports.try_dry(form(), table.encode())
    assert [one["pointer"] for one in told["faults"]] == [pointer]
    with pytest.raises(errors.Invalid):
        await repository.retention.imports.take_in(ROOT, form(), table.encode())
    assert len(await repository.retention.schedules.all()) == 2


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"PK\x03\x04rubbish", "không,có,cột\n1,2,3".encode()]
)
async def test_what_is_no_table_is_refused(repository: Repository, content: bytes) -> None:
    with pytest.raises(errors.Invalid):
        await repository.retention.imports.try_dry(form(), content)


async def test_a_schedule_is_never_replaced(repository: Repository) -> None:
    imports = repository.retention.imports
    await imports.take_in(ROOT, form(), SOONER.encode())
    for name in ("noi-bo-2025", "tt09-2011"):
        with pytest.raises(errors.TangThuError):
            await imports.take_in(ROOT, form(name), SOONER.encode())


async def test_a_document_is_kept_as_long_as_the_longest_of_its_dossiers(
    repository: Repository, district: District
) -> None:
    clerk, kept = district.clerk, repository.retention.kept.kept_until
    row = await stored(repository, clerk)
    assert await kept(row) is None
    dossiers = []
    for n, period in enumerate(("5 năm", "20 năm", "vĩnh viễn")):
        dossier = await repository.dossiers.open(
            clerk, DossierForm(code=str(n), title="Hồ sơ", retention=period, started_on=date(2020, 1, 1))
        )
        row = await repository.dossiers.file(clerk, dossier["_id"], row["_id"])
        dossiers.append(dossier)
    assert await kept(row) is None  # all are open
    found = []
    for dossier in dossiers:
        await repository.dossiers.close(clerk, dossier["_id"], ClosingForm(ended_on=date(2020, 6, 1)))
        found.append(await kept(row))
    assert found == [None, None, PERMANENT]
    row["dossiers"] = [one["_id"] for one in dossiers[:2]]
    assert await kept(row) == date(2040, 12, 31)
    row["dossiers"] = [dossiers[0]["_id"]]
    assert await kept(row) == date(2025, 12, 31)
    await repository.dossiers.reopen(clerk, dossiers[0]["_id"], "bổ sung")
    assert await kept(row) is None
