"""A document's level changed after it was stored: who sees it, what the book says, what is refused."""

import pytest

from repository import errors
from repository.access.permissions import Role
from repository.documents.levels import LevelForm
from repository.documents.sharing import ShareForm
from repository.registers.lines import RESTRICTED_SUBJECT, Filter
from repository.wiring import Repository
from tests.factories import District, make_person, stored


def to(level: str, reason: str = "theo đề nghị của người ký") -> LevelForm:
    return LevelForm.model_validate({"classification": level, "reason": reason})


@pytest.mark.clause("Đ1.p2")
async def test_a_shared_paper_made_internal_leaves_the_other_units_sight(
    repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk)
    form = ShareForm(unit="phuong-a", reason="phối hợp")
    await repository.sharing.share(district.clerk, row["_id"], form)
    assert await repository.documents.get(district.foreign_clerk, row["_id"])
    after = await repository.levels.change(district.clerk, row["_id"], to("noi_bo"))
    with pytest.raises(errors.NotFound):
        await repository.documents.get(district.foreign_clerk, row["_id"])
    assert after["shares"][0]["ended"]["reason"] == "theo đề nghị của người ký"
    record = (await repository.documents.history(district.clerk, row["_id"]))[-1]
    assert record["action"] == "document.level_changed"
    assert record["detail"]["was"] == {"classification": "thuong"} and record["detail"]["reason"]
    assert record["detail"]["ended"] == ["unit:phuong-a"]
    opened = await repository.levels.change(district.clerk, row["_id"], to("cong_khai"))
    assert opened["shares"][0]["ended"], "an ended share does not come back by itself"
    assert await repository.documents.get(district.foreign_clerk, row["_id"])


@pytest.mark.clause("Đ1.p2")
async def test_a_paper_made_restricted_is_hidden_in_its_book_and_the_book_still_proves_itself(
    repository: Repository, district: District
) -> None:
    fields = {"issuer": {"name": "UBND quận Kín"}, "symbol": "9/KL", "register_id": district.incoming["_id"]}
    row = await stored(repository, district.clerk, subject="Kết luận riêng", **fields)
    await repository.closings.close_day(district.clerk, district.incoming["_id"])
    officer = await make_person(repository, "cv.x", "van-phong", Role.OFFICER)
    await repository.levels.change(district.clerk, row["_id"], to("han_che"))
    with pytest.raises(errors.NotFound):
        await repository.documents.get(officer, row["_id"])
    book = district.incoming["_id"]
    lines = await repository.registers.entries(officer, book)
    one = await repository.registers.entry(officer, book, 1)
    found, _ = await repository.registers.matching(officer, book, Filter(number=1))
    for line in (*lines, one, *found):
        assert line["columns"]["subject"] == RESTRICTED_SUBJECT and line["columns"]["issuer"] == ""
        assert line["columns"]["symbol"] == "9/KL"
    assert (await repository.registers.matching(officer, book, Filter(issuer="UBND quận Kín")))[0] == []
    assert (await repository.closings.verify(district.clerk, book)).intact
    await repository.levels.change(district.clerk, row["_id"], to("thuong"))
    assert (await repository.registers.entry(officer, book, 1))["columns"]["subject"] == "Kết luận riêng"


async def test_who_may_not_share_may_not_change_the_level(repository: Repository, district: District) -> None:
    row = await stored(repository, district.clerk, classification="cong_khai")
    officer = await make_person(repository, "cv.x", "van-phong", Role.OFFICER)
    with pytest.raises(errors.Forbidden):
        await repository.levels.change(officer, row["_id"], to("thuong"))
    with pytest.raises(errors.Forbidden):
        await repository.levels.change(district.foreign_clerk, row["_id"], to("thuong"))
    with pytest.raises(errors.Conflict, match="đã ở mức «Công khai»"):
        await repository.levels.change(district.clerk, row["_id"], to("cong_khai"))
    for wrong in ({"classification": "mat", "reason": "xyz"}, {"classification": "thuong", "reason": ""}):
        with pytest.raises(ValueError, match=r"LevelForm"):
            LevelForm.model_validate(wrong)
