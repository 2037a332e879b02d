"""`tangthu`: the list of commands. Exit status 0 done, 1 found something wrong, 2 bad usage, 3 a dependency is down."""

import argparse
import asyncio
import importlib
import logging
import sys
from typing import Final

import uvloop
from pydantic import ValidationError

from ops import vietnamese
from ops.asked import COMMAND
from repository import errors
from repository.documents.metadata import faults

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("ops.demo.command", "chạy thử trọn bộ với một quận mẫu; --check kể câu chuyện chính rồi thoát"),
    "serve": ("ops.serve", "chạy dịch vụ HTTP"),
    "work": ("ops.work", "chạy tiến trình nền: khóa, kiểm tra chữ ký, đọc chữ, lập chỉ mục"),
    "stack": ("ops.stack.command", "chỉ chạy các máy chủ nền (kho tệp, cơ sở dữ liệu, quét mã độc)"),
    "import": ("ops.importing", "đưa cả thư mục tệp vào kho"),
    "inspect": ("ops.inspect", "xem trước mỗi tệp sẽ được đánh giá thế nào, không lưu gì"),
    "archive": (
        "ops.archive",
        "gói lưu trữ SIP, AIP của hồ sơ (TT 05/2025): xuất, nhập, chuyển SIP thành AIP",
    ),
    "verify": ("ops.verify", "kiểm tra gói chứng cứ (.zip), không cần mạng hay cơ sở dữ liệu"),
    "trust": ("ops.trust", "nhập, liệt kê chứng thư gốc, trung gian, danh sách thu hồi; kiểm tra lại chữ ký"),
    "token": ("ops.token", "cấp, liệt kê, thu hồi mã truy cập cho hệ thống khác"),
    "people": ("ops.people", "tạo, điều chuyển, ngừng, mở lại tài khoản; rà tài khoản lâu không dùng"),
    "units": ("ops.units", "tạo, sửa, đổi tên, kết thúc, tìm đơn vị"),
    "registers": ("ops.registers", "các sổ: liệt kê, khóa ngày, đóng năm, tính lại các lần khóa sổ"),
    "print": ("ops.printing", "in sổ theo mẫu Phụ lục IV (pdf, xlsx), hoặc biểu mẫu trống"),
    "retention": (
        "ops.retention",
        "bảng thời hạn bảo quản, khóa lưu giữ, phong tỏa, tiêu hủy, dọn tệp mồ côi",
    ),
    "reindex": ("ops.reindex", "lập lại chỉ mục tìm kiếm"),
    "seal": ("ops.sealing.seal", "niêm phong nhật ký, ký bản đầu cây; --status: đã đến đâu"),
    "audit": ("ops.sealing.audit", "bằng chứng của từng bản ghi; kiểm tra, xuất toàn bộ nhật ký"),
    "outbox": ("ops.outbox", "việc nền còn nợ: liệt kê, làm lại những việc đang gác"),
    "selfcheck": ("ops.selfcheck", "tự kiểm tra từng phần của hệ thống và việc cần làm"),
    "clock": ("ops.clock", "độ lệch đồng hồ so với kho tệp và cơ sở dữ liệu"),
    "attack": ("ops.attack", "diễn tập tấn công kho bằng chính khóa truy cập của dịch vụ"),
    "fixity": (
        "ops.fixity",
        "kiểm tra toàn vẹn: đọc lại mọi đối tượng, so kho, hồ sơ, nhật ký, sổ và chỉ mục",
    ),
    "backup": ("ops.backup.command", "sao lưu ra nơi thứ hai; liệt kê, đọc lại, tạo khóa"),
    "restore": (
        "ops.backup.restore_command",
        "khôi phục từ bản sao lưu: cả hệ thống, một đơn vị hoặc một hồ sơ",
    ),
    "drill": ("ops.backup.drill_command", "diễn tập khôi phục vào máy chủ tạm rồi so khớp từng điều"),
    "bench": ("ops.bench.command", "đo tốc độ và chất lượng tìm kiếm"),
}
"""Command → the module with `arguments(parser)` and `async def run(options) -> int`, and its one line of help."""


def main() -> None:
    """The program's entry."""
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Runs one command and answers its exit status."""
    vietnamese.speak()
    parser = argparse.ArgumentParser(prog="tangthu", description="Tàng Thư: kho văn bản và hồ sơ công việc.")
    parser.add_argument("--verbose", action="store_true", help="nhật ký chi tiết ra màn hình lỗi")
    commands = parser.add_subparsers(dest="command", metavar="LỆNH", required=True)
    chosen = next((word for word in words if word in COMMANDS), "")
    for name, (module, help_text) in COMMANDS.items():
        one = commands.add_parser(name, help=help_text, description=help_text)
        if name == chosen:  # only the chosen command's imports are paid for
            importlib.import_module(module).arguments(one)
    options = parser.parse_args(words)
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    COMMAND.set((options.command, *words[words.index(options.command) + 1 :]))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            status: int = runner.run(importlib.import_module(COMMANDS[options.command][0]).run(options))
        return status
    except errors.Unavailable as fault:
        print(f"tangthu: {fault}", file=sys.stderr)
        return 3
    except ValidationError as fault:
        _print_faults(faults(fault))
        return 2
    except errors.TangThuError as fault:
        print(f"tangthu: {fault}", file=sys.stderr)
        _print_faults(fault.errors if isinstance(fault, errors.Invalid) else [])
        return 1
    except OSError as fault:
        if fault.filename is None and fault.errno not in errors.FULL:  # not about a file that somebody named
            raise
        named = "" if fault.filename is None else f"{fault.filename}: "
        print(f"tangthu: {named}{errors.reason(fault)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _print_faults(listed: list[dict[str, str]]) -> None:
    for one in listed:
        print(f"  {one['pointer']}: {one['detail']}", file=sys.stderr)


if __name__ == "__main__":
    main()
