"""{agency} × {person} × {scan} × {rule set 2018, 2020}: which are valid, and with exactly which reasons."""

from datetime import date
from itertools import product

import pytest

from repository.documents.legal_value import Facts, judge
from repository.policy import RuleSets
from tests.repository.documents.test_legal_value import ISSUER, agency, person

SETS = {2018: date(2019, 6, 1), 2020: date(2021, 6, 1)}
AGENCY = "Có chữ ký số hợp lệ của cơ quan ban hành: ỦY BAN NHÂN DÂN QUẬN THỬ NGHIỆM."
PERSON = "Có chữ ký số hợp lệ của người có thẩm quyền: Nguyễn Văn Thử."
SCAN = "Văn thư xác nhận được quét từ bản gốc có chữ ký và dấu đỏ."
EQUAL = "Văn bản có giá trị pháp lý như bản giấy."
NO_AGENCY = "Không có chữ ký số của cơ quan ban hành."
NO_PERSON = "Không có chữ ký số của người có thẩm quyền và chưa có xác nhận quét từ bản gốc có dấu đỏ."
FOLLOWS = "Văn bản chỉ để tham khảo; bản giấy phải được gửi kèm theo."
CLAUSES = {
    2018: {
        AGENCY: "Đ8.3", PERSON: "Đ8.3", SCAN: "Đ6.2b", EQUAL: "Đ8.4", NO_AGENCY: "Đ8.3", NO_PERSON: "Đ8.3",
        FOLLOWS: "Đ7.2",
    },
    2020: {
        AGENCY: "NĐ30.Đ5.1", PERSON: "NĐ30.Đ5.1", SCAN: "NĐ30.Đ25.1c", EQUAL: "NĐ30.Đ5.1",
        NO_AGENCY: "NĐ30.Đ5.1", NO_PERSON: "NĐ30.Đ5.1", FOLLOWS: "Đ7.2",
    },
}  # fmt: skip
WORDS = {
    (True, True, True): [AGENCY, PERSON, SCAN, EQUAL],
    (True, True, False): [AGENCY, PERSON, EQUAL],
    (True, False, True): [AGENCY, SCAN, EQUAL],
    (True, False, False): [NO_PERSON, FOLLOWS],
    (False, True, True): [NO_AGENCY, FOLLOWS],
    (False, True, False): [NO_AGENCY, FOLLOWS],
    (False, False, True): [NO_AGENCY, FOLLOWS],
    (False, False, False): [NO_AGENCY, NO_PERSON, FOLLOWS],
}


@pytest.mark.clause("Đ4.2")
@pytest.mark.clause("Đ6.2b")
@pytest.mark.clause("Đ7.2")
@pytest.mark.clause("Đ8.3")
@pytest.mark.clause("Đ8.4")
@pytest.mark.parametrize("rules", SETS)
@pytest.mark.parametrize("situation", list(product([True, False], repeat=3)))
def test_exactly_the_lawful_combinations_are_valid_each_with_its_reasons(rules, situation):
    has_agency, has_person, scan = situation
    signatures = (agency(),) * has_agency + (person(),) * has_person
    found = judge(Facts(issuer=ISSUER, signatures=signatures, scan_declared=scan), SETS[rules])
    assert found.status == ("valid" if has_agency and (has_person or scan) else "reference")
    expected = [{"clause": CLAUSES[rules][words], "text": words} for words in WORDS[situation]]
    assert found.reasons == expected


@pytest.mark.clause("Đ8.2")
@pytest.mark.parametrize("on", SETS.values())
def test_a_public_authority_is_intact_but_not_for_official_use(on):
    found = judge(Facts(issuer=ISSUER, signatures=(agency(purpose="cong-cong"), person())), on)
    assert found.status == "reference"
    assert next(one["clause"] for one in found.reasons) == "Đ8.2"
    assert "không phải chứng thư chuyên dùng" in found.reasons[0]["text"]


@pytest.mark.clause("Đ8.3")
@pytest.mark.parametrize("on", SETS.values())
def test_a_portal_confirms_publication_and_signs_for_nobody(on):
    portal = agency(name="CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ")
    found = judge(Facts(issuer="Thủ tướng Chính phủ", signatures=(portal,), scan_declared=True), on)
    assert found.status == "reference"
    assert "chỉ xác nhận việc đăng tải" in found.reasons[0]["text"]


@pytest.mark.clause("Đ8.4")
def test_a_value_that_only_time_speaks_against_stands_and_says_so():
    aged = {"passed": True, "problem": "OUT_OF_BOUNDS_NO_POE", "held_since": "23/11/2026"}
    found = judge(Facts(issuer=ISSUER, signatures=(agency(**aged), person())), SETS[2018])
    assert found.status == "valid"
    assert {"clause": "Đ8.4", "text": "Chữ ký của ỦY BAN NHÂN DÂN QUẬN THỬ NGHIỆM đã được kết luận hợp lệ ngày "
            "23/11/2026; chứng thư hết hạn về sau không làm mất giá trị."} in found.reasons  # fmt: skip


def test_both_sets_stand_in_the_dated_rules():
    assert [one["in_force"].year for one in RuleSets.shipped("legal_value").all()] == [2018, 2020]
