"""`tangthu fixity`: reads every object again and compares store, records, log, books and index.

A run that was stopped goes on where it was. Exit 0 all is as recorded; 1 something is not; 2 bad usage; 3 a dependency
is down.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from indexers.search.checking import IndexCheck
from indexers.wiring import Indexers
from ops.backup.opening import copies_of
from ops.opening import console, data_argument, opened
from repository.access.actors import operator
from repository.clock import VIETNAM, local
from repository.evidence.fixity_runs import Outcome, Wish

FIXITY: Final = operator("fixity")
SAMPLE: Final = 200
"""How many objects the daily job looks at besides its slice."""


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--sample", type=int, default=0, metavar="N", help="chỉ N đối tượng ngẫu nhiên")
    which.add_argument("--since", type=_day, metavar="NGÀY", help="chỉ tệp nhận từ ngày này (2026-11-23)")
    which.add_argument("--again", action="store_true", help="bỏ vòng đang dở, kiểm tra lại từ đầu")
    parser.add_argument(
        "--rate", type=float, default=0, metavar="MB/s", help="đọc không quá từng này mỗi giây"
    )
    parser.add_argument("--parallel", type=int, default=4, metavar="N", help="số đối tượng đọc cùng lúc (4)")
    parser.add_argument("--dry-run", action="store_true", help="chỉ xem: không mở sự cố, không phục hồi")
    parser.add_argument("--json", action="store_true", help="kết quả dạng JSON")


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


async def run(options: argparse.Namespace) -> int:
    wish = Wish(
        sample=options.sample, since=options.since, again=options.again, dry=options.dry_run,
        rate=options.rate * 1e6, parallel=max(1, options.parallel),
    )  # fmt: skip
    async with opened(options.data, say=lambda _: None) as indexers:
        if options.json:
            out = await examine(indexers, wish)
            console.file.write(json.dumps(as_json(out), ensure_ascii=False, indent=2) + "\n")
        else:
            with Progress(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                console=console, disable=not console.is_terminal,
            ) as bar:  # fmt: skip
                out = await examine(indexers, replace(wish, say=_shown(bar)))
            _show(out, dry=wish.dry)
    return 1 if out.findings else 0


async def examine(indexers: Indexers, wish: Wish) -> Outcome:
    """Objects, rows and books first, then the index against the rows; the daily job and the command alike."""
    repository = indexers.repository
    if (copies := copies_of(repository.settings)) is not None:
        repository.fixity.restoring_from(copies)
    index = IndexCheck(
        database=repository.database, texts=indexers.texts, index=indexers.index,
        folder=repository.settings.data / "fixity",
    )  # fmt: skip
    return await repository.fixity.run(FIXITY, wish, besides=index.findings(wish.say))


def _shown(bar: Progress) -> Callable[[str, int, int], None]:
    tasks: dict[str, Any] = {}

    def say(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=total or None)
        bar.update(tasks[what], completed=done, total=total or None)

    return say


def as_json(out: Outcome) -> dict[str, Any]:
    return {
        "objects": out.objects, "bytes": out.size, "rows": out.rows, "records": out.records,
        "whole": out.whole, "resumed_after": out.resumed_after, "seconds": round(out.seconds, 2),
        "findings": [one.as_row() for one in out.findings],
    }  # fmt: skip


def _show(out: Outcome, *, dry: bool) -> None:
    if out.resumed_after:
        console.print(f"Đi tiếp vòng kiểm tra đang dở, sau {out.resumed_after[:12]}…")
    rate = out.size / out.seconds / 1e6 if out.seconds else 0
    console.print(
        f"{out.objects:,} đối tượng, {out.size:,} byte ({rate:.0f} MB/s); {out.rows:,} dòng, "
        f"{out.records:,} bản ghi nhật ký."
    )
    if not out.findings:
        console.print("Tất cả đúng như đã ghi.", style="green")
        return
    table = Table("loại", "phát hiện", "cần làm")
    for one in out.findings:
        mended = " (ĐÃ PHỤC HỒI)" if one.mended else ""
        table.add_row(one.kind, Text(one.found + mended), Text(one.todo))
    console.print(table)
    told = "chưa mở sự cố (--dry-run)" if dry else "đã mở trong sổ sự cố"
    console.print(f"{len(out.findings)} điều không đúng; {told}.", style="red")


async def daily(indexers: Indexers) -> str:
    """The job of the schedule: a twentieth of all objects, and a random sample of the rest."""
    part = await examine(indexers, Wish(slice=True, rate=50e6, parallel=2))
    sample = await indexers.repository.fixity.run(FIXITY, Wish(sample=SAMPLE, rate=50e6, parallel=2))
    last = await indexers.repository.fixity.last()
    began = f", vòng bắt đầu {local(last['started']):%d/%m/%Y}" if last else ""
    found = len(part.findings) + len(sample.findings)
    return f"{part.objects} + {sample.objects} đối tượng, {found} điều không đúng{began}"
