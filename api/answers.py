"""How stored rows are shown in JSON: the fields of the HTTP contract, times as people here read them."""

import json
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.conditional import revision_tag
from repository import errors
from repository.audit.actions import WORDS, Action
from repository.clock import local
from repository.documents.paper import paper_owed
from repository.mongo import Row


def moment(value: datetime | None) -> str | None:
    """ISO 8601 with the offset of Viet Nam."""
    return local(value).isoformat() if value else None


def version(row: Row) -> Row:
    shown = {
        name: row[name] for name in ("n", "role", "sha256", "size", "media_type", "filename", "warnings")
    }
    lock = row["lock"] | {"until": moment(row["lock"]["until"])}
    return shown | {
        "created_at": moment(row["created_at"]),
        "created_by": row["created_by"],
        "scan": row["scan"] | {"at": moment(row["scan"]["at"])},
        "signatures": row["signatures"],
        "renews": row.get("renews"),
        "lock": lock,
    }


_DOCUMENT = (
    "unit", "state", "direction", "number", "symbol", "issued_on", "document_type", "subject", "issuer", "recipients",
    "urgency", "classification", "language", "page_amount", "description", "dossiers", "replies_to", "received_on",
    "legal_value",
)  # fmt: skip


def document(row: Row) -> Row:
    declaration = row["scan_declaration"]
    return {"id": row["_id"]} | {name: row[name] for name in _DOCUMENT} | {
        "register_id": row["register"] or None,
        "must_reply": row.get("must_reply", False),
        "duplicates": row.get("duplicates", []),
        "warnings": [_ALIKE.format(len(row["duplicates"]))] if row.get("duplicates") else [],
        "paper_owed": paper_owed(row),
        "paper": _at(row.get("paper")),
        "disposed": _at(row.get("disposed")),
        "held": bool(row.get("holds")),
        "unsigned": _at(row.get("unsigned")),
        "scan_declaration": declaration and declaration | {"at": moment(declaration["at"])},
        "versions": [version(one) for one in row["versions"]],
        "created_at": moment(row["created_at"]),
        "created_by": row["created_by"],
    }  # fmt: skip


_ALIKE = "Có thể trùng: {} văn bản khác có cùng số ký hiệu, cơ quan ban hành và ngày."


_DOSSIER = (
    "year", "rule", "rights", "language", "started_on", "ended_on", "medium", "construction", "incoming", "catalogue",
    "doc_total", "page_total", "inventory", "closings",
)  # fmt: skip


def _at(row: Row | None) -> Row | None:
    return row and row | {"at": moment(row["at"])}


def dossier(row: Row) -> Row:
    shown = {name: row[name] for name in ("unit", "code", "title", "description", "state", "opened_by")}
    shown |= {name: row.get(name) for name in _DOSSIER}
    handover = row.get("handover")
    handed = row.get("handed")
    shown |= {
        "retention": row["retention"] if isinstance(row["retention"], dict) else None,
        "maintenance": row.get("maintenance")
        or (row["retention"] if isinstance(row["retention"], str) else ""),
        "handover": handover
        and handover
        | {"noticed_at": moment(handover["noticed_at"]), "kept_back": _at(handover["kept_back"])},
        "handed": _at(handed and handed | {"received": _at(handed.get("received"))}),
        "custody": [_at(one) for one in row.get("custody", [])],
    }
    times = {"opened_at": moment(row["opened_at"]), "closed_at": moment(row["closed_at"])}
    return {"id": row["_id"]} | shown | times


def register(row: Row) -> Row:
    return {"id": row["_id"]} | {
        name: row[name]
        for name in ("unit", "year", "direction", "series", "symbol", "title", "last", "closed")
    } | {
        "blocks": [block(one) for one in row.get("blocks", [])],
        "closed_day": (row.get("head") or {}).get("day"),
    }  # fmt: skip


def block(row: Row) -> Row:
    """Numbers set aside for paper."""
    return row | {"at": moment(row["at"]), "settled": moment(row["settled"])}


def closing(row: Row) -> Row:
    """A day's digest and its place in the chain."""
    shown = {
        name: row[name]
        for name in ("register", "n", "day", "digest", "previous", "entries", "annulments", "closed_by")
    }
    return shown | {"closed_at": moment(row["closed_at"])}


def entry(row: Row) -> Row:
    annulled = row["annulled"]
    shown: Row = {
        "number": row["number"],
        "document": row["document"] or None,
        "day": row.get("day"),
        "late": row.get("late"),
        "duplicates": row.get("duplicates", []),
        "details": row.get("details", {}),
        "entered_at": moment(row["entered_at"]),
        "entered_by": row["entered_by"],
        "annulled": annulled and annulled | {"at": moment(annulled["at"])},
    }
    return shown | dict(row["columns"])


def audit_record(row: Row) -> Row:
    shown = {name: row[name] for name in ("actor", "action", "subject", "detail", "hash", "leaf")}
    return {"id": row["_id"], "at": moment(row["at"]), "words": WORDS[Action(row["action"])]} | shown


def listed(
    items: list[Row], *, following: str | None = None, total: int | None = None, complete: bool = True
) -> Response:
    """A page of a list; `following` is the cursor of the next one."""
    return JSONResponse({"items": items, "next": following, "total": total, "complete": complete})


def created(path: str, body: Row, revision: int) -> Response:
    return JSONResponse(body, 201, {"Location": path, "ETag": revision_tag(revision)})


def shown(body: Row, revision: int) -> Response:
    return JSONResponse(body, 200, {"ETag": revision_tag(revision)})


def limit_of(request: Request, *, default: int = 50, most: int = 500) -> int:
    """`?limit=`, within bounds."""
    given = request.query_params.get("limit", "")
    return (
        max(1, min(most, int(given))) if given.isascii() and given.isdigit() and len(given) < 6 else default
    )


async def body_of(request: Request) -> Any:
    """The request's JSON. Raises Invalid when it is not JSON."""

    body = await request.body()
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError) as fault:
        raise errors.Invalid(why="thân yêu cầu không phải JSON", en="not JSON") from fault
