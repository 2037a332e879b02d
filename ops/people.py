"""`tangthu people create|list|disable`: accounts. There is no delete (Đ10.3a)."""

import argparse
import secrets

from rich.table import Table

from ops.opening import console, data_argument, opened
from repository.access.actors import operator
from repository.access.permissions import ROLE_WORDS, Role
from repository.organisation.credentials import hash_password
from repository.organisation.people import PersonForm


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="tạo tài khoản; in mật khẩu đầu tiên một lần")
    create.add_argument("username")
    create.add_argument("--name", required=True, help="họ và tên")
    create.add_argument("--unit", required=True)
    create.add_argument("--title", default="", help="chức vụ")
    create.add_argument("--role", action="append", required=True, choices=[one.value for one in Role][:6])
    disable = verbs.add_parser("disable", help="ngừng tài khoản (không xóa)")
    disable.add_argument("username")
    disable.add_argument("--reason", required=True)
    listing = verbs.add_parser("list", help="liệt kê")
    listing.add_argument("--unit")
    for one in (create, disable, listing):
        data_argument(one)


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data, say=lambda _: None) as indexers:
        people = indexers.repository.people
        if options.verb == "create":
            password = secrets.token_urlsafe(12)
            form = PersonForm(
                username=options.username, full_name=options.name, unit=options.unit, title=options.title,
                roles=[Role(one) for one in options.role],
            )  # fmt: skip
            await people.create(operator("people"), form, await hash_password(password))
            print(password)
        elif options.verb == "disable":
            person = await people.named(options.username)
            await people.disable(operator("people"), person["_id"], options.reason)
            console.print(f"Đã ngừng tài khoản {options.username}; lịch sử giữ nguyên.")
        else:
            table = Table("tài khoản", "họ và tên", "đơn vị", "chức vụ", "vai trò", "trạng thái")
            for row in await people.all(options.unit):
                roles = ", ".join(ROLE_WORDS[Role(one)] for one in row["roles"])
                state = "đã ngừng" if row["disabled_at"] else "hoạt động"
                table.add_row(row["username"], row["full_name"], row["unit"], row["title"], roles, state)
            console.print(table)
    return 0
