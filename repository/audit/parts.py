"""What the sealer and the check both stand on."""

from dataclasses import dataclass
from pathlib import Path

from repository.audit.checkpoints import Checkpoints
from repository.audit.keys import KeyRing
from repository.audit.tree import Tree
from repository.mongo import Database


@dataclass(frozen=True, kw_only=True)
class Parts:
    """One log, opened."""

    database: Database
    tree: Tree
    checkpoints: Checkpoints
    keys: KeyRing
    origin: str
    memory: Path
    """The last checkpoint that this machine signed, kept outside the database."""
