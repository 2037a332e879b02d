"""`tangthu print REGISTER`: a book as PDF or XLSX in the annex-IV layout, with progress; or a blank form."""

import argparse
from datetime import date
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from indexers.prints.books import FORMATS, Wanted, write_book
from indexers.prints.forms import FORMS
from ops.opening import console, data_argument, opened
from repository.access.actors import operator
from repository.audit import Action
from repository.registers.columns import LAYOUTS
from repository.wiring import Repository


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("register", nargs="?", help="mã sổ, hoặc tên biểu mẫu trống; bỏ trống để liệt kê")
    parser.add_argument("--format", choices=sorted(FORMATS), default="pdf")
    parser.add_argument("--layout", choices=sorted(LAYOUTS), default="", help="mẫu sổ (mặc định: sổ đăng ký)")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help="từ ngày, ví dụ 2026-01-16")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, help="đến ngày")
    parser.add_argument("--unit", help="đơn vị ghi trên biểu mẫu trống")
    parser.add_argument("--out", type=Path, help="tệp ghi ra (mặc định: tên sổ, ở thư mục hiện tại)")


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data, say=lambda _: None) as indexers:
        repository = indexers.repository
        if not options.register:
            await _list(repository)
        elif options.register in FORMS:
            name = (await repository.units.get(options.unit))["name"] if options.unit else ""
            target = options.out or Path(f"{options.register}.pdf")
            with target.open("wb") as file:
                FORMS[options.register][1](file, name)
            console.print(f"Đã ghi {target}", markup=False)
        else:
            await _print(repository, options)
    return 0


async def _print(repository: Repository, options: argparse.Namespace) -> None:
    actor = operator("print")
    register = await repository.registers.get(actor, options.register)
    wanted = Wanted(format=options.format, layout=options.layout, first=options.first, last=options.last)
    layout = wanted.layout_for(register)
    unit = await repository.units.get(register["unit"])
    target = options.out or Path(f"{layout.name}-{register['year']}.{options.format}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Đang in sổ", total=register["last"])
        count = await write_book(
            repository.registers.lines, register, unit["name"], wanted, target,
            progress=lambda number: progress.update(task, completed=number),
        )  # fmt: skip
    await repository.journal.note(
        actor, Action.REGISTER_PRINTED, "register", register["_id"],
        layout=layout.name, format=options.format, lines=count,
    )  # fmt: skip
    console.print(f"Đã ghi {target}: {count} dòng", markup=False)


async def _list(repository: Repository) -> None:
    table = Table("mã", "năm", "sổ", "đơn vị", "loại sổ", "số cuối")
    for row in await repository.registers.visible(operator("print")):
        table.add_row(
            row["_id"],
            str(row["year"]),
            row["title"],
            row["unit"],
            row["series"],
            str(row["last"]),
        )
    for name, (title, _) in FORMS.items():
        table.add_row(name, "", title, "", "biểu mẫu trống", "")
    console.print(table)
