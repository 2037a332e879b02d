"""`tangthu work`: a worker. Any number may run; one leads, the others stand by."""

import argparse
import asyncio
import signal

from ops.opening import data_argument, opened
from ops.schedule.runner import Schedule
from ops.sealing.running import keep_sealing


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("--drain", action="store_true", help="làm hết việc đang nợ rồi thoát")


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data) as indexers:
        if options.drain:
            await indexers.worker.drain()
            return 1 if await indexers.repository.outbox.count_parked() else 0
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await asyncio.gather(
            indexers.worker.run(stop),
            Schedule(indexers=indexers).run(stop),
            keep_sealing(indexers.repository.log, stop),
        )
    return 0
