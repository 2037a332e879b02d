"""How values are told on the pages."""

from datetime import UTC, date, datetime

import pytest

from api.web import words, written
from api.web.rendering import title_of
from repository import errors
from repository.access.permissions import Permission
from repository.audit.actions import Action


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "0 byte"),
        (1023, "1023 byte"),
        (1024, "1 KB"),
        (350_000, "342 KB"),
        (1_300_000, "1,2 MB"),
        (3 * 1024**3, "3 GB"),
        (5 * 1024**4, "5120 GB"),
    ],
)
def test_sizes_have_the_decimal_comma(value: int, told: str) -> None:
    assert written.size(value) == told


def test_moments_are_told_in_viet_nam() -> None:
    assert written.moment(datetime(2026, 11, 21, 17, 5, tzinfo=UTC)) == "22/11/2026 00:05"
    assert written.moment("2026-11-21T17:05:00Z") == "22/11/2026 00:05"
    assert written.day(datetime(2026, 11, 21, 17, 5, tzinfo=UTC)) == "22/11/2026"
    assert written.day(date(2026, 1, 2)) == written.day("2026-01-02") == "02/01/2026"
    assert written.moment(None) == written.day(None) == written.day("") == ""


@pytest.mark.parametrize("typed", ["22/11/2026", "2026-11-22", " 22/11/2026 "])
def test_days_are_read_as_people_write_them(typed: str) -> None:
    assert written.typed_day(typed) == date(2026, 11, 22)


@pytest.mark.parametrize("typed", ["31/02/2026", "11/22/2026", "hôm qua", "", "2026-13-01", "1/1"])
def test_what_is_no_day_is_refused_and_shown_again(typed: str) -> None:
    with pytest.raises(ValueError):
        written.typed_day(typed)
    assert written.as_typed_day(typed) == typed


@pytest.mark.parametrize(
    ("code", "cited"),
    [
        ("Đ8.3", "khoản 3 Điều 8 Quy chế"),
        ("Đ6.2b", "điểm b khoản 2 Điều 6 Quy chế"),
        ("Đ7", "Điều 7 Quy chế"),
        ("NĐ30.Đ5.1", "khoản 1 Điều 5 Nghị định 30/2020/NĐ-CP"),
        ("NĐ30.Đ25.1c", "điểm c khoản 1 Điều 25 Nghị định 30/2020/NĐ-CP"),
        ("không phải điều", "không phải điều"),
    ],
)
def test_clauses_are_cited_in_full(code: str, cited: str) -> None:
    assert written.clause(code) == cited


def test_every_act_can_be_told() -> None:
    for one in Action:
        assert words.action(one.value) != one.value
        assert isinstance(words.facts({"action": one.value, "detail": {}}), str)
    assert words.action("some.later.act") == "some.later.act"


def test_a_record_says_what_was_found_and_why() -> None:
    checked = {"action": "version.checked", "detail": {"damaged": [2], "findings": ["…"]}}
    assert words.facts(checked) == "sai lệch ở phiên bản 2"
    annulled = {"action": "entry.annulled", "detail": {"number": 5, "reason": "vào nhầm sổ"}}
    assert words.facts(annulled) == "số 05; lý do: vào nhầm sổ"


def test_a_missing_permission_is_named_in_words() -> None:
    assert {one.value for one in Permission} - set(words.PERMISSIONS) == set()
    refused = errors.Forbidden(permission=Permission.ISSUE_DOCUMENTS.value).sentence()
    assert words.permission_told(refused) == "Tài khoản của bạn không có quyền: phát hành văn bản."
    assert words.permission_told("Không tìm thấy văn bản.") == "Không tìm thấy văn bản."
    assert words.permission_told("") == ""


def test_the_type_is_not_said_twice() -> None:
    row = {"document_type": "QĐ", "subject": "Phê duyệt dự toán"}
    assert title_of(row) == "Quyết định: Phê duyệt dự toán"
    assert title_of(row | {"subject": "QUYẾT ĐỊNH phê duyệt dự toán"}) == "QUYẾT ĐỊNH phê duyệt dự toán"
    assert title_of(row | {"document_type": "KHAC"}) == "Phê duyệt dự toán"
