"""A whole run for a command or the schedule: one at a time, then rotation, then the alarm where it is late."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from ops.backup.checking import Checker
from ops.backup.drill import Drill
from ops.backup.making import Maker, Plan, Say, silent
from ops.backup.opening import sets_of
from ops.backup.refusals import Busy
from ops.backup.rotation import rotate
from ops.backup.sets import Manifest, Sets
from repository.access.actors import Actor
from repository.backups.register import LATE
from repository.lease import Lease
from repository.wiring import Repository

LEASE: Final = "backup"
PATIENCE: Final = 45.0
"""Seconds that a person's command waits: longer than the lease of a killed run."""


@asynccontextmanager
async def alone(repository: Repository, *, patience: float = 0.0) -> AsyncIterator[None]:
    """Raises Busy while another process makes a backup, checks or drills; a killed one's lease ends by itself."""
    lease = Lease(
        database=repository.database, name=LEASE, clock=repository.clock, lasting=timedelta(seconds=30)
    )
    until = time.monotonic() + patience
    while not await lease.hold():
        if time.monotonic() >= until:
            raise Busy
        await asyncio.sleep(0.5)
    try:
        async with lease.kept():
            yield
    finally:
        await lease.release()


async def back_up(
    repository: Repository,
    actor: Actor,
    *,
    to: str = "",
    full: bool = False,
    say: Say = silent,
    patience: float = 0.0,
    rotating: bool = True,
) -> Manifest:
    """Makes a set, looks that it is whole, and lets the oldest go."""
    sets = sets_of(repository.settings, to)
    async with alone(repository, patience=patience):
        maker = Maker(repository=repository, place=sets.place, key=sets.key)
        manifest = await maker.make(actor, full=full, say=say)
        if wrong := await Checker(sets=sets).check(manifest, quick=True):
            await repository.backups.judged(actor, manifest.set, damaged="; ".join(wrong)[:500])
            await _tell_damaged(repository, actor, manifest.set, wrong)
        if rotating:
            await rotate(
                actor, place=sets.place, backups=repository.backups, keep=repository.settings.backup_keep
            )
    return manifest


async def plan(repository: Repository, *, to: str = "", full: bool = False) -> Plan:
    sets = sets_of(repository.settings, to)
    return await Maker(repository=repository, place=sets.place, key=sets.key).plan(full=full)


async def check(repository: Repository, actor: Actor, sets: Sets, name: str, *, quick: bool) -> list[str]:
    """Reads a set back; what is wrong goes into the register and opens an incident."""
    async with alone(repository):
        manifest = await sets.find(name)
        wrong = await Checker(sets=sets).check(manifest, quick=quick)
        if await repository.backups.of(manifest.set) is not None:
            await repository.backups.judged(actor, manifest.set, damaged="; ".join(wrong)[:500])
        if wrong:
            await _tell_damaged(repository, actor, manifest.set, wrong)
    return wrong


async def daily(repository: Repository, actor: Actor) -> str:
    """The job of the day, in one sentence."""
    if not repository.settings.backup_to:
        return "chưa đặt nơi sao lưu (TANGTHU_BACKUP_TO)"
    manifest = await back_up(repository, actor)
    new = manifest.objects
    lost = f"; MẤT {new['lost']} tệp mà kho không đưa ra được" if new["lost"] else ""
    return f"bản {manifest.set} ({manifest.kind}): {new['count']} tệp, mới {new['new']}{lost}"


async def watch(repository: Repository, actor: Actor) -> str:
    """The alarm of Đ10.5: says aloud that the last good set is older than a day."""
    if not repository.settings.backup_to:
        return "chưa đặt nơi sao lưu (TANGTHU_BACKUP_TO)"
    standing = await repository.backups.standing()
    under_way = Lease(database=repository.database, name=LEASE, clock=repository.clock)
    if standing.late and standing.age and standing.age < 2 * LATE and await under_way.is_held():
        return "đang sao lưu"  # another worker is at the set of today: the last one is a day old just because of that
    if not standing.late:
        return f"bản tốt gần nhất: {standing.last['_id'] if standing.last else ''}"
    last = standing.last["_id"] if standing.last else "chưa có bản nào"
    await repository.incidents.report(
        actor, kind="backup.late", subject_kind="backup", subject_id=repository.settings.backup_to,
        found=f"Quá 24 giờ chưa có bản sao lưu tốt (Đ10.5). Bản gần nhất: {last}.",
        todo="Xem sự cố của việc “Sao lưu”, kiểm tra nơi sao lưu, rồi chạy: tangthu backup.",
    )  # fmt: skip
    return f"CHẬM: bản tốt gần nhất {last}"


async def drill(repository: Repository, actor: Actor) -> str:
    """The drill of the month, in one sentence."""
    if not repository.settings.backup_to:
        return "chưa đặt nơi sao lưu (TANGTHU_BACKUP_TO)"
    async with alone(repository):
        report = await Drill(living=repository, sets=sets_of(repository.settings)).run(actor)
    return f"bản {report.set}: {'đạt' if report.passed else 'KHÔNG ĐẠT: ' + '; '.join(report.findings)[:200]}"


async def _tell_damaged(repository: Repository, actor: Actor, name: str, wrong: list[str]) -> None:
    await repository.incidents.report(
        actor, kind="backup.damaged", subject_kind="backup", subject_id=name,
        found=f"Bản sao lưu {name} hỏng: {'; '.join(wrong)[:800]}",
        todo="Chạy tangthu backup --full, rồi tangthu drill. Giữ bản hỏng để tìm nguyên nhân.",
    )  # fmt: skip
