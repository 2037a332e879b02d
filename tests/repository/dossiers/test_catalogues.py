"""The yearly list of dossiers: drafted, imported with each fault told, issued, opened from."""

from datetime import date

import pytest

from repository import errors
from repository.dossiers.catalogues import CatalogueForm, IssueForm
from repository.wiring import Repository
from tests.factories import District

TABLE = (
    "UBND QUẬN;;;;\nDANH MỤC HỒ SƠ NĂM 2026;;;;\n"
    "Số và ký hiệu hồ sơ;Tiêu đề hồ sơ;Thời hạn bảo quản;Người lập hồ sơ;Ghi chú\n(1);(2);(3);(4);(5)\n"
    "01.TH;Kế hoạch, báo cáo năm 2026;Vĩnh viễn;Nguyễn Văn A;\n02.TH;Công văn trao đổi;10 năm;Trần Thị B;gộp\n"
)


async def test_a_list_is_imported_issued_and_opened_from(repository: Repository, district: District) -> None:
    clerk, catalogues = district.clerk, repository.dossier_work.catalogues
    row = await catalogues.draft(clerk, CatalogueForm(year=2026))
    lines, faults = await catalogues.examine(clerk, row["_id"], TABLE.encode())
    assert len(lines) == 2 and faults == []
    assert (await catalogues.get(clerk, row["_id"]))["lines"] == []
    row = await catalogues.take_in(clerk, row["_id"], TABLE.encode())
    assert [one["code"] for one in row["lines"]] == ["01.TH", "02.TH"]
    with pytest.raises(errors.Conflict):
        await catalogues.open_line(clerk, row["_id"], "01.TH")
    act = IssueForm(symbol="12/QĐ-UBND", issued_on=date(2026, 1, 5))
    row = await catalogues.issue(clerk, row["_id"], act)
    dossier = await catalogues.open_line(clerk, row["_id"], "01.TH")
    assert (dossier["title"], dossier["maintenance"], dossier["year"]) == (
        "Kế hoạch, báo cáo năm 2026",
        "Vĩnh viễn",
        2026,
    )
    assert await catalogues.opened(row, ["01.TH", "02.TH"]) == {"01.TH": dossier["_id"]}
    for attempt in (
        catalogues.open_line(clerk, row["_id"], "01.TH"),
        catalogues.issue(clerk, row["_id"], act),
        catalogues.draft(clerk, CatalogueForm(year=2026)),
    ):
        with pytest.raises(errors.Conflict):
            await attempt
    with pytest.raises(errors.Invalid):
        await catalogues.take_in(clerk, row["_id"], TABLE.encode())
    more = TABLE.partition("01.TH")[0] + "03.TH;Bổ sung;5 năm;;\n"
    row = await catalogues.take_in(clerk, row["_id"], more.encode())
    assert [one["code"] for one in row["lines"]] == ["01.TH", "02.TH", "03.TH"]


async def test_each_wrong_line_is_told_and_none_is_taken(repository: Repository, district: District) -> None:
    clerk, catalogues = district.clerk, repository.dossier_work.catalogues
    row = await catalogues.draft(clerk, CatalogueForm(year=2026))
    wrong = TABLE + "02.TH;Trùng;10 năm;;\n;Thiếu ký hiệu;10 năm;;\n05;Không thời hạn;;;\n06;Lạ;lâu;;\n"
    with pytest.raises(errors.Invalid) as refused:
        await catalogues.take_in(clerk, row["_id"], wrong.encode())
    assert [one["pointer"] for one in refused.value.errors] == [
        "/7/code",
        "/8/code",
        "/9/retention",
        "/10/retention",
    ]
    assert (await catalogues.get(clerk, row["_id"]))["lines"] == []


@pytest.mark.clause("Đ1.p2")
async def test_a_foreign_list_is_not_there(repository: Repository, district: District) -> None:
    catalogues = repository.dossier_work.catalogues
    row = await catalogues.draft(district.foreign_clerk, CatalogueForm(year=2026))
    with pytest.raises(errors.NotFound):
        await catalogues.get(district.clerk, row["_id"])
    with pytest.raises(errors.NotFound):
        await catalogues.take_in(district.clerk, row["_id"], TABLE.encode())
    assert await catalogues.visible(district.clerk) == []
    assert len(await catalogues.visible(district.auditor)) == 1
