"""`tangthu drill`: restores a set into scratch engines, compares everything, and enters what it found."""

import argparse
from pathlib import Path

from ops.backup.command import progress
from ops.backup.drill import Drill
from ops.backup.opening import sets_of
from ops.backup.running import PATIENCE, alone
from ops.opening import console, data_argument, opened
from repository.access.actors import operator

_WORDS = {
    "objects": "tệp", "bytes": "byte", "rows": "dòng dữ liệu", "registers": "sổ", "closings": "sổ có khóa ngày",
    "dossiers": "hồ sơ có văn bản", "leaves": "lá nhật ký", "search": "mục tìm kiếm",
}  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("name", nargs="?", default="latest", metavar="BẢN", help="mặc định: bản mới nhất")
    parser.add_argument("--to", default="", help="nơi sao lưu (mặc định: TANGTHU_BACKUP_TO)")
    parser.add_argument(
        "--scratch", type=Path, help="thư mục tạm đủ chỗ cho cả kho (mặc định: thư mục tạm của máy)"
    )


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data) as indexers:
        repository = indexers.repository
        sets = sets_of(repository.settings, options.to)
        async with alone(repository, patience=PATIENCE):
            with progress() as say:
                drill = Drill(living=repository, sets=sets, scratch=options.scratch, say=say)
                report = await drill.run(operator("drill"), name=options.name)
    for one in report.findings:
        console.print(f"KHÔNG ĐẠT: {one}", markup=False, soft_wrap=True)
    if report.passed:
        told = ", ".join(f"{number:,} {_WORDS[name]}" for name, number in report.compared.items())
        console.print(f"Diễn tập đạt, bản {report.set}: so khớp {told}.", soft_wrap=True)
    return 0 if report.passed else 1
