"""`tangthu restore`: a set, or the last one before a moment, put back whole or in part."""

import argparse
import re
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from ops.backup import returning, rows
from ops.backup.command import progress
from ops.backup.opening import sets_of
from ops.backup.selection import Selection
from ops.backup.sets import Manifest, Sets
from ops.opening import console, data_argument, opened
from repository import errors
from repository.access.actors import operator
from repository.clock import VIETNAM, local
from repository.settings import from_environment

_WRITTEN: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?)?")


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("name", nargs="?", default="", metavar="BẢN", help="tên bản, hoặc latest")
    parser.add_argument(
        "--at",
        default="",
        help="bản cuối cùng không sau phút này, hoặc ngày này (giờ Việt Nam, 2026-11-22T17:00)",
    )
    parser.add_argument("--from", dest="place", default="", help="nơi sao lưu (mặc định: TANGTHU_BACKUP_TO)")
    parser.add_argument("--unit", default="", help="chỉ một đơn vị, với toàn bộ tổ chức và nhật ký")
    parser.add_argument("--dossier", default="", help="chỉ một hồ sơ")
    parser.add_argument("--dry-run", action="store_true", help="chỉ cho biết sẽ khôi phục gì")
    parser.add_argument("--yes-lose", default="", metavar="SỐ", help="số bản ghi chấp nhận mất khi ghi đè")


async def run(options: argparse.Namespace) -> int:
    if options.data is None or bool(options.name) == bool(options.at):
        sys.stderr.write("tangthu: cần --data THƯ-MỤC và một trong hai: BẢN hoặc --at LÚC\n")
        return 2
    data: Path = options.data.absolute()
    sets = sets_of(from_environment(data=data), options.place)
    manifest = await _chosen(sets, options)
    _tell(manifest)
    selection = None
    if options.unit or options.dossier:
        selection = Selection(unit=options.unit, dossier=options.dossier)
        await refuse_unknown(sets, manifest, selection)
    if options.dry_run:
        await returning.refuse_unsound(sets, manifest)
        console.print(
            "Bản này đủ tệp và đúng khóa. Chưa khôi phục gì (--dry-run). Nếu nơi khôi phục đang có dữ liệu,"
            " lệnh thật sẽ nói phần nào bị mất và chỉ ghi đè khi có --yes-lose.",
            soft_wrap=True,
        )
        return 0
    wish = returning.Wish(manifest=manifest, data=data, selection=selection, yes_lose=options.yes_lose)
    with progress() as say:
        returned = await returning.restore(operator("restore"), wish, sets=sets, open_system=opened, say=say)
    for one in returned.findings:
        console.print(f"KHÁC: {one}", markup=False, soft_wrap=True)
    console.print(
        f"Đã khôi phục {returned.outcome.objects} tệp ({returned.outcome.bytes:,} byte),"
        f" {sum(returned.outcome.rows.values())} dòng dữ liệu; chỉ mục {returned.entries} mục."
    )
    return 1 if returned.findings else 0


async def _chosen(sets: Sets, options: argparse.Namespace) -> Manifest:
    if options.name:
        return await sets.find(options.name)
    return await sets.at(end_of(options.at))


def end_of(written: str) -> datetime:
    """The end of the day, minute or second that is written, in Vietnamese time unless it says another: a list of sets
    shows no fractions, and who copies a time from it means that set. Raises Invalid.
    """
    told = _WRITTEN.fullmatch(written.strip())
    try:
        moment = datetime.fromisoformat(written.strip()) if told else None
    except ValueError:
        moment = None
    if told is None or moment is None:
        raise errors.Invalid(why=f"không hiểu --at «{written}»; ghi như 2026-11-22T17:00")
    local = moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
    clock, seconds, fraction = told.groups()
    if fraction:
        return local
    lasts = timedelta(seconds=1) if seconds else timedelta(minutes=1) if clock else timedelta(days=1)
    return local + lasts - timedelta(microseconds=1)


async def refuse_unknown(sets: Sets, manifest: Manifest, selection: Selection) -> None:
    """A mistyped unit or dossier would be put back as nothing at all. Raises NotFound, SetDamaged."""
    asked = (("units", "đơn vị", selection.unit), ("dossiers", "hồ sơ", selection.dossier))
    with tempfile.TemporaryDirectory(prefix="tangthu-restore-") as scratch:
        for collection, word, wanted in asked:
            if wanted and not await _holds(sets, manifest, collection, wanted, Path(scratch)):
                raise errors.NotFound(what=f"{word} «{wanted}» trong bản {manifest.set}; chưa khôi phục gì")


async def _holds(sets: Sets, manifest: Manifest, collection: str, wanted: str, scratch: Path) -> bool:
    found = False
    async for page in sets.pages(
        manifest, collection, scratch
    ):  # to its end: the set is read there, not here
        found = found or any(rows.decoded(raw)["_id"] == wanted for raw in page)
    return found


def _tell(manifest: Manifest) -> None:
    checkpoint = manifest.head["checkpoint"]
    console.print(
        f"Bản {manifest.set}: hệ thống lúc {local(manifest.moment):%d/%m/%Y %H:%M:%S}, {manifest.objects['count']} tệp"
        f" ({manifest.objects['bytes']:,} byte), {manifest.rows.get('documents', 0)} văn bản;"
        f" nhật ký {manifest.head['size']} lá, gốc {manifest.head['root'][:16] or '—'}.",
        soft_wrap=True,
    )
    if checkpoint is not None:
        console.print(
            f"Bản niêm phong trong đó: {checkpoint['size']} lá. Hãy đối chiếu với bản kiểm tra viên giữ."
        )
