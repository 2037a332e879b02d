"""Notes about rows that went by, in a file, so that memory does not grow with the archive."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from ops.backup.rows import identity


class _Notes:
    """`with` it: a table that is gone afterwards."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._path.unlink(missing_ok=True)
        self._db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            " CREATE TABLE seen (id TEXT PRIMARY KEY, stamp INTEGER) WITHOUT ROWID;"
            " BEGIN"  # one transaction that never ends: nobody else looks, and nothing is kept
        )
        return self

    def __exit__(self, *fault: object) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)


class Seen(_Notes):
    """Which rows went by already: of the states of a row in several sets only the latest counts."""

    def add(self, page: list[bytes]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?, 0)", [(identity(raw),) for raw in page])

    def fresh(self, page: list[bytes]) -> list[bytes]:
        """Those that did not go by."""
        return [
            raw
            for raw in page
            if self._db.execute("SELECT 1 FROM seen WHERE id = ?", (identity(raw),)).fetchone() is None
        ]


class Stamps(_Notes):
    """The times that rows bear now, held against those they bore."""

    def add(self, found: Iterable[tuple[str, int]]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?)", found)

    def settle(self, row_id: str, stamp: int) -> bool | None:
        """Whether the row still bears that time, and so need not be read; None when it is gone."""
        found = self._db.execute("SELECT stamp FROM seen WHERE id = ?", (row_id,)).fetchone()
        if found is None:
            return None
        if same := bool(stamp and found[0] == stamp):
            self._db.execute("DELETE FROM seen WHERE id = ?", (row_id,))
        return same

    def left(self) -> list[str]:
        """The rows that were not settled as the same."""
        return [str(row[0]) for row in self._db.execute("SELECT id FROM seen ORDER BY id")]
