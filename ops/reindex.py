"""`tangthu reindex`: makes the search index again from the truth, beside the old one, then swaps."""

import argparse

from ops.opening import console, data_argument, opened


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("--dry-run", action="store_true", help="chỉ cho biết sẽ lập lại bao nhiêu mục")


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data, say=lambda _: None) as indexers:
        if options.dry_run:
            stored = await indexers.repository.database["documents"].count_documents({})
            console.print(f"Chỉ mục có {await indexers.index.count()} mục; kho có {stored} văn bản.")
            return 0
        with console.status("Đang lập lại chỉ mục…"):
            count = await indexers.reindex()
        console.print(f"Đã lập lại chỉ mục: {count} mục.")
    return 0
