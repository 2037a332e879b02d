"""An honest package: whole, the same twice, read by BagIt's own library, proven by the verifier alone."""

import json
import subprocess
import sys
from pathlib import Path

import bagit
import pytest

from repository.audit.note import PublicKey
from repository.evidence.verify import PROVEN, REFUSED, SAID
from tests.repository.evidence.scene import members, zipped

ROOT = Path(__file__).parents[3]


def test_an_honest_package_is_proven_line_by_line(scene, judged) -> None:
    keys = [PublicKey.parse(one) for one in scene.keys.split()]
    found = judged(scene.whole, trusted=keys)
    assert found.ok, found.lines
    proven = {one.about for one in found.lines if one.mark == PROVEN}
    assert proven >= {
        "Vỏ gói", "Danh mục", "Bản ký nhật ký", "Khóa nhật ký", "Dấu thời gian", "Bên chứng kiến", "Bản ghi nhật ký",
        "Thông tin mô tả", "Lịch sử", "Hồ sơ", "Văn bản 71/QĐ-UBND", "Yêu cầu",
    }  # fmt: skip
    said = [one.words for one in found.lines if one.mark == SAID]
    assert len(said) == 2 and "pyhanko" in said[-1]


def test_without_a_key_it_says_whose_key_was_used(scene, judged) -> None:
    found = judged(scene.single)
    assert found.ok
    for about in ("Khóa nhật ký", "Bên chứng kiến"):
        told = [one.words for one in found.lines if one.about == about and one.mark == SAID]
        assert len(told) == 1 and "khóa kèm trong gói" in told[0]


def test_the_same_state_gives_the_same_bytes_but_for_the_stamp(scene) -> None:
    first, second = members(scene.whole), members(scene.again)
    assert list(first) == list(second)
    assert {name for name in first if first[name] != second[name]} == {"request.json"}
    assert zipped(first) == scene.whole


def test_a_checkpoint_of_before_is_a_beginning_of_this_log(scene, judged) -> None:
    found = judged(scene.linked, previous=scene.earlier)
    assert found.ok and found.lines[-1].about == "Bản ký trước đây" and found.lines[-1].mark == PROVEN
    alone = judged(scene.whole, previous=scene.earlier)
    assert not alone.ok and "/api/v1/audit/consistency?from=" in alone.lines[-1].words
    told = json.loads(members(scene.linked)["request.json"])["consistency"]
    given = next(one for one in told if one["from"] == int(scene.earlier.split(b"\n")[1]))
    assert (
        judged(scene.whole, previous=scene.earlier, proof=json.dumps(given).encode()).lines[-1].mark
        == REFUSED
    )
    ours = json.loads(members(scene.whole)["request.json"])
    assert judged(scene.whole, previous=ours["checkpoint"].encode()).ok


def test_it_is_a_valid_bag(scene, tmp_path) -> None:
    for name, content in members(scene.whole).items():
        path = tmp_path / "bag" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    bag = bagit.Bag(str(tmp_path / "bag"))
    assert bag.validate() and bag.info["Bag-Software-Agent"] == "tangthu"
    (tmp_path / "bag/data/summary.html").write_text("khác")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(tmp_path / "bag")).validate()


def test_the_summary_says_it_in_vietnamese_and_hides_no_markup(scene) -> None:
    held = members(scene.whole)
    page = held["data/summary.html"].decode()
    assert "Gói chứng cứ hồ sơ 01.CC: Hồ sơ thử chứng cứ" in page and "Có giá trị pháp lý" in page
    assert "Tờ trình &amp; phụ lục" in page and "<script" not in page
    assert held["data/summary.pdf"].startswith(b"%PDF-")


ALONE = """
import sys
from pathlib import Path
from repository.evidence import verify
outcome = verify.verify(Path(sys.argv[1]))
heavy = {"motor", "pymongo", "bson", "minio", "starlette", "httpx", "pydantic", "pyhanko", "elasticsearch", "tantivy",
         "uvicorn", "reportlab", "lxml"}
print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}), outcome.ok)
"""


def test_the_verifier_needs_no_engine_no_settings_and_no_server(scene, tmp_path) -> None:
    path = tmp_path / "goi.zip"
    path.write_bytes(scene.whole)
    told = subprocess.run(
        [sys.executable, "-c", ALONE, path],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": "/usr/bin"},
        check=False,
    )
    assert told.stdout.strip() == "[] True", told.stderr


def test_the_command(scene, tmp_path) -> None:
    path, keys = tmp_path / "goi.zip", tmp_path / "keys.txt"
    path.write_bytes(scene.whole)
    keys.write_text(scene.keys)

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "ops.cli", "verify", *map(str, words)]
        return subprocess.run(line, capture_output=True, text=True, cwd=ROOT, check=False)

    good = run(path, "--key", keys)
    assert good.returncode == 0 and "KẾT LUẬN: gói nguyên vẹn." in good.stdout
    told = json.loads(run(path, "--json").stdout)
    assert told["ok"] and {one["mark"] for one in told["lines"]} == {PROVEN, SAID}
    path.write_bytes(scene.whole[:-1])
    assert run(path).returncode == 1
    assert run(tmp_path / "nothing.zip").returncode == 1
    keys.write_text("không phải khóa")
    assert run(path, "--key", keys).returncode == 2
    assert run().returncode == 2
