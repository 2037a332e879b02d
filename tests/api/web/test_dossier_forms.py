"""Forms of a dossier that were refused: the field is named, what was typed stays, days are written as people write."""

from datetime import date

import httpx
import pytest

from repository.access.permissions import Role
from repository.dossiers.closing import ClosingForm, RetentionForm
from repository.dossiers.dossiers import DossierForm
from repository.mongo import Row
from repository.wiring import Repository
from tests.api.web.test_pages import SAME, LogIn, log_in, proof
from tests.factories import District, make_person

__all__ = ["log_in"]
PAPERS = "Mã hồ sơ,Tiêu đề,Thời hạn\n"


@pytest.fixture
async def clerk(log_in: LogIn) -> httpx.AsyncClient:
    return await log_in("vt.vanphong")


@pytest.fixture
async def closed(repository: Repository, district: District) -> Row:
    form = DossierForm(code="01", title="Sửa chữa trụ sở", retention="20 năm")
    row = await repository.dossiers.open(district.clerk, form)
    return await repository.dossiers.close(district.clerk, row["_id"], ClosingForm())


async def post(
    client: httpx.AsyncClient, path: str, files: Row | None = None, **fields: str
) -> httpx.Response:
    page = (await client.get("/catalogues")).text
    return await client.post(path, data={"csrf": proof(page)} | fields, headers=SAME, files=files)


async def test_what_was_refused_names_its_field_and_keeps_what_was_typed(
    clerk: httpx.AsyncClient, closed: Row
) -> None:
    here = f"/dossiers/{closed['_id']}"
    kept = {"until": "01/01/2099", "approval": "12/QĐ-UBND", "reason": "còn dùng để đối chiếu"}
    late = await post(clerk, f"{here}/keep-back", **kept)
    latest = date.fromisoformat(closed["handover"]["latest"])
    assert late.status_code == 422
    assert f"ngày giữ lại: phải sau hạn nộp và không quá {latest:%d/%m/%Y}" in late.text
    assert all(f'value="{one}"' in late.text for one in kept.values())
    unsaid = await post(clerk, f"{here}/keep-back", approval="12/QĐ-UBND", reason="ab")
    assert "ngày giữ lại: bắt buộc phải có; lý do: quá ngắn, cần ít nhất 3 ký tự" in unsaid.text
    shorter = await post(clerk, f"{here}/retention", retention="7 năm", reason="tự định")
    assert (
        shorter.status_code == 409 and 'value="7 năm"' in shorter.text and 'value="tự định"' in shorter.text
    )


async def test_no_unit_is_chosen_for_the_clerk_who_hands_over(
    clerk: httpx.AsyncClient, closed: Row, repository: Repository
) -> None:
    here = f"/dossiers/{closed['_id']}"
    assert '<option value="">Chọn đơn vị nhận</option>' in (await clerk.get(here)).text
    refused = await post(clerk, f"{here}/transfer", to="", receiver="Trần Thị Lưu")
    assert refused.status_code == 422 and "đơn vị nhận: bắt buộc phải có" in refused.text
    assert 'value="Trần Thị Lưu"' in refused.text
    assert (await repository.database["dossiers"].find_one({"_id": closed["_id"]}))["state"] == "closed"


async def test_closing_again_for_less_long_asks_on_the_form_and_says_so_in_the_history(
    clerk: httpx.AsyncClient, closed: Row, repository: Repository, district: District
) -> None:
    longer = RetentionForm(retention="vĩnh viễn")
    await repository.dossier_work.closing.determine(district.clerk, closed, longer)
    assert "từ 20 năm thành vĩnh viễn" in (await clerk.get(f"/dossiers/{closed['_id']}")).text.lower()
    await repository.dossiers.reopen(district.clerk, closed["_id"], "bổ sung")
    asked = await post(clerk, f"/dossiers/{closed['_id']}/close", retention="9 năm", reason="")
    assert asked.status_code == 409 and "rút ngắn thời hạn" in asked.text and 'value="9 năm"' in asked.text


async def test_a_dossier_of_an_earlier_year_is_opened_with_the_day_it_began(
    clerk: httpx.AsyncClient, repository: Repository
) -> None:
    form = {"code": "09.2018", "title": "Khiếu nại năm 2018", "retention": "2 năm"}
    wrong = await post(clerk, "/dossiers", **form, started_on="2/2018")
    assert wrong.status_code == 422 and "ngày/tháng/năm" in wrong.text and 'value="2/2018"' in wrong.text
    made = await post(clerk, "/dossiers", **form, started_on="02/01/2018")
    assert made.status_code == 303
    here = made.headers["location"].partition("?")[0]
    assert (await post(clerk, f"{here}/close", ended_on="01/05/2018")).status_code == 303
    [row] = await repository.database["dossiers"].find({"code": "09.2018"}).to_list(2)
    told = (await clerk.get(here)).text
    assert "<dt>Ngày kết thúc công việc</dt><dd>01/05/2018</dd>" in told
    assert row["started_on"] == "2018-01-02" and row["retention"]["ends_on"] == "2020-12-31"


async def test_a_wrong_table_is_told_by_line_and_column(
    clerk: httpx.AsyncClient, repository: Repository
) -> None:
    made = await post(clerk, "/catalogues", year="2031")
    here = made.headers["location"].partition("?")[0]

    async def sent(table: str) -> str:
        files = {"file": ("bang.csv", table.encode(), "text/csv")}
        return (await post(clerk, f"{here}/lines", files)).text

    assert "Dòng 2, cột «số và ký hiệu hồ sơ»: không được để trống" in await sent(
        PAPERS + ",Thiếu mã,5 năm\n"
    )
    assert "tên các cột: số và ký hiệu hồ sơ, tiêu đề hồ sơ" in await sent("a,b\n1,2\n")
    await sent(PAPERS + "01,Một,5 năm\n")
    assert (await post(clerk, f"{here}/issue", symbol="1/QĐ", issued_on="02/01/2031")).status_code == 303
    again = await sent(PAPERS + "01,Một,5 năm\n")
    assert "<li>Đã có trong danh mục: 01</li>" in again


async def test_a_leader_holds_from_the_page_of_a_dossier(
    log_in: LogIn, closed: Row, clerk: httpx.AsyncClient, repository: Repository
) -> None:
    await make_person(repository, "ld.vanphong", "van-phong", Role.LEADER)
    leader = await log_in("ld.vanphong")
    link = f"/retention?kind=dossier&amp;target={closed['_id']}#phong-toa-moi"
    assert link in (await leader.get(f"/dossiers/{closed['_id']}")).text
    assert link not in (await clerk.get(f"/dossiers/{closed['_id']}")).text
    page = (await leader.get(link.replace("&amp;", "&"))).text
    assert f'value="{closed["_id"]}"' in page and '<option value="dossier" selected>' in page
    assert '<details id="phong-toa-moi" open>' in page
    assert '<details id="phong-toa-moi">' in (await leader.get("/retention")).text
