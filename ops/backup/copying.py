"""Objects from the store into the bundles of an area: each read whole, its digest checked, sealed, and noted."""

import asyncio
import contextlib
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

from ops.backup import bundles, layout, rows
from ops.backup.keys import Digesting, Key
from ops.backup.ledger import Ledger, Line, Named
from ops.backup.pace import Pace
from ops.backup.place import Place
from ops.backup.refusals import ObjectMissing
from repository import errors
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStat, BlobStore
from repository.clock import Clock

_AT_ONCE: Final = 6
_IN_MEMORY: Final = 4 << 20
_HEX: Final = "0123456789abcdef"
_PAUSES: Final = (0.5, 5.0)
"""Seconds before what the store would not give is asked for again."""
_TOO_MANY: Final = 40
"""Objects in a row that the store would not give: then it is away."""
Said = Callable[[int, int], None]
"""How many objects and bytes more are done."""


class Copier:
    """Fills one area during one run. A killed run's finished bundles are found again and not copied twice."""

    def __init__(
        self, *, blobs: BlobStore, place: Place, key: Key, ledger: Ledger, clock: Clock, pace: Pace
    ) -> None:
        self._blobs, self._place, self._key = blobs, place, key
        self._ledger, self._clock, self._pace = ledger, clock, pace
        self.lost: dict[str, str] = {}
        """Objects that records name and the store cannot give as they were, each with the reason: an incident, no
        reason to save nothing.
        """
        self._unanswered: list[Named] = []
        self._in_a_row = 0

    async def copy(self, area: str, run: str, say: Said) -> None:
        """Everything that is named and not in the area yet, bundle by bundle.

        Raises Unavailable when the store is away. What it does not give while it answers otherwise is asked for again
        at the end, and then is lost.
        """
        count, _ = self._ledger.missing()
        for prefix in _prefixes(bundles.digits(count)):
            if wanted := self._ledger.to_copy(prefix):
                await self._bundle(area, bundles.name_of(run, prefix), wanted, say)
        for turn, pause in enumerate(_PAUSES):
            if again := self._unanswered:
                self._unanswered, self._in_a_row = [], 0
                await asyncio.sleep(pause)
                await self._answers()
                await self._bundle(area, bundles.name_of(run, f"again{turn}"), again, say)
        await self._answers()
        for named in self._unanswered:
            self.lost[named.sha256] = "kho báo lỗi mỗi lần đọc tệp này"
        for start in range(0, len(left := self._ledger.unlisted()), 500):
            lines = await self._each(left[start : start + 500], self._relisted)
            self._ledger.enlist(lines)

    async def _answers(self) -> None:
        """Raises Unavailable when the store does not even say that it lacks what nobody ever stored."""
        await self._blobs.stat(Digest.of(self._clock.now().isoformat().encode()))

    async def _bundle(self, area: str, name: str, wanted: list[Named], say: Said) -> None:
        draft = bundles.Draft(self._place.drafts / name, name)

        async def one(named: Named) -> Line:
            line = await self._copied(named, draft)
            say(1, line.size)
            return line

        lines = await self._each(wanted, one)
        if not lines:
            await asyncio.to_thread(shutil.rmtree, draft.folder)
            return
        await asyncio.to_thread(draft.finish, self._clock.now())
        await self._place.publish(draft.folder, layout.bundle(area, name))
        self._ledger.find_present((line.sha256, name) for line in lines)
        self._ledger.enlist(lines)

    async def _each(self, wanted: list[Named], work: Callable[[Named], Awaitable[Line]]) -> list[Line]:
        """The lines of all that could be had; what the store has lost or bent is noted, and the others go on."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def gated(named: Named) -> Line | None:
            async with gate:
                try:
                    line = await work(named)
                    self._in_a_row = 0
                    return line
                except (errors.Corrupt, errors.NotFound) as fault:
                    self.lost[named.sha256] = str(fault.facts.get("what") or fault)
                except errors.Unavailable:
                    self._in_a_row += 1
                    if self._in_a_row > _TOO_MANY:
                        raise
                    self._unanswered.append(named)
                return None

        tasks = [asyncio.create_task(gated(one)) for one in wanted]
        try:
            return [line for line in await asyncio.gather(*tasks) if line is not None]
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def _copied(self, named: Named, draft: bundles.Draft) -> Line:
        stat = await self._stat(named)
        sealed = draft.file(named.sha256)
        try:
            await self._sealed(stat, sealed)
        except errors.TangThuError:
            await asyncio.to_thread(sealed.unlink, missing_ok=True)
            raise
        await asyncio.to_thread(draft.added, named.sha256)
        return _line(named, stat, draft.name)

    async def _sealed(self, stat: BlobStat, sealed: Path) -> None:
        if stat.size <= _IN_MEMORY:
            await self._copy_small(stat, sealed)
        else:
            await self._copy_large(stat, sealed)

    async def _copy_small(self, stat: BlobStat, sealed: Path) -> None:
        content = bytearray()
        async with self._blobs.open(stat.digest, stat.version) as pieces:
            async for piece in pieces:
                await self._pace.take(len(piece))
                content += piece
        _fits(stat, Digest.of(bytes(content)).hex)
        await asyncio.to_thread(lambda: sealed.write_bytes(self._key.seal(bytes(content))))

    async def _copy_large(self, stat: BlobStat, sealed: Path) -> None:
        plain = sealed.with_suffix(".plain")
        try:
            with plain.open("wb") as out:
                sink = Digesting(out)
                async with self._blobs.open(stat.digest, stat.version) as pieces:
                    async for piece in pieces:
                        await self._pace.take(len(piece))
                        await asyncio.to_thread(sink.write, piece)
            _fits(stat, sink.hex)
            await asyncio.to_thread(self._key.seal_file, plain, sealed)
        finally:
            plain.unlink(missing_ok=True)

    async def _relisted(self, named: Named) -> Line:
        """Of an object that lies in the area; the store is asked for its lock, and need not have it any longer."""
        bundle = self._ledger.bundle_of(named.sha256)
        try:
            return _line(named, await self._stat(named), bundle)
        except (errors.Corrupt, errors.Unavailable):
            return Line(named.sha256, named.size, bundle, named.until, named.held, named.media_type)

    async def _stat(self, named: Named) -> BlobStat:
        """The version that the records name, or, where that one is gone, any that is left."""
        digest = Digest(named.sha256)
        stat = await self._blobs.stat(digest, named.version or None)
        if stat is None:
            with contextlib.suppress(errors.NotFound):
                stat = await self._blobs.stat(digest)
        if stat is None or stat.marker:
            raise ObjectMissing(digest=named.sha256, count=self._ledger.times(named.sha256))
        return stat


def _fits(stat: BlobStat, found: str) -> None:
    """Bytes that are not what they are called never enter a backup as if they were."""
    if found != stat.digest.hex:
        raise errors.Corrupt(what=f"tệp {stat.digest.short} trong kho có nội dung khác mã băm, không sao lưu")


def _line(named: Named, stat: BlobStat, bundle: str) -> Line:
    until = rows.stamp(stat.locked_until) if stat.locked_until else ""
    return Line(
        named.sha256, stat.size, bundle, max(until, named.until), stat.held or named.held, named.media_type
    )


def _prefixes(digits: int) -> Iterator[str]:
    if not digits:
        yield ""
        return
    for above in _prefixes(digits - 1):
        for digit in _HEX:
            yield above + digit
