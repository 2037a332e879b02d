"""Rows that are written all the time, while fixity compares them with the log."""

from datetime import UTC, datetime

import pytest

from repository.access.actors import operator
from repository.evidence.fixity_ledger import Ledger
from repository.evidence.fixity_rows import check_rows, note_log, note_rows

ROOT = operator("test")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path / "notes.sqlite")
    yield opened
    opened.close()


async def met(repository) -> str:
    """One act on the busiest row."""
    told = {"subject_kind": "job", "subject_id": "x", "found": "thử", "todo": "không làm gì"}
    return (await repository.incidents.report(ROOT, kind="test", **told))["_id"]


class Written:
    """A collection of which no row is read without being written right behind."""

    def __init__(self, repository) -> None:
        self._repository = repository

    async def find_one(self, query):
        row = await self._repository.database["incidents"].find_one(query)
        await met(self._repository)
        return row


async def test_a_row_that_is_written_all_the_time_is_no_finding(repository, ledger) -> None:
    row_id = await met(repository)
    await note_rows(repository.database, ledger, lambda _: None)
    await met(repository)
    await note_log(repository.database, ledger, lambda _: None)
    database = {"audit": repository.database["audit"], "incidents": Written(repository)}
    assert await check_rows(database, ledger, LONG_AGO) == []
    assert (await repository.database["incidents"].find_one({"_id": row_id}))["seen"] > 2


async def test_a_row_set_back_among_such_acts_is_found(repository, ledger) -> None:
    row_id = await met(repository)
    then = await repository.database["incidents"].find_one({"_id": row_id})
    await met(repository)
    await repository.database["incidents"].replace_one({"_id": row_id}, then)
    await note_rows(repository.database, ledger, lambda _: None)
    await note_log(repository.database, ledger, lambda _: None)
    found = await check_rows(repository.database, ledger, LONG_AGO)
    assert [(one.kind, one.subject) for one in found] == [("row.old", row_id)]
