"""A dossier and its documents, as their rows say, in the fields of TT 05/2025; and what stands in the way. No I/O."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from repository import errors
from repository.access.rules import Classification
from repository.archive_packages import codes, ead, process
from repository.archive_packages.contents import Contents, PackedDocument, PackedFile
from repository.mongo import Row
from repository.policy import archive_packages as policy
from repository.policy.archive_packages import PackageRules
from repository.policy.retention import UNDETERMINED, Kind, Period

_NUMBER: Final = 11
_MOST_FAULTS: Final = 20
_LOWEST: Final = "0"


class DoesNotFit(errors.Invalid):
    """What is described does not fit the circular's fields; said before anything is made."""

    vi = "Chưa xuất được gói lưu trữ: {count} trường dài quá mức Thông tư 05/2025 cho phép ({told}). Sửa rồi xuất lại."
    en = "No archive package: {count} fields are longer than the circular allows ({told})."


class StillOpen(errors.Conflict):
    """Only a closed dossier becomes a package: its contents are numbered and its retention is known."""

    vi = "Hồ sơ đang mở; kết thúc hồ sơ trước khi xuất gói lưu trữ."
    en = "The dossier is open; close it before it becomes an archive package."


class NothingInside(errors.Conflict):
    """A package holds one document at least."""

    vi = "Hồ sơ không có văn bản nào nên không xuất được gói lưu trữ."
    en = "The dossier holds no document; there is nothing to pack."


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of the documents besides their rows."""

    pages: Mapping[str, int] = field(default_factory=dict)
    """Pages of a file, by its SHA-256; for those whose pages nobody counted by hand."""
    process: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Records of how a document was handled, by its id."""


def contents_of(
    dossier: Row, documents: Sequence[Row], agency: str, rules: PackageRules, known: Known | None = None
) -> Contents:
    """The contents of a package. Raises StillOpen, NothingInside, DoesNotFit, Gone."""
    known = known or Known()
    if dossier["state"] == "open":
        raise StillOpen(why="hồ sơ đang mở")
    if dossier.get("disposed") or any(one.get("disposed") for one in documents):
        raise errors.Gone(what="Tài liệu của hồ sơ này")
    if not documents:
        raise NothingInside(why="hồ sơ không có văn bản")
    code = str(codes.FileCode(agency, dossier["year"], dossier["code"]))
    period = rules.period_code(_period(dossier))
    described = [_document(row, n, (code, period), rules, known) for n, row in enumerate(documents, start=1)]
    fields = _dossier(dossier, documents, described, rules) | {"fileCode": code, "maintenance": period}
    _require_fit(fields, described, rules)
    moments = [dossier.get("closed_at") or dossier["opened_at"]]
    moments += [each.created for one in described for each in one.files]
    origin = str((dossier.get("package") or {}).get("objid", ""))
    return Contents(fields=fields, documents=tuple(described), created=max(moments), origin=origin)


def _dossier(
    row: Row, documents: Sequence[Row], described: Sequence[PackedDocument], rules: PackageRules
) -> dict[str, str]:
    pages = [int(one.fields["numberOfPage"] or _LOWEST) for one in described]
    open_to_all = bool(described) and all(one.fields["mode"] == policy.OPEN for one in described)
    return {
        "title": row["title"],
        "mode": _stated(rules.mode, row.get("rights", ""))
        or (policy.OPEN if open_to_all else policy.RESTRICTED),
        "language": rules.language_code(row.get("language", "")),
        "startDate": _day(row.get("started_on")),
        "endDate": _day(row.get("ended_on")),
        "keyword": "",
        "totalDoc": str(len(documents)),
        "numberOfPaper": str(row.get("page_total") or _LOWEST),
        "numberOfPage": str(sum(pages)),
        "format": "",
        "inforSign": "",
        "confidenceLevel": _stated(rules.confidence, row.get("medium", "digital")),
        "paperFileCode": "",
        "riskRecovery": _LOWEST,
        "riskRecoveryStatus": "",
        "description": row.get("description", ""),
    }


def _document(row: Row, n: int, place: tuple[str, str], rules: PackageRules, known: Known) -> PackedDocument:
    code, period = place
    files = tuple(_files(row))
    pages = row.get("page_amount") or known.pages.get(files[0].sha256) or ""
    handled = process.steps(known.process.get(str(row.get("_id", "")), ()))
    number, notation = split_symbol(row["symbol"])
    scanned = bool(row.get("scan_declaration"))
    fields = {
        "docId": codes.document_id(code, n),
        "docCode": codes.document_code(code, n),
        "maintenance": period,
        "typeName": rules.type_code(row["document_type"]),
        "codeNumber": number,
        "codeNotation": notation,
        "issuedDate": _day(row["issued_on"]),
        "organName": (row["issuer"] or {}).get("name", ""),
        "subject": row["subject"],
        "language": rules.language_code(row.get("language", "")),
        "numberOfPage": str(pages),
        "inforSign": "",
        "keyword": "",
        "mode": policy.OPEN if row["classification"] == Classification.PUBLIC else policy.RESTRICTED,
        "confidenceLevel": _stated(rules.confidence, "paper" if scanned else "digital"),
        "autograph": "",
        "format": "",
        "riskRecovery": _LOWEST,
        "riskRecoveryStatus": "",
        "process": "1" if handled else _LOWEST,
        "description": row.get("description", ""),
    }
    return PackedDocument(fields=fields, files=files, process=handled)


def _files(row: Row) -> list[PackedFile]:
    """The newest main file and what is attached; earlier main files were superseded."""
    mains = [one for one in row["versions"] if one["role"] == "main"]
    more = [one for one in row["versions"] if one["role"] != "main"]
    return [_file(one) for one in [*mains[-1:], *more]]


def _file(version: Row) -> PackedFile:
    scan = version.get("scan") or {}
    when = scan.get("at")
    return PackedFile(
        sha256=version["sha256"], size=version["size"], media_type=version["media_type"],
        filename=version["filename"], created=version["created_at"], version=version["store_version"],
        scan={
            "verdict": str(scan.get("verdict", "")), "engine": str(scan.get("engine") or ""),
            "at": when.isoformat() if isinstance(when, datetime) else "",
        },
    )  # fmt: skip


def split_symbol(symbol: str) -> tuple[str, str]:
    """Số and ký hiệu of `71/QĐ-UBND`; joined with a stroke they are the symbol again."""
    number, stroke, notation = symbol.partition("/")
    if stroke and number and notation and len(number) <= _NUMBER:
        return number, notation
    return (symbol, "") if not stroke and len(symbol) <= _NUMBER else ("", symbol)


def joined_symbol(number: str, notation: str) -> str:
    return f"{number}/{notation}" if number and notation else number or notation


def _period(dossier: Row) -> Period:
    kept = dossier.get("retention")
    return Period(kind=Kind(kept["kind"]), years=kept["years"]) if isinstance(kept, dict) else UNDETERMINED


def _day(written: str | None) -> str:
    return date.fromisoformat(written).strftime("%d/%m/%Y") if written else ""


def _stated(known: Mapping[str, str], said: str) -> str:
    return next((code for code, words in known.items() if words.casefold() == said.casefold()), "")


def _require_fit(fields: Mapping[str, str], described: Sequence[PackedDocument], rules: PackageRules) -> None:
    """Raises DoesNotFit, naming each field."""
    told = [
        (f"/{name}", f"{name} dài quá {most} ký tự")
        for name, most in ead.too_long(fields, rules.dossier_fields["sip"])
    ]
    for n, one in enumerate(described, start=1):
        told += [
            (f"/documents/{n}/{name}", f"văn bản thứ {n} ({one.fields['subject'][:60]}): {name} dài quá {most} ký tự")
            for name, most in ead.too_long(one.fields, rules.document_fields["sip"])
        ]  # fmt: skip
    if told:
        listed = [{"pointer": pointer, "detail": detail} for pointer, detail in told[:_MOST_FAULTS]]
        raise DoesNotFit(count=len(told), told=re.sub(r"\s+", " ", told[0][1]), errors=listed)
