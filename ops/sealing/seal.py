"""`tangthu seal`: gives audit records their leaves and signs checkpoints. Every `tangthu work` does so too."""

import argparse
import asyncio
import signal

from ops.opening import console, data_argument, opened
from ops.sealing.running import keep_sealing
from repository.audit.log import Log
from repository.clock import local


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--once", action="store_true", help="niêm phong hết những gì đang chờ, ký một bản rồi thoát"
    )
    what.add_argument(
        "--status", action="store_true", help="đã niêm phong đến đâu, còn chờ bao nhiêu; không ghi gì"
    )
    what.add_argument(
        "--keys", action="store_true", help="in mọi khóa công khai từng ký; chép ra nơi khác để đối chiếu"
    )
    what.add_argument("--rotate", action="store_true", help="đổi khóa ký; bản ký kế tiếp mang cả hai chữ ký")


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data) as indexers:
        log = indexers.repository.log
        if options.keys:
            for key in await log.public_keys():
                console.print(str(key), highlight=False, soft_wrap=True)
            return 0
        if options.rotate:
            await log.sealer.rotate()
            console.print(f"Khóa mới: {log.keys.current().public}", highlight=False, soft_wrap=True)
            return 0
        if options.once:
            console.print(f"Đã niêm phong thêm {await log.sealer.catch_up()} bản ghi.")
        if options.once or options.status:
            return await _status(log)
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await keep_sealing(log, stop)
    return 0


async def _status(log: Log) -> int:
    status = await log.sealer.status()
    console.print(
        f"Nhật ký {log.origin}: {status.size} lá, gốc {status.root}", highlight=False, soft_wrap=True
    )
    console.print(f"Chưa niêm phong: {status.unsealed} bản ghi, cũ nhất {status.age:.0f} giây.")
    if (row := status.checkpoint) is not None:
        at = f"{local(row['at']):%d/%m/%Y %H:%M:%S}"
        seen = len(row["cosignatures"])
        console.print(f"Bản ký gần nhất: {row['size']} lá lúc {at}; {seen} bên chứng kiến.", highlight=False)
    return 0
