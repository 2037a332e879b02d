"""`tangthu token create|list|revoke`: access for other systems. A secret is shown once and never stored."""

import argparse
from datetime import timedelta

from rich.table import Table

from ops.opening import console, data_argument, opened
from repository.access.actors import operator
from repository.access.permissions import Permission
from repository.clock import local


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="cấp mã mới")
    create.add_argument("--system", required=True, help="tên hệ thống")
    create.add_argument("--unit", required=True, help="mã đơn vị")
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=[one.value for one in Permission],
        help="quyền (lặp lại được)",
    )
    create.add_argument("--days", type=int, default=365, help="số ngày hiệu lực")
    revoke = verbs.add_parser("revoke", help="thu hồi ngay")
    revoke.add_argument("token", help="mã nhận dạng trong danh sách")
    for one in (create, revoke, verbs.add_parser("list", help="liệt kê")):
        data_argument(one)


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data, say=lambda _: None) as indexers:
        credentials = indexers.repository.credentials
        actor = operator("token")
        if options.verb == "create":
            secret, _ = await credentials.issue_token(
                actor, system=options.system, unit=options.unit, lasts=timedelta(days=options.days),
                scopes=[Permission(one) for one in options.scope],
            )  # fmt: skip
            print(secret)
        elif options.verb == "revoke":
            await credentials.revoke(actor, options.token)
            console.print("Đã thu hồi; mã không còn dùng được.")
        else:
            table = Table("mã", "hệ thống", "đơn vị", "quyền", "hết hạn", "thu hồi")
            for row in await credentials.tokens():
                revoked = f"{local(row['revoked_at']):%d/%m/%Y}" if row["revoked_at"] else ""
                expires = f"{local(row['expires_at']):%d/%m/%Y}"
                table.add_row(
                    row["_id"][:16], row["system"], row["unit"], " ".join(row["scopes"]), expires, revoked
                )
            console.print(table)
    return 0
