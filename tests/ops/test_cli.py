"""The command line: help everywhere, exit statuses as documented, secrets shown once."""

import asyncio
import re

import pytest

from ops import cli
from ops.demo.story import STEPS
from repository.archive_packages.contents import Kind
from repository.wiring import Repository, open_repository
from tests.factories import District
from tests.repository.archive_packages.scene import by_hand


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_explains_itself(command: str, capsys) -> None:
    with pytest.raises(SystemExit) as left:
        cli.run([command, "--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    assert f"tangthu {command}" in said and cli.COMMANDS[command][1].split(";")[0][:20] in said.replace(
        "\n", " "
    )


def test_help_lists_every_command(capsys) -> None:
    with pytest.raises(SystemExit) as left:
        cli.run(["--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    assert [one for one in cli.COMMANDS if not re.search(rf"^\s+{one}\b", said, re.MULTILINE)] == []


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nothing"],
        ["import"],
        ["token"],
        ["token", "create"],
        ["serve", "--port", "x"],
        ["people", "create", "a"],
    ],
)
def test_bad_usage_is_two(words: list[str], capsys) -> None:
    with pytest.raises(SystemExit) as left:
        cli.run(words)
    said = capsys.readouterr().err
    assert left.value.code == 2 and "cách dùng: tangthu" in said and "--help" in said.splitlines()[-1]
    assert [
        one for one in ("usage", "argument", "invalid", "required", "choose", "error") if one in said
    ] == []


def test_a_full_disk_is_one_line(tmp_path, capsys) -> None:
    sip, target = tmp_path / "sip.zip", tmp_path / "aip.zip"
    sip.write_bytes(asyncio.run(by_hand(Kind.SIP, tmp_path)))
    (tmp_path / "aip.zip.part").symlink_to("/dev/full")
    assert cli.run(["archive", "convert", str(sip), "--fonds", "P623", "--out", str(target)]) == 1
    assert capsys.readouterr().err == "tangthu: ổ đĩa đã đầy\n"
    assert not target.exists()


def test_a_file_that_is_not_there_is_one_line(tmp_path, capsys) -> None:
    gone = tmp_path / "gone"
    assert cli.run(["verify", str(gone)]) == 1
    assert "không có tệp hay thư mục này" in capsys.readouterr().out
    assert cli.run(["verify", str(tmp_path), "--key", str(gone)]) == 2
    gone.write_text("no key at all\n", "utf-8")
    assert cli.run(["verify", str(tmp_path), "--key", str(gone)]) == 2
    assert cli.run(["verify", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert "không có tệp hay thư mục này" in told.err and "không phải khóa" in told.err
    assert "là thư mục" in told.out
    assert cli.run(["backup", "key", str(tmp_path / "nowhere" / "key")]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line == f"tangthu: {tmp_path}/nowhere/key: không có tệp hay thư mục này"


def test_a_setting_that_cannot_be_read_is_named(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setenv("TANGTHU_PORT", "nhiều")
    assert cli.run(["serve", "--data", str(tmp_path)]) in (1, 2)
    assert "TANGTHU_PORT" in capsys.readouterr().err


def test_a_dependency_that_is_down_is_three(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setenv("TANGTHU_MONGO_URL", "mongodb://127.0.0.1:9/")
    monkeypatch.setenv("TANGTHU_S3_URL", "http://127.0.0.1:9")
    assert cli.run(["units", "list", "--data", str(tmp_path)]) == 3
    assert "MongoDB" in capsys.readouterr().err


def test_half_of_the_stores_named_is_refused(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setenv("TANGTHU_MONGO_URL", "mongodb://127.0.0.1:9/")
    monkeypatch.delenv("TANGTHU_S3_URL", raising=False)
    assert cli.run(["units", "list", "--data", str(tmp_path)]) == 1
    assert "TANGTHU_S3_URL" in capsys.readouterr().err


async def test_units_are_made_and_listed(tangthu) -> None:
    created = await tangthu("units", "create", "noi-vu", "--name", "Phòng Nội vụ", "--symbol", "NV")
    assert created[0] == 0
    assert (await tangthu("units", "create", "noi-vu", "--name", "Lần nữa", "--symbol", "NV"))[0] == 1
    status, out, _ = await tangthu("units", "list")
    assert status == 0 and "Phòng Nội vụ" in out
    status, _, said = await tangthu("units", "create", "Có Dấu", "--name", "Phòng", "--symbol", "NV")
    assert status == 2 and "/id" in said


async def test_a_token_is_shown_once_works_and_ends(
    tangthu, district: District, repository: Repository
) -> None:
    status, out, _ = await tangthu(
        "token", "create", "--system", "edoc", "--unit", "van-phong", "--scope", "search"
    )
    secret = out.strip()
    assert status == 0 and secret.startswith("tt_")
    assert await repository.credentials.of_token(secret) is not None
    status, listed, _ = await tangthu("token", "list")
    assert status == 0 and "edoc" in listed and secret not in listed
    row = await repository.database["tokens"].find_one({"system": "edoc"})
    assert row is not None and (await tangthu("token", "revoke", row["_id"][:16]))[0] == 0
    async with open_repository(
        repository.settings
    ) as fresh:  # a process that just used it remembers it for seconds
        assert await fresh.credentials.of_token(secret) is None
    assert (await tangthu("token", "revoke", row["_id"][:16]))[0] == 1
    assert (await tangthu("token", "create", "--system", "x", "--unit", "khong-co", "--scope", "search"))[
        0
    ] == 1


async def test_reindex_makes_the_index_again(tangthu, district: District, repository: Repository) -> None:
    from tests.factories import stored

    await stored(repository, district.clerk)
    assert (await tangthu("work", "--drain"))[0] == 0
    status, out, _ = await tangthu("reindex", "--dry-run")
    assert status == 0 and "kho có 1 văn bản" in out
    status, out, _ = await tangthu("reindex")
    assert status == 0 and "1 mục" in out
    assert (await tangthu("outbox"))[0] == 0


async def test_parked_work_makes_the_outbox_command_say_so(
    tangthu, repository: Repository, district: District
) -> None:
    await repository.database["outbox"].insert_one(
        {"_id": "out-1", "kind": "document.stored", "subject": {"kind": "document", "id": "doc-1"},
         "at": repository.clock.now(), "state": "parked", "failures": 5,
         "not_before": repository.clock.now(), "why": "hỏng"}
    )  # fmt: skip
    status, out, _ = await tangthu("outbox")
    assert status == 1 and "hỏng" in out and "đang gác: 1" in out
    assert (await tangthu("outbox", "--retry"))[0] == 0
    assert await repository.outbox.count_parked() == 0


def test_the_story_has_the_steps_that_were_promised() -> None:
    told = " ".join(title for title, _ in STEPS)
    for word in (
        "lưu",
        "chữ ký",
        "sổ",
        "hồ sơ",
        "chỉ mục",
        "không dấu",
        "SHA-256",
        "Ghi đè, xóa",
        "một byte",
    ):
        assert word in told
