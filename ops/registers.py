"""`tangthu registers`: the books; days and years closed, and what was closed computed again (Đ10.4)."""

import argparse
from datetime import date

from rich.table import Table

from ops.opening import console, data_argument, opened
from repository.access.actors import operator
from repository.mongo import Row
from repository.wiring import Repository

_ACTOR = operator("registers")


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="liệt kê các sổ, số cuối, lần khóa gần nhất")
    day = verbs.add_parser("close-day", help="khóa sổ đến hết một ngày; không nêu sổ thì khóa mọi sổ đang mở")
    day.add_argument("register", nargs="*", help="mã sổ")
    day.add_argument("--on", type=date.fromisoformat, help="ngày YYYY-MM-DD (mặc định: hôm nay)")
    year = verbs.add_parser("close-year", help="đóng sổ năm; sổ năm sau được mở")
    year.add_argument("register", nargs="+", help="mã sổ")
    year.add_argument("--reason", default="", help="bắt buộc nếu đóng trước 31/12")
    verify = verbs.add_parser("verify", help="tính lại mã băm mọi lần khóa sổ; thoát 1 khi có sai khác")
    verify.add_argument("register", nargs="*", help="mã sổ (mặc định: mọi sổ)")
    for one in (listing, day, year, verify):
        data_argument(one)


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data, say=lambda _: None) as indexers:
        repository = indexers.repository
        if options.verb == "list":
            _list(await repository.registers.visible(_ACTOR))
            return 0
        if options.verb == "close-year":
            return await _close_year(repository, options)
        named = [await repository.registers.get(_ACTOR, one) for one in options.register]
        books = named or await repository.registers.visible(_ACTOR)
        if options.verb == "verify":
            return await _verify(repository, books)
        return await _close_day(repository, [one for one in books if named or not one["closed"]], options.on)


async def _close_day(repository: Repository, books: list[Row], day: date | None) -> int:
    for book in books:
        made = await repository.closings.close_day(_ACTOR, book["_id"], day)
        for one in made:
            said = f"{one['entries']} dòng, {one['annulments']} hủy, {one['digest']}"
            console.print(f"{book['_id']} {one['day']}: {said}", markup=False)
        if not made:
            console.print(f"{book['_id']}: không có gì mới để khóa", markup=False)
    return 0


async def _close_year(repository: Repository, options: argparse.Namespace) -> int:
    for register in options.register:
        closed, following = await repository.closings.close_year(_ACTOR, register, options.reason)
        said = f"đã đóng ở số {closed['last']}; sổ năm sau: {following['_id']}"
        console.print(f"{register}: {said}", markup=False)
    return 0


async def _verify(repository: Repository, books: list[Row]) -> int:
    wrong = 0
    for book in books:
        check = await repository.closings.verify(_ACTOR, book["_id"])
        found = check.first_difference
        if found is None:
            said = f"{check.closings} lần khóa sổ, nội dung nguyên như khi khóa"
        else:
            wrong += 1
            said = f"SAI KHÁC ở lần khóa {found['n']} ({found['day']}): {found['why']}"
        console.print(f"{book['_id']} {book['title']}, {book['unit']}: {said}", markup=False)
    return 1 if wrong else 0


def _list(rows: list[Row]) -> None:
    table = Table("mã", "năm", "sổ", "đơn vị", "loại sổ", "số cuối", "khóa đến", "tình trạng")
    for row in rows:
        head = row.get("head") or {}
        stands = "đã đóng" if row["closed"] else "đang dùng"
        cells = (row["_id"], str(row["year"]), row["title"], row["unit"], row["series"], str(row["last"]))
        table.add_row(*cells, str(head.get("day", "")), stands)
    console.print(table)
