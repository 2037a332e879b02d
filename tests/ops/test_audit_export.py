"""The log as a file: whoever has it proves each line without us, and a table opens in a spreadsheet harmlessly."""

import csv
import json
from pathlib import Path

import pytest

from ops.sealing import audit
from ops.sealing.exporting import export
from repository.audit import export as exporting
from repository.audit import merkle
from repository.audit.checkpoint import Proof, opened
from repository.audit.export import NothingSealed
from repository.audit.note import PublicKey
from repository.wiring import Repository
from tests.factories import District, stored


async def sealed(repository: Repository) -> None:
    await repository.log.sealer.catch_up()
    await repository.log.sealer.issue_when_due(at_once=True)


@pytest.mark.clause("Đ3.1")
async def test_each_line_proves_itself(repository: Repository, district: District, tmp_path: Path) -> None:
    file = tmp_path / "nhat-ky.jsonl"
    with pytest.raises(NothingSealed):
        await export(repository.log, file, "jsonl")
    assert not file.exists()
    for _ in range(3):
        await stored(repository, district.clerk)
    await sealed(repository)
    await stored(repository, district.clerk)  # after the checkpoint: not in it
    count = (await export(repository.log, file, "jsonl")).size
    head, *lines = file.read_text("utf-8").splitlines()
    told = json.loads(head)
    checkpoint = opened(told["checkpoint"].encode(), [PublicKey.parse(one) for one in told["keys"]])
    assert len(lines) == count == checkpoint.size
    for leaf, line in enumerate(lines):
        text = line.partition(',"record":')[2][:-1]
        proof = Proof.from_json(json.loads(line)["proof"])
        assert proof.leaf == leaf and proof.shows(merkle.leaf_hash(text.encode()), checkpoint)
        assert not proof.shows(merkle.leaf_hash(text.replace("test", "tost", 1).encode() + b" "), checkpoint)


async def test_a_table_is_harmless_and_that_it_was_taken_is_in_the_log(
    repository: Repository, district: District, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await stored(repository, district.clerk)
    await sealed(repository)
    file = tmp_path / "nhat-ky.csv"
    assert await audit._export(repository, file, None) == 0
    rows = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    assert [row[0] for row in rows[1:]] == [str(n) for n in range(len(rows) - 1)] and len(
        {len(r) for r in rows}
    ) == 1
    assert any("Tiếp nhận văn bản" in row for row in rows) and district.clerk.id in str(rows)
    assert exporting._row(("=1+1", "-2", "một")) == "'=1+1,'-2,một\r\n"
    record = await repository.database["audit"].find_one({"action": "log.exported"})
    assert record["detail"] == {"exported": len(rows) - 1, "form": "csv"}


async def test_a_record_that_is_gone_is_told_and_no_gap_passes_for_an_end(
    repository: Repository, district: District, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        await stored(repository, district.clerk)
    await sealed(repository)
    size = (await repository.log.checkpoints.latest())["size"]
    await repository.database["audit"].delete_many({"leaf": {"$in": [2, size - 1]}})
    for name in ("nhat-ky.jsonl", "nhat-ky.csv"):
        assert await audit._export(repository, tmp_path / name, None) == 1
        assert f"2 lá không còn bản ghi (lá 2, {size - 1})" in " ".join(capsys.readouterr().out.split())
    lines = [json.loads(one) for one in (tmp_path / "nhat-ky.jsonl").read_text("utf-8").splitlines()]
    assert [one["missing"] for one in lines if "missing" in one] == [2, size - 1]
    assert len(lines) == 1 + size
    rows = list(csv.reader((tmp_path / "nhat-ky.csv").read_text("utf-8-sig").splitlines()))
    assert [row[0] for row in rows if row[2] == "KHÔNG CÒN BẢN GHI"] == ["2", str(size - 1)]
    record = await repository.database["audit"].find_one({"action": "log.exported"})
    assert record["detail"]["exported"] == size - 2
