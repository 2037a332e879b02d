"""A set put back into a system: objects first, then the rows that name them, as the living system writes them.

The new store gives each object a version id of its own, so rows are pointed at it as they are written, and the log
says so (`store.mapped`): the rows of a restored system fit its log like any others. Killed, it is simply run again.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bson.raw_bson import RawBSONDocument

from ops.backup import layout, rows
from ops.backup.checking import opened_object
from ops.backup.ledger import Line
from ops.backup.refusals import SetDamaged
from ops.backup.selection import BY_CONTENT, ENDED, FIRST, LEFT_OUT, Selection
from ops.backup.sets import Manifest, Sets
from repository import audit, errors
from repository.access.actors import Actor
from repository.audit import Action, Subject, binding
from repository.blobs.digest import Digest
from repository.mongo import Row
from repository.schema import ensure_indexes
from repository.wiring import Repository

_AT_ONCE: Final = 8
_BOUND: Final = 200
"""Rows that one record of the log binds."""
Say = Callable[[str, int, int], None]


@dataclass
class Outcome:
    """What was put back."""

    objects: int = 0
    bytes: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    records: list[str] = field(default_factory=list)
    """Audit records that the restore itself added."""
    without: set[str] = field(default_factory=set)
    """Digests that rows name and of which nothing was put back."""


class Restorer:
    """Puts one set into one opened system."""

    def __init__(self, *, sets: Sets, target: Repository, scratch: Path, say: Say) -> None:
        self._sets, self._target, self._scratch, self._say = sets, target, scratch, say
        scratch.mkdir(parents=True, exist_ok=True)
        self._versions = _Versions(scratch / "versions.sqlite")
        self._outcome = Outcome()

    async def restore(self, actor: Actor, manifest: Manifest, selection: Selection | None = None) -> Outcome:
        """Raises SetDamaged at the first byte that is not what was saved.

        The target's rows go first: the caller has seen that nothing is lost by it.
        """
        if selection is not None:
            await self._choose(manifest, selection)
        await self._empty()
        async for lines in self._sets.lines(manifest, self._scratch):
            await self._objects(manifest, lines, selection)
        for name in manifest.rows:
            if name not in LEFT_OUT:
                self._outcome.rows[name] = await self._rows(actor, manifest, name, selection)
        self._versions.close()
        await self._close(actor, manifest, selection)
        return self._outcome

    async def _empty(self) -> None:
        """No row but ours: opening a fresh system writes some, and a killed restore left some."""
        database = self._target.database
        await database.client.drop_database(database.name)
        await ensure_indexes(database)

    async def _choose(self, manifest: Manifest, selection: Selection) -> None:
        """Goes through the rows once to know what belongs to the choice."""
        for name in FIRST:
            async for page in self._sets.pages(manifest, name, self._scratch):
                for raw in page:
                    selection.note(name, rows.decoded(raw))
        for name in sorted(set(manifest.rows) - LEFT_OUT - BY_CONTENT):
            async for page in self._sets.pages(manifest, name, self._scratch):
                for raw in page:
                    if rows.mentions(raw) and selection.takes(name, row := rows.decoded(raw)):
                        selection.digests |= {part["sha256"] for part in rows.parts(row)}

    async def _objects(self, manifest: Manifest, lines: list[Line], selection: Selection | None) -> None:
        wanted = [one for one in lines if selection is None or one.sha256 in selection.digests]
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(line: Line) -> tuple[str, str]:
            async with gate:
                version = await self._object(manifest, line)
            self._outcome.objects += 1
            self._outcome.bytes += line.size
            self._say("objects", self._outcome.bytes, manifest.objects["bytes"])
            return line.sha256, version

        for start in range(0, len(wanted), 1000):
            tasks = [asyncio.create_task(one(line)) for line in wanted[start : start + 1000]]
            try:
                self._versions.add(await asyncio.gather(*tasks))
            except BaseException:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                raise

    async def _object(self, manifest: Manifest, line: Line) -> str:
        """Into the store, locked as it was; the version id it has there."""
        plain = self._scratch / line.sha256
        name = layout.content(manifest.area, line.bundle, line.sha256)
        try:
            async with self._sets.place.held(name) as sealed:
                why = await asyncio.to_thread(opened_object, sealed, self._sets.key, line, plain)
            if why:
                raise SetDamaged(set=manifest.set, why=f"tệp {line.sha256}: {why}")
            blobs, digest = self._target.blobs, Digest(line.sha256)
            stat = await blobs.put(digest, plain, line.size, line.media_type)
        except errors.NotFound as fault:
            raise SetDamaged(set=manifest.set, why=f"thiếu tệp {line.sha256}") from fault
        finally:
            await asyncio.to_thread(plain.unlink, missing_ok=True)
        if line.until:
            await blobs.retain(digest, stat.version, rows.unstamped(line.until))
        if line.held:
            await blobs.hold(digest, stat.version, True)
        return stat.version

    async def _rows(self, actor: Actor, manifest: Manifest, name: str, selection: Selection | None) -> int:
        put = 0
        async for page in self._sets.pages(manifest, name, self._scratch):
            ready, states = await asyncio.to_thread(self._made_ready, name, page, selection)
            if ready:
                await self._target.database[name].insert_many(ready, ordered=False)
            for start in range(0, len(states), _BOUND):
                await self._bind(actor, manifest, states[start : start + _BOUND])
            put += len(ready)
            self._say(name, put, manifest.rows[name])
        return put

    def _made_ready(
        self, name: str, page: list[bytes], selection: Selection | None
    ) -> tuple[list[Any], list[Row]]:
        """The rows as they are to be written, and the states of those that differ from what was saved."""
        ready: list[Any] = []
        states: list[Row] = []
        for raw in page:
            if selection is None and not rows.mentions(raw) and name != ENDED:
                ready.append(RawBSONDocument(raw))
                continue
            row = rows.decoded(raw)
            if selection is not None and not selection.takes(name, row):
                continue
            named = {part["sha256"] for part in rows.parts(row)}
            versions = self._versions.of(named)
            self._outcome.without |= named - versions.keys()
            changed = rows.remapped(row, versions) or (name == ENDED and self._ended(row))
            if changed and binding.COUNTER in row:
                states.append(binding.state(name, row))
            ready.append(row)
        return ready, states

    def _ended(self, row: Row) -> bool:
        """A session that would be open is put back ended."""
        now = self._target.clock.now()
        if row["expires_at"] <= now:
            return False
        row.update(expires_at=now, ended_at=now)
        row[binding.COUNTER] = row.get(binding.COUNTER, 0) + 1
        return True

    async def _bind(self, actor: Actor, manifest: Manifest, states: list[Row]) -> None:
        """One record that says how these rows stand now."""
        record = self._record(actor, Action.STORE_MAPPED, manifest, {"rows": len(states)})
        await self._enter(binding.bind(record, states))

    async def _close(self, actor: Actor, manifest: Manifest, selection: Selection | None) -> None:
        detail: Row = {
            "head": manifest.head["size"], "objects": self._outcome.objects, "moment": manifest.at,
            "unit": selection.unit if selection else "", "dossier": selection.dossier if selection else "",
        }  # fmt: skip
        await self._enter(self._record(actor, Action.BACKUP_RESTORED, manifest, detail))

    def _record(self, actor: Actor, action: Action, manifest: Manifest, detail: Row) -> Row:
        return audit.make(
            at=self._target.clock.now(), actor=actor.as_row(), action=action,
            subject=Subject(kind="backup", id=manifest.set), detail=detail, also=[],
        )  # fmt: skip

    async def _enter(self, record: Row) -> None:
        await self._target.database["audit"].insert_one(record)
        self._outcome.records.append(record["_id"])


class _Versions:
    """Digest → version id in the new store; on disk, so that memory does not grow with the archive."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("CREATE TABLE versions (sha256 TEXT PRIMARY KEY, version TEXT) WITHOUT ROWID")

    def add(self, found: list[tuple[str, str]]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO versions VALUES (?,?)", found)

    def of(self, digests: set[str]) -> dict[str, str]:
        found = {}
        for one in digests:
            row = self._db.execute("SELECT version FROM versions WHERE sha256 = ?", (one,)).fetchone()
            if row is not None:
                found[one] = str(row[0])
        return found

    def close(self) -> None:
        self._db.close()
