"""The log as a file for auditors: JSON Lines in which each record bears its proof, or a table (CSV) to sort and count.

The first JSON line is the checkpoint that all proofs lead to, with the keys; nothing else is needed to check the rest.
"""

import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from repository import errors
from repository.audit import merkle
from repository.audit.actions import WORDS
from repository.audit.log import Log
from repository.audit.record import canonical
from repository.clock import local
from repository.mongo import Row

_PAGE: Final = 500
_COLUMNS: Final = (
    "lá", "lúc", "việc", "mã việc", "người làm", "mã người làm", "loại đối tượng", "mã đối tượng", "mã bản ghi",
    "mã băm",
)  # fmt: skip
FORMS: Final = {"jsonl": "application/jsonl; charset=utf-8", "csv": "text/csv; charset=utf-8"}
"""Name of a form → its media type."""


class NothingSealed(errors.Conflict):
    """There is no checkpoint to prove anything by."""

    vi = "Nhật ký chưa có bản ký nào: chạy tangthu seal --once trước."
    en = "The log has no checkpoint yet: run tangthu seal --once first."


@dataclass(frozen=True, kw_only=True)
class Export:
    """Everything under one checkpoint, to be written piece by piece: however long the log, one page is in memory."""

    size: int
    pieces: AsyncIterator[str]


async def exported(log: Log, form: str) -> Export:
    """The log under the latest checkpoint in one of FORMS. Raises NothingSealed; the pieces raise TreeBroken."""
    checkpoint = await log.checkpoints.latest()
    if checkpoint is None:
        raise NothingSealed
    pieces = _json_lines(log, checkpoint) if form == "jsonl" else _table(log, checkpoint)
    return Export(size=int(checkpoint["size"]), pieces=pieces)


async def _json_lines(log: Log, checkpoint: Row) -> AsyncIterator[str]:
    keys = [str(one) for one in await log.public_keys()]
    head: dict[str, Any] = {"checkpoint": checkpoint["note"], "keys": keys}
    yield json.dumps(head, ensure_ascii=False) + "\n"
    size = int(checkpoint["size"])
    async for records in _pages(log, size):
        wanted = [merkle.inclusion(int(one["leaf"]), size) for one in records]
        ranges = sorted({one for each in wanted for one in each})
        roots = dict(zip(ranges, await log.tree.roots(ranges), strict=True))  # what proofs share is read once
        yield "".join(
            _line(record, size, [roots[one].hex() for one in needed])
            for record, needed in zip(records, wanted, strict=True)
        )


def _line(record: Row, size: int, hashes: list[str]) -> str:
    """The record stands there as the very bytes that were hashed, so that any tool can hash them again."""
    proof = {"leaf": record["leaf"], "size": size, "hashes": hashes}
    return f'{{"proof":{json.dumps(proof)},"record":{canonical(record).decode()}}}\n'


async def _table(log: Log, checkpoint: Row) -> AsyncIterator[str]:
    yield "\ufeff" + _row(_COLUMNS)
    async for records in _pages(log, int(checkpoint["size"])):
        yield "".join(_row(_cells(one)) for one in records)


def _cells(record: Row) -> tuple[object, ...]:
    actor, subject, action = record["actor"], record["subject"], record["action"]
    words = next((told for one, told in WORDS.items() if one.value == action), action)
    moment = f"{local(record['at']):%d/%m/%Y %H:%M:%S}"
    return (
        record["leaf"], moment, words, action, actor.get("name", ""), actor.get("id", ""), subject["kind"],
        subject["id"], record["_id"], record["hash"],
    )  # fmt: skip


def _row(cells: tuple[object, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(str(one)) for one in cells])
    return out.getvalue()


def _harmless(text: str) -> str:
    """A name that begins like a formula is text in every spreadsheet."""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text


async def _pages(log: Log, size: int) -> AsyncIterator[list[Row]]:
    for begin in range(0, size, _PAGE):
        query = {"leaf": {"$gte": begin, "$lt": min(begin + _PAGE, size)}}
        yield await log.database["audit"].find(query).sort("leaf", 1).to_list(None)
