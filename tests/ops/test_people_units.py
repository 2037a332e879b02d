"""`tangthu people` and `tangthu units`: an account's and a unit's life from the shell."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.cli import run
from ops.stack import EngineAddresses
from repository import ids

Tangthu = Callable[..., tuple[int, str]]


@pytest.fixture
def tangthu(
    engines: EngineAddresses,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Tangthu:
    """Runs a command over a database of the test's own; its exit status and what it printed."""
    settings = engines.as_environment() | {"TANGTHU_MONGO_DATABASE": ids.new("cli"), "COLUMNS": "200"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def call(*words: str) -> tuple[int, str]:
        status = run([*words, "--data", str(tmp_path)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return call


@pytest.mark.clause("Đ10.3a")
def test_an_account_is_made_moved_and_ended(tangthu: Tangthu) -> None:
    for unit in ("van-phong", "noi-vu"):
        assert tangthu("units", "create", unit, "--name", f"Đơn vị {unit}", "--symbol", "X")[0] == 0
    made = ("people", "create", "cv.a", "--name", "Nguyễn Văn A", "--unit", "van-phong", "--role", "officer")
    status, password = tangthu(*made)
    assert status == 0 and len(password.strip()) >= 8
    assert tangthu(*made)[0] == 1
    moved = ("people", "transfer", "cv.a", "--unit", "noi-vu", "--role", "clerk", "--reason", "QĐ 1")
    assert tangthu(*moved)[0] == 0
    status, listed = tangthu("people", "list", "--unit", "noi-vu")
    assert "cv.a" in listed and "Văn thư" in listed
    assert "0 cảnh báo, 0 ngừng" in tangthu("people", "idle", "--dry-run")[1]
    assert tangthu("people", "disable", "cv.a", "--reason", "nghỉ")[0] == 0
    assert "đã ngừng" in tangthu("people", "list")[1]
    status, again = tangthu("people", "renew", "cv.a", "--reason", "trở lại")
    assert status == 0 and again.strip() != password.strip()


def test_a_unit_is_found_by_an_old_code_renamed_and_closed(tangthu: Tangthu) -> None:
    for unit in ("cu", "moi"):
        tangthu("units", "create", unit, "--name", f"Phường {unit}", "--symbol", "UBND")
    assert tangthu("units", "edit", "cu", "--organ-id", "H29.55", "--alias", "00.55.H29")[0] == 0
    assert "Phường cu" in tangthu("units", "find", "00.55.h29")[1]
    assert tangthu("units", "list", "--headless")[0] == 1
    named = (
        "units",
        "rename",
        "cu",
        "--name",
        "Phường xưa",
        "--symbol",
        "UBND",
        "--on",
        "2025-01-01",
        "--reason",
        "NQ",
    )
    assert tangthu(*named)[0] == 0
    closed = ("units", "close", "cu", "--successor", "moi", "--on", "2025-07-01", "--reason", "NQ")
    assert tangthu(*closed)[0] == 0
    assert tangthu(*closed)[0] == 1
    assert "kế thừa: moi" in tangthu("units", "list")[1]
    assert "TANGTHU_MONGO_DATABASE" in os.environ
