"""The jobs of keeping and letting go: locks rolled each day, proposals once a month, approved disposals, orphans."""

from pathlib import Path
from tempfile import TemporaryDirectory

from indexers.prints import disposals as printing
from indexers.wiring import Indexers
from repository import errors
from repository.access.actors import operator
from repository.mongo import Row
from repository.retention.council import NotApproved
from repository.retention.execution import Done

_ACTOR = operator("retention")


async def roll_locks(indexers: Indexers) -> str:
    """Every registered version at least ninety days ahead (COMPLIANCE)."""
    done = await indexers.repository.retention.locks.roll()
    if done.failed:
        raise errors.Corrupt(
            what=f"kho không còn tệp của {len(done.failed)} văn bản: {', '.join(done.failed[:5])}"
        )
    if done.refused:
        raise errors.Unavailable(
            what=f"kho tệp (không khóa được tệp của {len(done.refused)} văn bản: {', '.join(done.refused[:5])})"
        )
    return f"xem {done.seen} văn bản, kéo dài khóa {done.extended} phiên bản"


async def propose(indexers: Indexers) -> str:
    """Lists for the councils; a job never goes further than this."""
    rows = await indexers.repository.retention.propose_all(_ACTOR)
    return f"{len(rows)} đề nghị tiêu hủy, {sum(one['documents'] for one in rows)} văn bản"


async def dispose_approved(indexers: Indexers) -> str:
    """What councils approved, as far as it goes; an approval that the log does not know stops its own list only."""
    approved = await indexers.repository.retention.disposals.approved()
    ended, refused = 0, 0
    for one in approved:
        try:
            row, _ = await dispose(indexers, one)
            ended += row["state"] == "done"
        except NotApproved:
            refused += 1  # told as an incident by the execution
    return f"{len(approved)} quyết định, xong {ended}, từ chối {refused}"


async def dispose(indexers: Indexers, disposal_id: str) -> tuple[Row, Done]:
    """One disposal, and the printed certificate once it is whole. Raises NotApproved, NoEraser."""
    retention = indexers.repository.retention
    row, done = await retention.dispose(disposal_id)
    if row["state"] == "done" and len(row["certificate"]["files"]) == 1:
        _, content = await retention.certificates.read(row)
        with TemporaryDirectory() as folder:
            target = Path(folder) / "chung-nhan.pdf"
            await printing.write_certificate(content, target)
            row = await retention.certificates.attach(
                row["_id"], "chung-nhan-tieu-huy.pdf", target.read_bytes()
            )
    return row, done


async def sweep(indexers: Indexers) -> str:
    """Objects of uploads that broke off, when their day is over."""
    done = await indexers.repository.retention.sweep.run()
    if done.refused:
        return f"{done.orphans} tệp mồ côi: quá nhiều, không dọn"
    return f"{done.objects} tệp, {done.orphans} mồ côi, dọn {done.erased}"
