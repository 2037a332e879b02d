"""The audit log, its tree and its checkpoints, and the whole database set back by a day."""

from bson import ObjectId

from repository.audit import binding, content_hash
from tests.soak.estate import Estate, Shell
from tests.soak.tampering.deeds import REGISTERED, Row, Tampering, bend, days, double, edit, remove


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
    await double("audit", SEALED)(estate, shell)


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
    Tampering("nhật ký: sửa người làm", ("log.edited",), bend("audit", "actor.name", "Người khác", SEALED)),
    Tampering("nhật ký: sửa và tính lại mã băm", ("log.edited",), edit("audit", _rehashed, SEALED)),
    Tampering("nhật ký: sửa chi tiết", ("log.edited",), bend("audit", "detail.them", "x", SEALED)),
    Tampering("nhật ký: xóa một bản ghi", ("log.missing",), remove("audit", SEALED)),
    Tampering("nhật ký: xóa bản ghi cuối", ("log.missing",), _cut_tail),
    Tampering("nhật ký: nhân đôi", ("log.duplicate",), _double_record),
    Tampering("nhật ký: đổi chỗ hai bản ghi", ("log.edited",), _swap_leaves),
    Tampering("nhật ký: lùi giờ", ("log.edited",), bend("audit", "at", days(-10), SEALED)),
    Tampering("nhật ký: số lá bịa", ("log.forged",), double("audit", SEALED, leaf=10**6)),
    Tampering("nhật ký: gỡ số lá", ("log.missing",), bend("audit", "leaf", None, SEALED)),
    Tampering("nhật ký: danh sách dòng là chữ", ("log.edited",), bend("audit", "rows", "x", BINDING)),
    Tampering("nhật ký: dòng được ghi không mã băm", ("log.edited",),
              edit("audit", lambda row: row["rows"][0].pop("sha256"), BINDING)),
    Tampering("nhật ký: giờ là chữ", ("log.edited",), bend("audit", "at", "x", SEALED)),
    Tampering("nhật ký: giá trị lạ", ("log.edited",), bend("audit", "detail.la", ObjectId(), SEALED)),
    Tampering("nhật ký: kích thước cây là chữ", ("log.tree",), bend("heads", "size", "x")),
    Tampering("nhật ký: sửa cả văn bản lẫn bản ghi", ("log.edited",), _both),
    Tampering("nhật ký: sửa mảnh cây", ("log.edited", "log.tree"), _tile),
    Tampering("nhật ký: rút ngắn cây", ("log.rolledback",), _shrunk),
    Tampering("nhật ký: sửa gốc cây", ("log.tree",), bend("heads", "root", b"\0" * 32)),
    Tampering("bản ký: thay số lá", ("log.checkpoint",), bend("checkpoints", "size", lambda n: n + 5)),
    Tampering("bản ký: thay gốc", ("log.checkpoint",), bend("checkpoints", "root", "0" * 64)),
    Tampering("bản ký: trỏ sang tệp khác", ("log.checkpoint",), bend("checkpoints", "store_version", "0" * 32)),
    Tampering("cơ sở dữ liệu: lùi cả ngày", ("log.rolledback",), _set_back_day),
]  # fmt: skip
