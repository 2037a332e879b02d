"""`tangthu import FOLDER`: takes in real files, one line a file: stored, duplicate, refused and why.

Can be run again at any time: what is there already is reported as a duplicate, what was cut off is taken in
anew. A subject is the file's name; people describe and register the documents afterwards, unless a book is
named here.
"""

import argparse
import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ops.opening import console, data_argument, opened
from ops.reading import pieces
from repository import errors, text
from repository.access.actors import Actor, operator
from repository.documents.metadata import Metadata
from repository.mongo import told_as_away
from repository.wiring import Repository

T = TypeVar("T")

STORED: Final = "đã lưu"
DUPLICATE: Final = "trùng"
REFUSED: Final = "từ chối"
WOULD: Final = "sẽ lưu"
_PATIENCE: Final = 90.0
"""Seconds for one file: longer than an engine's restart, and than the minute for which a database keeps the
transaction of a process that was killed.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("folder", type=Path, help="thư mục (hoặc một tệp)")
    parser.add_argument("--unit", help="mã đơn vị nhận (mặc định: đơn vị đầu tiên)")
    parser.add_argument("--register", default="", help="mã sổ: vào sổ và cấp số ngay khi lưu")
    parser.add_argument("--dry-run", action="store_true", help="chỉ cho biết, không lưu")


async def run(options: argparse.Namespace) -> int:
    files = find(options.folder)
    outcomes: Counter[str] = Counter()
    async with opened(options.data, say=lambda _: None) as indexers:
        repository = indexers.repository
        actor = operator("import")
        unit = await _unit(repository, options.unit)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("Đang nhận tệp", total=len(files))
            for path in files:
                outcome, why = await patiently(
                    partial(take, repository, actor, path, unit, options.register, dry_run=options.dry_run),
                    say=progress.console.print,
                )
                outcomes[outcome] += 1
                name = path.relative_to(options.folder) if path != options.folder else path.name
                progress.console.print(
                    f"{outcome:8} {name}{'  ' + why if why else ''}",
                    markup=False,
                    highlight=False,
                    soft_wrap=True,
                )
                progress.advance(task)
        if not options.dry_run:
            with console.status("Đang kiểm tra chữ ký, đọc chữ và lập chỉ mục…"):
                await patiently(indexers.worker.drain, say=console.print)
            await report_unread(repository, unit, files)
    console.print(
        ", ".join(f"{name}: {number}" for name, number in sorted(outcomes.items())) or "không có tệp nào"
    )
    return 1 if outcomes[REFUSED] else 0


def find(folder: Path) -> list[Path]:
    """Every file under a folder, in order; raises Invalid when there is no such folder."""
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise errors.Invalid(why=f"không có thư mục {folder}")
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def _unit(repository: Repository, wanted: str | None) -> str:
    if wanted:
        return str((await repository.units.get(wanted))["_id"])
    units = await repository.units.all()
    if not units:
        raise errors.Invalid(why="chưa có đơn vị nào; tạo bằng «tangthu units create» trước")
    roots = [unit for unit in units if not unit["parent"]]
    return str((roots or units)[0]["_id"])


async def patiently(work: Callable[[], Awaitable[T]], *, say: Callable[[str], None]) -> T:
    """Waits for a dependency that is being restarted; raises Unavailable when it stays away. Taking a file
    again is safe: what was stored meanwhile is found by its bytes.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            with told_as_away():
                return await work()
        except errors.Unavailable as fault:
            if time.monotonic() > until:
                raise
            say(f"đang chờ: {fault}")
            await asyncio.sleep(2)


async def take(
    repository: Repository, actor: Actor, path: Path, unit: str, register: str, *, dry_run: bool
) -> tuple[str, str]:
    """One file's outcome and the reason or id that goes with it."""
    try:
        sha256 = await asyncio.to_thread(_digest, path)
        there = await repository.documents.with_digest(actor, unit, sha256)
        if there:
            return DUPLICATE, there[0]
        if dry_run:
            return WOULD, ""
        metadata = Metadata(
            unit=unit, subject=text.nfc(path.stem)[:500] or "(không tên)", register_id=register
        )
        received = await repository.intake.receive(actor, pieces(path), filename=path.name)
        row = await repository.documents.store(actor, metadata, [received])
    except errors.Unavailable:
        raise
    except errors.TangThuError as fault:
        return REFUSED, str(fault)
    except OSError as fault:
        return REFUSED, f"không đọc được tệp: {errors.reason(fault)}"
    number = f" số {row['number']}" if row["number"] else ""
    scan = "" if received.scan.verdict == "clean" else " (CHƯA QUÉT mã độc)"
    return STORED, f"{row['_id']}{number}{scan}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def report_unread(repository: Repository, unit: str, files: list[Path]) -> None:
    """Says which stored files gave no text, so that nobody believes that they can be searched by content."""
    digests = {sha256: path for path in files for sha256 in [await asyncio.to_thread(_digest, path)]}
    query = {"_id": {"$in": list(digests)}, "pages.how": "none"}
    async for row in repository.database["texts"].find(query).sort("_id", 1):
        unread = [str(page["n"]) for page in row["pages"] if page["how"] == "none"]
        note = row["note"] or "chưa đọc được chữ"
        console.print(
            f"chưa đọc chữ  {digests[row['_id']].name}  trang {', '.join(unread[:10])}: {note}", markup=False
        )
