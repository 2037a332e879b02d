"""`tangthu outbox [--retry]`: work that keeps failing is parked with its reason, listed here, tried again on demand."""

import argparse

from rich.table import Table

from ops.opening import console, data_argument, opened


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("--retry", action="store_true", help="làm lại những việc đang gác")


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data, say=lambda _: None) as indexers:
        repository = indexers.repository
        if options.retry:
            number = await repository.outbox.retry(repository.clock.now())
            console.print(f"Đưa {number} việc đang gác vào làm lại.")
            await indexers.worker.drain()
        parked = await repository.outbox.parked()
        console.print(
            f"Đang chờ: {await repository.outbox.behind()}; đang gác: {await repository.outbox.count_parked()}."
        )
        if parked:
            table = Table("việc", "đối tượng", "số lần lỗi", "lý do")
            for row in parked:
                table.add_row(row["kind"], row["subject"]["id"], str(row["failures"]), row["why"])
            console.print(table)
    return 1 if parked else 0
