"""`tangthu backup`: make a set, list the sets, read them back, make a key."""

import argparse
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ops.backup import running
from ops.backup.keys import Key
from ops.backup.making import Plan, Say
from ops.backup.opening import sets_of
from ops.opening import console, data_argument, opened
from repository import errors
from repository.access.actors import operator
from repository.clock import local
from repository.wiring import Repository

_STATES = {"good": "tốt", "damaged": "HỎNG", "rotated": "đã bỏ"}


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("do", nargs="?", choices=("make", "list", "check", "key"), default="make", metavar="VIỆC",
                        help="make (mặc định), list, check [BẢN], key TỆP")  # fmt: skip
    parser.add_argument(
        "name", nargs="?", default="latest", metavar="BẢN|TỆP", help="bản cần kiểm tra; tệp khóa"
    )
    parser.add_argument("--full", action="store_true", help="bản đầy đủ, không dựa vào bản trước")
    parser.add_argument("--to", default="", help="nơi sao lưu (mặc định: TANGTHU_BACKUP_TO)")
    parser.add_argument("--quick", action="store_true", help="check: chỉ xem đủ tệp, không đọc nội dung")
    parser.add_argument("--dry-run", action="store_true", help="chỉ cho biết sẽ làm gì")


async def run(options: argparse.Namespace) -> int:
    if options.do == "key":
        return _key(options.name)
    async with opened(options.data) as indexers:
        repository = indexers.repository
        if options.do == "list":
            return await _list(repository, options.to)
        if options.do == "check":
            return await _check(repository, options)
        if options.dry_run:
            _say_plan(await running.plan(repository, to=options.to, full=options.full))
            return 0
        with progress() as say:
            manifest = await running.back_up(
                repository,
                operator("backup"),
                to=options.to,
                full=options.full,
                say=say,
                patience=running.PATIENCE,
            )
        row = await repository.backups.of(manifest.set)
    told = manifest.objects
    console.print(
        f"Bản {manifest.set} ({_kind(manifest.kind)}): {told['count']} tệp, {told['bytes']:,} byte; mới chép"
        f" {told['new']} tệp, {told['new_bytes']:,} byte; {sum(manifest.rows.values())} dòng dữ liệu;"
        f" nhật ký {manifest.head['size']} lá."
    )
    for digest in manifest.lost:
        console.print(
            f"MẤT: tệp {digest}: kho không đưa ra được nguyên vẹn, bản này không có.", soft_wrap=True
        )
    return 0 if row is not None and row["state"] == "good" and not told["lost"] else 1


class progress:  # noqa: N801 - reads as a verb where it is used: `with progress() as say`
    """A bar over the bytes of the objects, and the name of what is being read."""

    def __init__(self) -> None:
        columns = TextColumn("{task.description:32}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
        self._bar = Progress(*columns, console=console)
        self._task = self._bar.add_task("…", total=None)

    def __enter__(self) -> Say:
        self._bar.start()
        return self._say

    def __exit__(self, *fault: object) -> None:
        self._bar.stop()

    def _say(self, step: str, done: int, everything: int) -> None:
        if step == "objects":
            self._bar.update(self._task, description="tệp", completed=done, total=everything)
        else:
            self._bar.update(self._task, description=f"{step}: {done} dòng")


async def _list(repository: Repository, to: str) -> int:
    sets = sets_of(repository.settings, to)
    known = {row["_id"]: row async for row in repository.backups.known()}
    table = Table("bản", "loại", "lúc", "tệp", "byte", "mới", "lá nhật ký", "tình trạng")
    bad = 0
    there = await sets.names()
    for area, name in there:
        try:
            one = await sets.read(area, name)
        except errors.TangThuError as fault:
            table.add_row(name, "", "", "", "", "", "", str(fault))
            bad += 1
            continue
        state = known.get(name, {}).get("state", "")
        bad += state == "damaged"
        table.add_row(
            name, _kind(one.kind), f"{local(one.moment):%d/%m/%Y %H:%M}", str(one.objects["count"]),
            f"{one.objects['bytes']:,}", f"{one.objects['new_bytes']:,}", str(one.head["size"]),
            _STATES.get(state, "không có trong sổ của hệ thống này"),
        )  # fmt: skip
    for name in sorted(set(known) - {name for _, name in there}):
        if known[name]["place"] == sets.place.name:
            table.add_row(name, "", "", "", "", "", "", "CÓ TRONG SỔ, MẤT Ở NƠI SAO LƯU")
            bad += 1
    if not table.rows:
        console.print(f"Chưa có bản sao lưu nào ở {sets.place.name}.", markup=False, soft_wrap=True)
        return 0
    console.print(table)
    return 1 if bad else 0


async def _check(repository: Repository, options: argparse.Namespace) -> int:
    sets = sets_of(repository.settings, options.to)
    with console.status("Đang đọc lại bản sao lưu…"):
        wrong = await running.check(repository, operator("backup"), sets, options.name, quick=options.quick)
    for one in wrong:
        console.print(f"HỎNG: {one}", markup=False, soft_wrap=True)
    if not wrong:
        console.print("Bản sao lưu đủ và đúng.")
    return 1 if wrong else 0


def _key(name: str) -> int:
    if name == "latest":
        raise errors.Invalid(why="cần tên tệp: tangthu backup key TỆP")
    try:
        key = Key.make(Path(name))
    except FileExistsError as fault:
        raise errors.Conflict(why=f"{name} đã có; khóa không bao giờ bị ghi đè.") from fault
    console.print(f"Đã tạo khóa sao lưu {name} ({key.recipient}).", soft_wrap=True)
    console.print(
        "Đặt TANGTHU_BACKUP_KEY là đường dẫn tệp này. CẤT MỘT BẢN (in ra giấy hoặc thẻ nhớ niêm phong) Ở NƠI KHÁC:"
        " mất khóa thì không ai đọc được bản sao lưu.",
        soft_wrap=True,
    )
    return 0


def _say_plan(plan: Plan) -> None:
    why = f" ({plan.why})" if plan.why else ""
    previous = plan.previous.set if plan.previous else "chưa có"
    console.print(f"Sẽ lập bản {_kind(plan.kind)}{why} vào vùng {plan.area}; bản trước: {previous}.")


def _kind(kind: str) -> str:
    return {"full": "đầy đủ", "incremental": "bổ sung"}.get(kind, kind)
