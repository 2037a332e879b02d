"""What a set need not read again: the rows that the log proves to be as the set before has them.

The log only grows, and every change of a lasting row is in it: the journal writes row and record in one transaction,
and nobody else writes these collections or removes from them (`tests/house/test_writes.py`). So whatever changed since
the base is named by a record that the base does not have, or did not yet have sealed. Where anything of this does not
hold to the last count, NotContinued is raised and everything is read, as in a full set.

Extracted text and verdicts are written beside the journal, but every writing leaves its time in the row: what bears the
same time as in the base is the same, and only ids and times are read of it.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Container
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import zstandard

from ops.backup import layout, rows
from ops.backup.facts import Facts
from ops.backup.keys import Key
from ops.backup.ledger import Ledger
from ops.backup.seen import Stamps
from ops.backup.sets import Manifest, Sets
from repository.mongo import Moment, Row

LASTING: Final = frozenset({"audit", "documents", "entries", "filings"})
"""Written by the journal alone, never removed from, and the most of what there is."""
STAMPED: Final = {"texts": "at", "verdicts": "reviewed_at"}
"""Written beside the journal, and the field that tells when a row was written last."""
CONTINUED: Final = LASTING | STAMPED.keys()
_BY_THE_LOG: Final = sorted(LASTING - {"audit"})
_FEW: Final = 1000
_PART: Final = 4
"""With more changed rows than some, and than one in so many, reading all of them is quicker."""
_TOGETHER: Final = 500
_PAGE: Final = 2000


class NotContinued(Exception):
    """The log does not prove what is needed to go on from the base."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """Files of rows that are being written, and what is told of the rows."""

    folder: Path
    facts: Facts
    key: Key
    ledger: Ledger

    async def rows(self, name: str, found: AsyncIterable[bytes], *, lasting: bool) -> None:
        """Writes the file of a collection: packed, then sealed."""
        final = self.folder / layout.metadata(name)
        packed = final.with_suffix("")
        packer = zstandard.ZstdCompressor(level=3)
        with packed.open("wb") as out, packer.stream_writer(out) as writer:
            async for page in _pages(found):
                await asyncio.to_thread(self._noted, page, name, lasting, writer)
        await asyncio.to_thread(self.key.seal_file, packed, final)
        packed.unlink()

    def _noted(self, page: list[bytes], name: str, lasting: bool, writer: Any) -> None:
        for raw in page:
            self.facts.add(name, raw)
            if rows.mentions(raw):
                self.ledger.naming.add(rows.named(rows.decoded(raw)), lasting=lasting)
        writer.write(b"".join(page))


@dataclass(kw_only=True)
class Increment:
    """Goes on from one set, whose log the living one was seen to continue."""

    sets: Sets
    base: Manifest
    known: Row
    """The base's facts."""
    scratch: Path
    facts: Facts = field(init=False)
    continued: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.facts = Facts.going_on(self.known, LASTING)

    def earlier(self) -> dict[str, list[list[str]]]:
        """Where the beginnings of what was continued lie."""
        return {
            name: [*self.base.earlier.get(name, []), [self.base.set, self.base.files[layout.metadata(name)]]]
            for name in self.continued
        }

    async def written(self, moment: Moment, written: Written) -> frozenset[str]:
        """Writes what changed of the collections that can be continued; their names. Raises NotContinued."""
        async for lines in self.sets.lines(self.base, self.scratch):
            await asyncio.to_thread(written.ledger.naming.again, lines)
            await asyncio.to_thread(written.ledger.enlist, lines)
        changed = await self._log(moment, written)
        self._worth_it(changed)
        for name in _BY_THE_LOG:
            await self._changed(name, changed[name], moment, written)
        stamped = [name for name in STAMPED if await self._stamped(name, moment, written)]
        self.continued = LASTING.union(stamped)
        return self.continued

    async def _log(self, moment: Moment, written: Written) -> dict[str, dict[str, int]]:
        """Writes the records that are new, or newly sealed. Collection → row → the first of its writes here."""
        size = int(self.base.head["size"])
        changed: dict[str, dict[str, int]] = {name: {} for name in _BY_THE_LOG}
        seen: set[str] = set()

        async def records() -> AsyncIterator[bytes]:
            for query in ({"leaf": {"$gte": size}}, {"leaf": None}):
                async for raw in moment.rows("audit", query):
                    record = rows.decoded(raw)
                    seen.add(record["_id"])
                    for state in record.get("rows", []):
                        if (of := changed.get(state["in"])) is not None:
                            of[state["id"]] = min(state["n"], of.get(state["id"], state["n"]))
                    yield raw

        await written.rows("audit", records(), lasting=True)
        async for raw in moment.rows("heads"):
            self.facts.head["size"] = rows.decoded(raw)["size"]
        if not self.facts.may_be_continued:
            raise NotContinued("leaves are missing, or too many records wait for theirs")
        if not seen.issuperset(self.known["unsealed"]):
            raise NotContinued("a record of the base is gone")
        return changed

    def _worth_it(self, changed: dict[str, dict[str, int]]) -> None:
        count = sum(len(one) for one in changed.values())
        if count > max(_FEW, sum(self.base.rows.get(name, 0) for name in _BY_THE_LOG) // _PART):
            raise NotContinued(f"{count} rows changed")

    async def _changed(self, name: str, first: dict[str, int], moment: Moment, written: Written) -> None:
        """Counts the rows anew, and writes them as they are now."""
        had = await self._taken_out(name, first, written.ledger) if first else set()
        if unknown := [one for one, n in first.items() if n > 1 and one not in had]:
            raise NotContinued(f"{name} {unknown[0]}: changed, and not in the base")
        await _as_they_are(name, sorted(first), moment, written)

    async def _taken_out(self, name: str, first: Container[str], ledger: Ledger) -> set[str]:
        """Takes the rows out of the facts as the base has them; which it had."""
        had = set()
        async for page in self.sets.pages(self.base, name, self.scratch):
            for raw in page:
                if (one := rows.identity(raw)) in first:
                    had.add(one)
                    self.facts.add(name, raw, -1)
                    if rows.mentions(raw):
                        ledger.naming.no_more(rows.named(rows.decoded(raw)))
        return had

    async def _stamped(self, name: str, moment: Moment, written: Written) -> bool:
        """Writes the rows whose time differs from the base's; False, and nothing is told, when reading all is due."""
        if layout.metadata(name) not in self.base.files:  # it came into being since
            return False
        changed = await self._restamped(name, moment)
        if changed is None or len(changed) > max(_FEW, self.base.rows.get(name, 0) // _PART):
            return False
        self.facts.go_on(name, self.known["collections"].get(name))
        if any(changed.values()):
            await self._taken_out(name, changed, written.ledger)
        await _as_they_are(name, list(changed), moment, written)
        return True

    async def _restamped(self, name: str, moment: Moment) -> dict[str, bool] | None:
        """The rows that bear another time than in the base, and whether it had them; None when one is gone: then only
        reading all tells what is left.
        """
        field = STAMPED[name]
        with Stamps(self.scratch / f"stamps-{name}.sqlite") as stamps:
            async for page in _pages(moment.rows(name, fields=["_id", field])):
                stamps.now((rows.identity(raw), rows.stamp_of(raw, field)) for raw in page)
            async for page in self.sets.pages(self.base, name, self.scratch):
                stamps.before((rows.identity(raw), rows.stamp_of(raw, field)) for raw in page)
            return None if stamps.gone() else stamps.changed()


async def _as_they_are(name: str, ids: list[str], moment: Moment, written: Written) -> None:
    """Writes the file of rows that were found to have changed. Raises NotContinued when one is not there."""
    found = 0

    async def now() -> AsyncIterator[bytes]:
        nonlocal found
        for start in range(0, len(ids), _TOGETHER):
            async for raw in moment.rows(name, {"_id": {"$in": ids[start : start + _TOGETHER]}}):
                found += 1
                yield raw

    await written.rows(name, now(), lasting=name in LASTING)
    if found != len(ids):
        raise NotContinued(f"{name}: {len(ids)} rows changed, {found} are there")


async def _pages(found: AsyncIterable[bytes]) -> AsyncIterator[list[bytes]]:
    page: list[bytes] = []
    async for raw in found:
        page.append(raw)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page
