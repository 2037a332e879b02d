"""`tangthu stack`: run the local engines until Ctrl-C or SIGTERM.

Exit 0 after a clean stop, 1 when they do not start or another process uses the folder. Other commands given
the same `--data` find these engines and start none of their own.
"""

import argparse
import asyncio
import signal
from pathlib import Path

from rich.console import Console

from ops.stack.folder import StackBusy
from ops.stack.process import EngineFailed
from ops.stack.stack import Stack
from repository.settings import from_environment


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, help="thư mục dữ liệu (mặc định: TANGTHU_DATA, hoặc data)")


async def run(options: argparse.Namespace) -> int:
    console = Console()
    serving = asyncio.create_task(_serve(from_environment(data=options.data).data, console))
    told = False

    def stop() -> None:
        nonlocal told
        if not told:  # a second Ctrl-C must not cut the orderly stop short
            told = True
            console.print("Đang dừng các dịch vụ nền…")
            serving.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await serving
    except asyncio.CancelledError:
        console.print("Đã dừng.")
    except (StackBusy, EngineFailed) as failure:
        console.print(f"[red]{failure}[/red]")
        return 1
    return 0


async def _serve(data: Path, console: Console) -> None:
    async with Stack(data, say=console.print) as engines:
        for line in engines.lines():
            console.print(line)
        console.print("Nhấn Ctrl-C để dừng.")
        await asyncio.Event().wait()
