"""Refusals of known callers are recorded, with a count instead of a flood."""

import httpx
import pytest

from api.refusals import WINDOW, Refusals
from repository.wiring import Repository
from tests.factories import District, stored


def test_powers_of_ten_are_written_down_and_counting_begins_anew() -> None:
    moment = [0.0]
    refusals = Refusals(now=lambda: moment[0])
    assert [n for n in range(1, 1201) if refusals.counted("ng-1")] == [1, 10, 100, 1000]
    assert refusals.counted("ng-2") == 1
    moment[0] = WINDOW
    assert refusals.counted("ng-1") == 1


@pytest.mark.clause("Đ5.2")
async def test_reaching_for_foreign_things_leaves_a_trail(
    repository: Repository, district: District, stranger: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    row = await stored(repository, district.clerk, subject="Không ai khác được thấy")
    path = f"/api/v1/documents/{row['_id']}"
    for _ in range(12):
        assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post("/api/v1/units", json={})).status_code == 403
    assert (await nobody.get(path)).status_code == 401
    assert (await stranger.get("/api/v1/khong-co")).status_code == 404
    records = (
        await repository.database["audit"].find({"action": "access.refused"}).sort("_id", 1).to_list(None)
    )
    assert [(one["detail"]["count"], one["detail"]["path"]) for one in records] == [(1, path), (10, path)]
    assert records[0]["detail"]["why"] == "NotFound" and "Không ai" not in repr(records)
    assert records[0]["actor"]["unit"] == "phuong-a"
