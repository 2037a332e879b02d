"""Rows bent out of shape: the check tells them, and does not fall over them."""

from bson import ObjectId

from tests.soak.tampering.deeds import CHANGED, LINED, REGISTERED, Tampering, bend, foreign_id, without

MALFORMED = [
    Tampering("biến dạng: văn bản không trích yếu", CHANGED, without("documents", "subject", REGISTERED)),
    Tampering("biến dạng: văn bản không phiên bản", CHANGED, without("documents", "versions", REGISTERED)),
    Tampering("biến dạng: phiên bản là chữ", CHANGED, bend("documents", "versions", "x", REGISTERED)),
    Tampering("biến dạng: khóa là chữ", CHANGED, bend("documents", "versions.0.lock", "x", REGISTERED)),
    Tampering("biến dạng: hạn khóa là chữ", CHANGED, bend("documents", "versions.0.lock.until", "2090", REGISTERED)),
    Tampering("biến dạng: ngày tạo là số", CHANGED, bend("documents", "versions.0.created_at", 5, REGISTERED)),
    Tampering("biến dạng: số đến là mảng", CHANGED, bend("documents", "number", [1], REGISTERED)),
    Tampering("biến dạng: giá trị không có trong JSON", CHANGED, bend("documents", "subject", ObjectId(), REGISTERED)),
    Tampering("biến dạng: bộ đếm là chữ", CHANGED, bend("documents", "writes", "x", REGISTERED)),
    Tampering("biến dạng: hồ sơ không tiêu đề", CHANGED, without("dossiers", "title")),
    Tampering("biến dạng: dòng sổ không văn bản", CHANGED, without("entries", "document", LINED)),
    Tampering("biến dạng: số của dòng là chữ", CHANGED, bend("entries", "number", "một", LINED)),
    Tampering("biến dạng: cột của dòng là số", CHANGED, bend("entries", "columns", 5, LINED)),
    Tampering("biến dạng: số cuối là chữ", CHANGED, bend("registers", "last", "x", {"last": {"$gt": 2}})),
    Tampering("biến dạng: sổ không số cuối", CHANGED, without("registers", "last", {"last": {"$gt": 2}})),
    Tampering("biến dạng: lần khóa sổ là chữ", CHANGED, bend("closings", "n", "x")),
    Tampering("biến dạng: lần khóa sổ không mã", CHANGED, without("closings", "digest")),
    Tampering("biến dạng: văn bản mang mã của trình điều khiển", ("row.unknown",),
              foreign_id("documents", number=None)),
    Tampering("biến dạng: tài khoản mang mã của trình điều khiển", ("row.unknown",),
              foreign_id("people", username="lạ", staff_code="", email="")),
]  # fmt: skip
