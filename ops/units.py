"""`tangthu units create|list`: the organisation."""

import argparse

from rich.table import Table

from ops.opening import console, data_argument, opened
from repository.access.actors import operator
from repository.organisation.units import UnitForm


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
    for one in (create, verbs.add_parser("list", help="liệt kê")):
        data_argument(one)


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data, say=lambda _: None) as indexers:
        units = indexers.repository.units
        if options.verb == "create":
            form = UnitForm(
                id=options.id, name=options.name, symbol=options.symbol, organ_id=options.organ_id,
                kind=options.kind, parent=options.parent,
            )  # fmt: skip
            await units.create(operator("units"), form)
            console.print(f"Đã tạo đơn vị {form.id}.")
        else:
            table = Table("mã", "tên", "ký hiệu", "mã định danh", "thuộc")
            for row in await units.all():
                table.add_row(row["_id"], row["name"], row["symbol"], row["organ_id"], row["parent"])
            console.print(table)
    return 0
