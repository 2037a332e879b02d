"""`tangthu bench [NAME…]`: each part of the product beside the raw engine in the same run.

A word after `search`, `relevance` or `signatures` that is no name is its folder. Exit 0; 2 for a name that does
not exist.
Speeds depend on the machine and on what else it does, so the ratios and the load are what to look at.
"""

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from ops.bench import relevance, searching, transfer
from ops.bench.site import Site, opened
from ops.opening import console
from ops.serve import keep_buffers
from repository.settings import from_environment

Row = dict[str, Any]

NAMES: Final = ("ingest", "download", "search", "numbers", "relevance", "signatures", "fixity")
_DEFAULT: Final = ("ingest", "download", "search")
_WITH_FOLDER: Final = ("search", "relevance", "signatures")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, help="thư mục mà «tangthu stack» đang chạy trên đó (mặc định: một thư mục tạm)"
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)} (mặc định: ba phép đo đầu)"
    )
    parser.add_argument(
        "--engine", choices=("tantivy", "elastic"), default="tantivy", help="máy tìm của relevance"
    )
    parser.add_argument("--rounds", type=int, help="số vòng đo (mặc định tùy phép đo)")
    parser.add_argument("--json", action="store_true", help="kết quả dạng JSON")


async def run(options: argparse.Namespace) -> int:
    keep_buffers()  # the client's fresh memory is nobody's speed
    chosen = parse(options.names)
    if chosen is None:
        console.print(f"tangthu bench: chỉ nhận {', '.join(NAMES)}; relevance cần một thư mục.")
        return 2
    found: Row = {"machine": machine()}
    for name, folder in chosen.items():
        if name == "relevance" and folder is not None:
            url = from_environment().search_url
            elastic = url if options.engine == "elastic" and not url.startswith("tantivy:") else ""
            found[name] = await relevance.run(folder, options.engine, url=elastic)
        elif name == "signatures":  # needs no engine
            from ops.bench.signatures import signatures

            found[name] = await signatures(folder, **({"rounds": options.rounds} if options.rounds else {}))
        else:
            async with opened(options.data) as site:  # a database each, so that none finds what another left
                found[name] = await _measured(name, site, folder, options.rounds)
        if not options.json:
            console.print(_flat(name, found[name]))
    found["machine"]["load_after"] = os.getloadavg()[0]
    if options.json:
        console.file.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        console.print(_flat("machine", found["machine"]))
    return 0


def parse(words: list[str]) -> dict[str, Path | None] | None:
    """Name → its folder; None when a word is neither, or `relevance` has no folder."""
    chosen: dict[str, Path | None] = {}
    last = ""
    for word in words or _DEFAULT:
        if word in NAMES:
            chosen[word], last = None, word
        elif last in _WITH_FOLDER and chosen[last] is None:
            chosen[last] = Path(word)
        else:
            return None
    return None if "relevance" in chosen and chosen["relevance"] is None else chosen


def machine() -> Row:
    """What the figures were taken on, and how busy it was."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "load_before": os.getloadavg()[0]}


async def _measured(name: str, site: Site, folder: Path | None, rounds: int | None) -> Row:
    wanted: dict[str, Any] = {"rounds": rounds} if rounds else {}
    if name == "ingest":
        return await transfer.ingest(site, **wanted)
    if name == "download":
        return await transfer.download(site, **wanted)
    if name == "fixity":
        from ops.bench.fixity import fixity

        return await fixity(site, **wanted)
    if name == "numbers":
        from ops.bench.numbers import numbers

        return await numbers(site, **wanted)
    return await searching.search(site, folder)


def _flat(name: str, figures: Row) -> Table:
    """A line a figure; medians with their spread."""
    table = Table("", "", title=name, title_justify="left", show_header=False)

    def add(path: str, value: Any) -> None:
        if isinstance(value, dict) and value.keys() == {"median", "min", "max"}:
            table.add_row(path, f"{value['median']}  ({value['min']} – {value['max']})")
        elif isinstance(value, dict):
            for key, inner in value.items():
                add(f"{path} {key}".strip(), inner)
        else:
            table.add_row(path, str(value))

    add("", figures)
    return table
