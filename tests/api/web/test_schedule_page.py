"""A schedule on its page: shown first, taken in as it was shown, refused line by line."""

import re

from repository.access.permissions import Role
from repository.wiring import Repository
from tests.api.web.test_pages import LogIn, log_in, proof
from tests.factories import District, make_person

__all__ = ["log_in"]
GOOD = "Tên loại hồ sơ,Thời hạn bảo quản\nHồ sơ một,10 năm\n"
NAMED = {"id": "bang-thu", "name": "Bảng thử", "source": "QĐ 1/QĐ-UBND", "in_force": "01/01/2026"}


async def test_shown_first_and_taken_in_as_shown(
    log_in: LogIn, repository: Repository, district: District
) -> None:
    await make_person(repository, "it.a", "van-phong", Role.IT)
    browser = await log_in("it.a")
    token = proof((await browser.get("/schedules/new")).text)

    async def sent(written: str = "", **fields: str):
        files = {"file": ("bang.csv" if written else "", written.encode(), "text/csv")}
        data, headers = {"csrf": token} | NAMED | fields, {"Sec-Fetch-Site": "same-origin"}
        return await browser.post("/schedules/new", data=data, files=files, headers=headers)

    before = len(await repository.retention.schedules.all())
    bad = await sent(GOOD.replace("10 năm", "lâu"))
    assert bad.status_code == 422 and "Dòng 2" in bad.text and "Nhập bảng này" not in bad.text
    assert (
        (await sent(GOOD, id="Sai Mã")).status_code
        == (await sent(GOOD, in_force="hôm nay")).status_code
        == 422
    )
    shown = await sent(GOOD)
    assert shown.status_code == 200 and "Đọc được cả bảng" in shown.text
    assert len(await repository.retention.schedules.all()) == before
    found = re.search(r'name="table" value="([^"]+)"', shown.text)
    assert found is not None
    taken = await sent(take="1", table=found[1])
    assert taken.status_code == 200 and "Đã nhập «Bảng thử»" in taken.text
    assert [one.id for one in await repository.retention.schedules.all()][-1] == "bang-thu"
    assert (await sent(take="1", table=found[1])).status_code in (409, 422)
    assert (await sent("x" * 600_000)).status_code == 413
