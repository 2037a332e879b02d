"""Ties business rows to the log: each audit record of a change names the rows it wrote and hashes them as they stood.

A row edited behind the journal's back no longer has the hash that the log says; one put there has none; one taken
away is missed. `writes` counts how often the journal wrote a row, so that the latest state is known without a clock.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Final

from repository.audit.record import content_hash

COUNTER: Final = "writes"
UNBOUND: Final = frozenset({"idempotency", "preservation"})
"""Collections that the journal writes and that it does not answer for: one forgets by itself, the other is a place
in a round that goes on without acts.
"""


def row_text(row: dict[str, Any]) -> bytes:
    """The row as JSON with sorted keys; times as UTC to the millisecond, as the database keeps them.

    Not RFC 8785, whose Python is ten times slower: a change hashes every row that it writes.
    """
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return text.encode("utf-8", "surrogatepass")


def row_hash(row: dict[str, Any]) -> str:
    """Hex SHA-256 over the row's text."""
    return hashlib.sha256(row_text(row)).hexdigest()


def state(collection: str, row: dict[str, Any]) -> dict[str, Any]:
    """What a record says of a row that it wrote."""
    return {"in": collection, "id": row["_id"], "n": row[COUNTER], "sha256": row_hash(row)}


def bind(record: dict[str, Any], states: list[dict[str, Any]]) -> dict[str, Any]:
    """The record with the states of what its change wrote, hashed again."""
    bound = record | {"rows": states}
    return bound | {"hash": content_hash(bound)}


def counted(change: dict[str, Any]) -> dict[str, Any]:
    """The update with the row's count of writes moved on."""
    return change | {"$inc": change.get("$inc", {}) | {COUNTER: 1}}


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"a row holds what the log cannot bind: {type(value).__name__}")
