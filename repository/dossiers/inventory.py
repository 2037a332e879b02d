"""The contents list (mục lục văn bản) of a closed dossier: numbered, frozen, with a digest over every line.

Kept in pieces of a thousand lines, so that a dossier of any size is closed in one transaction and printed in pieces.
"""

import hashlib
import json
from datetime import date
from typing import Final

from repository import ids
from repository.documents import model
from repository.mongo import Row
from repository.policy.retention import Forever, Kind

_PIECE: Final = 1000


def lists(dossier_id: str, closing: int, documents: list[Row]) -> list[Row]:
    """Pieces for documents in their order; sheets are counted through (tờ số)."""
    lines: list[Row] = []
    sheet = 1
    for n, one in enumerate(documents, start=1):
        sheets = one["filing"]["sheets"] or 0
        mains = [version["sha256"] for version in one["versions"] if version["role"] == "main"]
        lines.append(
            {"n": n, "document": one["_id"], "sha256": mains[-1] if mains else "", "sheets": sheets,
             "from_sheet": sheet if sheets else None, "note": one["filing"]["note"]} | model.columns(one)
        )  # fmt: skip
        sheet += sheets
    pieces = [lines[start : start + _PIECE] for start in range(0, len(lines), _PIECE)]
    return [
        {"_id": ids.new("mv"), "dossier": dossier_id, "closing": closing, "first": piece[0]["n"], "lines": piece,
         "digest": digest(piece)}
        for piece in pieces
    ]  # fmt: skip


def digest(lines: list[Row]) -> str:
    """SHA-256 over the lines as canonical JSON."""
    written = json.dumps(lines, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def summary(pieces: list[Row]) -> Row:
    """What the dossier's row and the audit record keep of its list."""
    whole = hashlib.sha256("".join(one["digest"] for one in pieces).encode()).hexdigest()
    return {"lines": sum(len(one["lines"]) for one in pieces), "digest": whole}


def end_of(dossier: Row) -> date | Forever | None:
    """The last day a dossier is kept; None while it is open or its end is not known."""
    kept = dossier.get("retention")
    if not isinstance(kept, dict) or dossier.get("state") == "open":
        return None
    if kept["kind"] == Kind.PERMANENT:
        return Forever.PERMANENT
    return date.fromisoformat(kept["ends_on"]) if kept["ends_on"] else None
