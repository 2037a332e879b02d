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

    def __enter__(self) -> Self:
        super().__enter__()
        self._db.execute("CREATE TABLE before (id TEXT PRIMARY KEY, stamp INTEGER) WITHOUT ROWID")
        return self

    def now(self, found: Iterable[tuple[str, int]]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?)", found)

    def before(self, found: Iterable[tuple[str, int]]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO before VALUES (?, ?)", found)

    def gone(self) -> bool:
        """Whether a row that was there is no more."""
        asked = "SELECT EXISTS (SELECT 1 FROM before WHERE id NOT IN (SELECT id FROM seen))"
        return bool(self._db.execute(asked).fetchone()[0])

    def changed(self) -> dict[str, bool]:
        """The rows that are new or bear another time, and whether they were there; one without a time may be any."""
        asked = (
            "SELECT s.id, b.id IS NOT NULL FROM seen s LEFT JOIN before b USING (id)"
            " WHERE b.stamp IS NULL OR b.stamp = 0 OR b.stamp != s.stamp ORDER BY s.id"
        )
        return {str(row[0]): bool(row[1]) for row in self._db.execute(asked)}
