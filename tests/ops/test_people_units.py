"""`tangthu people` and `tangthu units`: an account's and a unit's life from the shell."""

import pytest


@pytest.mark.clause("Đ10.3a")
async def test_an_account_is_made_moved_and_ended(tangthu) -> None:
    for unit in ("van-phong", "noi-vu"):
        assert (
            await tangthu("units", "create", unit, "--name", f"Đơn vị {unit}", "--symbol", "X")
        ).status == 0
    made = ("people", "create", "cv.a", "--name", "Nguyễn Văn A", "--unit", "van-phong", "--role", "officer")
    status, password, _ = await tangthu(*made)
    assert status == 0 and len(password.strip()) >= 8
    assert (await tangthu(*made)).status == 1
    moved = ("people", "transfer", "cv.a", "--unit", "noi-vu", "--role", "clerk", "--reason", "QĐ 1")
    assert (await tangthu(*moved)).status == 0
    status, listed, _ = await tangthu("people", "list", "--unit", "noi-vu")
    assert "cv.a" in listed and "Văn thư" in listed
    assert "0 cảnh báo, 0 ngừng" in (await tangthu("people", "idle", "--dry-run")).out
    assert (await tangthu("people", "disable", "cv.a", "--reason", "nghỉ")).status == 0
    assert "đã ngừng" in (await tangthu("people", "list")).out
    status, again, _ = await tangthu("people", "renew", "cv.a", "--reason", "trở lại")
    assert status == 0 and again.strip() != password.strip()


async def test_a_unit_is_found_by_an_old_code_renamed_and_closed(tangthu) -> None:
    for unit in ("cu", "moi"):
        await tangthu("units", "create", unit, "--name", f"Phường {unit}", "--symbol", "UBND")
    assert (await tangthu("units", "edit", "cu", "--organ-id", "H29.55", "--alias", "00.55.H29")).status == 0
    assert "Phường cu" in (await tangthu("units", "find", "00.55.h29")).out
    assert (await tangthu("units", "list", "--headless")).status == 1
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
    assert (await tangthu(*named)).status == 0
    closed = ("units", "close", "cu", "--successor", "moi", "--on", "2025-07-01", "--reason", "NQ")
    assert (await tangthu(*closed)).status == 0
    assert (await tangthu(*closed)).status == 1
    assert "kế thừa: moi" in (await tangthu("units", "list")).out
