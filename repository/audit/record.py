"""One audit record: its fields, its canonical bytes (RFC 8785) and their SHA-256.

The hash covers values, not storage: reading a record back from any copy and hashing it again must agree. `leaf`
(its place in the sealed tree) is given later and is outside the hash.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import rfc8785

from repository import ids
from repository.audit.actions import Action


@dataclass(frozen=True)
class Subject:
    """What an act was about: kind is `document`, `dossier`, `register`, `person`, `unit`, `token`, `login`."""

    kind: str
    id: str


def make(
    *,
    at: datetime,
    actor: dict[str, Any],
    action: Action,
    subject: Subject,
    detail: dict[str, Any],
    also: list[str],
) -> dict[str, Any]:
    """A record ready to be stored; `also` names further subjects whose history should show it."""
    content: dict[str, Any] = {
        "_id": ids.new("aud"),
        "at": at,
        "actor": actor,
        "action": action.value,
        "subject": {"kind": subject.kind, "id": subject.id},
        "also": also,
        "detail": _plain(detail),
    }
    return content | {"hash": content_hash(content), "leaf": None}


def canonical(record: dict[str, Any]) -> bytes:
    """The bytes that are hashed: every field but the hash itself and the leaf number."""
    return rfc8785.dumps(_plain({k: v for k, v in record.items() if k not in ("hash", "leaf")}))


def content_hash(record: dict[str, Any]) -> str:
    """Hex SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(record)).hexdigest()


def _plain(value: Any) -> Any:
    """JSON values only; times as UTC ISO 8601 to the millisecond, so that storing them loses nothing."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in value]
    return value
