"""What is typed becomes metadata; what is wrong is said under the form's own field names."""

import pytest

from api.web.pages.upload import metadata_of
from repository import errors

TYPED = {
    "direction": "incoming",
    "document_type": "QĐ",
    "symbol": "71/QĐ-UBND",
    "issued_on": "16/01/2018",
    "subject": "Ban hành Quy chế",
    "issuer": "UBND quận",
    "issuer_organ_id": "000.00.21.H99",
    "recipients": "- Phòng Nội vụ;\n\nUBND phường A\n",
    "urgency": "2",
    "page_amount": "4",
    "from_original": "1",
    "dpi": "300",
    "csrf": "…",
}


def test_a_filled_form() -> None:
    made = metadata_of(TYPED)
    assert (made.symbol, made.issued_on.isoformat(), made.urgency) == ("71/QĐ-UBND", "2018-01-16", 2)
    assert made.issuer.model_dump() == {"name": "UBND quận", "organ_id": "000.00.21.H99"}
    assert [one.name for one in made.recipients] == ["Phòng Nội vụ", "UBND phường A"]
    assert made.scan_declaration.model_dump() == {"from_original": True, "dpi": 300}


def test_empty_fields_are_left_out() -> None:
    made = metadata_of({"subject": "Chỉ có trích yếu"})
    assert made.issuer is None and made.issued_on is None and made.scan_declaration is None
    assert made.recipients == [] and made.register_id == ""


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("subject", "  ", "không được để trống"),
        ("subject", "x" * 501, "dài quá 500 ký tự"),
        ("issued_on", "30/02/2018", "ngày/tháng/năm"),
        ("page_amount", "bốn", "số nguyên"),
        ("urgency", "9", "không lớn hơn 3"),
        ("document_type", "thơ", "loại văn bản"),
        ("recipients", "một\n" + "x" * 201, "dòng 2: dài quá 200 ký tự"),
        ("dpi", "7", "không nhỏ hơn 50"),
        ("issuer_organ_id", "9" * 36, "dài quá 35 ký tự"),
    ],
)
def test_a_fault_stands_under_its_field(field: str, value: str, said: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        metadata_of(TYPED | {field: value})
    [fault] = refused.value.errors
    assert fault["pointer"] == f"/{field}"
    assert said in fault["detail"]
