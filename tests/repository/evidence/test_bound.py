"""Every collection that the journal writes is compared with the log, from its first row on."""

import ast
import dataclasses

import pytest

from repository.access.actors import operator
from repository.audit import binding
from repository.evidence import fixity_rows
from repository.evidence.fixity_runs import Wish
from repository.schema import INDEXES
from repository.wiring import Repository
from tests.house.source import files, tree
from tests.soak.estate import authority

ROOT = operator("test")


@pytest.fixture
def settings(settings, tmp_path):
    (tmp_path / "anchor.pem").write_bytes(authority())
    return dataclasses.replace(settings, trust_anchors=str(tmp_path / "anchor.pem"))


async def wrong(repository: Repository) -> set[tuple[str, str]]:
    out = await repository.fixity.run(ROOT, Wish(sample=1, dry=True))
    return {(one.kind, one.subject_kind) for one in out.findings}


def test_each_collection_of_the_journal_is_compared_with_the_log() -> None:
    names = {
        node.args[0].value
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "change.insert"
        if isinstance(node.args[0], ast.Constant)
    }
    assert names - binding.UNBOUND == set(fixity_rows.BOUND)
    assert set(INDEXES) <= set(fixity_rows.BOUND) | fixity_rows.UNBOUND


async def test_the_first_row_of_a_kind_cannot_be_slipped_in(repository: Repository) -> None:
    assert await wrong(repository) == set()
    for name in ("disposals", "holds", "trust"):
        await repository.database[name].insert_one({"_id": "x", "state": "approved", "writes": 1})
    assert await wrong(repository) == {("row.unknown", name) for name in ("disposals", "holds", "trust")}


@pytest.mark.clause("Đ8.2")
async def test_trust_is_in_the_log_whoever_brought_it_and_the_place_of_the_review_is_no_matter(
    repository: Repository,
) -> None:
    trust, trusted = repository.custody.trust, repository.judge.verdicts.trusted
    await trust.take(ROOT, await trust.look("gốc.pem", authority(), purpose="chuyen-dung"))
    await trusted.snapshot()
    await (
        repository.custody.preservation.restart()
    )  # moves the place that the import had set back, without an act
    rows = await repository.database["trust"].find({}).to_list(None)
    assert sorted(row["source"] for row in rows) == ["imported", "settings"]
    assert await wrong(repository) == set()
    for row in rows:
        await repository.database["trust"].update_one({"_id": row["_id"]}, {"$set": {"purpose": "cong-cong"}})
        assert await wrong(repository) == {("row.changed", "trust")}
        await repository.database["trust"].replace_one({"_id": row["_id"]}, row)
