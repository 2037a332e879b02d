"""What the parts keep: owed work, jobs, locks, the log, the books, fixity."""

from datetime import timedelta
from typing import Final

from indexers.wiring import Indexers
from ops.checks.part import Part, must
from ops.schedule.jobs import JOBS
from repository.access.actors import operator
from repository.clock import local
from repository.evidence.fixity_books import Books
from repository.evidence.fixity_runs import LATEST

CHECKER: Final = operator("selfcheck")
_PATIENCE: Final = timedelta(minutes=15)
_UNSEALED: Final = 3600
_LOCKED: Final = timedelta(days=7)


async def queue(indexers: Indexers) -> str:
    repository = indexers.repository
    parked = await repository.outbox.count_parked()
    must(not parked, f"{parked} việc đang gác vì lỗi lặp lại")
    oldest = await repository.outbox.pending(repository.clock.now(), 1)
    late = bool(oldest) and repository.clock.now() - oldest[0]["at"] > _PATIENCE
    must(not late, f"việc cũ nhất chờ từ {local(oldest[0]['at']):%d/%m %H:%M}" if oldest else "")
    return f"{await repository.outbox.behind()} việc đang chờ"


async def jobs(indexers: Indexers) -> str:
    """Each job that ran before runs again in time and did not fail last."""
    rows = {row["_id"]: row async for row in indexers.repository.database["jobs"].find({})}
    now = indexers.repository.clock.now()
    known = {one.name: one for one in JOBS}
    late = [known[n].words for n, row in rows.items() if n in known and now > row["next"] + known[n].every]
    failed = [known[n].words for n, row in rows.items() if n in known and row["failed"]]
    must(not failed, f"lần chạy cuối không xong: {', '.join(failed)}")
    must(not late, f"quá hạn: {', '.join(late)}")
    return f"{len(rows)} trong {len(JOBS)} việc định kỳ đã chạy"


async def locks(indexers: Indexers) -> str:
    """No registered version's lock ends within a week."""
    soon = indexers.repository.clock.now() + _LOCKED
    old = indexers.repository.clock.now() - timedelta(days=1)
    query = {"versions": {"$elemMatch": {"lock.until": {"$lt": soon}, "created_at": {"$lt": old}}}}
    short = await indexers.repository.database["documents"].count_documents(query)
    past = {"versions.lock.until": {"$lt": indexers.repository.clock.now()}}
    short += await indexers.repository.database["documents"].count_documents(past)
    must(not short, f"{short} văn bản có khóa lưu giữ đã hoặc sắp hết hạn")
    return "mọi phiên bản còn khóa"


async def log(indexers: Indexers) -> str:
    """Values against leaves, leaves against tree, tree against every signed checkpoint."""
    state = await indexers.repository.log.check.run(again=True)
    must(not state.faults, "; ".join(one.words for one in state.faults[:3]))
    status = await indexers.repository.log.sealer.status()
    must(status.age <= _UNSEALED, f"{status.unsealed} bản ghi chưa niêm phong, cũ nhất {status.age:.0f} giây")
    return f"{state.size} bản ghi niêm phong, {state.checkpoints} bản ký, {status.unsealed} chưa niêm phong"


async def books(indexers: Indexers) -> str:
    repository = indexers.repository
    check = Books(database=repository.database, closings=repository.closings)
    seen = [0]

    def say(more: int) -> None:
        seen[0] += more

    found = [one.found async for one in check.check(CHECKER, say)]
    must(not found, "; ".join(found[:3]))
    return f"{seen[0]} sổ liền mạch"


async def fixity(indexers: Indexers) -> str:
    """A round is under way or ended, and none takes longer than thirty days."""
    last, now = await indexers.repository.fixity.last(), indexers.repository.clock.now()
    if last is None:
        documents = indexers.repository.database["documents"]
        first = await documents.find_one({}, sort=[("_id", 1)])
        must(first is None or now - first["created_at"] < LATEST, "chưa kiểm tra toàn vẹn lần nào")
        return "chưa đến kỳ kiểm tra"
    since = last["ended"] or last["started"]
    must(now - since <= LATEST, f"chưa kiểm tra hết kho từ {local(since):%d/%m/%Y}")
    return f"vòng gần nhất {'xong' if last['ended'] else 'bắt đầu'} {local(since):%d/%m/%Y %H:%M}"


PARTS: Final[tuple[Part[Indexers], ...]] = (
    Part(name="queue", words="Việc nền", ask=queue, todo="tangthu outbox --retry; kiểm tra tangthu work đang chạy."),
    Part(name="jobs", words="Việc định kỳ", ask=jobs, todo="Kiểm tra tangthu work; xem trang Quản trị và nhật ký."),
    Part(name="locks", words="Khóa lưu giữ", ask=locks, todo="tangthu work --drain, rồi tangthu fixity."),
    Part(name="log", words="Nhật ký kiểm toán", ask=log,
         todo="Giữ nguyên hiện trạng; chạy tangthu audit check; đối chiếu bản sao lưu."),
    Part(name="books", words="Sổ văn bản", ask=books, todo="Chạy tangthu fixity; không sửa sổ bằng tay."),
    Part(name="fixity", words="Kiểm tra toàn vẹn", ask=fixity, todo="Chạy tangthu fixity."),
)  # fmt: skip
