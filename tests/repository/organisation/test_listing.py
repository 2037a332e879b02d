"""Many accounts in pages, found by name without marks; and no way to take one out."""

import pytest

from repository.access.permissions import Role
from repository.audit import Action
from repository.journal import Change
from repository.wiring import Repository
from tests.factories import District, make_person


async def test_pages_follow_one_another_and_words_need_no_marks(
    repository: Repository, district: District
) -> None:
    for n in range(5):
        await make_person(repository, f"cv.{n}", "phuong-a", Role.OFFICER)
    await make_person(repository, "cv.dac", "phuong-a", Role.OFFICER, staff_code="PA-77")
    first = await repository.people.page("phuong-a", limit=3)
    second = await repository.people.page("phuong-a", limit=3, after=first[-1]["username"])
    names = [row["username"] for row in first + second]
    assert names == ["cv.0", "cv.1", "cv.2", "cv.3", "cv.4", "cv.dac"]
    assert await repository.people.count("phuong-a") == 7 and "password" not in first[0]
    for words in ("nguoi CV.DAC", "pa-77"):
        assert [row["username"] for row in await repository.people.page(words=words)] == ["cv.dac"]
    assert await repository.people.page("van-phong", words="cv.dac") == []


@pytest.mark.clause("Đ10.3a")
async def test_a_change_of_the_journal_can_add_and_amend_but_not_take_out(
    repository: Repository, district: District
) -> None:
    offered = {name for name in dir(Change) if not name.startswith("_")}
    inside = {"flush", "seal", "touched"}  # what the journal itself asks of it
    assert offered == {"find_one", "find", "insert", "update", "take", "once", "record"} | inside

    async def empty(change: Change) -> None:
        await change.update("people", {"_id": district.clerk.id}, {})
        change.record("person", district.clerk.id)

    async def replace(change: Change) -> None:
        await change.update("people", {"_id": district.clerk.id}, {"_id": "ng-other"})
        change.record("person", district.clerk.id)

    for work in (empty, replace):
        before = await repository.database["people"].find_one({"_id": district.clerk.id})
        try:
            await repository.journal.change(district.clerk, Action.PERSON_EDITED, work)
        except Exception as fault:  # noqa: BLE001  the engine refuses in its own words
            assert fault is not None
        after = await repository.database["people"].find_one({"_id": district.clerk.id})
        assert after is not None and before is not None and after["username"] == before["username"]
