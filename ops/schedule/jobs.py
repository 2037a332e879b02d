"""Every job that runs by the clock, in one list that can be read aloud."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from indexers.wiring import Indexers
from ops import attack, fixity, keeping
from ops.backup import running
from repository.access.actors import operator
from repository.clock import local_date


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to do, how often, and what it is called in front of people. `run` answers one sentence on what it did."""

    name: str
    words: str
    every: timedelta
    run: Callable[[Indexers], Awaitable[str]]


async def review_accounts(indexers: Indexers) -> str:
    """Accounts that nobody uses (QCVN 12:2026/BCA) and postings whose day has come."""
    found = await indexers.repository.idleness.review()
    settled = await indexers.repository.postings.settle()
    return f"{len(found.warned)} cảnh báo, {len(found.disabled)} ngừng, {len(settled)} vị trí mới có hiệu lực"


async def stamp_log(indexers: Indexers) -> str:
    """The day's checkpoint of the sealed log gets a timestamp from an authority that is not us (RFC 3161)."""
    log = indexers.repository.log
    if log.timestamper is None:
        return "chưa đặt TANGTHU_TSA_URL, không lấy dấu thời gian"
    row = await log.stamp_when_due()
    return "không có bản ký mới" if row is None else f"đã lấy dấu thời gian cho bản ký {row['size']} lá"


async def review_signatures(indexers: Indexers) -> str:
    """The next slice of versions judged again; archival time stamps that weaken are renewed (Đ8.1, Đ8.4).

    Large enough that a round of all documents is done in half of its thirty days.
    """
    repository = indexers.repository
    total = await repository.database["documents"].estimated_document_count()
    return (await repository.custody.preservation.review(max(200, total // 360))).words()


async def notice_certificates(indexers: Indexers) -> str:
    """Units' certificates that end within 60, 30 or 7 days (Đ10.1)."""
    return f"{await indexers.repository.custody.notices.give()} thông báo"


async def notice_handovers(indexers: Indexers) -> str:
    """Dossiers whose hand-over to the archive is due within 30 days (Decree 30/2020, annex VI)."""
    told = await indexers.repository.dossier_work.custody.notify()
    return f"{len(told)} hồ sơ vừa được báo sắp đến hạn nộp lưu"


async def close_books(indexers: Indexers) -> str:
    """Days that nobody closed, up to yesterday; then every closing of the books in use computed again (Đ10.4)."""
    repository, actor = indexers.repository, operator("schedule")
    yesterday = local_date(repository.clock.now()) - timedelta(days=1)
    closed, bent = 0, 0
    for book in await repository.registers.visible(actor):
        if book["closed"]:
            continue
        if (book.get("head") or {}).get("order", 0) < book["events"]:
            closed += len(await repository.closings.close_day(actor, book["_id"], yesterday))
        check = await repository.closings.verify(actor, book["_id"])
        if check.first_difference is not None:
            bent += 1
            await repository.incidents.report(
                actor, kind="register.bent", subject_kind="register", subject_id=book["_id"],
                found=f"{book['title']}: lần khóa {check.first_difference['n']} {check.first_difference['why']}",
                todo="so sổ với bản in và bản sao lưu gần nhất; chưa dùng các dòng của ngày đó để chứng minh",
            )  # fmt: skip
    return f"khóa {closed} ngày sổ, {bent} sổ có sai khác"


async def back_up(indexers: Indexers) -> str:
    """One set a day, a full one each month (Đ10.5)."""
    return await running.daily(indexers.repository, operator("backup"))


async def watch_backups(indexers: Indexers) -> str:
    return await running.watch(indexers.repository, operator("backup"))


async def drill_restore(indexers: Indexers) -> str:
    """Whether the newest set brings everything back (QCVN 12:2026/BCA asks each quarter)."""
    return await running.drill(indexers.repository, operator("drill"))


DAY: Final = timedelta(days=1)

JOBS: Final[tuple[Job, ...]] = (
    Job(name="backup", words="Sao lưu", every=DAY, run=back_up),
    Job(
        name="backup-watch",
        words="Xem bản sao lưu có quá 24 giờ",
        every=timedelta(hours=1),
        run=watch_backups,
    ),
    Job(name="drill", words="Diễn tập khôi phục", every=7 * DAY, run=drill_restore),
    Job(name="accounts", words="Rà tài khoản lâu không dùng", every=DAY, run=review_accounts),
    Job(name="books", words="Khóa sổ các ngày chưa khóa, tính lại các lần khóa", every=DAY, run=close_books),
    Job(name="handovers", words="Báo hồ sơ sắp đến hạn nộp lưu", every=DAY, run=notice_handovers),
    Job(
        name="signatures",
        words="Kiểm tra lại chữ ký số, gia hạn dấu thời gian",
        every=timedelta(hours=1),
        run=review_signatures,
    ),
    Job(name="certificates", words="Báo chứng thư số sắp hết hạn", every=DAY, run=notice_certificates),
    Job(
        name="fixity",
        words="Kiểm tra toàn vẹn một phần hai mươi kho và mẫu ngẫu nhiên",
        every=DAY,
        run=fixity.daily,
    ),
    Job(name="locks", words="Gia hạn khóa lưu giữ", every=DAY, run=keeping.roll_locks),
    Job(
        name="proposals",
        words="Đề nghị tiêu hủy tài liệu hết thời hạn bảo quản",
        every=30 * DAY,
        run=keeping.propose,
    ),
    Job(
        name="disposal",
        words="Tiêu hủy theo quyết định của hội đồng",
        every=timedelta(minutes=10),
        run=keeping.dispose_approved,
    ),
    Job(name="sweep", words="Dọn tệp chưa từng được ghi nhận", every=DAY, run=keeping.sweep),
    Job(name="attack", words="Diễn tập tấn công kho", every=DAY, run=attack.nightly),
    Job(name="log.stamp", words="Lấy dấu thời gian cho nhật ký", every=DAY, run=stamp_log),
)
