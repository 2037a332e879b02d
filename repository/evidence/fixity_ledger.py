"""A file of notes for one run: what the records claim and what the log says, sorted on disk: memory stays small."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from repository.evidence.fixity import Claim
from repository.mongo import Row

_SCHEMA: Final = """
CREATE TABLE claims (sha256 TEXT, version TEXT, size INT, owner TEXT, kind TEXT, n INT, until TEXT, held INT,
                     media_type TEXT, lapses INT);
CREATE TABLE retired (sha256 TEXT, version TEXT);
CREATE TABLE states (name TEXT, id TEXT, n INT, sha256 TEXT, PRIMARY KEY (name, id)) WITHOUT ROWID;
CREATE TABLE rows (name TEXT, id TEXT, n INT, sha256 TEXT, PRIMARY KEY (name, id)) WITHOUT ROWID;
CREATE TABLE entries (id TEXT PRIMARY KEY, stated TEXT) WITHOUT ROWID;
"""
_PAGE: Final = 2000


class Ledger:
    """Notes of one run in a file that is thrown away afterwards; what must outlive a kill is in MongoDB."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        # Unlinked by `close`; written without care for power loss, since another run makes it again.
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)

    def close(self) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)

    def claim(self, claims: Iterable[Claim]) -> None:
        self._many(
            "INSERT INTO claims VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                (c.sha256, c.version, c.size, c.owner, c.kind, c.n, c.until and c.until.isoformat(), c.held,
                 c.media_type, c.lapses)
                for c in claims
            ),
        )  # fmt: skip

    def retire(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Versions that were replaced after damage: they stay in the store and are no finding."""
        self._many("INSERT INTO retired VALUES (?,?)", pairs)

    def retired(self, sha256: str) -> frozenset[str]:
        found = self._db.execute("SELECT version FROM retired WHERE sha256=?", (sha256,))
        return frozenset(str(one[0]) for one in found)

    def sort(self) -> None:
        self._db.executescript(
            "CREATE INDEX by_hash ON claims (sha256); CREATE INDEX by_retired ON retired (sha256);"
        )

    def claims(self, after: str = "", upto: str = "g") -> Iterator[list[Claim]]:
        """All claims of one object at a time, in order of their hashes."""
        last = after
        while page := self._hashes(last, upto):
            for sha256 in page:
                yield self.claims_on(sha256)
            last = page[-1]

    def claims_on(self, sha256: str) -> list[Claim]:
        found = self._db.execute("SELECT * FROM claims WHERE sha256=?", (sha256,)).fetchall()
        return [_claim(one) for one in found]

    def sample(self, most: int) -> list[str]:
        query = "SELECT DISTINCT sha256 FROM claims ORDER BY random() LIMIT ?"
        return [str(one[0]) for one in self._db.execute(query, (most,))]

    def count(self, after: str = "", upto: str = "g") -> tuple[int, int]:
        """How many objects lie in this span of hashes, and their bytes."""
        query = (
            "SELECT COUNT(*), COALESCE(SUM(size),0) FROM"
            " (SELECT MAX(size) AS size FROM claims WHERE sha256>? AND sha256<? GROUP BY sha256, version)"
        )
        one = self._db.execute(query, (after, upto)).fetchone()
        return int(one[0]), int(one[1])

    def states(self, found: Iterable[Row]) -> None:
        """What records say of rows; the state with the most writes stands."""
        self._many(
            "INSERT INTO states (name,id,n,sha256) VALUES (?,?,?,?) ON CONFLICT (name,id) DO UPDATE"
            " SET n=excluded.n, sha256=excluded.sha256 WHERE excluded.n >= n",
            ((one["in"], one["id"], one["n"], one["sha256"]) for one in found),
        )

    def rows(self, found: Iterable[tuple[str, str, int, str]]) -> None:
        """What rows are: collection, id, count of writes, hash."""
        self._many("INSERT OR REPLACE INTO rows VALUES (?,?,?,?)", found)

    def state(self, name: str, row_id: str) -> tuple[int, str] | None:
        query = "SELECT n, sha256 FROM states WHERE name=? AND id=?"
        found = self._db.execute(query, (name, row_id)).fetchone()
        return (int(found[0]), str(found[1])) if found else None

    def bind(self, names: Iterable[str]) -> None:
        """Forgets rows of collections that neither are named here nor stand in the log."""
        known = list(names)
        marks = ",".join("?" * len(known))
        query = f"DELETE FROM rows WHERE name NOT IN ({marks}) AND name NOT IN (SELECT name FROM states)"
        self._db.execute(query, known)

    def doubtful(self, most: int) -> list[tuple[str, str]]:
        """Rows that are not as the log says, and rows of the log that are not there."""
        query = (
            "SELECT r.name, r.id FROM rows r LEFT JOIN states s ON s.name=r.name AND s.id=r.id"
            " WHERE s.id IS NULL OR s.n<>r.n OR s.sha256<>r.sha256"
            " UNION ALL SELECT s.name, s.id FROM states s LEFT JOIN rows r ON s.name=r.name AND s.id=r.id"
            " WHERE r.id IS NULL LIMIT ?"
        )
        return [(str(name), str(row_id)) for name, row_id in self._db.execute(query, (most,))]

    def hold(self, held: Iterable[tuple[str, str]]) -> None:
        """What the search index holds: id → what it states of itself."""
        self._many("INSERT OR REPLACE INTO entries VALUES (?,?)", held)

    def take(self, entry: str) -> str | None:
        """What the index states of an entry, taken from the notes; None where it has none."""
        found = self._db.execute("DELETE FROM entries WHERE id=? RETURNING stated", (entry,)).fetchone()
        return str(found[0]) if found else None

    def left(self) -> list[str]:
        return [str(one[0]) for one in self._db.execute("SELECT id FROM entries LIMIT 10000")]

    def _hashes(self, after: str, upto: str) -> list[str]:
        query = "SELECT DISTINCT sha256 FROM claims WHERE sha256>? AND sha256<? ORDER BY sha256 LIMIT ?"
        return [str(one[0]) for one in self._db.execute(query, (after, upto, _PAGE))]

    def _many(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(statement, rows)
        self._db.execute("COMMIT")


def _claim(one: tuple[Any, ...]) -> Claim:
    sha256, version, size, owner, kind, n, until, held, media_type, lapses = one
    return Claim(
        sha256=sha256, version=version, size=size, owner=owner, kind=kind, n=n, held=bool(held),
        lapses=bool(lapses),
        until=datetime.fromisoformat(until) if until else None, media_type=media_type,
    )  # fmt: skip
