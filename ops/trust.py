"""`tangthu trust`: whom signatures are believed by. Nothing is fetched: files are brought in, looked at, recorded."""

import argparse
import asyncio
from pathlib import Path

from rich.table import Table

from ops.opening import console, data_argument, opened
from repository import errors
from repository.access.actors import operator
from repository.clock import local, local_date
from repository.mongo import Row
from repository.policy import RuleSets
from repository.signatures.trust.store import Found, TrustStore, pinned
from repository.wiring import Repository

_ACTOR = operator("trust")
_KINDS = {"root": "gốc", "intermediate": "trung gian", "crl": "danh sách thu hồi", "ocsp": "OCSP"}
PURPOSES = {
    "chuyen-dung": "chuyên dùng Chính phủ", "cong-cong": "công cộng (không phải chuyên dùng)",
    "thu-nghiem": "thử nghiệm", "": "",
}  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    bring = verbs.add_parser(
        "import", help="nhập chứng thư CA, danh sách thu hồi, trả lời OCSP (PEM, DER, P7B)"
    )
    bring.add_argument("files", nargs="+", type=Path, metavar="FILE")
    bring.add_argument(
        "--purpose",
        default="",
        choices=["chuyen-dung", "cong-cong"],
        help="gốc chưa có trong quy tắc là gốc gì",
    )
    bring.add_argument("--dry-run", action="store_true", help="chỉ xem sẽ nhập gì")
    listing = verbs.add_parser("list", help="liệt kê theo mục đích, kể cả gốc ghim trong quy tắc")
    retire = verbs.add_parser("retire", help="thôi tin một chứng thư đã nhập")
    retire.add_argument("sha256")
    retire.add_argument("--reason", required=True)
    review = verbs.add_parser(
        "review", help="kiểm tra lại mọi phiên bản và gia hạn dấu thời gian ngay bây giờ"
    )
    for one in (bring, listing, retire, review):
        data_argument(one)


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data, say=lambda _: None) as indexers:
        repository = indexers.repository
        trust = repository.custody.trust
        if options.verb == "import":
            return await _import(trust, options)
        if options.verb == "list":
            _list(await trust.all(), repository)
        elif options.verb == "retire":
            row = await trust.retire(_ACTOR, options.sha256.lower().replace(":", ""), options.reason)
            console.print(f"Không tin «{row['name']}» nữa; các văn bản sẽ được kiểm tra lại.")
            await repository.custody.preservation.restart()
        else:
            return await _review(repository)
    return 0


async def _import(trust: TrustStore, options: argparse.Namespace) -> int:
    """Every file is looked at before anything is kept; 1 when something was refused."""
    found: list[Found] = []
    for path in options.files:
        try:
            content = await asyncio.to_thread(path.read_bytes)
        except OSError as fault:
            raise errors.Invalid(why=f"không đọc được tệp {path}") from fault
        found += await trust.look(path.name, content, purpose=options.purpose)
    taken = [] if options.dry_run else await trust.take(_ACTOR, found)
    table = Table("loại", "tên", "mục đích", "có hiệu lực đến", "SHA-256", "kết quả")
    for one in found:
        told = one.refused or ("đã có" if one.known else "sẽ nhập" if options.dry_run else "đã nhập")
        table.add_row(*_cells(one.row), told)
    console.print(table)
    if taken:
        console.print(f"Đã nhập {len(taken)}; mọi văn bản sẽ được kiểm tra lại theo lượt.")
    return 1 if any(one.refused for one in found) else 0


def _cells(row: Row) -> list[str]:
    until = f"{local(row['until']):%d/%m/%Y}" if row["until"] else ""
    return [_KINDS[row["kind"]], row["name"] or row["issuer"], PURPOSES[row["purpose"]], until, row["_id"]]


def _list(rows: list[Row], repository: Repository) -> None:
    rules = RuleSets.shipped("trust").on(local_date(repository.clock.now()))
    pins = Table("gốc trong quy tắc", "mục đích", "SHA-256", "chứng thư")
    for one in pinned(rules["anchors"], rows):
        state = (
            "đã có"
            if one["at_hand"]
            else "tin khi tệp mang theo"
            if one["sha256"]
            else "chưa ghim: không tin"
        )
        pins.add_row(one["name"], PURPOSES[one["purpose"]], one["sha256"] or "", state)
    console.print(pins)
    have = {row["name"] for row in rows if row["kind"] in ("root", "intermediate") and not row["retired"]}
    issuers = Table("nơi cấp cần có", "dưới gốc", "chứng thư", "danh sách thu hồi", "trạng thái")
    for one in rules["intermediates"]:
        state = "đã có" if one["name"] in have else "chưa có: nhập bằng tangthu trust import"
        issuers.add_row(one["name"], one["under"], one["certificate"] or "", one["list"] or "", state)
    console.print(issuers)
    table = Table("loại", "tên", "mục đích", "có hiệu lực đến", "SHA-256", "trạng thái")
    for row in rows:
        state = (
            "đã thôi tin" if row["retired"] else "từ cài đặt" if row["source"] == "settings" else "đã nhập"
        )
        table.add_row(*_cells(row), state)
    console.print(table)


async def _review(repository: Repository) -> int:
    """All slices of a round; 1 when something could not be renewed."""
    failed = 0
    await repository.custody.preservation.restart()
    while True:
        outcome = await repository.custody.preservation.review()
        failed += outcome.failed
        console.print(outcome.words())
        if outcome.finished:
            return 1 if failed else 0
