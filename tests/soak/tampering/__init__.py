"""The table of tamperings: what somebody with a shell on the machine does, and which finding must show it.

Each is done for real on a living office: edits, removals, doubles, back-dating in MongoDB; swapping, cutting, marking,
unlocking in the store, also behind its S3 front; the index; the log and its checkpoints; the whole database set back.
"""

from tests.soak.tampering.index import INDEX
from tests.soak.tampering.log import LOG
from tests.soak.tampering.malformed import MALFORMED
from tests.soak.tampering.objects import STORE
from tests.soak.tampering.rows import DATABASE

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
