"""`tangthu selfcheck`: is the system fit to work, part by part; after a repair, before the doors open (Đ10.4c).

Each part answers one sentence, or says what is broken and what to do. Exit 0 all fit; 1 some part is broken.
"""

import argparse
import json
from collections.abc import Sequence
from typing import TypeVar

from rich.table import Table
from rich.text import Text

from indexers.wiring import open_indexers
from ops.checks import installation, records
from ops.checks.installation import Site
from ops.checks.part import Broken, Line, Part
from ops.opening import console, data_argument, settings_for
from repository import errors
from repository.access.actors import operator
from repository.audit import Action
from repository.clock import SystemClock
from repository.mongo import told_as_away
from repository.wiring import Repository, open_repository

T = TypeVar("T")


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("--json", action="store_true", help="kết quả dạng JSON")


async def run(options: argparse.Namespace) -> int:
    async with settings_for(options.data, say=lambda _: None) as settings:
        lines = await examine(Site(settings=settings, clock=SystemClock()), told=True)
    if options.json:
        console.file.write(json.dumps([vars(one) for one in lines], ensure_ascii=False, indent=2) + "\n")
    else:
        _show(lines)
    return 0 if all(one.fit for one in lines) else 1


async def examine(site: Site, *, told: bool = False) -> list[Line]:
    """One line a part, whatever the others say. What is kept can be looked at only over a fit installation.

    `told`: the outcome goes into the log, where auditors see it; without a database there is no log to tell.
    """
    lines = await _ask(installation.PARTS, site)
    try:
        async with (
            open_repository(site.settings, clock=site.clock) as repository,
            open_indexers(repository) as indexers,
        ):
            lines += await _ask(records.PARTS, indexers)
            if told:
                await _note(repository, lines)
            return lines
    except (errors.TangThuError, OSError) as fault:
        asked = {one.name for one in lines}
        return lines + [_unasked(part, str(fault)) for part in records.PARTS if part.name not in asked]


async def _note(repository: Repository, lines: list[Line]) -> None:
    """Which parts are broken; what they said stays on the screen, it may bear addresses."""
    broken = [one.words for one in lines if not one.fit]
    actor = operator("selfcheck")
    with told_as_away():
        await repository.journal.note(
            actor, Action.SELFCHECK_RUN, "job", "selfcheck", parts=len(lines), broken=broken
        )


async def _ask(parts: Sequence[Part[T]], subject: T) -> list[Line]:
    lines = []
    for part in parts:
        try:
            with told_as_away():
                said, fit = await part.ask(subject), True
        except (Broken, errors.TangThuError, OSError, ValueError, TimeoutError) as fault:
            said, fit = str(fault) or type(fault).__name__, False
        lines.append(
            Line(name=part.name, words=part.words, fit=fit, said=said, todo="" if fit else part.todo)
        )
    return lines


def _unasked(part: Part[T], why: str) -> Line:
    said = f"không kiểm tra được: {why}"
    return Line(name=part.name, words=part.words, fit=False, said=said, todo="Sửa các phần trên trước.")


def _show(lines: list[Line]) -> None:
    table = Table("phần", "kết quả", "thấy gì", "cần làm")
    for one in lines:
        fit = Text("đạt", style="green") if one.fit else Text("HỎNG", style="red")
        table.add_row(one.words, fit, Text(one.said), Text(one.todo))
    console.print(table)
    broken = sum(not one.fit for one in lines)
    console.print(f"{broken} phần hỏng." if broken else "Tất cả các phần đều đạt.")
