"""A hundred broken files through the validator: never a crash, never a verdict better than the original's."""

import pytest

from tests.repository.signatures import honest
from tests.repository.signatures.mutations import better, mutated

BASES = (
    "person-then-agency",
    "cross-reference-and-object-streams",
    "long-term-archive",
    "filled-under-docmdp-2",
)


@pytest.fixture(scope="module")
def bases(forge):
    return {name: honest.HONEST[name](forge) for name in BASES}


@pytest.mark.parametrize("start", range(0, 100, 10))
def test_broken_files_never_look_better(check, bases, start):
    before = {name: check(content) for name, content in bases.items()}
    for seed in range(start, start + 10):
        base, done, pdf = mutated(seed, bases)
        report = check(pdf)
        assert not (why := better(before[base], report, bases[base], pdf)), (seed, base, done, why)
        for one in report["signatures"]:
            assert one["status"] == "TOTAL-PASSED" or (one["sub_indication"] and one["findings"]), (seed, one)
        if report["status"] in ("unreadable", "broken", "mixed"):
            assert report["findings"] or report["signatures"], (seed, done)
