"""Who may import whom, by import-linter's contracts in pyproject.toml."""

import re
import subprocess
import sys
from pathlib import Path

from tests.house.source import ROOT


def test_the_import_contracts_are_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, check=False, capture_output=True, text=True, timeout=100
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = re.search(r"Contracts: (\d+) kept, 0 broken", ran.stdout)
    assert found and int(found.group(1)) >= 4, ran.stdout
