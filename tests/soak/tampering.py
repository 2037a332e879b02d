"""The table of tamperings: what somebody with a shell on the machine does, and which finding must show it.

Each is done for real on a living office: edits, removals, doubles, back-dating in MongoDB; swapping, cutting, marking,
unlocking in the store, also behind its S3 front; the index; the log and its checkpoints; the whole database set back.
"""

import copy
import io
import secrets
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bson import ObjectId

from indexers.search.index import SearchEntry
from indexers.search.projection import of_document
from repository.audit import binding, content_hash
from repository.blobs import Digest
from tests.soak.estate import Estate, Shell, moved, new_id

Row = dict[str, Any]


@dataclass(frozen=True)
class Tampering:
    """One deed; any one of `finds` shows that the check which should find it did."""

    name: str
    finds: tuple[str, ...]
    do: Callable[[Estate, Shell], Awaitable[None]]


def _edit(collection: str, change: Callable[[Row], None], which: Row | None = None) -> Any:
    """The first row that answers `which`, changed in place."""

    async def do(estate: Estate, _: Shell) -> None:
        row = await estate.database[collection].find_one(which or {}, sort=[("_id", 1)])
        assert row is not None, (collection, which)
        before = copy.deepcopy(row)
        change(row)
        assert row != before, "the deed changes nothing"
        await estate.database[collection].replace_one({"_id": row["_id"]}, row)

    return do


def _set(collection: str, path: str, value: Any, which: Row | None = None) -> Any:
    def change(row: Row) -> None:
        *parents, last = path.split(".")
        place: Any = row
        for one in parents:
            place = place[int(one) if one.isdigit() else one]
        place[last] = value(place.get(last)) if callable(value) else value

    return _edit(collection, change, which)


def _remove(collection: str, which: Row | None = None) -> Any:
    async def do(estate: Estate, _: Shell) -> None:
        row = await estate.database[collection].find_one(which or {}, sort=[("_id", 1)])
        assert row is not None
        await estate.database[collection].delete_one({"_id": row["_id"]})

    return do


def _double(collection: str, which: Row | None = None, **other: Any) -> Any:
    async def do(estate: Estate, _: Shell) -> None:
        row = await estate.database[collection].find_one(which or {}, sort=[("_id", 1)])
        assert row is not None
        row["_id"] = f"{row['_id'][:-3]}{secrets.token_hex(1)}z"
        for name, value in other.items():
            row[name] = value(row[name]) if callable(value) else value
        await estate.database[collection].insert_one(row)

    return do


def _days(number: int) -> Callable[[Any], Any]:
    return lambda moment: moved(moment, number)


REGISTERED: Row = {"number": {"$gt": 0}}
LINED: Row = {"annulled": None, "number": {"$in": [1, 2]}}
CHANGED = ("row.changed",)


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
    from repository.documents.metadata import MetadataChange

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


def _invented(collection: str, **fields: Any) -> Any:
    async def do(estate: Estate, _: Shell) -> None:
        row = {"_id": new_id("xx"), "person": "x", "writes": 1, "made_up": True} | fields
        await estate.database[collection].insert_one(row)

    return do


DATABASE = [
    Tampering("văn bản: sửa trích yếu", CHANGED, _set("documents", "subject", "Nội dung khác", REGISTERED)),
    Tampering("văn bản: sửa số ký hiệu", CHANGED, _set("documents", "symbol", "999/CV", REGISTERED)),
    Tampering("văn bản: lùi ngày ban hành", CHANGED, _set("documents", "issued_on", "2020-01-01", REGISTERED)),
    Tampering("văn bản: đổi cơ quan ban hành", CHANGED, _set("documents", "issuer", {"name": "Khác"}, REGISTERED)),
    Tampering("văn bản: tự cho có giá trị pháp lý", CHANGED,
              _set("documents", "legal_value", {"status": "valid", "reasons": []}, REGISTERED)),
    Tampering("văn bản: đổi kết luận quét mã độc", CHANGED,
              _set("documents", "versions.0.scan.verdict", lambda v: "infected", REGISTERED)),
    Tampering("văn bản: mở quyền đọc cho mọi người", CHANGED, _set("documents", "readers", ["all"], REGISTERED)),
    Tampering("văn bản: chuyển trạng thái đã phát hành", CHANGED, _set("documents", "state", "issued", REGISTERED)),
    Tampering("văn bản: đổi số đến", ("line.document",), _set("documents", "number", 77, REGISTERED)),
    Tampering("văn bản: bỏ khỏi sổ", CHANGED, _set("documents", "register", "", REGISTERED)),
    Tampering("văn bản: trỏ sang mã băm khác", CHANGED,
              _set("documents", "versions.0.sha256", Digest.of(b"khac").hex, REGISTERED)),
    Tampering("văn bản: mã băm không phải mã băm", CHANGED,
              _set("documents", "versions.0.sha256", "khong phai", REGISTERED)),
    Tampering("văn bản: trỏ sang phiên bản khác trong kho", ("object.missing",),
              _set("documents", "versions.0.store_version", "0" * 32, REGISTERED)),
    Tampering("văn bản: sửa kích thước", ("object.short",), _set("documents", "versions.0.size", 7, REGISTERED)),
    Tampering("văn bản: bỏ hết phiên bản", CHANGED, _set("documents", "versions", [], REGISTERED)),
    Tampering("văn bản: đảo thứ tự phiên bản", ("versions.broken",), _edit("documents", _swap_versions, REGISTERED)),
    Tampering("văn bản: nhân đôi phiên bản", ("versions.broken",), _edit("documents", _double_version, REGISTERED)),
    Tampering("văn bản: lùi ngày tạo", CHANGED, _set("documents", "created_at", _days(-400), REGISTERED)),
    Tampering("văn bản: lùi ngày phiên bản", CHANGED,
              _set("documents", "versions.0.created_at", _days(-400), REGISTERED)),
    Tampering("văn bản: xóa dòng", ("row.missing",), _remove("documents", REGISTERED)),
    Tampering("văn bản: nhân đôi dưới mã khác", ("row.unknown",), _double("documents", REGISTERED)),
    Tampering("văn bản: đưa về trạng thái cũ", ("row.old",), _set_back_row),
    Tampering("văn bản: rút ngắn hạn khóa đã ghi", CHANGED,
              _set("documents", "versions.0.lock.until", _days(-100), REGISTERED)),
    Tampering("văn bản: kéo dài hạn khóa đã ghi", ("object.shortened",),
              _set("documents", "versions.0.lock.until", _days(900), REGISTERED)),
    Tampering("văn bản: ghi khống lệnh phong tỏa", ("object.hold",),
              _set("documents", "versions.0.lock.hold", True, REGISTERED)),
    Tampering("văn bản: thêm trường lạ", CHANGED, _set("documents", "ghi_chu", "x", REGISTERED)),
    Tampering("văn bản: rút khỏi hồ sơ", CHANGED, _set("documents", "dossiers", [], {"dossiers.0": {"$exists": True}})),
    Tampering("văn bản: đổi đơn vị", CHANGED, _set("documents", "unit", "phuong-a", REGISTERED)),
    Tampering("văn bản: đổi độ khẩn", CHANGED, _set("documents", "urgency", 3, REGISTERED)),
    Tampering("văn bản: sửa và tự tăng bộ đếm", CHANGED, _edit("documents", _counted, REGISTERED)),
    Tampering("văn bản: đổi người tạo", CHANGED, _set("documents", "created_by.name", "Người khác", REGISTERED)),
    Tampering("sổ: sửa trích yếu một dòng", CHANGED, _set("entries", "columns.subject", "Khác", LINED)),
    Tampering("sổ: sửa dòng của ngày đã khóa", ("closing.broken",), _set("entries", "columns.subject", "Khác", LINED)),
    Tampering("sổ: đổi số của dòng", ("register.beyond",), _set("entries", "number", 500, LINED)),
    Tampering("sổ: xóa một dòng", ("register.gap",), _remove("entries", LINED)),
    Tampering("sổ: thêm dòng quá số cuối", ("register.beyond",), _double("entries", LINED, number=900)),
    Tampering("sổ: đổi chỗ hai số", ("line.document",), _exchange_lines),
    Tampering("sổ: gỡ dấu hủy", CHANGED, _set("entries", "annulled", None, {"annulled": {"$ne": None}})),
    Tampering("sổ: hủy khống một dòng", CHANGED, _set("entries", "annulled", {"reason": "x", "order": 1,
              "at": datetime(2026, 1, 1, tzinfo=UTC), "by": {}}, LINED)),
    Tampering("sổ: lùi giờ vào sổ", ("closing.broken",), _set("entries", "entered_at", _days(-30), LINED)),
    Tampering("sổ: trỏ dòng sang văn bản khác", ("line.document",), _set("entries", "document", new_id("doc"), LINED)),
    Tampering("sổ: ghi thêm cột", CHANGED, _set("entries", "details", {"receiver": "Người khác"}, LINED)),
    Tampering("sổ: lùi số cuối", ("register.beyond",),
              _set("registers", "last", lambda n: n - 1, {"last": {"$gt": 2}})),
    Tampering("sổ: tăng số cuối", ("register.gap",), _set("registers", "last", lambda n: n + 3, {"last": {"$gt": 2}})),
    Tampering("sổ: đóng sổ lén", CHANGED, _set("registers", "closed", True)),
    Tampering("sổ: xóa sổ", ("row.missing",), _remove("registers")),
    Tampering("sổ: sửa mã khóa sổ cuối", ("closing.broken",),
              _set("registers", "head.digest", "0" * 64, {"head.n": {"$gt": 0}})),
    Tampering("sổ: sửa đếm việc", CHANGED, _set("registers", "events", lambda n: n + 1)),
    Tampering("khóa sổ: sửa mã", ("closing.broken",), _set("closings", "digest", "0" * 64)),
    Tampering("khóa sổ: xóa", ("closing.broken",), _remove("closings")),
    Tampering("khóa sổ: lùi ngày", ("closing.broken",), _set("closings", "day", "2026-01-01")),
    Tampering("khóa sổ: chèn thêm", ("row.unknown",), _double("closings", n=lambda n: n + 50)),
    Tampering("hồ sơ: sửa tiêu đề", CHANGED, _set("dossiers", "title", "Tiêu đề khác")),
    Tampering("hồ sơ: đổi trạng thái", CHANGED, _set("dossiers", "state", "closed")),
    Tampering("hồ sơ: lùi ngày mở", CHANGED, _set("dossiers", "opened_at", _days(-300))),
    Tampering("hồ sơ: xóa", ("row.missing",), _remove("dossiers")),
    Tampering("hồ sơ: chèn khống", ("row.unknown",), _double("dossiers", code="HS-KHONG")),
    Tampering("người dùng: tự cho quyền quản trị", CHANGED, _set("people", "roles", ["administrator"])),
    Tampering("người dùng: thay mật khẩu", CHANGED, _set("people", "password", "x")),
    Tampering("người dùng: ngừng lén", CHANGED, _set("people", "disabled_at", datetime(2026, 1, 1, tzinfo=UTC))),
    Tampering("người dùng: chuyển đơn vị", CHANGED, _set("people", "unit", "phuong-x")),
    Tampering("người dùng: thêm tài khoản quản trị", ("row.unknown",), _new_admin),
    Tampering("người dùng: xóa tài khoản", ("row.missing",), _remove("people")),
    Tampering("đơn vị: đổi tên", CHANGED, _set("units", "name", "Tên khác")),
    Tampering("mã truy cập: thêm quyền", CHANGED, _set("tokens", "scopes", ["everything"])),
    Tampering("mã truy cập: kéo dài", CHANGED, _set("tokens", "expires_at", datetime(2090, 1, 1, tzinfo=UTC))),
    Tampering("mã truy cập: tự cấp", ("row.unknown",), _invented("tokens", owner="x")),
    Tampering("phiên đăng nhập: tự tạo", ("row.unknown",), _invented("sessions")),
    Tampering("ủy quyền: tự tạo", ("row.unknown",), _invented("delegations", receiver={"id": "x"})),
    Tampering("tin cậy: đổi mục đích của gốc", CHANGED, _set("trust", "purpose", "cong-cong")),
    Tampering("tin cậy: thay chứng thư gốc", CHANGED, _set("trust", "der", lambda der: der[:-1] + b"?")),
    Tampering("tin cậy: thôi tin lén", CHANGED, _set("trust", "retired", {"why": "x"})),
    Tampering("tin cậy: chèn một gốc", ("row.unknown",), _double("trust", name="Gốc lạ")),
    Tampering("tin cậy: xóa một gốc", ("row.missing",), _remove("trust")),
    Tampering("tiêu hủy: tự lập phiếu đã duyệt", ("row.unknown",),
              _invented("disposals", state="approved", unit="van-phong", votes=[], dossiers=[])),
    Tampering("phong tỏa: tự lập lệnh", ("row.unknown",), _invented("holds", state="placed")),
    Tampering("hồ sơ: sửa chỗ của văn bản", CHANGED, _set("filings", "order", lambda n: (n or 0) + 7)),
    Tampering("hồ sơ: rút lén văn bản", ("row.missing",), _remove("filings")),
    Tampering("sự cố: kết thúc lén", CHANGED, _set("incidents", "state", "settled")),
    Tampering("sự cố: sửa nội dung", CHANGED, _set("incidents", "found", "không có gì")),
    Tampering("sự cố: xóa", ("row.missing",), _remove("incidents")),
]  # fmt: skip


def _without(collection: str, name: str, which: Row | None = None) -> Any:
    return _edit(collection, lambda row: row.pop(name), which)


def _foreign_id(collection: str, **fields: Any) -> Any:
    """A row whose id is none of ours: a driver's own, as a shell gives it."""

    async def do(estate: Estate, _: Shell) -> None:
        row = await estate.database[collection].find_one({})
        await estate.database[collection].insert_one(row | fields | {"_id": ObjectId()})

    return do


MALFORMED = [
    Tampering("biến dạng: văn bản không trích yếu", CHANGED, _without("documents", "subject", REGISTERED)),
    Tampering("biến dạng: văn bản không phiên bản", CHANGED, _without("documents", "versions", REGISTERED)),
    Tampering("biến dạng: phiên bản là chữ", CHANGED, _set("documents", "versions", "x", REGISTERED)),
    Tampering("biến dạng: khóa là chữ", CHANGED, _set("documents", "versions.0.lock", "x", REGISTERED)),
    Tampering("biến dạng: hạn khóa là chữ", CHANGED, _set("documents", "versions.0.lock.until", "2090", REGISTERED)),
    Tampering("biến dạng: ngày tạo là số", CHANGED, _set("documents", "versions.0.created_at", 5, REGISTERED)),
    Tampering("biến dạng: số đến là mảng", CHANGED, _set("documents", "number", [1], REGISTERED)),
    Tampering("biến dạng: giá trị không có trong JSON", CHANGED, _set("documents", "subject", ObjectId(), REGISTERED)),
    Tampering("biến dạng: bộ đếm là chữ", CHANGED, _set("documents", "writes", "x", REGISTERED)),
    Tampering("biến dạng: hồ sơ không tiêu đề", CHANGED, _without("dossiers", "title")),
    Tampering("biến dạng: dòng sổ không văn bản", CHANGED, _without("entries", "document", LINED)),
    Tampering("biến dạng: số của dòng là chữ", CHANGED, _set("entries", "number", "một", LINED)),
    Tampering("biến dạng: cột của dòng là số", CHANGED, _set("entries", "columns", 5, LINED)),
    Tampering("biến dạng: số cuối là chữ", CHANGED, _set("registers", "last", "x", {"last": {"$gt": 2}})),
    Tampering("biến dạng: sổ không số cuối", CHANGED, _without("registers", "last", {"last": {"$gt": 2}})),
    Tampering("biến dạng: lần khóa sổ là chữ", CHANGED, _set("closings", "n", "x")),
    Tampering("biến dạng: lần khóa sổ không mã", CHANGED, _without("closings", "digest")),
    Tampering("biến dạng: văn bản mang mã của trình điều khiển", ("row.unknown",),
              _foreign_id("documents", number=None)),
    Tampering("biến dạng: tài khoản mang mã của trình điều khiển", ("row.unknown",),
              _foreign_id("people", username="lạ", staff_code="", email="")),
]  # fmt: skip


def _rehashed(row: Row) -> None:
    row["actor"] = row["actor"] | {"name": "Người khác"}
    row["hash"] = content_hash(row)


async def _without_guard(estate: Estate) -> None:
    """Takes away the index that lets no leaf be given twice, as a vandal would."""
    there = await estate.database["audit"].index_information()
    if "leaf_once" in there:
        await estate.database["audit"].drop_index("leaf_once")


async def _double_record(estate: Estate, shell: Shell) -> None:
    await _without_guard(estate)
    await _double("audit", SEALED)(estate, shell)


async def _swap_leaves(estate: Estate, _: Shell) -> None:
    await _without_guard(estate)
    rows = estate.database["audit"]
    one, two = await rows.find({"leaf": {"$in": [3, 4]}}).to_list(2)
    await rows.update_one({"_id": one["_id"]}, {"$set": {"leaf": two["leaf"]}})
    await rows.update_one({"_id": two["_id"]}, {"$set": {"leaf": one["leaf"]}})


async def _both(estate: Estate, _: Shell) -> None:
    """A document and the record that binds it, edited so that they agree."""
    row = await estate.database["documents"].find_one(REGISTERED, sort=[("_id", 1)])
    row["subject"] = "Sửa cả văn bản lẫn nhật ký"
    record = await estate.database["audit"].find_one(
        {"rows": {"$elemMatch": {"id": row["_id"], "n": row["writes"]}}}
    )
    for state in record["rows"]:
        if state["id"] == row["_id"]:
            state["sha256"] = binding.row_hash(row)
    await estate.database["documents"].replace_one({"_id": row["_id"]}, row)
    await estate.database["audit"].replace_one(
        {"_id": record["_id"]}, record | {"hash": content_hash(record)}
    )


async def _tile(estate: Estate, _: Shell) -> None:
    row = await estate.database["tiles"].find_one({}, sort=[("_id", 1)])
    name, value = next((k, v) for k, v in row.items() if isinstance(v, bytes))
    bent = bytes([value[0] ^ 1]) + value[1:]
    await estate.database["tiles"].update_one({"_id": row["_id"]}, {"$set": {name: bent}})


async def _shrunk(estate: Estate, _: Shell) -> None:
    await estate.database["heads"].update_one({}, {"$inc": {"size": -2}})


async def _set_back_day(estate: Estate, _: Shell) -> None:
    """The whole database as it was before today's work."""
    yesterday = await estate.dump()
    await estate.fresh_document(subject="Việc của hôm nay")
    await estate.seal()
    await estate.restore(yesterday)


async def _cut_tail(estate: Estate, _: Shell) -> None:
    last = await estate.database["audit"].find_one({"leaf": {"$ne": None}}, sort=[("leaf", -1)])
    await estate.database["audit"].delete_one({"_id": last["_id"]})


SEALED: Row = {"leaf": {"$gte": 2}}
BINDING: Row = SEALED | {"rows.0": {"$exists": True}}
LOG = [
    Tampering("nhật ký: sửa người làm", ("log.edited",), _set("audit", "actor.name", "Người khác", SEALED)),
    Tampering("nhật ký: sửa và tính lại mã băm", ("log.edited",), _edit("audit", _rehashed, SEALED)),
    Tampering("nhật ký: sửa chi tiết", ("log.edited",), _set("audit", "detail.them", "x", SEALED)),
    Tampering("nhật ký: xóa một bản ghi", ("log.missing",), _remove("audit", SEALED)),
    Tampering("nhật ký: xóa bản ghi cuối", ("log.missing",), _cut_tail),
    Tampering("nhật ký: nhân đôi", ("log.duplicate",), _double_record),
    Tampering("nhật ký: đổi chỗ hai bản ghi", ("log.edited",), _swap_leaves),
    Tampering("nhật ký: lùi giờ", ("log.edited",), _set("audit", "at", _days(-10), SEALED)),
    Tampering("nhật ký: số lá bịa", ("log.forged",), _double("audit", SEALED, leaf=10**6)),
    Tampering("nhật ký: gỡ số lá", ("log.missing",), _set("audit", "leaf", None, SEALED)),
    Tampering("nhật ký: danh sách dòng là chữ", ("log.edited",), _set("audit", "rows", "x", BINDING)),
    Tampering("nhật ký: dòng được ghi không mã băm", ("log.edited",),
              _edit("audit", lambda row: row["rows"][0].pop("sha256"), BINDING)),
    Tampering("nhật ký: giờ là chữ", ("log.edited",), _set("audit", "at", "x", SEALED)),
    Tampering("nhật ký: giá trị lạ", ("log.edited",), _set("audit", "detail.la", ObjectId(), SEALED)),
    Tampering("nhật ký: kích thước cây là chữ", ("log.tree",), _set("heads", "size", "x")),
    Tampering("nhật ký: sửa cả văn bản lẫn bản ghi", ("log.edited",), _both),
    Tampering("nhật ký: sửa mảnh cây", ("log.edited", "log.tree"), _tile),
    Tampering("nhật ký: rút ngắn cây", ("log.rolledback",), _shrunk),
    Tampering("nhật ký: sửa gốc cây", ("log.tree",), _set("heads", "root", b"\0" * 32)),
    Tampering("bản ký: thay số lá", ("log.checkpoint",), _set("checkpoints", "size", lambda n: n + 5)),
    Tampering("bản ký: thay gốc", ("log.checkpoint",), _set("checkpoints", "root", "0" * 64)),
    Tampering("bản ký: trỏ sang tệp khác", ("log.checkpoint",), _set("checkpoints", "store_version", "0" * 32)),
    Tampering("cơ sở dữ liệu: lùi cả ngày", ("log.rolledback",), _set_back_day),
]  # fmt: skip


def _on_version(act: Callable[[Estate, Shell, Row, bytes], Awaitable[None] | None]) -> Any:
    """A deed on the object of a fresh document."""

    async def do(estate: Estate, shell: Shell) -> None:
        row = await estate.fresh_document(subject=f"Nạn nhân {secrets.token_hex(3)}")
        version = row["versions"][0]
        async with estate.repository.versions.content(version) as pieces:
            content = b"".join([piece async for piece in pieces])
        waiting = act(estate, shell, version, content)
        if waiting is not None:
            await waiting

    return do


def _put_as_root(shell: Shell, key: str, content: bytes) -> None:
    shell.root.put_object(shell.bucket, key, io.BytesIO(content), len(content))


async def _forgotten(estate: Estate, _: Shell) -> None:
    """An object locked for long whose record somebody took away, log and all."""
    content = secrets.token_bytes(500)
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        blobs, digest = estate.repository.blobs, Digest.of(content)
        stat = await blobs.put(digest, Path(file.name), len(content), "text/plain")
        await blobs.retain(digest, stat.version, datetime.now(UTC) + timedelta(days=90))


async def _checkpoint_gone(estate: Estate, shell: Shell) -> None:
    row = await estate.repository.log.checkpoints.latest()
    assert row is not None
    shell.raw("DELETE", row)


def _governance(estate: Estate, shell: Shell, version: Row, content: bytes) -> None:
    shell.raw("PUT", version, "?tagging", **{"Seaweed-X-Amz-Object-Lock-Mode": "GOVERNANCE"})


def _sooner(estate: Estate, shell: Shell, version: Row, content: bytes) -> None:
    soon = int((datetime.now(UTC) + timedelta(days=2)).timestamp())
    shell.raw("PUT", version, "?tagging", **{"Seaweed-X-Amz-Retention-Until-Date": str(soon)})


def _mark(estate: Estate, shell: Shell, version: Row, content: bytes) -> None:
    shell.root.remove_object(shell.bucket, shell.key(version))


LOST = ("object.missing", "object.unreadable")
STORE = [
    Tampering("kho: đổi một bit trong tệp của kho", ("object.changed", "object.unreadable"),
              _on_version(lambda e, s, v, c: s.flip(c))),
    Tampering("kho: thay nội dung cùng độ dài", ("object.changed",),
              _on_version(lambda e, s, v, c: s.overwrite(v, bytes(len(c))))),
    Tampering("kho: cắt ngắn", ("object.short",), _on_version(lambda e, s, v, c: s.overwrite(v, c[:-5]))),
    Tampering("kho: nối dài", ("object.short",), _on_version(lambda e, s, v, c: s.overwrite(v, c + b"x"))),
    Tampering("kho: làm rỗng", ("object.short",), _on_version(lambda e, s, v, c: s.overwrite(v, b""))),
    Tampering("kho: xóa sau lưng khóa", LOST, _on_version(lambda e, s, v, c: s.raw("DELETE", v))),
    Tampering("kho: đặt dấu xóa", ("object.marked",), _on_version(_mark)),
    Tampering("kho: ghi đè phiên bản lạ", ("object.unknown_version",),
              _on_version(lambda e, s, v, c: _put_as_root(s, s.key(v), b"khac"))),
    Tampering("kho: tải lên lại cùng nội dung", ("object.unknown_version",),
              _on_version(lambda e, s, v, c: _put_as_root(s, s.key(v), c))),
    Tampering("kho: gỡ khóa", ("object.unlocked", *LOST),
              _on_version(lambda e, s, v, c: s.raw("DELETE", v, "?tagging"))),
    Tampering("kho: hạ khóa xuống GOVERNANCE", ("object.unlocked",), _on_version(_governance)),
    Tampering("kho: rút ngắn khóa", ("object.shortened",), _on_version(_sooner)),
    Tampering("kho: phong tỏa lạ", ("object.hold",), _on_version(
        lambda e, s, v, c: e.repository.blobs.hold(Digest(v["sha256"]), v["store_version"], True))),
    Tampering("kho: đối tượng lạ", ("object.stray",),
              _on_version(lambda e, s, v, c: _put_as_root(s, f"la-{secrets.token_hex(3)}", b"?"))),
    Tampering("kho: tên lạ trong thư mục của hệ thống", ("object.stray",),
              _on_version(lambda e, s, v, c: _put_as_root(s, f"sha256/zz/{secrets.token_hex(3)}", b"?"))),
    Tampering("kho: tệp khóa lâu không hồ sơ nào nhận", ("object.orphan",), _forgotten),
    Tampering("kho: xóa bản ký", ("log.checkpoint", "object.missing"), _checkpoint_gone),
]  # fmt: skip


def _in_index(change: Callable[[SearchEntry], SearchEntry | None]) -> Any:
    async def do(estate: Estate, _: Shell) -> None:
        row = await estate.fresh_document(subject=f"Mục tìm kiếm {secrets.token_hex(3)}")
        entry = change(of_document(row, []))
        await (estate.indexers.index.put([entry]) if entry else estate.indexers.index.remove([row["_id"]]))
        await estate.indexers.index.commit()

    return do


def _other(entry: SearchEntry, **fields: Any) -> SearchEntry:
    return SearchEntry(**{**vars(entry), **fields})


INDEX = [
    Tampering("chỉ mục: xóa mục", ("index.gap",), _in_index(lambda e: None)),
    Tampering("chỉ mục: mục ma", ("index.ghost",), _in_index(lambda e: _other(e, id=new_id("doc")))),
    Tampering("chỉ mục: mở quyền đọc", ("index.differs",), _in_index(lambda e: _other(e, readers=("all",)))),
    Tampering("chỉ mục: sửa trích yếu", ("index.differs",), _in_index(lambda e: _other(e, subject="Khác"))),
]

TABLE = [*DATABASE, *MALFORMED, *LOG[:-1], *STORE, *INDEX, LOG[-1]]
"""The last one leaves a log that no sealer goes on with."""
QUICK = [
    one
    for one in TABLE
    if one.name
    in {
        "văn bản: sửa trích yếu", "văn bản: xóa dòng", "sổ: xóa một dòng", "người dùng: tự cho quyền quản trị",
        "hồ sơ: sửa tiêu đề", "phiên đăng nhập: tự tạo", "khóa sổ: sửa mã", "nhật ký: sửa cả văn bản lẫn bản ghi",
        "tin cậy: đổi mục đích của gốc", "biến dạng: phiên bản là chữ",
        "kho: thay nội dung cùng độ dài", "kho: gỡ khóa", "kho: đặt dấu xóa", "chỉ mục: mở quyền đọc",
    }
]  # fmt: skip
