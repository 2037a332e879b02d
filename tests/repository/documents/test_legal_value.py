"""The truth table of Đ8.3, whole: every combination against the sentence of the rule, then its borders."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository.documents.legal_value import Facts, SignatureFact, judge, same_agency

ISSUER = "Ủy ban nhân dân quận Thử Nghiệm"
DAYS = [date(2017, 5, 1), date(2018, 1, 16), date(2020, 3, 4), date(2020, 3, 5), date(2026, 11, 23)]


def agency(**more):
    good = {"name": "ỦY BAN NHÂN DÂN QUẬN THỬ NGHIỆM", "kind": "agency", "passed": True, "intact": True}
    return SignatureFact(**(good | {"purpose": "chuyen-dung"} | more))


def person(**more):
    good = {
        "name": "Nguyễn Văn Thử",
        "kind": "person",
        "organisation": ISSUER,
        "passed": True,
        "intact": True,
    }
    return SignatureFact(**(good | {"purpose": "chuyen-dung"} | more))


def status(*signatures, scan=False, on=DAYS[-1], issuer=ISSUER):
    return judge(Facts(issuer=issuer, signatures=signatures, scan_declared=scan), on).status


def texts(*signatures, **more):
    facts = Facts(issuer=more.pop("issuer", ISSUER), signatures=signatures, **more)
    return " ".join(one["text"] for one in judge(facts, DAYS[-1]).reasons)


@pytest.mark.clause("Đ8.3")
@pytest.mark.parametrize("on", DAYS)
@pytest.mark.parametrize("has_agency", [True, False])
@pytest.mark.parametrize("has_person", [True, False])
@pytest.mark.parametrize("scan", [True, False])
def test_the_truth_table(on, has_agency, has_person, scan):
    signatures = [agency()] * has_agency + [person()] * has_person
    expected = "valid" if has_agency and (has_person or scan) else "reference"
    assert status(*signatures, scan=scan, on=on) == expected


SPOILT = st.sampled_from(
    [
        {"passed": False, "problem": "NO_CERTIFICATE_CHAIN_FOUND"},
        {"passed": False, "problem": "EXPIRED"},
        {"passed": False, "problem": "REVOKED"},
        {"passed": False, "problem": "anything"},
        {"intact": False},
        {"intact": False, "passed": False, "problem": "HASH_FAILURE"},
        {"purpose": "cong-cong"},
        {"purpose": "unknown"},
        {"content_changed_by": ("Người lạ",)},
        {"doubtful_later": ("Người lạ",)},
    ]
)
AGENCIES = st.builds(lambda more: (agency(**more), not more), st.one_of(st.just({}), SPOILT))
PERSONS = st.builds(lambda more: (person(**more), not more), st.one_of(st.just({}), SPOILT))
OTHERS = st.builds(
    lambda name, kind: (
        SignatureFact(name=name, kind=kind, organisation="Nơi khác", passed=True, intact=True),
        False,
    ),
    st.sampled_from(["Cổng Thông tin điện tử Chính phủ", "Sở Nội vụ", "Trần Thị Khác", ""]),
    st.sampled_from(["agency", "unknown", "person"]),
)


@pytest.mark.clause("Đ8.3")
@given(
    signatures=st.lists(st.one_of(AGENCIES, PERSONS, OTHERS), max_size=6),
    scan=st.booleans(),
    on=st.dates(date(2015, 1, 1), date(2030, 1, 1)),
)
def test_only_sound_signatures_count_in_any_order_and_company(signatures, scan, on):
    sound = [one for one, counts in signatures if counts]
    has_agency = any(one.kind == "agency" for one in sound)
    has_person = any(one.kind == "person" for one in sound)
    found = judge(
        Facts(issuer=ISSUER, signatures=tuple(one for one, _ in signatures), scan_declared=scan), on
    )
    assert found.status == ("valid" if has_agency and (has_person or scan) else "reference")
    assert found.reasons
    assert all(one["clause"] and one["text"] for one in found.reasons)


@given(signatures=st.lists(st.one_of(AGENCIES, PERSONS, OTHERS), max_size=5), scan=st.booleans())
def test_one_more_sound_signature_never_lowers_the_value(signatures, scan):
    rest = tuple(one for one, _ in signatures)
    before = status(*rest, scan=scan)
    for one in (agency(), person()):
        assert before == "reference" or status(*rest, one, scan=scan) == "valid"


@pytest.mark.clause("Đ4.2")
@pytest.mark.parametrize(
    ("signatures", "scan", "expected"),
    [
        ((), False, "reference"),
        ((), True, "reference"),
        ((person(),), False, "reference"),
        ((person(),), True, "reference"),
        ((agency(),), False, "reference"),
        ((agency(),), True, "valid"),
        ((agency(), person()), False, "valid"),
        ((agency(intact=False), person(intact=False)), False, "reference"),
    ],
)
def test_eight_situations(signatures, scan, expected):
    assert status(*signatures, scan=scan) == expected


@pytest.mark.clause("Đ8.3")
def test_a_portal_is_not_the_agency():
    portal = agency(name="CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ", organisation="VĂN PHÒNG CHÍNH PHỦ")
    assert status(portal, person(), scan=True) == "reference"
    assert "đăng tải" in texts(portal, person())
    assert status(portal, person(), scan=True, issuer="Cổng Thông tin điện tử Chính phủ") == "reference"


@pytest.mark.clause("Đ8.3")
def test_another_agency_is_named_in_the_reason():
    other = agency(name="Sở Nội vụ thành phố Thử")
    assert status(other, person()) == "reference"
    assert "Sở Nội vụ thành phố Thử không phải của cơ quan ban hành" in texts(other, person()).replace(
        "Chữ ký số của ", ""
    )
    assert status(agency(), person(), issuer="") == "reference"


def test_a_person_of_another_agency_does_not_count():
    stranger = person(organisation="Công ty TNHH Khác")
    assert status(agency(), stranger) == "reference"
    assert "không thuộc cơ quan ban hành" in texts(agency(), stranger)
    assert status(agency(), person(organisation="")) == "valid"


@pytest.mark.clause("Đ8.1")
def test_an_unknown_chain_fails_closed_and_says_so():
    unknown = {"passed": False, "problem": "NO_CERTIFICATE_CHAIN_FOUND"}
    assert status(agency(**unknown), person(**unknown)) == "reference"
    assert "chưa xác minh được chuỗi chứng thư" in texts(agency(**unknown), person(**unknown))


@pytest.mark.clause("Đ8.2")
def test_a_public_certificate_is_not_of_the_special_kind():
    assert status(agency(purpose="cong-cong"), person()) == "reference"
    assert "Ban Cơ yếu" in texts(agency(purpose="cong-cong"), person())
    assert status(agency(purpose="thu-nghiem"), person(purpose="thu-nghiem")) == "valid"


def test_content_the_agency_itself_added_is_its_own():
    signed = person(content_changed_by=(agency().name,))
    assert status(signed, agency()) == "valid"
    assert status(person(content_changed_by=("Sở khác",)), agency()) == "reference"


@pytest.mark.clause("Đ7.2")
def test_reference_says_that_paper_must_follow():
    reasons = judge(Facts(issuer=ISSUER), DAYS[-1]).reasons
    assert reasons[-1]["clause"] == "Đ7.2"
    assert "tham khảo" in reasons[-1]["text"]


@pytest.mark.clause("Đ8.4")
def test_the_clause_follows_the_date():
    facts = Facts(issuer=ISSUER, signatures=(agency(), person()))
    assert judge(facts, date(2019, 1, 1)).reasons[-1]["clause"] == "Đ8.4"
    assert judge(facts, date(2020, 3, 5)).reasons[-1]["clause"] == "NĐ30.Đ5.1"


def test_what_is_not_judged_is_pending():
    assert judge(Facts(issuer=ISSUER, judged=False), DAYS[-1]).status == "pending"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("UBND quận Hòa Mai", "ỦY BAN NHÂN DÂN QUẬN HOÀ MAI", True),
        ("Ủy ban nhân dân quận Hòa Mai", "Ủy ban nhân dân quận Hòa Mai, thành phố Sao Mai", True),
        ("UBND quận Hòa Mai (thử nghiệm)", "Uỷ ban Nhân dân Quận Hòa Mai", True),
        ("Ủy ban nhân dân", "Ủy ban nhân dân quận Hòa Mai", False),
        ("Ủy ban nhân dân quận Hòa Mai", "Văn phòng Ủy ban nhân dân quận Hòa Mai", False),
        ("Ủy ban nhân dân quận Hòa Mai", "Ủy ban nhân dân quận Hòa Mai Phòng Nội vụ", False),
        ("Ủy ban nhân dân quận Hòa Mai", "Ủy ban nhân dân quận Hòa Mai Đông", False),
        ("Phòng Nội vụ", "Phòng Nội vụ quận Hòa Mai", False),
        ("", "", False),
    ],
)
def test_names_of_agencies(one, other, same):
    assert same_agency(one, other) is same
    assert same_agency(other, one) is same


def test_what_could_not_be_looked_at_is_reference_and_says_why():
    found = judge(Facts(issuer=ISSUER, unchecked="Tệp đặt mật khẩu.", scan_declared=True), DAYS[-1])
    assert (found.status, found.reasons[0]["text"]) == ("reference", "Tệp đặt mật khẩu.")
