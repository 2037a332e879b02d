"""`tangthu retention`: a dry run tells and imports nothing, an import tells its faults by line."""

import argparse
from datetime import date
from pathlib import Path

import pytest

from ops import retention
from repository.wiring import Repository

GOOD = "Tên loại hồ sơ,Thời hạn bảo quản\nHồ sơ một,10 năm\n"


def options(file: Path, *, dry_run: bool = False) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    retention.arguments(parser)
    words = ["import", str(file), "--id", "bang-thu", "--name", "Bảng thử", "--source", "QĐ 1/QĐ-UBND"]
    return parser.parse_args([*words, "--in-force", "2026-01-01", *(["--dry-run"] if dry_run else [])])


async def test_tried_dry_then_imported_once(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bang.csv"
    file.write_text(GOOD, "utf-8")
    assert options(file).in_force == date(2026, 1, 1)
    assert await retention._import(repository.retention, options(file, dry_run=True)) == 0
    assert len(await repository.retention.schedules.all()) == 2
    assert await retention._import(repository.retention, options(file)) == 0
    assert [one.id for one in await repository.retention.schedules.all()][-1] == "bang-thu"
    file.write_text(GOOD.replace("10 năm", "lâu"), "utf-8")
    assert await retention._import(repository.retention, options(file, dry_run=True)) == 1
    assert "dòng 2: không hiểu thời hạn bảo quản" in capsys.readouterr().out
