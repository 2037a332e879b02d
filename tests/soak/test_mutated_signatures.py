"""Two thousand broken PDFs by the way `tangthu inspect` takes: an answer each, in time, never a better verdict.

TANGTHU_TRIAL_MUTATIONS (2,000) changes the count, TANGTHU_TRIAL_SEED the files; a failure names its seed.
"""

import collections
import os
import time
from pathlib import Path

import pytest

from ops.inspect import opened
from repository.settings import from_environment
from tests.repository.signatures import attacks, honest
from tests.repository.signatures.forge import Forge
from tests.repository.signatures.mutations import better, mutated

COUNT = int(os.environ.get("TANGTHU_TRIAL_MUTATIONS", "2000"))
SEED = int(os.environ.get("TANGTHU_TRIAL_SEED", "4000000"))
LIMIT = 60
"""Seconds; the sandbox ends a job after thirty, and the machine may be busy."""
HONEST = (
    "person-then-agency", "cross-reference-and-object-streams", "long-term-archive-renewed", "linearised",
    "encrypted-with-an-empty-password", "filled-under-docmdp-2", "number-then-date-then-seal-each-signed",
)  # fmt: skip
FORGED = ("shadow-hide-and-replace", "page-overlay", "two-fields-one-signature")


@pytest.fixture
def bases(tmp_path: Path) -> dict[str, bytes]:
    forge = Forge(tmp_path)
    made = {name: honest.HONEST[name](forge) for name in HONEST}
    return made | {name: attacks.ATTACKS[name](forge) for name in FORGED}


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_broken_files_are_answered_and_never_look_better(
    bases: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchors = f"{tmp_path / 'anchors.pem'}:{tmp_path / 'issuer.crl'}"
    monkeypatch.setenv("TANGTHU_TRUST_ANCHORS", anchors)
    told, slowest = collections.Counter[str](), 0.0
    path = tmp_path / "tep.pdf"
    async with opened(from_environment()) as inspector:
        before = {}
        for name, content in bases.items():
            path.write_bytes(content)
            before[name] = await inspector.judge.inspect(path)
        for seed in range(SEED, SEED + COUNT):
            base, done, pdf = mutated(seed, bases)
            path.write_bytes(pdf)
            began = time.monotonic()
            report = await inspector.judge.inspect(path)
            took = time.monotonic() - began
            slowest = max(slowest, took)
            assert took < LIMIT, (seed, base, done, took)
            told[report["status"]] += 1
            if report["limits"]:
                told["limit: " + ", ".join(report["limits"])] += 1
            if base in HONEST:
                assert not (why := better(before[base], report, bases[base], pdf)), (seed, base, done, why)
            elif report["status"] == "intact":  # only by taking the attack away again
                assert bases[base].startswith(pdf.rstrip()[:-8]), (seed, base, done)
    print(f"{COUNT} files, slowest {slowest:.1f} s, {dict(told)}")
