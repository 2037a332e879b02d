"""`tangthu inspect`: good, hostile and absent files told apart, no engine running and nothing left behind."""

import asyncio
import io
import json

import pytest
from reportlab.pdfgen import canvas

from ops import inspect
from ops.cli import run
from repository.settings import Settings
from tests.data import make_bad


def letter() -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.drawString(100, 700, "Cong van thu nghiem")
    page.save()
    return out.getvalue()


FILES = {
    "cong-van.pdf": letter,
    "eicar.pdf": make_bad.eicar,
    "rong.pdf": make_bad.empty,
    "exe.pdf": make_bad.exe_as_pdf,
    "bom.zip": make_bad.zip_bomb,
    "hong.pdf": make_bad.pdf_broken_xref,
    "cut.pdf": make_bad.pdf_truncated,
    "macro.docx": make_bad.docx_with_macro,
}


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """Runs the command over some of the files; answers exit status and what was printed."""
    for name in ("TANGTHU_MONGO_URL", "TANGTHU_S3_URL"):
        monkeypatch.setenv(
            name,
            "mongodb://127.0.0.1:1" if "MONGO" in name else "http://127.0.0.1:1",
        )
    monkeypatch.delenv("TANGTHU_CLAMD_URL", raising=False)

    def ask(*names, words=()):
        for name in names:
            if name in FILES:
                (tmp_path / name).write_bytes(FILES[name]())
        data = ["--data", str(tmp_path / "data")]
        status = run(["inspect", *data, *words, *(str(tmp_path / name) for name in names)])
        return status, capsys.readouterr().out

    return ask


def test_a_letter_as_json_with_the_fields_of_the_api(told, tmp_path):
    status, out = told("cong-van.pdf", words=["--json"])
    (one,) = json.loads(out)
    assert status == 0
    assert (one["refused"], one["media_type"], one["size"]) == (None, "application/pdf", len(letter()))
    assert (one["scan"]["verdict"], one["scan"]["reason"]) == ("not_scanned", "no_scanner")
    assert one["text"]["pages"] == [{"n": 1, "how": "layer", "characters": 19}]
    assert one["text"]["words"] == "Cong van thu nghiem"
    assert {"status", "count", "items"} <= one["signatures"].keys()
    assert one["signatures"]["status"] == "none"
    assert one["legal_value"]["status"] == "reference"
    assert not (tmp_path / "data").exists()


def test_hostile_files_are_told_apart_and_none_stops_the_others(told):
    names = [*FILES, "khong-co.pdf"]
    status, out = told(*names, words=["--json"])
    found = {one["file"].rpartition("/")[2]: one for one in json.loads(out)}
    assert status == 1
    assert {name for name, one in found.items() if not one["refused"]} == {
        "cong-van.pdf",
        "hong.pdf",
        "macro.docx",
    }
    assert "rỗng" in found["rong.pdf"]["refused"]
    assert "EXE" in found["exe.pdf"]["refused"]
    assert "1024 MiB" in found["bom.zip"]["refused"]
    assert found["hong.pdf"]["warnings"] == ["repaired"]
    assert found["macro.docx"]["warnings"] == ["macro"]


def test_a_folder_is_not_a_file_and_names_cannot_drive_the_terminal(told, tmp_path):
    (tmp_path / "thu-muc").mkdir()
    (tmp_path / "a\x1b[31m[red]b.pdf").write_bytes(letter())
    status, out = told("thu-muc", "a\x1b[31m[red]b.pdf")
    assert status == 1
    assert "không phải là tệp" in out
    assert "\x1b" not in out
    assert "[red]b.pdf" in out


def test_the_block_for_people(told):
    status, out = told("cong-van.pdf", words=["--issuer", "Ủy ban nhân dân quận Hòa Mai"])
    assert status == 0
    for words in (
        "Sẽ nhận: application/pdf",
        "CHƯA QUÉT",
        "1 trang có sẵn chữ",
        "chỉ để tham khảo",
        "Hòa Mai",
    ):
        assert words in out


def test_no_file_is_bad_usage(told):
    with pytest.raises(SystemExit) as ended:
        told()
    assert ended.value.code == 2


async def test_a_signed_sample_is_valid_when_its_roots_are_trusted(tmp_path):
    from ops.demo import seed

    anchors, samples = await asyncio.to_thread(seed.prepare, tmp_path / "demo")
    path = next(one.path for one in samples if one.expected == "agency+person" and one.path.suffix == ".pdf")
    async with inspect.opened(Settings(data=tmp_path, trust_anchors=anchors)) as inspector:
        found = await inspector.inspect(path)
        stranger = await inspector.inspect(path, issuer="Sở Nội vụ tỉnh khác")
    assert [one["status"] for one in found["signatures"]["items"]] == ["TOTAL-PASSED"] * 2
    assert (found["legal_value"]["status"], found["legal_value"]["issuer_assumed"]) == ("valid", True)
    assert (stranger["legal_value"]["status"], stranger["legal_value"]["issuer_assumed"]) == (
        "reference",
        False,
    )
