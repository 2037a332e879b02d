"""`tangthu units`: the organisation. A unit is never removed; one that ends has a successor."""

import argparse
from datetime import date
from pathlib import Path

from rich.table import Table

from ops.opening import console, data_argument, opened
from repository.access.actors import operator
from repository.clock import local
from repository.mongo import Row
from repository.organisation.certificates import LARGEST
from repository.organisation.units.units import ClosingForm, RenameForm, UnitChange, UnitForm
from repository.wiring import Repository

_ACTOR = operator("units")


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="tạo đơn vị")
    create.add_argument("id", help="mã ngắn, chữ thường không dấu, ví dụ van-phong")
    create.add_argument("--name", required=True)
    create.add_argument("--symbol", required=True, help="ký hiệu trong số văn bản, ví dụ UBND")
    create.add_argument("--organ-id", default="", help="mã định danh theo QCVN 102 hoặc QĐ 20/2020")
    create.add_argument(
        "--kind", default="department", choices=["district", "office", "department", "ward", "other"]
    )
    create.add_argument("--parent", default="")
    edit = verbs.add_parser("edit", help="sửa mã định danh, mã khác, cấp trên, người đứng đầu")
    edit.add_argument("id")
    edit.add_argument("--organ-id")
    edit.add_argument("--alias", action="append", help="mã khác (lặp lại được); thay cả danh sách cũ")
    edit.add_argument("--parent")
    edit.add_argument("--head", help="tên đăng nhập người đứng đầu")
    rename = verbs.add_parser("rename", help="đổi tên từ một ngày")
    rename.add_argument("id")
    rename.add_argument("--name", required=True)
    rename.add_argument("--symbol", required=True)
    close = verbs.add_parser("close", help="kết thúc hoạt động, nêu đơn vị kế thừa")
    close.add_argument("id")
    close.add_argument("--successor", required=True)
    for one in (rename, close):
        one.add_argument("--on", required=True, type=date.fromisoformat, help="ngày YYYY-MM-DD")
        one.add_argument("--reason", required=True, help="căn cứ")
    certificate = verbs.add_parser("certificate", help="ghi nhận chứng thư số (PEM, CRT)")
    certificate.add_argument("id")
    certificate.add_argument("file", type=Path)
    find = verbs.add_parser("find", help="tìm theo mã định danh, kể cả mã cũ")
    find.add_argument("code")
    listing = verbs.add_parser("list", help="liệt kê")
    listing.add_argument(
        "--headless", action="store_true", help="chỉ đơn vị thiếu người đứng đầu; thoát 1 nếu có"
    )
    for one in (create, edit, rename, close, certificate, find, listing):
        data_argument(one)


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data, say=lambda _: None) as indexers:
        units = indexers.repository.units
        if options.verb == "list":
            rows = await (units.headless() if options.headless else units.all())
            _list(rows)
            return 1 if options.headless and rows else 0
        if options.verb == "find":
            _list([await units.by_code(options.code)])
        elif options.verb == "create":
            form = UnitForm(
                id=options.id, name=options.name, symbol=options.symbol, organ_id=options.organ_id,
                kind=options.kind, parent=options.parent,
            )  # fmt: skip
            await units.create(_ACTOR, form)
            console.print(f"Đã tạo đơn vị {form.id}.")
        else:
            await _change(indexers.repository, options)
    return 0


async def _change(repository: Repository, options: argparse.Namespace) -> None:
    units = repository.units
    revision = (await units.get(options.id)).get("revision", 1)
    if options.verb == "edit":
        wanted = UnitChange(
            organ_id=options.organ_id, aliases=options.alias, parent=options.parent, head=options.head
        )
        await units.edit(_ACTOR, options.id, wanted, revision=revision)
    elif options.verb == "rename":
        renamed = RenameForm(
            name=options.name, symbol=options.symbol, since=options.on, reason=options.reason
        )
        await units.rename(_ACTOR, options.id, renamed, revision=revision)
    elif options.verb == "close":
        closing = ClosingForm(successor=options.successor, on=options.on, reason=options.reason)
        await units.close(_ACTOR, options.id, closing, revision=revision)
    else:
        content = _first_bytes(options.file)
        facts = await repository.certificates.add(_ACTOR, options.id, content)
        console.print(f"{facts['subject']}: hiệu lực đến {local(facts['not_after']):%d/%m/%Y}", markup=False)
    console.print(f"Đã ghi nhận thay đổi của đơn vị {options.id}.")


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _list(rows: list[Row]) -> None:
    table = Table("mã", "tên", "ký hiệu", "mã định danh", "thuộc", "đứng đầu", "trạng thái")
    for row in rows:
        closed = f"kết thúc {row['closed_on']}, kế thừa: {row['successor']}" if row.get("closed_on") else ""
        codes = ", ".join(row.get("codes") or [row["organ_id"]])
        table.add_row(row["_id"], row["name"], row["symbol"], codes, row["parent"], row["head"], closed)
    console.print(table)
