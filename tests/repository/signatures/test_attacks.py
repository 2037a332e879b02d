"""No attack of the set is ever reported as intact: not the file, and not the signature that it abuses."""

import pytest

from tests.repository.signatures.attacks import ATTACKS


def spotless(report):
    """Signatures that are reported as if nothing had happened to what they signed."""
    return [
        one["signer"]["name"]
        for one in report["signatures"]
        if one["intact"] is True and one["status"] == "TOTAL-PASSED" and not one["later_revisions"]
    ]


def test_the_set_is_large_enough():
    assert len(ATTACKS) >= 25


@pytest.mark.clause("Đ8.1")
@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_an_attack_is_never_intact(check, forge, name):
    report = check(ATTACKS[name](forge))
    assert report["status"] != "intact", report
    oldest = report["signatures"][:1]
    assert not any(one["intact"] is True and one["status"] == "TOTAL-PASSED" for one in oldest), oldest
    told = report["findings"] + [words for one in report["signatures"] for words in one["findings"]]
    assert told or name == "stamp-without-a-signature"
    for one in report["signatures"]:
        assert one["status"] == "TOTAL-PASSED" or one["sub_indication"]
