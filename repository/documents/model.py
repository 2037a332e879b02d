"""How documents and versions are kept: rows made from what was declared and received."""

from typing import Final

from repository import errors
from repository.access import marks, rules
from repository.clock import local_date
from repository.documents.metadata import Metadata
from repository.ingest.receive import ReceivedFile
from repository.ingest.scanner import Scan
from repository.journal import Change
from repository.mongo import Row
from repository.registers.lines import WITHHELD

PENDING: Final[Row] = {"status": "pending", "reasons": []}
"""The legal value of what the judge has not seen yet."""


_ASKED: Final = {"unit", "register_id", "register_series", "dossier_id", "shared_with"}
"""What is asked for with a document and is no field of it."""


def columns(row: Row) -> Row:
    """What the book's line keeps of the document: the columns of annex IV that are known now."""
    if row["classification"] == rules.Classification.RESTRICTED:
        return {name: row[name] for name in ("symbol", "issued_on", "document_type")} | WITHHELD
    return {
        "symbol": row["symbol"],
        "issued_on": row["issued_on"],
        "issuer": (row["issuer"] or {}).get("name", ""),
        "document_type": row["document_type"],
        "subject": row["subject"],
        "recipients": [one["name"] for one in row["recipients"]],
    }


def declared(change: Change, declaration: Row | None) -> Row | None:
    """A scan declaration bears who made it and when."""
    return declaration and declaration | {"at": change.now, "by": change.actor.as_row()}


def document_row(change: Change, document_id: str, unit: str, metadata: Metadata) -> Row:
    fields = metadata.model_dump(mode="json", exclude=_ASKED)
    fields["scan_declaration"] = declared(change, fields["scan_declaration"])
    fields["issuer"] = fields["issuer"] or None
    return fields | {
        "_id": document_id,
        "unit": unit,
        "state": "stored",
        "register": "",
        "number": None,
        "dossiers": [],
        "shares": [
            share_row(change, marks.unit(one), {"kind": "unit", "id": one}, "chia sẻ khi lưu")
            for one in dict.fromkeys(metadata.shared_with)
            if one != unit
        ],
        "readers": [],
        "legal_value": dict(PENDING),
        "revision": 1,
        "received_on": local_date(change.now).isoformat(),
        "created_at": change.now,
        "created_by": change.actor.as_row(),
    }


def share_row(change: Change, mark: str, to: Row, reason: str) -> Row:
    """One opening of a document to a unit or a person; it is ended, never removed."""
    return {
        "mark": mark,
        "to": to,
        "reason": reason,
        "at": change.now,
        "by": change.actor.as_row(),
        "ended": None,
    }


def numbered(document: Row, n: int) -> Row:
    """Version `n` of a document. Raises NotFound."""
    for version in document["versions"]:
        if version["n"] == n:
            found: Row = version
            return found
    raise errors.NotFound(what=f"phiên bản {n}")


def version_row(change: Change, n: int, file: ReceivedFile, *, role: str) -> Row:
    """How a version is kept inside its document."""
    return {
        "n": n,
        "role": role,
        "sha256": file.digest.hex,
        "size": file.size,
        "media_type": file.media_type,
        "filename": file.filename,
        "store_version": file.store_version,
        "created_at": change.now,
        "created_by": change.actor.as_row(),
        "scan": scan_row(file.scan),
        "signatures": {"status": "pending", "count": None},
        "lock": {"mode": "COMPLIANCE", "until": file.locked_until, "hold": False},
        "warnings": file.warnings,
    }


def scan_row(scan: Scan) -> Row:
    return {"verdict": scan.verdict, "engine": scan.engine, "at": scan.at}
