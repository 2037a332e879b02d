"""What `tangthu restore` refuses before it touches anything, and what the list of sets says of an empty place."""

import argparse
from datetime import datetime

import pytest

from ops import cli
from ops.backup import command, running
from ops.backup.restore_command import arguments, end_of, refuse_unknown, run
from ops.backup.selection import Selection
from ops.backup.sets import Sets
from repository import errors
from repository.access.actors import operator
from repository.wiring import Repository
from tests.factories import District


@pytest.mark.parametrize(
    "asked",
    [Selection(unit="phuong-x"), Selection(dossier="hs-x"), Selection(unit="phuong-a", dossier="hs-x")],
)
async def test_a_mistyped_unit_or_dossier_is_not_restored_as_nothing(
    repository: Repository, office: District, sets: Sets, asked: Selection
) -> None:
    manifest = await running.back_up(repository, operator("test"))
    with pytest.raises(errors.NotFound, match=r"«(phuong|hs)-x».*chưa khôi phục gì"):
        await refuse_unknown(sets, manifest, asked)
    dossier = await repository.database["dossiers"].find_one({})
    await refuse_unknown(sets, manifest, Selection(unit="phuong-a", dossier=dossier["_id"]))


async def test_the_command_asks_before_it_says_what_it_would_do(
    repository: Repository, office: District, sets: Sets, tmp_path, monkeypatch, capsys
) -> None:
    settings = repository.settings
    monkeypatch.setenv("TANGTHU_BACKUP_TO", settings.backup_to)
    monkeypatch.setenv("TANGTHU_BACKUP_KEY", settings.backup_key)
    await running.back_up(repository, operator("test"))
    parser = argparse.ArgumentParser()
    arguments(parser)
    asked = ["latest", "--data", str(tmp_path / "new"), "--dry-run"]
    assert await run(parser.parse_args(asked)) == 0
    assert "--yes-lose" in capsys.readouterr().out
    with pytest.raises(errors.NotFound):
        await run(parser.parse_args([*asked, "--unit", "phuong-x"]))
    assert not (tmp_path / "new").exists()


async def test_a_place_without_a_set_is_said_to_have_none(
    repository: Repository, sets: Sets, tmp_path, capsys
) -> None:
    assert await command._list(repository, str(tmp_path / "mistyped")) == 0
    assert "Chưa có bản sao lưu nào ở " in capsys.readouterr().out
    await running.back_up(repository, operator("test"))
    assert await command._list(repository, "") == 0
    assert "đầy đủ" in capsys.readouterr().out


def test_a_moment_that_is_none_is_shown_how_to_write(tmp_path, monkeypatch, capsys) -> None:
    key = tmp_path / "key"
    assert cli.run(["backup", "key", str(key)]) == 0
    monkeypatch.setenv("TANGTHU_BACKUP_TO", str(tmp_path / "copies"))
    monkeypatch.setenv("TANGTHU_BACKUP_KEY", str(key))
    assert cli.run(["restore", "--at", "hôm qua", "--data", str(tmp_path / "new")]) == 1
    assert "«hôm qua»; ghi như 2026-11-22T17:00" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("written", "last"),
    [
        ("2026-11-22", "2026-11-22T16:59:59.999999+00:00"),
        ("2026-11-22T17:00", "2026-11-22T10:00:59.999999+00:00"),
        ("2026-11-22 17:00:05", "2026-11-22T10:00:05.999999+00:00"),
        ("2026-11-22T17:00:05.25", "2026-11-22T10:00:05.250000+00:00"),
        ("2026-11-22T17:00Z", "2026-11-22T17:00:59.999999+00:00"),
        ("2026-11-22T17:00:05+09:00", "2026-11-22T08:00:05.999999+00:00"),
    ],
)
def test_a_time_copied_from_a_list_means_the_set_of_that_time(written: str, last: str) -> None:
    assert end_of(written) == datetime.fromisoformat(last)


@pytest.mark.parametrize("written", ["", "hôm qua", "2026-13-01", "2026-11-22T25:00", "20261122", "17:00"])
def test_a_time_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(errors.Invalid, match="ghi như"):
        end_of(written)


@pytest.mark.parametrize(
    "words", [[], ["latest"], ["--at", "2026-11-22"], ["latest", "--at", "2026-11-22", "--data", "x"]]
)
def test_a_restore_without_what_it_needs_is_bad_usage(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["restore", *words]) == 2
    assert capsys.readouterr().err == "tangthu: cần --data THƯ-MỤC và một trong hai: BẢN hoặc --at LÚC\n"
