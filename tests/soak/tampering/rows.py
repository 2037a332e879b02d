"""Business rows in MongoDB: edited, removed, doubled, back-dated, invented."""

import copy
import secrets
from datetime import UTC, datetime

from repository.blobs import Digest
from repository.documents.metadata import MetadataChange
from tests.soak.estate import Estate, Shell, new_id
from tests.soak.tampering.deeds import (
    CHANGED,
    LINED,
    REGISTERED,
    Row,
    Tampering,
    bend,
    days,
    double,
    edit,
    invented,
    remove,
)


def _swap_versions(row: Row) -> None:
    row["versions"] = [row["versions"][0] | {"n": 2}, row["versions"][0] | {"n": 1}]


def _double_version(row: Row) -> None:
    row["versions"].append(copy.deepcopy(row["versions"][0]))


def _counted(row: Row) -> None:
    row["subject"], row["writes"] = "Sửa lén có đếm", row["writes"] + 1


async def _set_back_row(estate: Estate, _: Shell) -> None:
    """A document as it stood before its last change, counter and all."""
    row = await estate.database["documents"].find_one(REGISTERED, sort=[("_id", 1)])
    before = copy.deepcopy(row)
    change = MetadataChange.model_validate({"subject": f"Trích yếu mới {secrets.token_hex(3)}"})
    clerk = estate.district.clerk
    await estate.repository.documents.describe(clerk, row["_id"], change, row["revision"])
    await estate.indexers.worker.drain()
    await estate.database["documents"].replace_one({"_id": row["_id"]}, before)


async def _exchange_lines(estate: Estate, _: Shell) -> None:
    rows = estate.database["entries"]
    one, two = await rows.find({"number": {"$in": [1, 2]}}).sort("number", 1).limit(2).to_list(2)
    two = await rows.find_one({"register": one["register"], "number": {"$ne": one["number"]}})
    await rows.delete_one({"_id": one["_id"]})
    await rows.replace_one({"_id": two["_id"]}, two | {"number": one["number"]})
    await rows.insert_one(one | {"number": two["number"]})


async def _new_admin(estate: Estate, _: Shell) -> None:
    row = await estate.database["people"].find_one({})
    other = {
        "_id": new_id("ng"),
        "username": "root",
        "roles": ["administrator"],
        "staff_code": "",
        "email": "",
    }
    await estate.database["people"].insert_one(row | other)


DATABASE = [
    Tampering("văn bản: sửa trích yếu", CHANGED, bend("documents", "subject", "Nội dung khác", REGISTERED)),
    Tampering("văn bản: sửa số ký hiệu", CHANGED, bend("documents", "symbol", "999/CV", REGISTERED)),
    Tampering("văn bản: lùi ngày ban hành", CHANGED, bend("documents", "issued_on", "2020-01-01", REGISTERED)),
    Tampering("văn bản: đổi cơ quan ban hành", CHANGED, bend("documents", "issuer", {"name": "Khác"}, REGISTERED)),
    Tampering("văn bản: tự cho có giá trị pháp lý", CHANGED,
              bend("documents", "legal_value", {"status": "valid", "reasons": []}, REGISTERED)),
    Tampering("văn bản: đổi kết luận quét mã độc", CHANGED,
              bend("documents", "versions.0.scan.verdict", lambda v: "infected", REGISTERED)),
    Tampering("văn bản: mở quyền đọc cho mọi người", CHANGED, bend("documents", "readers", ["all"], REGISTERED)),
    Tampering("văn bản: chuyển trạng thái đã phát hành", CHANGED, bend("documents", "state", "issued", REGISTERED)),
    Tampering("văn bản: đổi số đến", ("line.document",), bend("documents", "number", 77, REGISTERED)),
    Tampering("văn bản: bỏ khỏi sổ", CHANGED, bend("documents", "register", "", REGISTERED)),
    Tampering("văn bản: trỏ sang mã băm khác", CHANGED,
              bend("documents", "versions.0.sha256", Digest.of(b"khac").hex, REGISTERED)),
    Tampering("văn bản: mã băm không phải mã băm", CHANGED,
              bend("documents", "versions.0.sha256", "khong phai", REGISTERED)),
    Tampering("văn bản: trỏ sang phiên bản khác trong kho", ("object.missing",),
              bend("documents", "versions.0.store_version", "0" * 32, REGISTERED)),
    Tampering("văn bản: sửa kích thước", ("object.short",), bend("documents", "versions.0.size", 7, REGISTERED)),
    Tampering("văn bản: bỏ hết phiên bản", CHANGED, bend("documents", "versions", [], REGISTERED)),
    Tampering("văn bản: đảo thứ tự phiên bản", ("versions.broken",), edit("documents", _swap_versions, REGISTERED)),
    Tampering("văn bản: nhân đôi phiên bản", ("versions.broken",), edit("documents", _double_version, REGISTERED)),
    Tampering("văn bản: lùi ngày tạo", CHANGED, bend("documents", "created_at", days(-400), REGISTERED)),
    Tampering("văn bản: lùi ngày phiên bản", CHANGED,
              bend("documents", "versions.0.created_at", days(-400), REGISTERED)),
    Tampering("văn bản: xóa dòng", ("row.missing",), remove("documents", REGISTERED)),
    Tampering("văn bản: nhân đôi dưới mã khác", ("row.unknown",), double("documents", REGISTERED)),
    Tampering("văn bản: đưa về trạng thái cũ", ("row.old",), _set_back_row),
    Tampering("văn bản: rút ngắn hạn khóa đã ghi", CHANGED,
              bend("documents", "versions.0.lock.until", days(-100), REGISTERED)),
    Tampering("văn bản: kéo dài hạn khóa đã ghi", ("object.shortened",),
              bend("documents", "versions.0.lock.until", days(900), REGISTERED)),
    Tampering("văn bản: ghi khống lệnh phong tỏa", ("object.hold",),
              bend("documents", "versions.0.lock.hold", True, REGISTERED)),
    Tampering("văn bản: thêm trường lạ", CHANGED, bend("documents", "ghi_chu", "x", REGISTERED)),
    Tampering("văn bản: rút khỏi hồ sơ", CHANGED, bend("documents", "dossiers", [], {"dossiers.0": {"$exists": True}})),
    Tampering("văn bản: đổi đơn vị", CHANGED, bend("documents", "unit", "phuong-a", REGISTERED)),
    Tampering("văn bản: đổi độ khẩn", CHANGED, bend("documents", "urgency", 3, REGISTERED)),
    Tampering("văn bản: sửa và tự tăng bộ đếm", CHANGED, edit("documents", _counted, REGISTERED)),
    Tampering("văn bản: đổi người tạo", CHANGED, bend("documents", "created_by.name", "Người khác", REGISTERED)),
    Tampering("sổ: sửa trích yếu một dòng", CHANGED, bend("entries", "columns.subject", "Khác", LINED)),
    Tampering("sổ: sửa dòng của ngày đã khóa", ("closing.broken",), bend("entries", "columns.subject", "Khác", LINED)),
    Tampering("sổ: đổi số của dòng", ("register.beyond",), bend("entries", "number", 500, LINED)),
    Tampering("sổ: xóa một dòng", ("register.gap",), remove("entries", LINED)),
    Tampering("sổ: thêm dòng quá số cuối", ("register.beyond",), double("entries", LINED, number=900)),
    Tampering("sổ: đổi chỗ hai số", ("line.document",), _exchange_lines),
    Tampering("sổ: gỡ dấu hủy", CHANGED, bend("entries", "annulled", None, {"annulled": {"$ne": None}})),
    Tampering("sổ: hủy khống một dòng", CHANGED, bend("entries", "annulled", {"reason": "x", "order": 1,
              "at": datetime(2026, 1, 1, tzinfo=UTC), "by": {}}, LINED)),
    Tampering("sổ: lùi giờ vào sổ", ("closing.broken",), bend("entries", "entered_at", days(-30), LINED)),
    Tampering("sổ: trỏ dòng sang văn bản khác", ("line.document",), bend("entries", "document", new_id("doc"), LINED)),
    Tampering("sổ: ghi thêm cột", CHANGED, bend("entries", "details", {"receiver": "Người khác"}, LINED)),
    Tampering("sổ: lùi số cuối", ("register.beyond",),
              bend("registers", "last", lambda n: n - 1, {"last": {"$gt": 2}})),
    Tampering("sổ: tăng số cuối", ("register.gap",), bend("registers", "last", lambda n: n + 3, {"last": {"$gt": 2}})),
    Tampering("sổ: đóng sổ lén", CHANGED, bend("registers", "closed", True)),
    Tampering("sổ: xóa sổ", ("row.missing",), remove("registers")),
    Tampering("sổ: sửa mã khóa sổ cuối", ("closing.broken",),
              bend("registers", "head.digest", "0" * 64, {"head.n": {"$gt": 0}})),
    Tampering("sổ: sửa đếm việc", CHANGED, bend("registers", "events", lambda n: n + 1)),
    Tampering("khóa sổ: sửa mã", ("closing.broken",), bend("closings", "digest", "0" * 64)),
    Tampering("khóa sổ: xóa", ("closing.broken",), remove("closings")),
    Tampering("khóa sổ: lùi ngày", ("closing.broken",), bend("closings", "day", "2026-01-01")),
    Tampering("khóa sổ: chèn thêm", ("row.unknown",), double("closings", n=lambda n: n + 50)),
    Tampering("hồ sơ: sửa tiêu đề", CHANGED, bend("dossiers", "title", "Tiêu đề khác")),
    Tampering("hồ sơ: đổi trạng thái", CHANGED, bend("dossiers", "state", "closed")),
    Tampering("hồ sơ: lùi ngày mở", CHANGED, bend("dossiers", "opened_at", days(-300))),
    Tampering("hồ sơ: xóa", ("row.missing",), remove("dossiers")),
    Tampering("hồ sơ: chèn khống", ("row.unknown",), double("dossiers", code="HS-KHONG")),
    Tampering("người dùng: tự cho quyền quản trị", CHANGED, bend("people", "roles", ["administrator"])),
    Tampering("người dùng: thay mật khẩu", CHANGED, bend("people", "password", "x")),
    Tampering("người dùng: ngừng lén", CHANGED, bend("people", "disabled_at", datetime(2026, 1, 1, tzinfo=UTC))),
    Tampering("người dùng: chuyển đơn vị", CHANGED, bend("people", "unit", "phuong-x")),
    Tampering("người dùng: thêm tài khoản quản trị", ("row.unknown",), _new_admin),
    Tampering("người dùng: xóa tài khoản", ("row.missing",), remove("people")),
    Tampering("đơn vị: đổi tên", CHANGED, bend("units", "name", "Tên khác")),
    Tampering("mã truy cập: thêm quyền", CHANGED, bend("tokens", "scopes", ["everything"])),
    Tampering("mã truy cập: kéo dài", CHANGED, bend("tokens", "expires_at", datetime(2090, 1, 1, tzinfo=UTC))),
    Tampering("mã truy cập: tự cấp", ("row.unknown",), invented("tokens", owner="x")),
    Tampering("phiên đăng nhập: tự tạo", ("row.unknown",), invented("sessions")),
    Tampering("ủy quyền: tự tạo", ("row.unknown",), invented("delegations", receiver={"id": "x"})),
    Tampering("tin cậy: đổi mục đích của gốc", CHANGED, bend("trust", "purpose", "cong-cong")),
    Tampering("tin cậy: thay chứng thư gốc", CHANGED, bend("trust", "der", lambda der: der[:-1] + b"?")),
    Tampering("tin cậy: thôi tin lén", CHANGED, bend("trust", "retired", {"why": "x"})),
    Tampering("tin cậy: chèn một gốc", ("row.unknown",), double("trust", name="Gốc lạ")),
    Tampering("tin cậy: xóa một gốc", ("row.missing",), remove("trust")),
    Tampering("tiêu hủy: tự lập phiếu đã duyệt", ("row.unknown",),
              invented("disposals", state="approved", unit="van-phong", votes=[], dossiers=[])),
    Tampering("phong tỏa: tự lập lệnh", ("row.unknown",), invented("holds", state="placed")),
    Tampering("hồ sơ: sửa chỗ của văn bản", CHANGED, bend("filings", "order", lambda n: (n or 0) + 7)),
    Tampering("hồ sơ: rút lén văn bản", ("row.missing",), remove("filings")),
    Tampering("sự cố: kết thúc lén", CHANGED, bend("incidents", "state", "settled")),
    Tampering("sự cố: sửa nội dung", CHANGED, bend("incidents", "found", "không có gì")),
    Tampering("sự cố: xóa", ("row.missing",), remove("incidents")),
]  # fmt: skip
