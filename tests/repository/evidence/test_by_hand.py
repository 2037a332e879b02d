"""What the README says can be done without us is done without us: no line of this program runs in the script."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository.evidence.scene import Scene, members, refit, zipped

SCRIPT = Path(__file__).with_name("by_hand.sh")
STEPS = [
    "1 manifest",
    "2 checkpoints",
    "3 timestamp",
    "4 records",
    "5 rows and files",
    "6 whole",
    "7 signatures",
]


def by_hand(scene: Scene, content: bytes, folder: Path) -> subprocess.CompletedProcess[str]:
    package = folder / "goi.zip"
    package.write_bytes(content)
    own = Path(sys.executable).parent
    environment = {"PATH": f"{own}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    words = [package, scene.keys.split()[0], scene.pki.anchors, scene.pki.intermediates]
    return subprocess.run(
        ["bash", SCRIPT, *map(str, words)], capture_output=True, text=True, env=environment, check=False
    )


@pytest.fixture(autouse=True)
def tools() -> None:
    for one in ("unzip", "openssl", "sha256sum"):
        if shutil.which(one) is None:
            pytest.skip(f"{one} is not installed")


@pytest.mark.parametrize("which", ["whole", "single"])
def test_by_hand(scene: Scene, tmp_path: Path, which: str) -> None:
    told = by_hand(scene, getattr(scene, which), tmp_path)
    assert told.returncode == 0, told.stdout + told.stderr
    assert [line.partition(":")[0] for line in told.stdout.splitlines()] == STEPS


@pytest.mark.parametrize(("name", "old", "new", "reached"), [
    ("data/log/checkpoint.txt", b"\n2", b"\n3", 1),
    ("data/log/records.jsonl", "Người vt".encode(), "Người vx".encode(), 3),
    ("data/rows/documents/", "thử".encode(), "thư".encode(), 4),
    ("data/summary.html", "Chỉ để tham khảo".encode(), "Có giá trị".encode(), 5),
])  # fmt: skip
def test_each_step_by_hand_finds_its_forgery(scene, tmp_path, name, old, new, reached) -> None:
    held = members(scene.whole)
    bent = next(each for each in sorted(held) if each.startswith(name) and old in held[each])
    held[bent] = held[bent].replace(old, new, 1)
    told = by_hand(scene, zipped(refit(held)), tmp_path)
    assert told.returncode != 0
    assert [line.partition(":")[0] for line in told.stdout.splitlines()] == STEPS[:reached], told.stderr
