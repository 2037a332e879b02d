"""`tangthu retention`: schedules listed, tried dry, imported, applied; locks, holds, disposal (`ops/disposing.py`).

Exit 1: something to look at.
"""

import argparse
import asyncio
from datetime import date
from pathlib import Path

from ops import disposing
from ops.opening import console, data_argument, opened
from repository.access.actors import operator
from repository.ingest.tables import LARGEST
from repository.retention.schedules_import import ApplyForm, ScheduleForm
from repository.retention.work import Retention

_ACTOR = operator("retention")


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="các bảng thời hạn bảo quản")
    importing = verbs.add_parser("import", help="nhập bảng từ CSV, XLSX")
    importing.add_argument("file", type=Path)
    importing.add_argument("--id", required=True, help="mã bảng, chữ thường không dấu, ví dụ tt10-2022-du")
    importing.add_argument("--name", required=True)
    importing.add_argument("--source", required=True, help="văn bản ban hành bảng")
    importing.add_argument("--in-force", required=True, type=date.fromisoformat, help="ngày YYYY-MM-DD")
    importing.add_argument("--partial", action="store_true", help="bảng chưa đầy đủ")
    importing.add_argument("--dry-run", action="store_true", help="chỉ cho biết, không nhập")
    applying = verbs.add_parser("apply", help="áp dụng bảng cho hồ sơ đã kết thúc")
    applying.add_argument("id")
    applying.add_argument("--shorten", type=int, help="xác nhận đúng số hồ sơ bị rút ngắn")
    applying.add_argument("--reason", default="")
    locks = verbs.add_parser("locks", help="gia hạn khóa lưu giữ ngay")
    holds = verbs.add_parser("holds", help="các lệnh phong tỏa đang có hiệu lực")
    proposing = verbs.add_parser("propose", help="lập đề nghị tiêu hủy tài liệu hết thời hạn")
    proposing.add_argument("--unit", help="đơn vị giữ hồ sơ; bỏ trống: mọi đơn vị")
    letting = verbs.add_parser("dispose", help="tiêu hủy theo quyết định hội đồng đã duyệt")
    letting.add_argument("id", nargs="?", help="mã quyết định; bỏ trống: mọi quyết định đã duyệt")
    checking = verbs.add_parser("verify", help="kiểm tra chứng nhận tiêu hủy")
    checking.add_argument("id")
    proving = verbs.add_parser("evidence", help="gói chứng cứ của một lần tiêu hủy đã xong")
    proving.add_argument("id")
    proving.add_argument("--out", type=Path, help="tệp ghi ra")
    sweeping = verbs.add_parser("sweep", help="dọn tệp chưa từng được ghi nhận")
    for one in (proposing, letting, sweeping):
        one.add_argument("--dry-run", action="store_true", help="chỉ cho biết, không làm")
    for one in (listing, importing, applying, locks, holds, proposing, letting, checking, proving, sweeping):
        data_argument(one)


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data, say=lambda _: None) as indexers:
        if options.verb in disposing.VERBS:
            return await disposing.run(indexers, options)
        retention = indexers.repository.retention
        if options.verb == "list":
            for one in await retention.schedules.all():
                partial = " (chưa đầy đủ)" if one.partial else ""
                said = f"{one.id}  từ {one.in_force:%d/%m/%Y}  {len(one.rules)} dòng  {one.name}{partial}"
                console.print(said, markup=False, highlight=False)
            return 0
        if options.verb == "import":
            return await _import(retention, options)
        form = ApplyForm(shorten=options.shorten, reason=options.reason)
        done = await retention.imports.apply(_ACTOR, options.id, form)
        console.print(f"Kéo dài {done['lengthened']} hồ sơ, rút ngắn {done['shortened']} hồ sơ.")
        return 0


async def _import(retention: Retention, options: argparse.Namespace) -> int:
    form = ScheduleForm(
        id=options.id, name=options.name, source=options.source, in_force=options.in_force, partial=options.partial
    )  # fmt: skip
    content = await asyncio.to_thread(_read, options.file)
    told = await retention.imports.try_dry(form, content)
    for one in told["faults"]:
        console.print(f"dòng {one['pointer'].split('/')[1]}: {one['detail']}", markup=False, highlight=False)
    effect = f"{told['rows']} dòng; sẽ kéo dài {told['lengthens']}, rút ngắn {told['shortens']} hồ sơ"
    console.print(effect + ("; chưa nhập gì." if options.dry_run or told["faults"] else "."))
    if told["faults"]:
        return 1
    if not options.dry_run:
        await retention.imports.take_in(_ACTOR, form, content)
        console.print(
            f"Đã nhập bảng {form.id}; hồ sơ đã kết thúc chưa thay đổi (xem «tangthu retention apply»)."
        )
    return 0


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)
