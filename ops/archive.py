"""`tangthu archive`: closed dossiers as SIP or AIP (TT 05/2025), packages taken in, a SIP turned into an AIP."""

import argparse
import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from ops.importing import patiently
from ops.opening import console, data_argument, opened
from repository import errors
from repository.access.actors import operator
from repository.access.rules import Classification
from repository.archive_packages.contents import Kind, Plan
from repository.archive_packages.importing import PackageRefused, Taken, read_package
from repository.archive_packages.packing import Asked, converted
from repository.archive_packages.safe_zip import Refused
from repository.blobs.memory import MemoryBlobs
from repository.clock import SystemClock, local_date
from repository.evidence.draft import Bench
from repository.settings import from_environment
from repository.wiring import Repository

_ACTOR = operator("archive")


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VIỆC")
    export = verbs.add_parser("export", help="xuất gói của một hồ sơ đã kết thúc")
    export.add_argument("dossier", help="mã nội bộ của hồ sơ (hs-…)")
    export.add_argument(
        "--kind", choices=[one.value for one in Kind], default=Kind.SIP.value, help="loại gói"
    )
    taking = verbs.add_parser("import", help="nhập một gói SIP, AIP thành hồ sơ")
    taking.add_argument("file", type=Path, help="tệp .zip")
    taking.add_argument("--unit", help="mã đơn vị nhận (mặc định: đơn vị đầu tiên)")
    levels = [one.value for one in Classification if one is not Classification.PUBLIC]
    taking.add_argument(
        "--level", choices=levels, default=Classification.RESTRICTED.value,
        help="mức phổ biến của tài liệu sử dụng có điều kiện",
    )  # fmt: skip
    taking.add_argument("--dry-run", action="store_true", help="chỉ kiểm tra và cho biết, không lưu")
    convert = verbs.add_parser("convert", help="chuyển một gói SIP thành gói AIP; không cần cơ sở dữ liệu")
    convert.add_argument("file", type=Path, help="gói SIP (.zip)")
    for one in (export, convert):
        one.add_argument("--out", type=Path, default=Path(), help="thư mục hoặc tệp .zip để ghi")
        one.add_argument("--fonds", default="", help="mã phông (mặc định: mã định danh của cơ quan)")
        one.add_argument("--archive", default="", help="mã cơ quan lưu trữ, cho gói AIP")
    for one in (export, taking):
        data_argument(one)


async def run(options: argparse.Namespace) -> int:
    if options.verb == "convert":
        return await _convert(options)
    async with opened(options.data, say=lambda _: None) as indexers:
        if options.verb == "export":
            return await _export(indexers.repository, options)
        status = await _import(indexers.repository, options)
        if not options.dry_run:
            with console.status("Đang kiểm tra chữ ký, đọc chữ và lập chỉ mục…"):
                await patiently(indexers.worker.drain, say=console.print)
        return status


async def _export(repository: Repository, options: argparse.Namespace) -> int:
    asked = Asked(kind=Kind(options.kind), fonds=options.fonds, archive=options.archive)
    async with repository.archive_packages.packing.package(_ACTOR, options.dossier, asked) as ready:
        target = await _written(ready.pieces, options.out, ready.filename)
    console.print(f"{ready.objid}  {target}", soft_wrap=True, markup=False)
    return 0


async def _import(repository: Repository, options: argparse.Namespace) -> int:
    unit = (await repository.units.get(options.unit))["_id"] if options.unit else await _first(repository)
    _require_file(options.file)
    taken = await repository.archive_packages.importing.take(
        _ACTOR, options.file, unit=unit, level=options.level, dry_run=options.dry_run
    )
    _tell(taken, dry_run=options.dry_run)
    return 0


async def _first(repository: Repository) -> str:
    units = await repository.units.all()
    if not units:
        raise errors.Invalid(why="chưa có đơn vị nào; tạo bằng «tangthu units create» trước")
    return str(next((one for one in units if not one["parent"]), units[0])["_id"])


def _tell(taken: Taken, *, dry_run: bool) -> None:
    for line in taken.lines:
        console.print(f"{line.outcome:16} {line.subject}  {line.document}", markup=False, soft_wrap=True)
    for warning in taken.warnings:
        console.print(f"lưu ý: {warning}", markup=False, soft_wrap=True)
    counts = Counter(one.outcome for one in taken.lines)
    said = ", ".join(f"{name}: {number}" for name, number in sorted(counts.items())) or "không có văn bản nào"
    state = "chưa lưu gì" if dry_run else "đã kết thúc" if taken.closed else "đang mở"
    head = f"gói {taken.found.kind.upper()} {taken.found.objid}"
    console.print(f"{head}; hồ sơ {taken.dossier or '(mới)'} ({state}); {said}", markup=False, soft_wrap=True)


async def _convert(options: argparse.Namespace) -> int:
    """A SIP that was read whole becomes an AIP; PREMIS says of what it was made."""
    _require_file(options.file)
    asked = Asked(kind=Kind.AIP, fonds=options.fonds, archive=options.archive).checked()
    largest, now = from_environment().max_file_size, SystemClock().now()
    found = await read_package(options.file, largest=largest, day=local_date(now).isoformat())
    if found.kind is not Kind.SIP:
        raise PackageRefused(why="chỉ chuyển gói SIP; gói này là AIP")
    plan = Plan(
        kind=Kind.AIP, fonds=asked.fonds or found.fonds, archive=asked.archive, agency=found.agency,
        version=version("tangthu"), made_at=now,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="tangthu-archive-") as folder:
        async with Bench(Path(folder), MemoryBlobs(clock=SystemClock())).draft() as draft:
            try:
                objid = await asyncio.to_thread(converted, draft, options.file, found, plan, largest)
            except Refused as fault:
                raise PackageRefused(why=str(fault)) from fault
            target = await _written(draft.stream(), options.out, f"{objid.replace(':', '_')}.zip")
    for warning in found.warnings:
        console.print(f"lưu ý: {warning}", markup=False, soft_wrap=True)
    console.print(f"{objid}  {target}", soft_wrap=True, markup=False)
    return 0


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise errors.Invalid(why=f"không có tệp {path}")


async def _written(pieces: AsyncIterator[bytes], out: Path, filename: str) -> Path:
    """Written beside its name first: a package that broke off is never taken for one."""
    target = out if out.suffix == ".zip" else out / filename
    await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            async for piece in pieces:
                await asyncio.to_thread(_write, file, piece)
        await asyncio.to_thread(os.replace, part, target)
    finally:
        await asyncio.to_thread(part.unlink, missing_ok=True)
    return target


def _write(file: BinaryIO, piece: bytes) -> None:
    file.write(piece)
