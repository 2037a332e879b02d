"""Every act that leaves a record, in one list. Values are stored for ever: add, never rename."""

from enum import StrEnum


class Action(StrEnum):
    """What was done; the Vietnamese words stand in `WORDS`."""

    DOCUMENT_STORED = "document.stored"
    DOCUMENT_DESCRIBED = "document.described"
    DOCUMENT_REGISTERED = "document.registered"
    DOCUMENT_ISSUED = "document.issued"
    VERSION_STORED = "version.stored"
    VERSION_READ = "version.read"
    VERSION_JUDGED = "version.judged"
    VERSION_RESCANNED = "version.rescanned"
    VERSION_CHECKED = "version.checked"
    LOCK_EXTENDED = "lock.extended"
    SECRET_REFUSED = "secret.refused"
    MALWARE_REFUSED = "malware.refused"
    REGISTER_OPENED = "register.opened"
    ENTRY_MADE = "entry.made"
    ENTRY_ANNULLED = "entry.annulled"
    DOSSIER_OPENED = "dossier.opened"
    DOSSIER_FILED = "dossier.filed"
    DOSSIER_CLOSED = "dossier.closed"
    DOSSIER_REOPENED = "dossier.reopened"
    UNIT_CREATED = "unit.created"
    PERSON_CREATED = "person.created"
    PERSON_DISABLED = "person.disabled"
    PASSWORD_CHANGED = "password.changed"
    LOGGED_IN = "login.done"
    LOGIN_REFUSED = "login.refused"
    LOGGED_OUT = "login.ended"
    TOKEN_CREATED = "token.created"
    TOKEN_REVOKED = "token.revoked"


WORDS: dict[Action, str] = {
    Action.DOCUMENT_STORED: "Tiếp nhận văn bản",
    Action.DOCUMENT_DESCRIBED: "Sửa thông tin mô tả",
    Action.DOCUMENT_REGISTERED: "Đăng ký văn bản vào sổ",
    Action.DOCUMENT_ISSUED: "Phát hành văn bản",
    Action.VERSION_STORED: "Lưu phiên bản mới",
    Action.VERSION_READ: "Tải nội dung",
    Action.VERSION_JUDGED: "Kiểm tra chữ ký số và giá trị pháp lý",
    Action.VERSION_RESCANNED: "Quét lại mã độc",
    Action.VERSION_CHECKED: "Kiểm tra toàn vẹn",
    Action.LOCK_EXTENDED: "Gia hạn khóa lưu giữ",
    Action.SECRET_REFUSED: "Từ chối văn bản mật",
    Action.MALWARE_REFUSED: "Chặn tệp có mã độc",
    Action.REGISTER_OPENED: "Mở sổ",
    Action.ENTRY_MADE: "Vào sổ, cấp số",
    Action.ENTRY_ANNULLED: "Hủy số",
    Action.DOSSIER_OPENED: "Mở hồ sơ",
    Action.DOSSIER_FILED: "Đưa văn bản vào hồ sơ",
    Action.DOSSIER_CLOSED: "Kết thúc hồ sơ",
    Action.DOSSIER_REOPENED: "Mở lại hồ sơ",
    Action.UNIT_CREATED: "Tạo đơn vị",
    Action.PERSON_CREATED: "Tạo tài khoản",
    Action.PERSON_DISABLED: "Ngừng tài khoản",
    Action.PASSWORD_CHANGED: "Đổi mật khẩu",
    Action.LOGGED_IN: "Đăng nhập",
    Action.LOGIN_REFUSED: "Đăng nhập bị từ chối",
    Action.LOGGED_OUT: "Đăng xuất",
    Action.TOKEN_CREATED: "Cấp mã truy cập cho hệ thống",
    Action.TOKEN_REVOKED: "Thu hồi mã truy cập",
}
