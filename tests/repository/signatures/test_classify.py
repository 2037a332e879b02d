"""Agency or person: what real certificates of the state look like, and what cannot be told."""

import pytest

from repository.signatures.verdict.classify import classify

HANOI = "ỦY BAN NHÂN DÂN THÀNH PHỐ HÀ NỘI"


def subject(cn="", **more):
    names = {
        "o": "organization_name",
        "ou": "organizational_unit_name",
        "uid": "user_id",
        "mail": "email_address",
    }
    return {"common_name": [cn]} | {names[key]: [value] for key, value in more.items()}


@pytest.mark.clause("Đ8.3")
@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (subject(HANOI, o=HANOI, uid="MST:0103410294, MNS:1058600"), "agency"),
        (subject("Nguyễn Thanh Tùng", o=HANOI, ou="VĂN PHÒNG"), "person"),
        (subject("Võ Tuấn Anh", o="UBND", ou="VĂN PHÒNG", mail="v@hanoi.gov.vn"), "person"),
        (subject("CỔNG THÔNG TIN ĐIỆN TỬ", o="VĂN PHÒNG CHÍNH PHỦ", uid="MNS:1032158"), "agency"),
        (subject("Trần Văn Mẫu", uid="CCCD:001090000001"), "person"),
        (subject("Tô Văn Bộ", o="UBND quận", ou="Phòng Nội vụ", mail="t@x.vn"), "person"),
        (subject("Phòng Nội vụ quận Hòa Mai"), "agency"),
        (subject("CÔNG TY TNHH MẪU", uid="MST:0100000001"), "agency"),
        (subject("Máy chủ cấp dấu thời gian 02"), "unknown"),
        (subject(""), "unknown"),
        ({}, "unknown"),
    ],
)  # fmt: skip
def test_kinds(given, kind):
    found = classify(given)
    assert found.kind == kind
    assert found.why


def test_names_are_kept_apart():
    found = classify(subject("Võ Tuấn Anh", o="UBND quận", ou="Văn phòng"))
    assert (found.name, found.organisation, found.unit) == ("Võ Tuấn Anh", "UBND quận", "Văn phòng")
