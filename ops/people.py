"""`tangthu people`: accounts, from the first to the last day. There is no delete (Đ10.3a)."""

import argparse

from rich.table import Table

from ops.opening import console, data_argument, opened
from repository.access.actors import operator
from repository.access.permissions import FOR_PEOPLE, ROLE_WORDS, Role
from repository.clock import local
from repository.mongo import Row
from repository.organisation.accounts.passwords import hash_password, one_time
from repository.organisation.people.people import PersonForm
from repository.organisation.people.postings import TransferForm
from repository.wiring import Repository

_ACTOR = operator("people")


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser(
        "create", help="tạo tài khoản; in mật khẩu đầu tiên một lần, phải đổi khi đăng nhập"
    )
    create.add_argument("username")
    create.add_argument("--name", required=True, help="họ và tên")
    create.add_argument("--unit", required=True)
    create.add_argument("--title", default="", help="chức vụ")
    create.add_argument("--staff-code", default="", help="mã cán bộ, không trùng")
    create.add_argument("--email", default="", help="thư điện tử")
    _roles(create)
    transfer = verbs.add_parser("transfer", help="điều chuyển, đổi chức vụ hoặc vai trò")
    transfer.add_argument("username")
    transfer.add_argument("--unit", required=True, help="đơn vị mới")
    transfer.add_argument("--title", default="", help="chức vụ mới")
    transfer.add_argument("--since", help="từ ngày (YYYY-MM-DD); mặc định hôm nay")
    _roles(transfer)
    disable = verbs.add_parser("disable", help="ngừng tài khoản (không xóa)")
    disable.add_argument("username")
    disable.add_argument("--urgent", action="store_true", help="ngừng ngay, bàn giao công việc sau")
    for one in (transfer, disable):
        one.add_argument("--successor", default="", help="tên đăng nhập người nhận công việc đang mở")
    renew = verbs.add_parser("renew", help="cấp lại mật khẩu, mở khóa, hoặc mở lại tài khoản đã ngừng")
    renew.add_argument("username")
    renew.add_argument("--factor", action="store_true", help="bỏ cả xác thực hai bước")
    for one in (transfer, disable, renew):
        one.add_argument("--reason", required=True)
    work = verbs.add_parser("work", help="công việc đang mở của một người")
    work.add_argument("username")
    listing = verbs.add_parser("list", help="liệt kê")
    listing.add_argument("--unit")
    idle = verbs.add_parser("idle", help="cảnh báo và ngừng tài khoản lâu không dùng; chạy mỗi ngày")
    idle.add_argument("--dry-run", action="store_true", help="chỉ cho biết, không thay đổi gì")
    for one in (create, transfer, disable, renew, work, listing, idle):
        data_argument(one)


def _roles(parser: argparse.ArgumentParser) -> None:
    roles = [one.value for one in FOR_PEOPLE]
    parser.add_argument(
        "--role", action="append", required=True, choices=roles, help="vai trò (lặp lại được)"
    )


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data, say=lambda _: None) as indexers:
        repository = indexers.repository
        if options.verb == "create":
            await _create(repository, options)
        elif options.verb == "list":
            _list(await repository.people.all(options.unit))
        elif options.verb == "idle":
            await _idle(repository, dry_run=options.dry_run)
        else:
            person = await repository.people.named(options.username)
            await _about(repository, person, options)
    return 0


async def _create(repository: Repository, options: argparse.Namespace) -> None:
    form = PersonForm(
        username=options.username, full_name=options.name, unit=options.unit, title=options.title,
        roles=[Role(one) for one in options.role], staff_code=options.staff_code, email=options.email,
    )  # fmt: skip
    password = one_time()
    await repository.people.create(_ACTOR, form, await hash_password(password))
    _print_once(password)


async def _about(repository: Repository, person: Row, options: argparse.Namespace) -> None:
    """A verb about one person."""
    if options.verb == "transfer":
        form = TransferForm(
            unit=options.unit, title=options.title, roles=[Role(one) for one in options.role], since=options.since,
            successor=await _successor(repository, options), reason=options.reason,
        )  # fmt: skip
        await repository.postings.transfer(_ACTOR, person["_id"], form)
        console.print(f"Đã ghi nhận vị trí mới của {options.username}; phiên và mã truy cập cũ đã kết thúc.")
    elif options.verb == "disable":
        successor = await _successor(repository, options)
        await repository.people.disable(
            _ACTOR, person["_id"], options.reason, successor=successor, urgent=options.urgent
        )
        console.print(f"Đã ngừng tài khoản {options.username}; lịch sử giữ nguyên.")
    elif options.verb == "work":
        table = Table("loại", "mã", "nội dung")
        for one in await repository.people.work_of(_ACTOR, person["_id"]):
            table.add_row(one["kind"], one["id"], one["title"])
        console.print(table)
    else:
        password = one_time()
        hashed = await hash_password(password)
        if person["disabled_at"]:
            await repository.people.reinstate(_ACTOR, person["_id"], options.reason, hashed)
        else:
            await repository.people.reset(
                _ACTOR, person["_id"], options.reason, hashed, factor=options.factor
            )
        _print_once(password)


async def _successor(repository: Repository, options: argparse.Namespace) -> str:
    return str((await repository.people.named(options.successor))["_id"]) if options.successor else ""


async def _idle(repository: Repository, *, dry_run: bool) -> None:
    found = await repository.idleness.review(dry_run=dry_run)
    settled = [] if dry_run else await repository.postings.settle()
    would = " (chưa thay đổi gì)" if dry_run else ""
    for words, rows in (
        ("sẽ tự ngừng, đã cảnh báo", found.warned),
        ("ngừng vì lâu không dùng", found.disabled),
    ):
        for row in rows:
            console.print(f"{row['username']}: {words}{would}", markup=False)
    for row in settled:
        console.print(f"{row['username']}: vị trí mới đã đến ngày hiệu lực", markup=False)
    console.print(f"{len(found.warned)} cảnh báo, {len(found.disabled)} ngừng{would}.")


def _list(rows: list[Row]) -> None:
    table = Table(
        "tài khoản", "họ và tên", "đơn vị", "chức vụ", "vai trò", "đăng nhập gần nhất", "trạng thái"
    )
    for row in rows:
        roles = ", ".join(ROLE_WORDS[Role(one)] for one in row["roles"])
        state = (
            "đã ngừng" if row["disabled_at"] else "sắp tự ngừng" if row.get("idle_warned_at") else "hoạt động"
        )
        last = f"{local(row['last_login_at']):%d/%m/%Y}" if row.get("last_login_at") else "chưa"
        table.add_row(row["username"], row["full_name"], row["unit"], row["title"], roles, last, state)
    console.print(table)


def _print_once(password: str) -> None:
    """On the standard output alone, so that it can be piped to whoever hands it over."""
    console.print(password, markup=False, highlight=False)
