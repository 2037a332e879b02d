"""The shapes of answers, as JSON Schema, for OpenAPI. `tests/api` holds real answers against them."""

from typing import Any, Final

_TEXT: Final = {"type": "string"}
_MAYBE: Final = {"type": ["string", "null"]}
_WHOLE: Final = {"type": "integer"}
_MAYBE_WHOLE: Final = {"type": ["integer", "null"]}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def _list(name: str) -> dict[str, Any]:
    items = {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
    return _object(items=items, next=_MAYBE, total=_MAYBE_WHOLE, complete={"type": "boolean"})


_WHO: Final = _object(id=_TEXT, name=_TEXT, kind=_TEXT, unit=_TEXT, title=_TEXT)

_SINGLE: Final[dict[str, Any]] = {
    "Problem": _object(type=_TEXT, title=_TEXT, status=_WHOLE, detail=_TEXT),
    "Version": _object(
        n=_WHOLE, role=_TEXT, sha256=_TEXT, size=_WHOLE, media_type=_TEXT, filename=_TEXT, created_at=_TEXT,
        created_by=_WHO, scan=_object(verdict=_TEXT, engine=_TEXT, at=_MAYBE),
        signatures=_object(status=_TEXT, count=_MAYBE_WHOLE),
        lock=_object(mode=_TEXT, until=_MAYBE, hold={"type": "boolean"}), warnings={"type": "array"},
        renews=_MAYBE_WHOLE,
    ),
    "Document": _object(
        id=_TEXT, unit=_TEXT, state=_TEXT, direction=_TEXT, number=_MAYBE_WHOLE, symbol=_TEXT, issued_on=_MAYBE,
        document_type=_TEXT, subject=_TEXT, issuer={"type": ["object", "null"]}, recipients={"type": "array"},
        urgency=_WHOLE, legal_value=_object(status=_TEXT, reasons={"type": "array"}),
        versions={"type": "array", "items": {"$ref": "#/components/schemas/Version"}}, dossiers={"type": "array"},
        replies_to={"type": "array"}, register_id=_MAYBE, received_on=_TEXT, created_at=_TEXT, created_by=_WHO,
        paper_owed={"type": "boolean"}, paper={"type": ["object", "null"]}, unsigned={"type": ["object", "null"]},
        disposed={"type": ["object", "null"]}, held={"type": "boolean"},
    ),
    "Dossier": _object(id=_TEXT, unit=_TEXT, code=_TEXT, title=_TEXT, state=_TEXT, opened_at=_TEXT, closed_at=_MAYBE),
    "Catalogue": _object(id=_TEXT, unit=_TEXT, year=_WHOLE, state=_TEXT, issued={"type": ["object", "null"]}),
    "Schedule": _object(
        id=_TEXT, name=_TEXT, in_force=_TEXT, source=_TEXT, partial={"type": "boolean"}, rules={"type": "array"}
    ),
    "Register": _object(id=_TEXT, unit=_TEXT, year=_WHOLE, direction=_TEXT, series=_TEXT, title=_TEXT, last=_WHOLE),
    "Entry": _object(
        number=_WHOLE, document=_MAYBE, day=_MAYBE, entered_at=_TEXT, annulled={"type": ["object", "null"]},
        late={"type": ["object", "null"]}, duplicates={"type": "array"}, details={"type": "object"},
    ),
    "Block": _object(n=_WHOLE, first=_WHOLE, last=_WHOLE, reason=_TEXT, at=_TEXT, settled=_MAYBE),
    "Closing": _object(
        register=_TEXT, n=_WHOLE, day=_TEXT, digest=_TEXT, previous=_TEXT, entries=_WHOLE, annulments=_WHOLE,
        closed_at=_TEXT,
    ),
    "LogProof": _object(
        leaf=_WHOLE, size=_WHOLE, hashes={"type": "array"}, leaf_hash=_TEXT, checkpoint=_TEXT,
        record={"type": ["object", "null"]},
    ),
    "LogConsistency": _object(**{"from": _WHOLE, "to": _WHOLE, "hashes": {"type": "array"}}),
    "ChainCheck": _object(
        intact={"type": "boolean"}, closings=_WHOLE, first_difference={"type": ["object", "null"]}
    ),
    "History": _object(id=_TEXT, at=_TEXT, actor=_WHO, action=_TEXT, subject={"type": "object"}, hash=_TEXT),
    "Check": _object(n=_WHOLE, sha256=_TEXT, intact={"type": "boolean"}, finding=_TEXT),
    "Unit": _object(
        id=_TEXT, name=_TEXT, symbol=_TEXT, organ_id=_TEXT, closed_on=_MAYBE, certificates={"type": "array"},
    ),
    "Certificate": _object(
        serial=_TEXT, subject=_TEXT, issuer=_TEXT, sha256=_TEXT, not_before=_TEXT, not_after=_TEXT, validity=_TEXT,
    ),
    "Person": _object(
        id=_TEXT, username=_TEXT, full_name=_TEXT, unit=_TEXT, title=_TEXT, roles={"type": "array"},
        disabled_at=_MAYBE, last_login_at=_MAYBE,
    ),
    "Signing": _object(
        id=_TEXT, document=_TEXT, n=_WHOLE, sha256=_TEXT, state=_TEXT, certificate={"type": "object"},
        to_sign=_object(algorithm=_TEXT, digest=_TEXT, attributes=_TEXT), expires_at=_TEXT,
        outcome={"type": ["object", "null"]},
    ),
    "SigningOffer": _object(sha256=_TEXT, items={"type": "array"}, waiting={"type": "array"}),
    "Work": _object(kind=_TEXT, id=_TEXT, title=_TEXT, unit=_TEXT),
    "Account": _object(id=_TEXT, name=_TEXT, unit=_TEXT, roles={"type": "array"}, owes=_TEXT, factor_since=_MAYBE),
    "Session": _object(id=_TEXT, created_at=_TEXT, expires_at=_TEXT, address=_TEXT, present={"type": "boolean"}),
    "Inspection": _object(
        id=_TEXT, kind=_TEXT, at=_TEXT, by=_TEXT, passed={"type": "boolean"}, findings={"type": "array"},
        measured={"type": "object"},
    ),
    "Sample": _object(
        id=_TEXT, seed=_TEXT, size=_WHOLE, filter={"type": "object"}, population=_WHOLE, population_sha256=_TEXT,
        picked={"type": "array"}, created_at=_TEXT, created_by=_WHO, check={"type": ["object", "null"]},
    ),
    "Incident": _object(
        id=_TEXT, kind=_TEXT, subject={"type": "object"}, found=_TEXT, todo=_TEXT, state=_TEXT, seen=_WHOLE,
        seen_at=_TEXT, seen_last=_TEXT, settled_at=_MAYBE, why=_MAYBE,
    ),
    "Token": _object(id=_TEXT, system=_TEXT, unit=_TEXT, scopes={"type": "array"}, expires_at=_TEXT),
    "Text": _object(pages={"type": "array"}, text=_TEXT, note=_TEXT),
    "SignatureReport": _object(status=_TEXT, count=_MAYBE_WHOLE, items={"type": "array"}),
    "Share": _object(
        mark=_TEXT, to={"type": "object"}, by=_WHO, at=_TEXT, reason=_TEXT, ended={"type": ["object", "null"]}
    ),
    "Access": _object(
        person={"type": ["object", "null"]}, sees={"type": ["boolean", "null"]}, reasons={"type": "array"},
        shares={"type": "array"},
    ),
    "Member": _object(id=_TEXT, name=_TEXT, unit=_TEXT, reason=_TEXT, at=_TEXT),
    "Delegation": _object(
        id=_TEXT, giver=_WHO, receiver=_WHO, scopes={"type": "array"}, since=_TEXT, until=_TEXT, reason=_TEXT,
        ended={"type": ["object", "null"]},
    ),
    "Hold": _object(
        id=_TEXT, kind=_TEXT, target=_TEXT, query={"type": ["object", "null"]}, title=_TEXT, reason=_TEXT, state=_TEXT,
        placed={"type": "object"}, lift={"type": ["object", "null"]}, lifted={"type": ["object", "null"]},
    ),
    "Disposal": _object(
        id=_TEXT, unit=_TEXT, state=_TEXT, documents=_WHOLE, bytes=_WHOLE, items=_TEXT, proposed={"type": "object"},
        votes={"type": "array"}, dossiers={"type": "array"}, decided_at=_MAYBE, done_at=_MAYBE,
        certificate={"type": "array"},
    ),
    "DisposalItem": _object(
        document=_TEXT, subject=_TEXT, symbol=_MAYBE, kept_until=_TEXT, state=_TEXT, why=_TEXT,
        versions={"type": "array"},
    ),
    "Request": _object(
        id=_TEXT, person=_TEXT, unit=_TEXT, wanted={"type": "object"}, reason=_TEXT, state=_TEXT, asked_at=_TEXT,
        decided={"type": ["object", "null"]},
    ),
    "Review": _object(
        unit=_TEXT, quarter=_TEXT, lines={"type": "array"}, note=_TEXT, confirmed={"type": ["object", "null"]}
    ),
    "SearchResults": _object(
        items={"type": "array"}, next=_MAYBE, total=_WHOLE, complete={"type": "boolean"}, facets={"type": "object"}
    ),
}  # fmt: skip

SHAPES: Final[dict[str, Any]] = _SINGLE | {
    f"{name}List": _list(name)
    for name in (
        "Document",
        "Dossier",
        "Register",
        "Entry",
        "Closing",
        "History",
        "Check",
        "Request",
        "Unit",
        "Person",
        "Incident",
        "Sample",
        "Inspection",
        "Token",
        "Work",
        "Session",
        "Member",
        "Delegation",
        "Catalogue",
        "Schedule",
        "Hold",
        "Disposal",
        "DisposalItem",
    )
}
