"""The page Lưu giữ and the council's page in a real browser, readable by everybody."""

from datetime import date

from playwright.sync_api import expect

from repository.access.permissions import Role
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import DossierForm
from repository.retention.holding import HoldForm, HoldKind
from tests.factories import make_person, stored
from tests.stories.live import Live, Visitors
from tests.stories.test_backups_browser import look


async def laid_out(live: Live) -> None:
    """An expired dossier, a hold that somebody asked to lift, a run of the locks."""
    repository = live.repository
    clerk = await make_person(repository, "vanthu", "van-phong", Role.CLERK)
    deputy = await make_person(repository, "phochanh", "van-phong", Role.LEADER)
    await make_person(repository, "chanhvp", "van-phong", Role.LEADER)
    form = DossierForm(
        code="01", title="Giải quyết khiếu nại 2018", retention="2 năm", started_on=date(2018, 1, 2)
    )
    dossier = await repository.dossiers.open(clerk, form)
    for n in range(3):
        await stored(
            repository, clerk, b"%d" % n, dossier_id=dossier["_id"], page_amount=1, direction="internal",
            symbol=f"{n + 1}/BC-VP",
        )  # fmt: skip
    await repository.dossiers.close(clerk, dossier["_id"], ClosingForm(ended_on=date(2018, 5, 1)))
    other = await stored(repository, clerk, b"held", subject="Quyết định thu hồi đất")
    hold = await repository.retention.holds.place(
        deputy,
        HoldForm(kind=HoldKind.DOCUMENT, target=other["_id"], reason="Thanh tra theo quyết định số 12"),
    )
    await repository.retention.holds.ask_lift(deputy, hold["_id"], "Đã có kết luận thanh tra")
    await repository.retention.locks.roll()
    await repository.retention.disposals.propose(clerk, "van-phong")


def test_a_member_of_the_council_reads_and_approves(live: Live, visitors: Visitors) -> None:
    live.do(laid_out(live))
    page = visitors.enter("chanhvp", scripts=True)
    page.get_by_role("link", name="Lưu giữ").click()
    expect(page.get_by_role("button", name="Xác nhận gỡ")).to_be_visible()
    look(page, "retention")
    page.get_by_role("region", name="Bảng đề nghị tiêu hủy").get_by_role("link").click()
    expect(page.get_by_text("3/BC-VP")).to_be_visible()
    look(page, "disposal")
    page.get_by_role("button", name="Đồng ý tiêu hủy").click()
    expect(page.get_by_text("Đã ghi nhận ý kiến.")).to_be_visible()
    expect(page.get_by_role("button", name="Đồng ý tiêu hủy")).to_have_count(0)


async def _with_technician(live: Live) -> None:
    await make_person(live.repository, "congnghe", "van-phong", Role.IT)


def test_a_schedule_is_seen_before_it_is_taken_in(live: Live, visitors: Visitors) -> None:
    live.do(_with_technician(live))
    page = visitors.enter("congnghe", scripts=True)
    page.get_by_role("link", name="Lưu giữ").click()
    page.get_by_role("link", name="Nhập bảng thời hạn bảo quản").click()
    for name, value in (
        ("Mã bảng", "bang-2026"),
        ("Tên bảng", "Bảng thử"),
        ("Văn bản ban hành", "QĐ 1/QĐ-UBND"),
    ):
        page.get_by_label(name).fill(value)
    page.get_by_label("Có hiệu lực từ ngày").fill("01/01/2026")
    table = "Tên loại hồ sơ,Thời hạn bảo quản\nHồ sơ một,10 năm\nHồ sơ hai,lâu\n"
    for content, said in (
        (table, "Dòng 3, cột «thời hạn bảo quản»: không hiểu"),
        (table.replace("lâu", "20 năm"), "Đọc được cả bảng"),
    ):
        file = {"name": "bang.csv", "mimeType": "text/csv", "buffer": content.encode()}
        page.get_by_label("Tệp Excel").set_input_files(file)
        page.get_by_role("button", name="Xem trước").click()
        expect(page.get_by_text(said)).to_be_visible()
    look(page, "schedule-new")
    page.get_by_role("button", name="Nhập bảng này").click()
    expect(page.get_by_text("Đã nhập «Bảng thử», 2 dòng.")).to_be_visible()
