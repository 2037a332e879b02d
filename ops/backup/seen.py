"""Which rows went by already, in a file: of the states of a row in several sets only the latest counts."""

import sqlite3
from pathlib import Path

from ops.backup.rows import identity


class Seen:
    """`with` it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> "Seen":
        self._path.unlink(missing_ok=True)
        self._db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; CREATE TABLE seen (id TEXT PRIMARY KEY) WITHOUT ROWID"
        )
        return self

    def __exit__(self, *fault: object) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)

    def add(self, page: list[bytes]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?)", [(identity(raw),) for raw in page])

    def fresh(self, page: list[bytes]) -> list[bytes]:
        """Those that did not go by."""
        return [
            raw
            for raw in page
            if self._db.execute("SELECT 1 FROM seen WHERE id = ?", (identity(raw),)).fetchone() is None
        ]
