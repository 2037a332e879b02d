"""One backup from beginning to end. Killed anywhere, the next run finishes what was begun and nothing lies about.

The metadata comes first: an object is written before the record that names it and never changes, so whatever one
moment of the records names can be fetched afterwards, however long that takes and whatever clerks do meanwhile.
"""

import asyncio
import hashlib
import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import zstandard

from ops.backup import bundles, layout, secrets, snapshot
from ops.backup.belonging import agrees, as_row, continues
from ops.backup.copying import Copier
from ops.backup.facts import Facts
from ops.backup.increments import CONTINUED, Increment, NotContinued
from ops.backup.keys import Key, file_sha256
from ops.backup.ledger import Ledger
from ops.backup.pace import Pace
from ops.backup.place import LAST, Place
from ops.backup.refusals import OlderHead, SetDamaged, WrongKey
from ops.backup.sets import Manifest, Sets
from repository.access.actors import Actor, operator
from repository.backups.register import DAMAGED
from repository.clock import local_date
from repository.wiring import Repository

_LOG: Final = logging.getLogger(__name__)
_NAMED_LOST: Final = 1000
FULL: Final = "full"
INCREMENTAL: Final = "incremental"
Say = Callable[[str, int, int], None]
"""A step, and of how many things how many are done; the step `objects` counts bytes."""


def silent(_step: str, _done: int, _all: int) -> None:
    """For who does not look."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run would do."""

    area: str
    kind: str
    why: str
    fault: str
    """What was found wrong with the newest set, so that nothing is built upon it."""
    previous: Manifest | None
    """The newest set of the place."""
    base: Manifest | None
    """The set that is added to."""


class Maker:
    """Makes sets in one place."""

    def __init__(self, *, repository: Repository, place: Place, key: Key) -> None:
        self._repository = repository
        self._place = place
        self._key = key
        self._sets = Sets(place=place, key=key)

    async def plan(self, *, full: bool = False) -> Plan:
        """Full at the first of a month, when asked, or when what is there cannot be built upon."""
        now = self._repository.clock.now()
        areas, names = await self._sets.areas(), await self._sets.names()
        begun = areas[-1] if areas and areas[-1] not in {area for area, _ in names} else ""
        newest, fault = None, ""
        try:
            newest = await self._newest(names)
        except (SetDamaged, WrongKey, OlderHead) as refused:
            fault = str(refused)
        why = fault or _why_full(full, newest, now)
        kind = FULL if why else INCREMENTAL
        area = (begun or layout.set_name(now)) if why or newest is None else newest.area
        base = newest if kind == INCREMENTAL else None
        return Plan(area=area, kind=kind, why=why, fault=fault, previous=newest, base=base)

    async def _newest(self, names: list[tuple[str, str]]) -> Manifest | None:
        """The newest set, which must be whole, and the newest that this system made here."""
        newest = await self._sets.read(*names[-1]) if names else None
        await agrees(self._repository, self._place.name, newest)
        if newest is None:
            return None
        row = await self._repository.backups.of(newest.set)
        if row is not None and row["state"] == DAMAGED:
            raise SetDamaged(set=newest.set, why=row["why"])
        needed = {layout.OBJECTS, layout.FACTS, *(layout.metadata(name) for name in CONTINUED)}
        for part in newest.all_parts():
            if part.file in needed:
                async with self._sets.checked(newest, part):
                    pass
        return newest

    async def make(self, actor: Actor, *, full: bool = False, say: Say = silent) -> Manifest:
        """The set that was made and entered in the register. The caller holds the lease."""
        await self._tidy()
        await self._adopt(actor)
        plan = await self.plan(full=full)
        if plan.fault:
            await self._tell(actor, plan.fault)
        run = layout.set_name(self._repository.clock.now())
        work = self._place.drafts / "work"
        await asyncio.to_thread(work.mkdir, parents=True)
        ledger = Ledger(work / "ledger.sqlite")
        try:
            manifest = await self._made(plan, run, work, ledger, say)
        finally:
            ledger.close()
        await self.enter(actor, manifest)
        await asyncio.to_thread(shutil.rmtree, self._place.drafts, ignore_errors=True)
        return manifest

    async def enter(self, actor: Actor, manifest: Manifest) -> None:
        """Enters the set in the register of the living system."""
        digest = hashlib.sha256(manifest.dump()).hexdigest()
        await self._repository.backups.made(actor, as_row(manifest, digest, self._place.name))

    async def _made(self, plan: Plan, run: str, work: Path, ledger: Ledger, say: Say) -> Manifest:
        draft = self._place.drafts / "set"
        await asyncio.to_thread(draft.mkdir)
        settings = self._repository.settings
        _write(draft / layout.CONFIGURATION, self._key.seal(secrets.configuration(settings)))
        _write(draft / layout.SECRETS, self._key.seal(secrets.archive(settings)))
        moment = self._repository.clock.now()
        facts, earlier = await self._metadata(plan, draft, work, ledger, say)
        await self._look_at_area(plan, ledger, None if earlier else work)
        missing, size = ledger.missing()
        lost = await self._copy(plan, run, ledger, size, say)
        await asyncio.to_thread(_write_lines, draft / layout.OBJECTS, ledger, self._key, work)
        _write(draft / layout.FACTS, snapshot.sealed_json(self._key, facts.as_json()))
        told = _told(ledger, missing, size)
        manifest = Manifest(
            set=run, area=plan.area, kind=plan.kind, at=moment.isoformat(),
            ended=self._repository.clock.now().isoformat(), recipient=self._key.recipient,
            previous=_link(plan.previous), head=facts.head, objects=told, rows=facts.counts(),
            files=await asyncio.to_thread(_digests, draft), earlier=earlier,
            lost=ledger.lost(_NAMED_LOST),
        )  # fmt: skip
        await self._publish(manifest, draft)
        if lost:
            await self._tell_lost(manifest.set, lost)
        return manifest

    async def _metadata(
        self, plan: Plan, draft: Path, work: Path, ledger: Ledger, say: Say
    ) -> tuple[Facts, dict[str, list[list[str]]]]:
        """All rows of one moment, or of some collections what changed; and where the beginnings of those lie."""
        database = self._repository.database

        async def taken(increment: Increment | None) -> Facts:
            return await snapshot.taken(
                database, draft, key=self._key, ledger=ledger, increment=increment,
                say=lambda name, rows: say(name, rows, rows),
            )  # fmt: skip

        if plan.base is not None and (increment := await self._increment(plan.base, work)) is not None:
            try:
                return await taken(increment), increment.earlier()
            except NotContinued as why:
                _LOG.info("all metadata is read: %s", why)
                ledger.naming.begin_anew()
                await asyncio.to_thread(shutil.rmtree, draft / "metadata")
        return await taken(None), {}

    async def _increment(self, base: Manifest, work: Path) -> Increment | None:
        """None where the base cannot be gone on from: an older format, lost objects, a log that took another way."""
        if base.format == 1 or base.lost or not await continues(self._repository, base):
            return None
        known = await self._sets.facts(base)
        return Increment(sets=self._sets, base=base, known=known, scratch=work) if known["sealed"] else None

    async def _tell_lost(self, name: str, lost: dict[str, str]) -> None:
        first = "; ".join(f"{digest}: {why}" for digest, why in sorted(lost.items())[:10])
        await self._repository.incidents.report(
            operator("backup"), kind="backup.lost", subject_kind="backup", subject_id=self._place.name,
            found=f"Bản {name} thiếu {len(lost)} tệp mà kho không đưa ra được nguyên vẹn: {first}",
            todo="Chạy tangthu fixity: tệp hỏng được lấy lại từ bản sao lưu cũ nếu có.",
        )  # fmt: skip

    async def _tell(self, actor: Actor, fault: str) -> None:
        await self._repository.incidents.report(
            actor, kind="backup.damaged", subject_kind="backup", subject_id=self._place.name,
            found=f"Bản sao lưu mới nhất không dùng tiếp được: {fault}",
            todo="Hệ thống lập ngay một bản đầy đủ mới. Giữ nguyên bản cũ, tìm ai hoặc cái gì đã đổi nó.",
        )  # fmt: skip

    async def _copy(self, plan: Plan, run: str, ledger: Ledger, size: int, say: Say) -> dict[str, str]:
        """Copies what is missing; what the store could not give, with the reasons."""
        copier = Copier(
            blobs=self._repository.blobs, place=self._place, key=self._key, ledger=ledger,
            clock=self._repository.clock, pace=Pace(self._repository.settings.backup_rate << 20),
        )  # fmt: skip
        done = 0

        def progress(_objects: int, more: int) -> None:
            nonlocal done
            done += more
            say("objects", done, size)

        await copier.copy(plan.area, run, progress)
        return copier.lost

    async def _publish(self, manifest: Manifest, draft: Path) -> None:
        raw = manifest.dump()
        _write(draft / layout.MANIFEST, raw)
        _write(draft / layout.MAC, (self._key.mac(raw) + "\n").encode())
        await self._place.publish(draft, manifest.folder)

    async def _look_at_area(self, plan: Plan, ledger: Ledger, work: Path | None) -> None:
        """What lies in the area. A bundle that a killed run left without its end is taken away. What the latest set
        says of it is read by way of `work`, unless an increment, which begins with it, has enlisted it.
        """
        root = layout.objects(plan.area)
        found: list[tuple[str, str]] = []
        begun: set[str] = set()
        whole: set[str] = set()
        async for name, _ in self._place.listing(root):
            bundle, _, rest = name.partition("/")
            if rest.startswith("v1/content/") and rest.endswith(".age"):
                begun.add(bundle)
                found.append((rest[11:-4], bundle))
            elif rest == LAST[-1]:
                whole.add(bundle)
            if len(found) == 5000:
                await asyncio.to_thread(ledger.find_present, found)
                found = []
        await asyncio.to_thread(ledger.find_present, found)
        ended = set(await self._place.folders(layout.sets(plan.area)))
        for bundle in begun - whole:
            if bundle.partition("-")[0] in ended:
                continue  # damaged since: a set relies on its files, and a check tells it
            ledger.forget(bundle)
            await self._place.remove(layout.bundle(plan.area, bundle))
        if plan.base is not None and work is not None:
            async for lines in self._sets.lines(plan.base, work):
                await asyncio.to_thread(ledger.enlist, lines)
        if not whole:
            await self._prepare(root)

    async def _prepare(self, root: str) -> None:
        """A fresh area's OCFL storage root, and the page that explains everything."""
        present = {name async for name, _ in self._place.listing(root)}
        for name, content in bundles.root_files().items():
            if name not in present:
                _write(self._place.drafts / "file", content)
                await self._place.publish(self._place.drafts / "file", f"{root}/{name}")
        readme = Path(__file__).with_name("README.md")
        await asyncio.to_thread(shutil.copyfile, readme, self._place.drafts / "file")
        await self._place.publish(self._place.drafts / "file", "README.md")

    async def _adopt(self, actor: Actor) -> None:
        """Enters a whole set whose run was killed before it could; only one that our log continues."""
        for area, name in (await self._sets.names())[-1:]:
            if await self._repository.backups.of(name) is not None:
                continue
            with suppress(SetDamaged, WrongKey):  # the plan finds it again and says so
                manifest = await self._sets.read(area, name)
                if await continues(self._repository, manifest):
                    await self.enter(actor, manifest)

    async def _tidy(self) -> None:
        """Takes away what a killed run left half-written."""
        await asyncio.to_thread(shutil.rmtree, self._place.drafts, ignore_errors=True)
        await asyncio.to_thread(self._place.drafts.mkdir, parents=True)
        for area in (await self._sets.areas())[-1:]:
            for name in await self._place.folders(layout.sets(area)):
                inside = {one async for one, _ in self._place.listing(layout.set_folder(area, name))}
                if layout.MAC not in inside and await self._repository.backups.of(name) is None:
                    await self._place.remove(layout.set_folder(area, name))


def _why_full(full: bool, newest: Manifest | None, now: datetime) -> str:
    if full:
        return "theo yêu cầu"
    if newest is None:
        return "chưa có bản nào"
    begun = local_date(layout.moment_of(newest.area))
    today = local_date(now)
    return "sang tháng mới" if (begun.year, begun.month) != (today.year, today.month) else ""


def _told(ledger: Ledger, missing: int, size: int) -> dict[str, int]:
    """Counts of the objects, without those that could not be had."""
    count, total = ledger.totals()
    lost, lost_bytes = ledger.missing()
    return {
        "count": count - lost, "bytes": total - lost_bytes, "new": missing - lost, "new_bytes": size - lost_bytes,
        "lost": lost,
    }  # fmt: skip


def _link(previous: Manifest | None) -> dict[str, str] | None:
    if previous is None:
        return None
    return {"set": previous.set, "sha256": hashlib.sha256(previous.dump()).hexdigest()}


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _write_lines(final: Path, ledger: Ledger, key: Key, work: Path) -> None:
    packed = work / "objects.zst"
    with packed.open("wb") as out, zstandard.ZstdCompressor(level=3).stream_writer(out) as writer:
        for line in ledger.lines():
            writer.write(f"{line}\n".encode())
    key.seal_file(packed, final)
    packed.unlink()


def _digests(draft: Path) -> dict[str, str]:
    return {
        str(one.relative_to(draft)): file_sha256(one) for one in sorted(draft.rglob("*")) if one.is_file()
    }
