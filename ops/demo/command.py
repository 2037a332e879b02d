"""`tangthu demo`: engines, service and worker with a made-up district; `--check` tells the main story and exits."""

import argparse
import asyncio
import dataclasses
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from ops.demo import certificates, seed
from ops.demo.children import served
from ops.demo.district import PEOPLE
from ops.demo.samples import Sample
from ops.opening import console, data_argument, settings_for
from repository.access.permissions import ROLE_WORDS, Role
from repository.settings import Settings
from repository.wiring import open_repository


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    address: str
    settings: Settings
    password: str
    samples: list[Sample]


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument(
        "--check", action="store_true", help="kể câu chuyện chính một lần, mỗi bước một dòng, rồi thoát"
    )
    parser.add_argument("--port", type=int, help="cổng (mặc định 8071; bận thì chọn cổng khác)")


async def run(options: argparse.Namespace) -> int:
    if options.check:
        from ops.demo.story import tell

        with tempfile.TemporaryDirectory(prefix="tangthu-check-") as folder:
            async with running(options.data or Path(folder), say=lambda _: None, port=0) as demo:
                return await tell(
                    demo, lambda line: console.print(line, soft_wrap=True, markup=False, highlight=False)
                )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    starting = asyncio.create_task(_until(options, stop))
    await starting
    return 0


async def _until(options: argparse.Namespace, stop: asyncio.Event) -> None:
    async with running(options.data, say=console.print, port=options.port) as demo:
        show_accounts(demo)
        console.print(f"\n[bold]Mở trình duyệt tại {demo.address}[/bold]   (Ctrl-C để dừng)")
        await stop.wait()
        console.print("Đang dừng…")


@asynccontextmanager
async def running(data: Path | None, *, say: Callable[[str], None], port: int | None) -> AsyncIterator[Demo]:
    """Engines up, district seeded, service and worker running."""
    async with settings_for(data, say=say) as found:
        say("Đang chuẩn bị quận mẫu: chứng thư thử nghiệm, văn bản đã ký…")
        folder = found.data / "demo"
        anchors, samples = await asyncio.to_thread(seed.prepare, folder)
        settings = dataclasses.replace(
            found, trust_anchors=anchors, port=found.port if port is None else port, admin_totp="optional"
        )
        secret = seed.password(folder)
        async with open_repository(settings) as repository:
            await seed.seed(repository, samples, secret, say)
            await certificates.register(repository, folder, secret)
        async with served(settings, say=say) as address:
            yield Demo(address, settings, secret, samples)


def show_accounts(demo: Demo) -> None:
    """The accounts, so that a stranger can log in."""
    table = Table("tài khoản", "họ và tên", "đơn vị", "vai trò", title="Tài khoản dùng thử")
    for person in PEOPLE:
        roles = ", ".join(ROLE_WORDS[Role(one)] for one in person.roles)
        table.add_row(person.username, person.full_name, person.unit, roles)
    console.print(table)
    console.print(f"Mật khẩu chung của các tài khoản dùng thử: [bold]{demo.password}[/bold]")
    console.print(
        "[bold]Bản dùng thử KHÔNG bắt buộc xác thực hai bước với quản trị viên; khi vận hành thật thì bắt buộc.[/bold]"
    )
    if not demo.settings.clamd_url:
        console.print(
            "[bold red]KHÔNG có máy quét mã độc: tệp nhận vào là CHƯA QUÉT và không phát hành được.[/bold red]"
        )
