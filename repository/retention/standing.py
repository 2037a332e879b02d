"""How keeping stands now: what is locked until when, what is held, what the jobs did. For the page and the API."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from repository.audit import Action
from repository.clock import Clock
from repository.mongo import Database, Row
from repository.retention.holding import IN_FORCE

_SPANS: Final = (
    ("đã hết khóa", timedelta(0)), ("trong 30 ngày", timedelta(days=30)), ("30–90 ngày", timedelta(days=90)),
    ("90 ngày–1 năm", timedelta(days=366)), ("1–5 năm", timedelta(days=1827)),
    ("5–20 năm", timedelta(days=7305)), ("trên 20 năm, vĩnh viễn", None),
)  # fmt: skip
_RUNS: Final = 30


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Counts of documents by the end of their locks, and the last runs."""

    at: datetime
    spans: list[Row]
    held: int
    holds: int
    disposed: int
    waiting: int
    """Proposals before the council."""
    runs: list[Row]
    """What the lock job did, newest first."""
    jobs: list[Row]


async def standing(database: Database, clock: Clock) -> Standing:
    """Counted by index; nothing is asked of the store."""
    now, documents = clock.now(), database["documents"]
    spans, since = list[Row](), None
    for words, ahead in _SPANS:
        span: Row = {"$gte": since} if since else {}
        if ahead is not None:
            since = now + ahead
            span |= {"$lt": since}
        query = {"versions.lock.until": span}
        spans.append({"words": words, "documents": await documents.count_documents(query)})
    runs = database["audit"].find({"action": Action.LOCKS_ROLLED}).sort("_id", -1).limit(_RUNS)
    return Standing(
        at=now,
        spans=spans,
        held=await documents.count_documents({"holds": {"$gt": ""}}),
        holds=await database["holds"].count_documents({"state": {"$in": list(IN_FORCE)}}),
        disposed=await documents.count_documents({"disposed.at": {"$lte": now}}),
        waiting=await database["disposals"].count_documents({"state": "proposed"}),
        runs=[{"at": row["at"]} | row["detail"] async for row in runs],
        jobs=await database["jobs"].find({"_id": {"$in": ["locks", "disposal", "sweep"]}}).to_list(None),
    )
