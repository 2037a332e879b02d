"""What a document may be described by: every field with its limits, every fault with its place."""

import pytest
from pydantic import ValidationError

from repository.documents.metadata import Metadata, MetadataChange, faults

GOOD = {
    "subject": "Quyết định về việc ban hành Quy chế", "direction": "incoming", "symbol": "71/QĐ-UBND",
    "issued_on": "2018-01-16", "document_type": "QĐ",
    "issuer": {"name": "UBND quận", "organ_id": "000.00.01.H99"},
    "recipients": [{"name": "Phòng Nội vụ"}], "urgency": 1, "page_amount": 12,
    "scan_declaration": {"from_original": True},
}  # fmt: skip


def test_a_good_description_reads_back() -> None:
    made = Metadata.model_validate(GOOD)
    assert Metadata.model_validate_json(made.model_dump_json()) == made


@pytest.mark.clause("PL2.III.1.1")
@pytest.mark.parametrize("field", ["subject", "symbol", "description", "classification"])
def test_text_must_arrive_composed(field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Metadata.model_validate(GOOD | {field: "Quye\u0302\u0301t"})
    (fault,) = faults(refused.value)
    assert fault["pointer"] == f"/{field}" and "NFC" in fault["detail"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"subject": ""}, "/subject"), ({"subject": "   "}, "/subject"), ({"subject": "x" * 501}, "/subject"),
        ({"subject": 5}, "/subject"), ({"subject": None}, "/subject"), ({"urgency": 4}, "/urgency"),
        ({"urgency": -1}, "/urgency"), ({"urgency": "x"}, "/urgency"),
        ({"issued_on": "16/01/2018"}, "/issued_on"),
        ({"issued_on": "2018-02-30"}, "/issued_on"), ({"direction": "sideways"}, "/direction"),
        ({"document_type": "THƠ"}, "/document_type"), ({"page_amount": 0}, "/page_amount"),
        ({"recipients": [{"name": ""}]}, "/recipients/0/name"), ({"recipients": [{}]}, "/recipients/0/name"),
        ({"recipients": "x"}, "/recipients"), ({"issuer": {"name": "x", "colour": "đỏ"}}, "/issuer/colour"),
        ({"colour": "đỏ"}, "/colour"), ({"subject": "a\x00b"}, "/subject"),
        ({"subject": "a\x1bb"}, "/subject"),
        ({"scan_declaration": {"from_original": "có"}}, "/scan_declaration/from_original"),
        ({"replies_to": ["x"] * 51}, "/replies_to"),
    ],
)  # fmt: skip
def test_each_fault_names_its_place(wrong: dict, pointer: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Metadata.model_validate(GOOD | wrong)
    found = faults(refused.value)
    assert [one["pointer"] for one in found] == [pointer]
    assert found[0]["detail"] and "{" not in found[0]["detail"]


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        Metadata.model_validate({"urgency": 9, "colour": "x"})
    assert {one["pointer"] for one in faults(refused.value)} == {"/urgency", "/colour", "/subject"}


def test_only_what_is_named_is_changed() -> None:
    assert MetadataChange.model_validate({}).as_row() == {}
    assert MetadataChange.model_validate({"urgency": 2}).as_row() == {"urgency": 2}
    with pytest.raises(ValidationError):
        MetadataChange.model_validate({"classification": "thuong"})


@pytest.mark.parametrize(
    "field", ["subject", "document_type", "recipients", "urgency", "symbol", "description"]
)
def test_a_field_that_must_be_there_cannot_be_emptied(field: str) -> None:
    """`null` would leave a row that nothing can show."""
    with pytest.raises(ValidationError):
        MetadataChange.model_validate({field: None})


@pytest.mark.parametrize(
    "mark", ["mat", "MẬT", "Tối mật", "TUYỆT MẬT", "toi_mat", " mật ", "tuyet mat", "toi mat"]
)
def test_every_way_to_write_a_secret_mark_is_understood(mark: str) -> None:
    assert Metadata.model_validate(GOOD | {"classification": mark}).is_secret


def test_an_ordinary_paper_is_not_secret() -> None:
    assert not Metadata.model_validate(GOOD).is_secret
