"""What a package says, as the forms that dossiers and documents are made of here. No I/O.

Never wider than it was: what may be used under conditions comes in restricted unless the importer says how far.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from pydantic import ValidationError

from repository import errors, text
from repository.access.rules import Classification
from repository.archive_packages.codes import FileCode
from repository.archive_packages.contents import Contents, Found, PackedDocument
from repository.archive_packages.describing import joined_symbol
from repository.documents.metadata import Metadata, faults
from repository.dossiers.dossiers import DossierForm
from repository.policy import archive_packages as policy
from repository.policy.archive_packages import PackageRules
from repository.registers import numbering

_TITLE: Final = 500
_DESCRIPTION: Final = 500
_MOST_PAGES: Final = 9999
_VIETNAMESE: Final = "01"
_UNKEPT: Final = ("keyword", "inforSign", "autograph", "format", "paperFileCode")
"""Fields for which there is no place here; those that say something are named in a warning."""


@dataclass(frozen=True, kw_only=True)
class Intent:
    """Where a package is to go."""

    unit: str
    agencies: frozenset[str] = frozenset()
    """Names of the unit and of those above it, folded: what they issued went out."""
    level: Classification = Classification.RESTRICTED
    """For documents that may be used under conditions only."""


@dataclass
class Forms:
    """A dossier and its documents as they will be made; `warnings` tell what is lost or was not understood."""

    dossier: DossierForm
    documents: list[Metadata]
    ended_on: date | None
    warnings: list[str] = field(default_factory=list)


class SecretInPackage(errors.Invalid):
    """A package of classified papers: nothing of it is kept (Đ1.p1)."""

    vi = "Gói có tài liệu mật (mode 03: {what}); văn bản mật không được đưa vào Hệ thống (Điều 1 Quy chế)."
    en = "The package holds classified papers ({what}); they may not enter the System (article 1)."


def forms(found: Found, intent: Intent, rules: PackageRules) -> Forms:
    """Raises SecretInPackage, Invalid with every fault named."""
    contents = found.contents
    _refuse_secrets(contents)
    warnings: list[str] = []
    listed: list[dict[str, str]] = []
    dossier = _dossier(contents.fields, intent, rules, warnings)
    made, documents = None, []
    try:
        made = DossierForm.model_validate(dossier)
    except ValidationError as fault:
        listed += faults(fault)
    for n, one in enumerate(contents.documents, start=1):
        try:
            documents.append(Metadata.model_validate(_document(one, n, intent, rules, warnings)))
        except ValidationError as fault:
            listed += [each | {"pointer": f"/documents/{n}{each['pointer']}"} for each in faults(fault)]
    if made is None or listed:
        raise errors.Invalid(why="mô tả trong gói không dùng được", errors=listed)
    lost = {name for one in [contents.fields, *(each.fields for each in contents.documents)] for name in _UNKEPT
            if one.get(name)}  # fmt: skip
    if lost:
        warnings.append(f"chưa có chỗ giữ các trường: {', '.join(sorted(lost))}")
    return Forms(made, documents, _day(contents.fields.get("endDate", "")), warnings)


def _refuse_secrets(contents: Contents) -> None:
    if contents.fields.get("mode") == policy.SECRET:
        raise SecretInPackage(what="hồ sơ")
    for n, one in enumerate(contents.documents, start=1):
        if one.fields.get("mode") == policy.SECRET:
            raise SecretInPackage(what=f"tài liệu thứ {n}")


def _dossier(
    fields: dict[str, str], intent: Intent, rules: PackageRules, warnings: list[str]
) -> dict[str, Any]:
    started = _day(fields.get("startDate", ""))
    code = FileCode.parse(fields.get("fileCode", ""))
    if code is None and (started is None or not fields.get("fileCode")):
        why = f"mã hồ sơ «{fields.get('fileCode', '')}» không cho biết năm và số hồ sơ"
        raise errors.Invalid(why=why, errors=[{"pointer": "/fileCode", "detail": why}])
    retention = rules.period_words(fields.get("maintenance", ""))
    if not retention:
        warnings.append(
            f"thời hạn bảo quản «{fields.get('maintenance', '')}» chưa rõ: xác định lại ở trang hồ sơ"
        )
    return {
        "unit": intent.unit,
        "year": code.year if code else started and started.year,
        "code": code.notation if code else fields["fileCode"],
        "title": _cut(fields["title"], _TITLE, "title", warnings),
        "retention": retention,
        "rights": rules.mode.get(fields.get("mode", ""), ""),
        "language": rules.language.get(fields.get("language", "")[:2], "Tiếng Việt"),
        "started_on": started,
        "medium": rules.confidence.get(fields.get("confidenceLevel", ""), "digital"),
        "description": _cut(fields.get("description", ""), _DESCRIPTION, "description", warnings),
    }


def _document(
    one: PackedDocument, n: int, intent: Intent, rules: PackageRules, warnings: list[str]
) -> dict[str, Any]:
    fields = one.fields
    issuer, issued = fields.get("organName", ""), fields.get("issuedDate", "")
    if issued and _day(issued) is None:
        warnings.append(f"tài liệu thứ {n}: ngày «{issued}» không phải NGÀY/THÁNG/NĂM, để trống")
    subject = (
        fields.get("subject") or fields.get("imageTitle") or fields.get("movieTitle") or one.files[0].filename
    )
    pages = fields.get("numberOfPage", "")
    return {
        "unit": intent.unit,
        "direction": "outgoing" if text.fold(issuer) in intent.agencies else "incoming",
        "symbol": joined_symbol(fields.get("codeNumber", ""), fields.get("codeNotation", "")),
        "issued_on": _day(issued),
        "document_type": _type(fields.get("typeName", ""), rules),
        "subject": subject,
        "issuer": {"name": issuer} if issuer else None,
        "classification": Classification.PUBLIC if fields.get("mode") == policy.OPEN else intent.level,
        "language": _language(fields.get("language", ""), rules),
        "page_amount": int(pages) if pages.isdecimal() and 0 < int(pages) <= _MOST_PAGES else None,
        "description": fields.get("description", ""),
    }  # fmt: skip


def _language(written: str, rules: PackageRules) -> str:
    """The first language that is named; Vietnamese where none is known."""
    return "vi" if written[:2] == _VIETNAMESE else rules.language.get(written[:2], "vi")


def _type(written: str, rules: PackageRules) -> str:
    """By its code in the list; some write the name."""
    if written in rules.type_name:
        return rules.type_name[written]
    try:
        return numbering.type_of(written)
    except errors.Invalid:
        return rules.type_name[policy.OTHER_TYPE]


def _day(written: str) -> date | None:
    """`DD/MM/YYYY`; the short forms of the AIP name no day."""
    try:
        return datetime.strptime(written, "%d/%m/%Y").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return None


def _cut(written: str, most: int, name: str, warnings: list[str]) -> str:
    if len(written) > most:
        warnings.append(f"{name} của hồ sơ dài {len(written)} ký tự, giữ {most} ký tự đầu")
    return written[:most]
