"""Evidence of 200 papers, fetched in a browser: proven on a machine that has only the verifier, and by hand."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.repository.evidence.test_by_hand import SCRIPT
from tests.repository.signatures.forge import Forge
from tests.stories.conftest import browser, live, visitors
from tests.stories.live import Live, Visitors
from tests.stories.test_evidence_browser import ROOT, forge, settings, told_by

__all__ = ["browser", "forge", "live", "settings", "visitors"]

COUNT = 200
NEEDED = ("cryptography", "asn1crypto", "rfc8785")


def clean_machine(folder: Path) -> Path:
    """What `repository/README.md` tells a stranger to do, in an environment that has nothing else; the verifier."""
    source, own = folder / "source", folder / "machine"
    for package in ("repository", "indexers", "api", "ops"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, source)
    venv.create(own, with_pip=True)
    pip = [str(own / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *NEEDED], check=True)
    subprocess.run([*pip, "--no-deps", str(source)], check=True)
    listed = [str(own / "bin" / "pip"), "list", "--format=freeze", "--disable-pip-version-check"]
    told = subprocess.run(listed, capture_output=True, text=True, check=True).stdout
    print("a clean machine:", " ".join(told.split()))
    assert "pymongo" not in told and "minio" not in told and "starlette" not in told
    return own / "bin" / "tangthu-verify"


def without_network() -> list[str]:
    """A namespace of its own, in which not even the loopback answers."""
    alone = ["unshare", "--map-root-user", "--net"]
    return alone if subprocess.run([*alone, "true"], check=False).returncode == 0 else []


def on_it(verifier: Path, package: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [*without_network(), str(verifier), str(package), *words]
    alone = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(line, capture_output=True, text=True, cwd="/", env=alone, check=False)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_two_hundred_papers(live: Live, visitors: Visitors, forge: Forge, tmp_path: Path) -> None:
    package, took = told_by(live, visitors, forge, tmp_path, COUNT, patience=900_000)
    print(
        f"\n{COUNT} papers, {package.stat().st_size:,} bytes, {took:.1f} s from the click to the whole file"
    )
    verifier = clean_machine(tmp_path)
    told = on_it(verifier, package, "--key", str(tmp_path / "keys.txt"))
    print(told.stdout)
    assert told.returncode == 0 and "KẾT LUẬN: gói nguyên vẹn." in told.stdout, told.stdout + told.stderr
    bent = on_it(verifier, tmp_path / "sua.zip", "--key", str(tmp_path / "keys.txt"))
    assert bent.returncode == 1 and "SAI" in bent.stdout
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
    }
    key = str(live.repository.log.keys.public()[0])
    words = ["bash", str(SCRIPT), str(package), key, str(forge.anchors), str(forge.anchors)]
    told = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert told.returncode == 0 and "7 signatures: valid by pyhanko" in told.stdout, told.stdout + told.stderr
    print(told.stdout)
