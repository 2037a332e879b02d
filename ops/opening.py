"""How a command gets at the repository: over engines that settings name, that run here, or of its own."""

import argparse
import getpass
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console

from indexers.wiring import Indexers, open_indexers
from ops.asked import COMMAND
from ops.stack import engines_for
from repository.access.actors import operator
from repository.audit import Action
from repository.mongo import told_as_away
from repository.settings import Settings, from_environment
from repository.wiring import open_repository

# In a pipe nobody reflows a table: rows stay whole for the program that reads them.
console = Console(width=None if sys.stdout.isatty() else 220)


def data_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, help="thư mục dữ liệu (mặc định: TANGTHU_DATA, hoặc data)")


@asynccontextmanager
async def settings_for(
    data: Path | None, *, say: Callable[[str], None] = console.print
) -> AsyncIterator[Settings]:
    """Settings with engines behind them, started here when nobody else runs them."""
    folder = from_environment(data=data).data.absolute()
    async with engines_for(folder, os.environ, say=say) as environment:
        anchors = environment.get("TANGTHU_TRUST_ANCHORS") or demo_anchors(folder)
        yield from_environment({**environment, "TANGTHU_TRUST_ANCHORS": anchors}, data=folder)


def demo_anchors(data: Path) -> str:
    """The test PKI that a demo left in this data folder; empty in a real installation, which has none."""
    marked = data / "demo" / "anchors.txt"
    return marked.read_text("utf-8").strip() if marked.exists() else ""


@asynccontextmanager
async def opened(data: Path | None, *, say: Callable[[str], None] = console.print) -> AsyncIterator[Indexers]:
    """The repository (`.repository`) and what is built from it."""
    async with (
        settings_for(data, say=say) as settings,
        open_repository(settings) as repository,
        open_indexers(repository) as indexers,
    ):
        with told_as_away():
            if words := COMMAND.get():
                await _note(indexers, words)
            yield indexers


async def _note(indexers: Indexers, words: tuple[str, ...]) -> None:
    """Who ran which command with which options; values stay out of the log, some are secret."""
    named = [word.partition("=")[0] for word in words if word.startswith("--")]
    act = words[1] if words[1:] and words[1].isalpha() else ""
    journal, user = indexers.repository.journal, getpass.getuser()
    await journal.note(operator(), Action.COMMAND_RUN, "command", words[0], act=act, options=named, user=user)
