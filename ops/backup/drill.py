"""The drill: a set restored into scratch engines and compared with what it must be. Its outcome is on record.

A drill that cannot be carried out has failed: it is entered as such, and an incident says what to do.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from indexers.wiring import Indexers, open_indexers
from ops.backup import comparing, layout, secrets
from ops.backup.belonging import agrees
from ops.backup.checking import Checker
from ops.backup.making import silent
from ops.backup.refusals import NoRoom
from ops.backup.restoring import Restorer
from ops.backup.sets import Manifest, Sets
from ops.stack import Stack
from repository import errors
from repository.access.actors import Actor
from repository.mongo import Row
from repository.settings import from_environment
from repository.wiring import Repository, open_repository

Say = Callable[[str, int, int], None]
_REMEDY: Final = (
    "Lập ngay bản đầy đủ mới (tangthu backup --full) rồi diễn tập lại; giữ bản hỏng để tìm nguyên nhân."
)
_NO_ROOM: Final = (
    "Chưa kết luận bản sao lưu hỏng. Dọn đĩa của máy diễn tập (hoặc dùng --scratch) rồi diễn tập lại."
)


@dataclass
class Report:
    """What a drill found; no finding means that the set brings everything back."""

    set: str = ""
    findings: list[str] = field(default_factory=list)
    compared: dict[str, Any] = field(default_factory=dict)
    judged: bool = True
    """Whether the findings are about the set, and not about the machine that could not drill."""

    @property
    def passed(self) -> bool:
        return not self.findings


class Drill:
    """Over the living system: its register says what must be there, its log what must be continued."""

    def __init__(
        self, *, living: Repository, sets: Sets, scratch: Path | None = None, say: Say = silent
    ) -> None:
        self._living, self._sets, self._scratch, self._say = living, sets, scratch, say

    async def run(self, actor: Actor, *, name: str = "latest") -> Report:
        """Never raises for what is wrong with the set: that is what it is to find out."""
        started = self._living.clock.now()
        report = Report(set=name)
        try:
            await self._carried_out(actor, name, report)
        except (NoRoom, OSError) as fault:  # a full disk, a scratch folder that is not there
            report.judged = False
            report.findings.append(f"không diễn tập được: {fault}")
        except errors.TangThuError as fault:
            report.findings.append(str(fault))
        await self._tell(actor, report, started)
        return report

    async def _carried_out(self, actor: Actor, name: str, report: Report) -> None:
        manifest = await self._sets.find(name)
        report.set = manifest.set
        if name == "latest":
            await agrees(self._living, self._sets.place.name, manifest)
        else:
            await self._as_entered(manifest)
        report.findings += await Checker(sets=self._sets).check(manifest)
        if report.findings:
            return
        with tempfile.TemporaryDirectory(prefix="tangthu-drill-", dir=self._scratch) as folder:
            await self._restored(actor, manifest, Path(folder), report)

    async def _as_entered(self, manifest: Manifest) -> None:
        row = await self._living.backups.of(manifest.set)
        if row is None:
            raise errors.Corrupt(what=f"bản {manifest.set} không có trong sổ sao lưu của hệ thống này")

    async def _restored(self, actor: Actor, manifest: Manifest, folder: Path, report: Report) -> None:
        async with scratch_system(self._sets, manifest, folder / "data") as system:
            target, work = system.repository, folder / "work"
            restorer = Restorer(sets=self._sets, target=target, scratch=work, say=self._say)
            outcome = await restorer.restore(actor, manifest)
            expected = await self._sets.facts(manifest)
            found = await comparing.looked(target.database, without=set(outcome.records))
            report.findings += comparing.differences(expected, found.as_json())
            report.findings += await comparing.object_differences(self._sets, manifest, target, work)
            living = self._living.database
            report.findings += await comparing.log_differences(manifest, target.database, living)
            entries = await system.reindex()
            if entries != expected["search"]:
                report.findings.append(
                    f"chỉ mục tìm kiếm: phải có {expected['search']} mục, lập ra {entries}"
                )
            report.compared = {
                "objects": outcome.objects, "bytes": outcome.bytes, "rows": sum(outcome.rows.values()),
                "registers": len(expected["registers"]), "closings": len(expected["closings"]),
                "dossiers": len(expected["dossiers"]), "leaves": expected["head"]["size"],
                "search": entries,
            }  # fmt: skip

    async def _tell(self, actor: Actor, report: Report, started: Any) -> None:
        row: Row = {
            "set": report.set, "at": started, "ended": self._living.clock.now(), "passed": report.passed,
            "findings": report.findings[:50], "compared": report.compared,
        }  # fmt: skip
        await self._living.backups.drilled(actor, row)
        if report.passed:
            return
        if report.judged and await self._living.backups.of(report.set) is not None:
            await self._living.backups.judged(actor, report.set, damaged="; ".join(report.findings)[:500])
        await self._living.incidents.report(
            actor, kind="drill.failed", subject_kind="backup", subject_id=report.set,
            found=f"Diễn tập khôi phục không đạt: {'; '.join(report.findings)[:800]}",
            todo=_REMEDY if report.judged else _NO_ROOM,
        )  # fmt: skip


@asynccontextmanager
async def scratch_system(sets: Sets, manifest: Manifest, data: Path) -> AsyncIterator[Indexers]:
    """Empty engines in a folder of their own, with the kept files of the set."""
    await asyncio.to_thread(data.mkdir, parents=True)
    secrets.put_back(await sets.opened(manifest, layout.SECRETS), data)
    async with Stack(data, say=lambda _: None) as engines:
        settings = from_environment({**engines.as_environment(), "TANGTHU_CLAMD_URL": ""}, data=data)
        async with open_repository(settings) as repository, open_indexers(repository) as indexers:
            yield indexers
