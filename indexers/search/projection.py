"""From stored rows to search entries: what of a thing is searchable, and who may find it."""

from datetime import date
from typing import Any

from indexers.search.index import Kind, SearchEntry
from repository.clock import local_date

Row = dict[str, Any]


def searched_versions(document: Row) -> list[Row]:
    """The versions whose text stands for the document: the newest main one and all attachments."""
    mains = [one for one in document["versions"] if one["role"] == "main"]
    return mains[-1:] + [one for one in document["versions"] if one["role"] != "main"]


def of_document(document: Row, texts: list[str]) -> SearchEntry:
    names = [one["filename"] for one in searched_versions(document)]
    return SearchEntry(
        id=document["_id"],
        kind=Kind.DOCUMENT,
        subject=document["subject"],
        symbol=document["symbol"] or "",
        issuer=(document.get("issuer") or {}).get("name", ""),
        body="\n".join([*texts, *names, document.get("description") or ""]),
        document_type=document["document_type"] or "",
        unit=document["unit"],
        day=_day(document),
        dossiers=tuple(document["dossiers"]),
        readers=tuple(document["readers"]),
        legal_value=(document.get("legal_value") or {}).get("status", ""),
        register=document.get("register") or "",
    )


def of_dossier(dossier: Row) -> SearchEntry:
    return SearchEntry(
        id=dossier["_id"],
        kind=Kind.DOSSIER,
        subject=dossier["title"],
        symbol=dossier["code"],
        body=dossier.get("description") or "",
        unit=dossier["unit"],
        day=local_date(dossier["opened_at"]),
        readers=tuple(dossier["readers"]),
    )


def of_register_entry(line: Row, register: Row, document: Row | None) -> SearchEntry:
    """A line of a book. Whoever may see the book may find its lines; an annulled one stays findable."""
    columns = line.get("columns") or {}
    annulled = (line.get("annulled") or {}).get("reason", "")
    return SearchEntry(
        id=line["_id"],
        kind=Kind.REGISTER_ENTRY,
        subject=columns.get("subject", ""),
        symbol=(document or {}).get("symbol") or columns.get("symbol") or "",
        issuer=columns.get("issuer", ""),
        body=" ".join([f"số {line['number']}", *columns.get("recipients", []), annulled]),
        document_type=columns.get("document_type", ""),
        unit=register["unit"],
        day=local_date(line["entered_at"]),
        readers=("all", f"unit:{register['unit']}"),
        register=register["_id"],
    )


def _day(document: Row) -> date:
    """The document's own date; where it bears none, the local day of receipt."""
    written = document.get("issued_on") or document.get("received_on")
    return date.fromisoformat(written) if written else local_date(document["created_at"])
