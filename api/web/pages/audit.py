"""Nhật ký: what was done, by whom, and what proves it; how far the log is sealed. Read only."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.permit import page
from api.resources.audit import note_of
from api.web import written
from api.web.rendering import answer
from repository import errors
from repository.access.permissions import Permission
from repository.audit import Action
from repository.audit.actions import WORDS
from repository.audit.checkpoint import leaf_of
from repository.audit.checkpoint import opened as opened_checkpoint
from repository.audit.log import Filter, Log, NotSealed
from repository.audit.note import Malformed
from repository.audit.record import canonical, content_hash
from repository.clock import VIETNAM
from repository.mongo import Row
from repository.wiring import Repository

_PAGE: Final = 50
_LATE: Final = 60.0
"""Seconds after which unsealed records are something to look into."""
_NAMES: Final = ("action", "actor", "subject", "from", "to", "unsealed")


@page(Permission.READ_LOG)
async def log(request: Request) -> Response:
    """The records, newest first; one of them with its proof when `record` names it."""
    repository: Repository = request.state.repository
    if record_id := request.query_params.get("record", ""):
        return await _one(request, record_id)
    typed = {name: value for name in _NAMES if (value := request.query_params.get(name, "").strip()[:100])}
    wanted, fault = _filter(typed)
    before = request.query_params.get("before", "")[:40]
    rows = await repository.log.find(wanted, limit=_PAGE, before=before)
    await repository.journal.note(
        request.state.actor, Action.LOG_READ, "log", repository.log.origin, asked=typed, shown=len(rows)
    )
    status = await repository.log.sealer.status()
    older = {**typed, "before": rows[-1]["_id"]} if len(rows) == _PAGE else {}
    facts: dict[str, Any] = {
        "rows": rows,
        "typed": typed,
        "fault": fault,
        "status": status,
        "late": status.age > _LATE,
        "age": words_for(status.age),
        "signed": status.checkpoint,
        "stamped": await repository.log.checkpoints.last_stamped(),
        "actions": sorted(((one.value, told) for one, told in WORDS.items()), key=lambda pair: pair[1]),
        "older": f"/audit?{urlencode(older)}" if older else "",
        "paged": bool(before),
    }
    return answer(request, "audit.html", facts)


async def _one(request: Request, record_id: str) -> Response:
    repository: Repository = request.state.repository
    record = await repository.log.record(record_id)
    await repository.journal.note(
        request.state.actor, Action.LOG_READ, "log", repository.log.origin, record=record_id
    )
    facts = {
        "record": record,
        "content": canonical(record).decode(),
        "fits": content_hash(record) == record["hash"],
    }
    return answer(request, "audit_record.html", facts | await _proven(repository.log, record))


async def _proven(log: Log, record: Row) -> dict[str, Any]:
    """The proof of a record and whether it holds, worked out before the reader's eyes; or why there is none."""
    try:
        found = await log.proof_of(record["_id"])
    except (NotSealed, errors.Corrupt, errors.NotFound) as fault:
        return {"proof": None, "why": fault.sentence(), "holds": False, "checkpoint": ""}
    try:
        checkpoint = opened_checkpoint(found.checkpoint["note"].encode(), await log.public_keys(), log.origin)
        holds = found.proof.shows(leaf_of(record), checkpoint)
    except Malformed:
        holds = False
    return {"proof": found.proof, "why": "", "holds": holds, "checkpoint": note_of(found.checkpoint)}


def _filter(typed: dict[str, str]) -> tuple[Filter, str]:
    """What the form asks for; a day that cannot be read is told and left out."""
    fault, days = "", {}
    for name in ("from", "to"):
        try:
            days[name] = written.typed_day(typed[name]) if typed.get(name) else None
        except ValueError:
            fault, days[name] = "Ngày phải có dạng ngày/tháng/năm, ví dụ 05/11/2026.", None
    until = days["to"] + timedelta(days=1) if days["to"] else None
    wanted = Filter(
        action=typed.get("action", ""),
        actor=typed.get("actor", ""),
        subject=typed.get("subject", ""),
        since=_midnight(days["from"]),
        until=_midnight(until),
        unsealed="unsealed" in typed,
    )
    return wanted, fault


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), VIETNAM).astimezone(UTC) if day else None


def words_for(seconds: float) -> str:
    """How long ago, as people say it."""
    if seconds < 120:
        return f"{seconds:.0f} giây"
    return f"{seconds / 60:.0f} phút" if seconds < 7200 else f"{seconds / 3600:.0f} giờ"
