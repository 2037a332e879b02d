"""A restore from beginning to end: what would be lost is said first, what was put back is compared afterwards."""

import asyncio
import json
import shutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from indexers.wiring import Indexers
from ops.backup import comparing, layout, secrets
from ops.backup.belonging import continues
from ops.backup.checking import Checker
from ops.backup.making import Maker
from ops.backup.refusals import SetDamaged, WouldLose
from ops.backup.restoring import Outcome, Restorer, Say
from ops.backup.running import PATIENCE, alone, back_up
from ops.backup.selection import Selection
from ops.backup.sets import Manifest, Sets
from repository.access.actors import Actor
from repository.audit import Action
from repository.audit.tree import TreeBroken
from repository.backups.register import GOOD
from repository.wiring import Repository

MARKER: Final = "restore.json"
MEMORY: Final = "log/last-checkpoint"
_DATA: Final = ("documents", "people", "units", "registers", "dossiers")
"""What people put in; a system that was only opened has none of it."""
Open = Callable[[Path], AbstractAsyncContextManager[Indexers]]


@dataclass(kw_only=True)
class Wish:
    """What is to be put back where."""

    manifest: Manifest
    data: Path
    selection: Selection | None = None
    yes_lose: str = ""


@dataclass
class Returned:
    """How it ended."""

    outcome: Outcome
    entries: int = 0
    findings: list[str] = field(default_factory=list)


async def restore(actor: Actor, wish: Wish, *, sets: Sets, open_system: Open, say: Say) -> Returned:
    """Raises SetDamaged, WouldLose; may be repeated after a kill with the same wish."""
    await refuse_unsound(sets, wish.manifest)
    await asyncio.to_thread(wish.data.mkdir, parents=True, exist_ok=True)
    kept = await sets.opened(wish.manifest, layout.SECRETS)
    marker = wish.data / MARKER
    if not (wish.data / "account.key").exists():
        await asyncio.to_thread(secrets.put_back, kept, wish.data)
    async with open_system(wish.data) as system:
        target = system.repository
        half = _begun(marker, wish.manifest) and not await _ended(target, wish.manifest)
        if not half and (lost := await losses(target, wish)):
            await _given_up(actor, target, wish, lost)
            await asyncio.to_thread(secrets.put_back, kept, wish.data, over=frozenset({MEMORY}))
        marker.write_text(json.dumps({"set": wish.manifest.set}), "utf-8")
        returned = await _put_back(actor, wish, sets, system, say)
        marker.unlink()
    return returned


async def _put_back(actor: Actor, wish: Wish, sets: Sets, system: Indexers, say: Say) -> Returned:
    target, scratch = system.repository, wish.data / "restore"
    async with alone(target, patience=PATIENCE):
        restorer = Restorer(sets=sets, target=target, scratch=scratch, say=say)
        outcome = await restorer.restore(actor, wish.manifest, wish.selection)
        returned = Returned(outcome)
        if wish.selection is None:
            expected = await sets.facts(wish.manifest)
            added = {row["_id"] async for row in target.database["audit"].find(_added(wish), {"_id": 1})}
            found = await comparing.looked(target.database, without=added)
            returned.findings = comparing.differences(expected, found.as_json())
            returned.findings += await comparing.log_differences(wish.manifest, target.database, None)
            maker = Maker(repository=target, place=sets.place, key=sets.key)
            await maker.enter(actor, wish.manifest)
    returned.findings += [f"tệp {one}: kho đã mất từ khi lập bản này" for one in wish.manifest.lost]
    without = sorted(outcome.without - set(wish.manifest.lost))
    returned.findings += [f"tệp {one}: dòng dữ liệu nhắc đến mà không được đưa vào kho" for one in without]
    returned.entries = await system.reindex()
    await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)
    return returned


def _added(wish: Wish) -> dict[str, Any]:
    """The records that restores of this set wrote, those of a killed run too."""
    return _own(wish.manifest)


def _own(manifest: Manifest) -> dict[str, Any]:
    return {"subject.kind": "backup", "subject.id": manifest.set}


async def refuse_unsound(sets: Sets, manifest: Manifest) -> None:
    """Before anything is touched: every file there, none changed as far as a quick look tells."""
    if wrong := await Checker(sets=sets).check(manifest, quick=True):
        raise SetDamaged(set=manifest.set, why="; ".join(wrong[:5]))


@dataclass(frozen=True, kw_only=True)
class Losses:
    """What the target holds that it would not hold afterwards."""

    records: int
    documents: int
    entries: int
    since: datetime | None
    """From when on; None: all that is there, for the set is another system's, or only a part of it is put back."""

    def __str__(self) -> str:
        counted = f"{self.documents} văn bản, {self.entries} số, {self.records} bản ghi lưu vết"
        if self.since is None:
            return f"toàn bộ dữ liệu đang có ({counted}), chỉ còn phần được khôi phục"
        return f"{counted} sau {self.since:%Y-%m-%d %H:%M:%S} UTC"


async def losses(target: Repository, wish: Wish) -> Losses | None:
    """None for an empty system, and for one that was restored from this very set and not used since: a restore may be
    killed after its last word.
    """
    database, manifest, selection = target.database, wish.manifest, wish.selection
    if not any([await database[name].count_documents({}, limit=1) for name in _DATA]):
        return None
    after: dict[str, Any] = {"$gt": manifest.moment}
    restored = _own(manifest) | {"action": Action.BACKUP_RESTORED.value}
    if selection is not None:
        restored |= {"detail.unit": selection.unit, "detail.dossier": selection.dossier}
    used = await _records(target, {"at": after}) - await _records(target, _own(manifest) | {"at": after})
    if not used and await database["audit"].find_one(restored):
        return None
    everything = selection is not None or not await _continues(target, manifest)
    since: dict[str, Any] = {} if everything else {"at": after}
    return Losses(
        records=await _records(target, since),
        documents=await database["documents"].count_documents({} if everything else {"created_at": after}),
        entries=await database["entries"].count_documents({} if everything else {"entered_at": after}),
        since=None if everything else manifest.moment,
    )


async def _records(target: Repository, query: dict[str, Any]) -> int:
    """Without those that say that a restore was asked for: asking again must not change the number to be typed."""
    asked = {"action": Action.COMMAND_RUN.value, "subject.id": "restore"}
    audit = target.database["audit"]
    return await audit.count_documents(query) - await audit.count_documents({"$and": [query, asked]})


async def _continues(target: Repository, manifest: Manifest) -> bool:
    try:
        return await continues(target, manifest)
    except TreeBroken:
        return False


async def _given_up(actor: Actor, target: Repository, wish: Wish, lost: Losses) -> None:
    """Raises WouldLose unless the number of records was typed; a last set is made before anything goes."""
    word = str(lost.records)
    if wish.yes_lose != word:
        raise WouldLose(set=wish.manifest.set, losses=str(lost), word=word)
    if target.settings.backup_to:
        # Nothing is rotated out for it: it might be the very set that is to be put back.
        last = await back_up(target, actor, rotating=False)
        row = await target.backups.of(last.set)
        if row is None or row["state"] != GOOD:
            raise SetDamaged(
                set=last.set, why="bản lập trước khi ghi đè không đọc lại được; chưa thay đổi gì"
            )


async def _ended(target: Repository, manifest: Manifest) -> bool:
    """Whether all rows were back: from then on the system may have been used, whatever stopped what comes after."""
    restored = _own(manifest) | {"action": Action.BACKUP_RESTORED.value}
    return await target.database["audit"].find_one(restored) is not None


def _begun(marker: Path, manifest: Manifest) -> bool:
    """Whether a killed run was putting back this very set here."""
    if not marker.exists():
        return False
    try:
        return bool(json.loads(marker.read_text("utf-8")).get("set") == manifest.set)
    except ValueError:  # a full disk took it half: then nothing was begun
        return False
