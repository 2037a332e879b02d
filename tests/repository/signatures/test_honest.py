"""No honest file of the set is refused: all intact, all signers named, later revisions told by who made them."""

import functools

import pytest

from tests.repository.signatures.forge import AGENCY, PERSON
from tests.repository.signatures.honest import HONEST


@functools.cache
def made(name, forge):
    return HONEST[name](forge)


def test_the_set_is_large_enough():
    assert len(HONEST) >= 25


@pytest.mark.clause("Đ8.1")
@pytest.mark.parametrize("name", sorted(HONEST))
def test_an_honest_file_is_intact(check, forge, name):
    report = check(made(name, forge))
    assert report["status"] == "intact", report
    assert report["signatures"]
    for one in report["signatures"]:
        assert (one["status"], one["intact"]) == ("TOTAL-PASSED", True), one
        assert one["signer"]["name"] in (AGENCY, PERSON)
    assert not report["findings"], report["findings"]


@pytest.mark.parametrize("name", sorted(HONEST))
def test_an_honest_file_is_intact_where_no_root_is_known(check, forge, name):
    report = check(made(name, forge), anchors=False)
    assert report["status"] == "intact", report
    for one in report["signatures"]:
        assert (one["status"], one["sub_indication"]) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND"), one


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("number-and-date-drawn-by-the-agency", "nội dung trang 1"),
        ("annexes-as-pages-by-the-agency", "thêm trang 4"),
        ("number-filled-into-a-field-by-the-agency", "điền trường “ghi_chu”"),
        ("person-then-agency", "thêm ô chữ ký"),
    ],
)
def test_a_later_revision_is_told_with_its_signer(check, forge, name, words):
    person = check(made(name, forge))["signatures"][0]
    (later,) = person["later_revisions"]
    assert (later["by"], later["verified"]) == (AGENCY, True)
    assert words in later["what"]
