"""Which command runs, told to whoever opens the repository for it, so that the log says who ran what."""

from contextvars import ContextVar
from typing import Final

COMMAND: Final[ContextVar[tuple[str, ...]]] = ContextVar("COMMAND", default=())
"""The words after `tangthu`, the command first; empty where no command runs."""
