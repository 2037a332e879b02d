"""What a document is described by: the fields of Decree 30/2020 annex VI that people fill, with their lengths.

Text must arrive in NFC (TCVN 6909:2001): whoever signs or hashes their metadata must not have it changed silently.
"""

from datetime import date
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from repository import errors, text
from repository.registers import numbering

SECRET: Final = frozenset({"mat", "toi mat", "tuyet mat"})
"""Folded classifications that may not enter on any channel (Đ1.p1), however they are written."""


def _nfc(value: str) -> str:
    if not text.is_nfc(value):
        raise PydanticCustomError("not_nfc", "text is not in Unicode NFC")
    if any(ord(c) < 32 and c not in "\n\t" for c in value):
        raise PydanticCustomError("control_character", "text holds control characters")
    return value


def _type(value: str) -> str:
    try:
        return numbering.type_of(value)
    except errors.Invalid as fault:
        raise PydanticCustomError("document_type", "unknown document type") from fault


Text = Annotated[str, AfterValidator(_nfc)]


class Organisation(BaseModel):
    """An agency by name and, where known, by its exchange identifier (QĐ 20/2020: up to 35 characters)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Text = Field(min_length=1, max_length=200)
    organ_id: Text = Field(default="", max_length=35)


class ScanDeclaration(BaseModel):
    """The clerk's statement that the file was scanned from the original with signature and seal (Đ6.2b)."""

    model_config = ConfigDict(extra="forbid")

    from_original: bool
    dpi: int | None = Field(default=None, ge=50, le=2400)


class Metadata(BaseModel):
    """The describable fields; all may be left out but the subject."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    unit: str = Field(default="", max_length=40)
    """Whose document it is; the actor's own unit when left out."""
    direction: str = Field(default="incoming", pattern="^(incoming|outgoing|internal)$")
    symbol: Text = Field(default="", max_length=60)
    issued_on: date | None = None
    document_type: Annotated[Text, AfterValidator(_type)] = "KHAC"
    subject: Text = Field(min_length=1, max_length=500)
    issuer: Organisation | None = None
    recipients: list[Organisation] = Field(default_factory=list, max_length=500)
    urgency: int = Field(default=0, ge=0, le=3)
    """0 thường, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc."""
    classification: Text = Field(default="thuong", max_length=30)
    language: Text = Field(default="vi", max_length=30)
    page_amount: int | None = Field(default=None, ge=1, le=9999)
    description: Text = Field(default="", max_length=500)
    replies_to: list[str] = Field(default_factory=list, max_length=50)
    scan_declaration: ScanDeclaration | None = None
    must_reply: bool = False
    """Phải phản hồi: asks for a report or information; not done with before it lies in a dossier (PL2.II.1.8)."""
    register_id: str = Field(default="", max_length=40)
    """Enter it in this book in the same transaction."""
    register_series: str | None = Field(default=None, max_length=30)
    """Instead of `register_id`: enter it in the running year's book of its unit and direction. Empty: the series
    of its type where the unit keeps one, else the general one.
    """
    dossier_id: str = Field(default="", max_length=40)
    """File it in this dossier in the same transaction."""
    shared_with: list[str] = Field(default_factory=list, max_length=100)
    """Further units that may read it."""

    @model_validator(mode="after")
    def _one_book(self) -> "Metadata":
        if self.register_id and self.register_series is not None:
            raise PydanticCustomError("one_book", "name a book or a series, not both")
        return self

    @property
    def enters(self) -> bool:
        """Whether a number is to be taken with the storing."""
        return bool(self.register_id) or self.register_series is not None

    @property
    def is_secret(self) -> bool:
        return " ".join(text.fold(self.classification).replace("_", " ").split()) in SECRET


class MetadataChange(BaseModel):
    """A PATCH: only the fields that are present are changed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    symbol: Text | None = Field(default=None, max_length=60)
    issued_on: date | None = None
    document_type: Annotated[Text, AfterValidator(_type)] | None = None
    subject: Text | None = Field(default=None, min_length=1, max_length=500)
    issuer: Organisation | None = None
    recipients: list[Organisation] | None = Field(default=None, max_length=500)
    urgency: int | None = Field(default=None, ge=0, le=3)
    page_amount: int | None = Field(default=None, ge=1, le=9999)
    description: Text | None = Field(default=None, max_length=500)
    scan_declaration: ScanDeclaration | None = None
    must_reply: bool | None = None

    @field_validator(
        "symbol",
        "document_type",
        "subject",
        "recipients",
        "urgency",
        "description",
        "must_reply",
        mode="before",
    )
    @classmethod
    def _not_null(cls, value: Any) -> Any:
        """Left out is unchanged; `null` would leave a row that cannot be shown."""
        if value is None:
            raise PydanticCustomError("null", "null is no value of this field")
        return value

    def as_row(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_unset=True)


def faults(fault: ValidationError) -> list[dict[str, str]]:
    """Each fault with its JSON pointer and a Vietnamese sentence."""
    return [
        {
            "pointer": "/" + "/".join(str(part) for part in one["loc"]),
            "detail": _sentence(one["type"], one.get("ctx", {})),
        }
        for one in fault.errors(include_url=False)
    ]


def _sentence(kind: str, facts: dict[str, Any]) -> str:
    template = _SENTENCES.get(kind, "giá trị không hợp lệ")
    if kind == "string_too_short" and facts.get("min_length", 0) > 1:
        template = "quá ngắn, cần ít nhất {min_length} ký tự"
    return template.format_map(
        {"max_length": "", "min_length": "", "pattern": "", "le": "", "ge": ""} | facts
    )


_SENTENCES: Final = {
    "extra_forbidden": "không có trường này",
    "missing": "bắt buộc phải có",
    "null": "không được là null",
    "one_book": "chỉ nêu sổ (register_id) hoặc loại sổ (register_series), không nêu cả hai",
    "not_nfc": "chữ chưa ở dạng Unicode dựng sẵn (NFC, TCVN 6909:2001)",
    "control_character": "có ký tự điều khiển",
    "document_type": "không có loại văn bản này",
    "string_too_long": "dài quá {max_length} ký tự",
    "string_too_short": "không được để trống",
    "too_long": "quá {max_length} mục",
    "string_pattern_mismatch": "không đúng dạng {pattern}",
    "string_type": "phải là chuỗi ký tự",
    "int_type": "phải là số nguyên",
    "int_parsing": "phải là số nguyên",
    "bool_type": "phải là true hoặc false",
    "less_than_equal": "không lớn hơn {le}",
    "greater_than_equal": "không nhỏ hơn {ge}",
    "date_from_datetime_parsing": "ngày phải có dạng NĂM-THÁNG-NGÀY, ví dụ 2018-01-16",
    "date_parsing": "ngày phải có dạng NĂM-THÁNG-NGÀY, ví dụ 2018-01-16",
    "date_type": "ngày phải có dạng NĂM-THÁNG-NGÀY, ví dụ 2018-01-16",
    "model_type": "phải là một đối tượng JSON",
    "list_type": "phải là một danh sách",
    "enum": "không có giá trị này",
    "json_invalid": "không phải JSON",
}
