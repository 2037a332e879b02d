"""Reads every row once: what it claims of objects, and whether it still stands as the log says that it was written.

Work goes on meanwhile: a row that looks wrong is read again together with what was logged since, so that only what
nobody logged is a finding.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any, Final

from repository.audit import binding
from repository.evidence.fixity import UNFIT, Claim, Finding, malformed
from repository.evidence.fixity_ledger import Ledger
from repository.mongo import Database, Row

BOUND: Final = (
    "backups", "canaries", "catalogues", "closings", "delegations", "disposals", "documents", "dossiers", "drills",
    "entries", "erasures", "filings", "holds", "incidents", "inventories", "keyfiles", "people", "pictures",
    "quarantine", "registers", "requests", "reviews", "rounds", "samples", "schedules", "sessions", "signings",
    "tokens", "trust", "units",
)  # fmt: skip
"""Collections of which every row must be in the log, whether or not the log names any: all that the journal answers
for, so that the first row ever of a kind, a disposal that nobody voted on for one, cannot be slipped in.
"""
UNBOUND: Final = binding.UNBOUND | {
    "audit", "checkpoints", "fixity", "heads", "jobs", "leases", "outbox", "texts", "tiles", "verdicts",
}  # fmt: skip
"""What is derived, or is the log itself, which has a check of its own."""
KEEPS_NOTHING: Final = frozenset({"audit", "outbox", "tiles", "heads", "texts", "leases", "jobs", "fixity"})
_STATE: Final = {"in": str, "id": str, "n": int, "sha256": str}
_PAGE: Final = 2000
"""Rows: the local engine passes through the whole collection for each range of ids."""
_PARTS: Final = 10_000
"""The same where only some fields of each are read."""
_MOST: Final = 10_000
_Say = Callable[[int], None]


async def pages(database: Database, name: str, fields: Row | None = None) -> AsyncIterator[list[Row]]:
    """All rows in order of their ids, those last whose id is no text; no cursor is held open for long."""
    last, size = "", _PARTS if fields else _PAGE
    while (
        page := await database[name]
        .find({"_id": {"$gt": last}}, fields)
        .sort("_id", 1)
        .limit(size)
        .to_list(size)
    ):
        yield page
        last = page[-1]["_id"]
    foreign = {"_id": {"$not": {"$type": "string"}}}  # a comparison sees only values of its own type
    if page := await database[name].find(foreign, fields).limit(_MOST).to_list(_MOST):
        yield page


async def note_rows(database: Database, ledger: Ledger, say: _Say) -> list[Finding]:
    """Notes every row's claims and state; answers what single rows show by themselves."""
    found: list[Finding] = []
    names = set(await database.list_collection_names()) | set(BOUND)
    for name in sorted(names - KEEPS_NOTHING):
        async for page in pages(database, name):
            ledger.claim(claim for row in page for claim in claims_of(name, row))
            ledger.retire(pair for row in page for pair in _retired(row))
            if name not in UNBOUND:
                ledger.rows((name, row["_id"], *_stand(row)) for row in page if isinstance(row["_id"], str))
            if name in BOUND:
                found += [_foreign(name, row) for row in page if not isinstance(row["_id"], str)]
            if name == "documents":
                found += [one for row in page for one in of_chain(row)]
            say(len(page))
    ledger.sort()
    return found


async def note_log(database: Database, ledger: Ledger, say: _Say) -> None:
    """Notes what the log says last of each row."""
    async for page in pages(database, "audit", {"rows": 1}):
        states = (state for record in page for state in _states(record))
        ledger.states(state for state in states if state["in"] not in UNBOUND)
        say(len(page))
    ledger.bind(BOUND)


async def check_rows(database: Database, ledger: Ledger, since: datetime) -> list[Finding]:
    """What differs between rows and log, and still differs when both are read again. `since`: when noting began."""
    if not (doubtful := ledger.doubtful(_MOST)):
        return []
    before = await _logged(database, since)
    now = {key: await database[key[0]].find_one({"_id": key[1]}) for key in doubtful}
    after = await _logged(database, since)
    doubtful = [key for key in doubtful if _differs(ledger, before, after, key, now[key])]
    return [_finding(ledger, after, key, now[key]) for key in doubtful]


def claims_of(name: str, row: Row) -> Iterator[Claim]:
    """Whatever in a row names an object of the store by hash and version id."""
    for place in _places(row):
        lock = place["lock"] if isinstance(place.get("lock"), dict) else {}
        until = lock["until"] if isinstance(lock.get("until"), datetime) else None
        yield Claim(
            sha256=str(place["sha256"]), version=str(place["store_version"]), owner=str(row["_id"]), kind=name,
            size=_whole(place.get("size") if "bytes" not in place else place["bytes"]),
            n=max(0, _whole(place.get("n"))),
            until=until, held=bool(lock.get("hold")), lapses=bool(lock.get("final")),
            media_type=str(place.get("media_type") or "application/octet-stream"),
        )  # fmt: skip


def of_chain(document: Row) -> Iterator[Finding]:
    """Versions are numbered 1, 2, 3 … in the order they were added, each with a hash."""
    try:
        numbers = [one.get("n") for one in document["versions"]]
        made = [one.get("created_at") for one in document["versions"]]
        if numbers != list(range(1, len(numbers) + 1)):
            why = f"thứ tự phiên bản là {numbers}"
        elif made != sorted(made):
            why = "phiên bản sau có thời điểm trước phiên bản trước nó"
        else:
            return
    except UNFIT as fault:
        yield malformed("documents", document["_id"], fault)
        return
    yield Finding(
        kind="versions.broken", subject_kind="document", subject=str(document["_id"]),
        found=f"văn bản {document['_id']}: {why}",
    )  # fmt: skip


def _places(value: Any) -> Iterator[Row]:
    if isinstance(value, dict):
        if isinstance(value.get("sha256"), str) and value.get("store_version"):
            yield value
        for one in value.values():
            yield from _places(one)
    elif isinstance(value, list):
        for one in value:
            yield from _places(one)


def _retired(row: Row) -> Iterator[tuple[str, str]]:
    for place in _places(row):
        for old in place.get("replaced") or ():
            if isinstance(old, dict):
                yield str(place["sha256"]), str(old.get("store_version"))


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else -1


def _stand(row: Row) -> tuple[int, str]:
    try:
        return _whole(row.get(binding.COUNTER)), binding.row_hash(row)
    except TypeError:  # a value that no change of ours writes
        return -1, ""


def _states(record: Row) -> Iterator[Row]:
    """What a record binds; one that was bent says nothing here, and is a finding of the check of the log."""
    rows = record.get("rows")
    for one in rows if isinstance(rows, list) else ():
        if isinstance(one, dict) and {name: type(one.get(name)) for name in _STATE} == _STATE:
            yield one


def _foreign(name: str, row: Row) -> Finding:
    words = "có mặt, nhưng mã của nó không do hệ thống đặt"
    return Finding(
        kind="row.unknown", subject_kind=name, subject=str(row["_id"]), found=f"{name}/{row['_id']}: {words}"
    )


async def _logged(database: Database, since: datetime) -> dict[tuple[str, str, int], str]:
    """States logged since: collection, id, count of writes → hash."""
    found = {}
    rows = database["audit"].find({"at": {"$gte": since}, "rows": {"$exists": True}}, {"rows": 1})
    async for record in rows:
        for state in _states(record):
            found[state["in"], state["id"], state["n"]] = state["sha256"]
    return found


_Logged = dict[tuple[str, str, int], str]


def _latest(ledger: Ledger, logged: _Logged, key: tuple[str, str]) -> tuple[int, str] | None:
    known = ledger.state(*key)
    since = [(n, sha256) for (name, row_id, n), sha256 in logged.items() if (name, row_id) == key]
    return max([*since, *([known] if known else [])], default=None)


def _differs(ledger: Ledger, before: _Logged, after: _Logged, key: tuple[str, str], row: Row | None) -> bool:
    """A row stands when it is at least as the log told before it was read, and as the log tells behind it: however
    often it is written meanwhile.
    """
    if row is None:
        return True
    n, sha256 = _stand(row)
    least = _latest(ledger, before, key)
    return (least is not None and n < least[0]) or (
        (n, sha256) != _latest(ledger, after, key) and after.get((*key, n)) != sha256
    )


def _finding(ledger: Ledger, logged: _Logged, key: tuple[str, str], row: Row | None) -> Finding:
    name, row_id = key
    latest = _latest(ledger, logged, key)
    if row is None:
        kind, words = "row.missing", "không còn, tuy nhật ký đã ghi"
    elif latest is None:
        kind, words = "row.unknown", "có mặt, nhưng nhật ký chưa từng ghi"
    elif 0 <= _stand(row)[0] < latest[0]:
        kind, words = "row.old", f"ở lần ghi {_stand(row)[0]}, nhật ký đã đến lần {latest[0]}"
    else:
        kind, words = "row.changed", "khác với lần ghi cuối trong nhật ký"
    return Finding(kind=kind, subject_kind=name, subject=row_id, found=f"{name}/{row_id}: {words}")
