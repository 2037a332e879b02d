"""What one run has to do, in a file: the objects that the metadata names and those that lie in the area already.

SQLite on disk, so that a run over millions of files needs no more memory than one over ten.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SCHEMA: Final = """
CREATE TABLE named (sha256 TEXT PRIMARY KEY, size INTEGER, version TEXT, media_type TEXT, until TEXT, held INTEGER,
                    times INTEGER, lasting INTEGER) WITHOUT ROWID;
CREATE TABLE present (sha256 TEXT PRIMARY KEY, bundle TEXT) WITHOUT ROWID;
CREATE TABLE listed (sha256 TEXT PRIMARY KEY, line TEXT) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Named:
    """An object that rows name: where it lies in the store and how it is locked."""

    sha256: str
    size: int
    version: str
    media_type: str = "application/octet-stream"
    until: str = ""
    """ISO 8601, or empty."""
    held: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a set's `objects.tsv`."""

    sha256: str
    size: int
    bundle: str
    until: str
    held: bool
    media_type: str
    lasting: int = 0
    """How many rows of the collections that an increment continues name it."""

    def __str__(self) -> str:
        fields = (self.sha256, str(self.size), self.bundle, self.until or "-", str(int(self.held)))
        return "\t".join((*fields, self.media_type, str(self.lasting)))

    @classmethod
    def parse(cls, text: str) -> "Line":
        sha256, size, bundle, until, held, media_type, *more = text.rstrip("\n").split("\t")
        until = "" if until == "-" else until
        return cls(sha256, int(size), bundle, until, held == "1", media_type, int(more[0]) if more else 0)


class Naming:
    """What rows name."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def begin_anew(self) -> None:
        """Nothing was named."""
        self._db.execute("DELETE FROM named")

    def add(self, found: Iterable[Named], *, lasting: bool = False) -> None:
        """Adds what rows name; of several locks the longest, of several versions the first."""
        self._add((n, 1, int(lasting)) for n in found)

    def again(self, lines: Iterable[Line]) -> None:
        """What the rows named that an increment does not read again."""
        found = [(Named(x.sha256, x.size, "", x.media_type, x.until, x.held), x.lasting) for x in lines]
        self._add((named, times, times) for named, times in found if times)

    def no_more(self, found: Iterable[Named]) -> None:
        """What a lasting row named before it was changed; it is named again when it still is."""
        for one in found:
            told = "UPDATE named SET times = times - 1, lasting = lasting - 1 WHERE sha256 = ?"
            self._db.execute(told, (one.sha256,))

    def sweep(self) -> None:
        """Forgets what nothing names any longer."""
        self._db.execute("DELETE FROM named WHERE times <= 0")

    def _add(self, found: Iterable[tuple[Named, int, int]]) -> None:
        self._db.executemany(
            "INSERT INTO named VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (sha256) DO UPDATE SET"
            " times = times + excluded.times, lasting = lasting + excluded.lasting,"
            " version = CASE version WHEN '' THEN excluded.version ELSE version END,"
            " until = max(until, excluded.until), held = max(held, excluded.held)",
            [(n.sha256, n.size, n.version, n.media_type, n.until, int(n.held), t, k) for n, t, k in found],
        )


class Ledger:
    """One run's; used from one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # One transaction that never ends: nobody else looks, and nothing is kept.
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA + "BEGIN")
        self.naming = Naming(self._db)

    def close(self) -> None:
        self._db.close()

    def find_present(self, found: Iterable[tuple[str, str]]) -> None:
        """Digest and bundle of files that lie in the area."""
        self._db.executemany("INSERT OR IGNORE INTO present VALUES (?,?)", found)

    def enlist(self, lines: Iterable[Line]) -> None:
        """What earlier sets of the area, or this run, say of an object."""
        self._db.executemany(
            "INSERT OR REPLACE INTO listed VALUES (?,?)", ((x.sha256, str(x)) for x in lines)
        )

    def forget(self, bundle: str) -> None:
        """The files of a bundle that never became whole."""
        self._db.execute("DELETE FROM present WHERE bundle = ?", (bundle,))

    def missing(self) -> tuple[int, int]:
        """How many named objects are not in the area, and their bytes."""
        found = self._db.execute(
            "SELECT count(*), coalesce(sum(size), 0) FROM named WHERE sha256 NOT IN (SELECT sha256 FROM present)"
        ).fetchone()
        return int(found[0]), int(found[1])

    def totals(self) -> tuple[int, int]:
        found = self._db.execute("SELECT count(*), coalesce(sum(size), 0) FROM named").fetchone()
        return int(found[0]), int(found[1])

    def times(self, sha256: str) -> int:
        return int(self._db.execute("SELECT times FROM named WHERE sha256 = ?", (sha256,)).fetchone()[0])

    def to_copy(self, prefix: str) -> list[Named]:
        """The missing objects whose digest begins so; a bundle's worth."""
        return self._named(
            "sha256 >= ? AND sha256 < ? AND sha256 NOT IN (SELECT sha256 FROM present)",
            (prefix, prefix + "g"),
        )

    def unlisted(self) -> list[Named]:
        """Named and in the area, but no set tells of it: left by a run that was killed."""
        return self._named(
            "sha256 IN (SELECT sha256 FROM present) AND sha256 NOT IN (SELECT sha256 FROM listed)", ()
        )

    def bundle_of(self, sha256: str) -> str:
        return str(self._db.execute("SELECT bundle FROM present WHERE sha256 = ?", (sha256,)).fetchone()[0])

    def lines(self) -> Iterator[Line]:
        """The set's list: every named object, with the lock that its rows tell now where that is longer."""
        rows = self._db.execute(
            "SELECT l.line, n.until, n.held, p.bundle, n.lasting FROM named n JOIN listed l USING (sha256)"
            " JOIN present p USING (sha256) ORDER BY n.sha256"
        )
        for text, until, held, bundle, lasting in rows:
            line = Line.parse(text)
            yield Line(
                line.sha256,
                line.size,
                bundle,
                max(line.until, until),
                bool(held or line.held),
                line.media_type,
                lasting,
            )

    def lost(self, most: int) -> list[str]:
        """What is named and could not be copied, as many of them."""
        rows = self._db.execute(
            "SELECT sha256 FROM named WHERE sha256 NOT IN (SELECT sha256 FROM present) ORDER BY sha256 LIMIT ?",
            (most,),
        )
        return [str(row[0]) for row in rows]

    def _named(self, where: str, values: tuple[str, ...]) -> list[Named]:
        columns = "sha256, size, version, media_type, until, held"
        rows = self._db.execute(f"SELECT {columns} FROM named WHERE {where} ORDER BY sha256", values)
        return [Named(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in rows]
