"""The E-ARK validator on packages of both kinds, by the rules that TT 05/2025 extends (CSIP 2.0.4).

`python -m venv E && E/bin/pip install eark-validator`, then `TANGTHU_EARK=E/bin/python`.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from repository.archive_packages.contents import Kind
from tests.repository.archive_packages.scene import by_hand

IMPOSSIBLE = {"SIP2", "SIP14"}
"""Its SIP profile: another PROFILE than the circular's sample has; an attribute that the METS schema forbids."""


@pytest.mark.soak
async def test_both_kinds_are_valid(tmp_path: Path) -> None:
    if not (python := os.environ.get("TANGTHU_EARK")):
        pytest.skip("no Python with eark-validator is named")
    paths = []
    for kind in Kind:
        paths.append(tmp_path / f"{kind}.zip")
        paths[-1].write_bytes(await by_hand(kind, tmp_path))
    script = Path(__file__).with_name("eark_check.py")
    said = subprocess.run([python, script, *paths], capture_output=True, text=True, check=True).stdout
    reports = [json.loads(line) for line in said.splitlines()]
    assert len(reports) == 2
    for one in reports:
        assert one["structure"]["status"] == "WellFormed"
        assert one["metadata"]["schema_results"]["status"] == "VALID"
        found = one["metadata"]["schematron_results"]["messages"]
        wrong = {each["rule_id"] for each in found if each["severity"] == "Error"}
        assert wrong == (IMPOSSIBLE if "sip" in one["path"] else set())
