"""The log as a file for auditors: JSON Lines in which each record bears its proof, or a table (CSV) to sort and count.

The first JSON line is the checkpoint that all proofs lead to, with the keys; nothing else is needed to check the rest.
A leaf whose record is not there any more has a line of its own, so that a gap is not taken for an end.
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
    missing: list[int]
    """Leaves without their record, as far as the pieces were read."""


async def exported(log: Log, form: str) -> Export:
    """The log under the latest checkpoint in one of FORMS. Raises NothingSealed; the pieces raise TreeBroken."""
    checkpoint = await log.checkpoints.latest()
    if checkpoint is None:
        raise NothingSealed
    missing: list[int] = []
    write = _json_lines if form == "jsonl" else _table
    return Export(size=int(checkpoint["size"]), pieces=write(log, checkpoint, missing), missing=missing)


async def _json_lines(log: Log, checkpoint: Row, missing: list[int]) -> AsyncIterator[str]:
    keys = [str(one) for one in await log.public_keys()]
    head: dict[str, Any] = {"checkpoint": checkpoint["note"], "keys": keys}
    yield json.dumps(head, ensure_ascii=False) + "\n"
    size = int(checkpoint["size"])
    async for records, gone in _pages(log, size):
        missing += gone
        wanted = [merkle.inclusion(int(one["leaf"]), size) for one in records]
        ranges = sorted({one for each in wanted for one in each})
        roots = dict(zip(ranges, await log.tree.roots(ranges), strict=True))  # what proofs share is read once
        yield "".join(
            _line(record, size, [roots[one].hex() for one in needed])
            for record, needed in zip(records, wanted, strict=True)
        ) + "".join(f'{{"missing":{leaf}}}\n' for leaf in gone)


def _line(record: Row, size: int, hashes: list[str]) -> str:
    """The record stands there as the very bytes that were hashed, so that any tool can hash them again."""
    proof = {"leaf": record["leaf"], "size": size, "hashes": hashes}
    return f'{{"proof":{json.dumps(proof)},"record":{canonical(record).decode()}}}\n'


async def _table(log: Log, checkpoint: Row, missing: list[int]) -> AsyncIterator[str]:
    yield "\ufeff" + _row(_COLUMNS)
    async for records, gone in _pages(log, int(checkpoint["size"])):
        missing += gone
        told = [_row((leaf, "", "KHÔNG CÒN BẢN GHI", *[""] * (len(_COLUMNS) - 3))) for leaf in gone]
        yield "".join([_row(_cells(one)) for one in records] + told)


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


async def _pages(log: Log, size: int) -> AsyncIterator[tuple[list[Row], list[int]]]:
    """The records of some leaves in order, and those leaves that have none."""
    for begin in range(0, size, _PAGE):
        end = min(begin + _PAGE, size)
        query = {"leaf": {"$gte": begin, "$lt": end}}
        records = await log.database["audit"].find(query).sort("leaf", 1).to_list(None)
        yield records, sorted(set(range(begin, end)) - {one["leaf"] for one in records})
