"""Incidents: once a matter, settled with a reason, met again after that they open anew."""

import pytest

from repository import errors
from repository.access.actors import operator
from repository.incidents.incidents import IncidentSettled
from repository.wiring import Repository

ME = operator("test")


async def _report(repository: Repository, found: str = "thiếu một tệp"):
    return await repository.incidents.report(
        ME, kind="fixity.missing", subject_kind="object", subject_id="abc", found=found, todo="Khôi phục."
    )


async def test_the_same_matter_is_one_incident_that_counts(repository: Repository) -> None:
    first = await _report(repository)
    again = await _report(repository, found="vẫn thiếu")
    assert again["_id"] == first["_id"]
    assert (again["seen"], again["found"]) == (2, "vẫn thiếu")
    assert await repository.incidents.count_open() == 1


async def test_settled_with_a_reason_and_opened_anew_when_met_again(repository: Repository) -> None:
    first = await _report(repository)
    settled = await repository.incidents.settle(ME, first["_id"], "đã khôi phục từ bản sao lưu")
    assert settled["state"] == "settled"
    with pytest.raises(IncidentSettled):
        await repository.incidents.settle(ME, first["_id"], "lần nữa")
    with pytest.raises(errors.NotFound):
        await repository.incidents.settle(ME, "inc-khong-co", "không có")
    assert (await _report(repository))["_id"] != first["_id"]
    acts = [record["action"] for record in await repository.journal.history(first["_id"])]
    assert acts == ["incident.found", "incident.settled"]
