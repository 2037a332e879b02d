"""Evidence of 200 papers, fetched in a browser: proven by a process that has only the file, and by hand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository.evidence.test_by_hand import SCRIPT
from tests.repository.signatures.forge import Forge
from tests.stories.conftest import browser, live, visitors
from tests.stories.live import Live, Visitors
from tests.stories.test_evidence_browser import forge, settings, told_by

__all__ = ["browser", "forge", "live", "settings", "visitors"]

COUNT = 200


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_two_hundred_papers(
    live: Live,
    visitors: Visitors,
    forge: Forge,
    tmp_path: Path,
) -> None:
    package, took = told_by(live, visitors, forge, tmp_path, COUNT, patience=600_000)
    print(
        f"\n{COUNT} papers, {package.stat().st_size:,} bytes, {took:.1f} s from the click to the whole file"
    )
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
    }
    key = str(live.repository.log.keys.public()[0])
    words = ["bash", str(SCRIPT), str(package), key, str(forge.anchors), str(forge.anchors)]
    told = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert told.returncode == 0 and "7 signatures: valid by pyhanko" in told.stdout, told.stdout + told.stderr
