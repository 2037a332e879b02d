"""What states, actions and clauses are called; each state with the tone that picks its colour and shape."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from api.web.written import day, moment
from repository.access.rules import CLASSIFICATION_WORDS
from repository.audit.actions import WORDS, Action
from repository.mongo import Row
from repository.registers import numbering


class State(NamedTuple):
    """Words and tone: `ok`, `warn`, `bad`, `idle` or `info`."""

    words: str
    tone: str


_UNKNOWN: Final = "không rõ"

STATES: Final = {
    "stored": State("Đã tiếp nhận, chưa vào sổ", "idle"),
    "registered": State("Đã vào sổ", "info"),
    "issued": State("Đã phát hành", "ok"),
}
DIRECTIONS: Final = {"incoming": "Văn bản đến", "outgoing": "Văn bản đi", "internal": "Văn bản nội bộ"}
URGENCY: Final = ("Thường", "Khẩn", "Thượng khẩn", "Hỏa tốc")
LEGAL: Final = {
    "valid": State("Có giá trị pháp lý", "ok"),
    "reference": State("Chỉ để tham khảo", "warn"),
    "pending": State("Đang kiểm tra chữ ký số, chưa kết luận giá trị pháp lý", "idle"),
}
VERDICTS: Final = {
    "valid": "Văn bản có giá trị pháp lý như bản giấy.",
    "reference": "Văn bản chỉ để tham khảo, không thay được bản giấy.",
    "pending": "Đang kiểm tra chữ ký số, chưa kết luận giá trị pháp lý.",
}
"""The legal value as one sentence."""
LEGAL_SHORT: Final = LEGAL | {"pending": State("Đang kiểm tra", "idle")}
"""For lists, where there is little room."""
SCANS: Final = {
    "clean": State("Đã quét, không có mã độc", "ok"),
    "infected": State("Có mã độc", "bad"),
    "not_scanned": State("Chưa quét mã độc", "warn"),
}
REQUESTS: Final = {
    "open": State("Chờ duyệt", "info"),
    "approved": State("Đã duyệt", "ok"),
    "refused": State("Không duyệt", "bad"),
    "withdrawn": State("Đã rút", "idle"),
}
DOSSIER_STATES: Final = {
    "open": State("Đang mở", "info"),
    "closed": State("Đã kết thúc", "ok"),
    "handed_over": State("Đã nộp lưu", "idle"),
}
HANDS: Final = {
    "archive": "Nộp lưu",
    "received": "Lưu trữ xác nhận đã nhận",
    "returned": "Lưu trữ trả lại",
    "successor": "Đơn vị kế thừa tiếp nhận",
}
"""What a hand in the custody of a dossier was."""
CATALOGUE_STATES: Final = {"draft": State("Dự thảo", "idle"), "issued": State("Đã ban hành", "ok")}
PERMISSIONS: Final = {
    "retention.read": "xem tình hình khóa lưu giữ, phong tỏa, tiêu hủy",
    "holds.keep": "phong tỏa và gỡ phong tỏa",
    "disposals.propose": "đề nghị tiêu hủy tài liệu hết thời hạn bảo quản",
    "disposals.judge": "cho ý kiến trong hội đồng xét hủy",
    "documents.read": "xem văn bản",
    "documents.store": "lưu văn bản",
    "documents.describe": "sửa thông tin văn bản",
    "documents.issue": "phát hành văn bản",
    "documents.share": "chia sẻ văn bản",
    "access.explain": "xem ai được xem văn bản và vì sao",
    "search": "tìm kiếm",
    "registers.read": "xem sổ văn bản",
    "registers.entries": "vào sổ, cấp số",
    "registers.annul": "hủy số",
    "registers.open": "mở sổ",
    "dossiers.read": "xem hồ sơ",
    "dossiers.keep": "lập hồ sơ",
    "dossiers.hand_over": "nộp lưu hồ sơ",
    "dossiers.receive": "xác nhận, trả lại hồ sơ nộp lưu",
    "catalogues.keep": "lập danh mục hồ sơ",
    "schedules.keep": "nhập bảng thời hạn bảo quản",
    "verify": "kiểm tra toàn vẹn",
    "history.read": "xem lịch sử",
    "documents.sign": "ký số văn bản",
    "documents.seal": "ký số của cơ quan",
    "log.read": "xem nhật ký hệ thống",
    "log.prove": "lấy bằng chứng của nhật ký",
    "everything.read": "xem toàn bộ văn bản",
    "units.read": "xem danh sách đơn vị",
    "account.own": "quản lý tài khoản của mình",
    "units.administer": "quản trị đơn vị",
    "people.administer": "quản trị tài khoản",
    "rights.review": "rà soát quyền của đơn vị",
    "tokens.administer": "quản trị mã truy cập",
    "incidents.report": "báo sự cố",
    "evidence.make": "lập gói chứng cứ",
    "samples.keep": "lấy mẫu kiểm tra",
    "incidents.read": "xem sổ sự cố",
    "incidents.settle": "kết thúc sự cố",
    "inspections.read": "xem các đợt kiểm tra, diễn tập",
    "operate": "vận hành hệ thống",
}
"""What a permission lets one do; a newer one shows its code until it has words here."""
INCIDENTS: Final = {
    "person": "Người dùng báo",
    "job.failed": "Việc định kỳ không xong",
    "attack.succeeded": "Diễn tập tấn công: kho đã nhượng bộ",
    "sample.damaged": "Văn bản trong mẫu kiểm tra bị hỏng",
    "object.missing": "Tệp mất khỏi kho",
    "object.changed": "Tệp bị đổi nội dung",
    "object.short": "Tệp sai độ dài",
    "object.unreadable": "Tệp không đọc được",
    "object.marked": "Dấu xóa trên tệp",
    "object.unknown_version": "Phiên bản lạ trong kho",
    "object.unlocked": "Tệp mất khóa lưu giữ",
    "object.shortened": "Khóa lưu giữ bị rút ngắn",
    "object.hold": "Phong tỏa không khớp hồ sơ",
    "object.orphan": "Tệp khóa lâu không có hồ sơ",
    "object.stale": "Tệp thừa đã hết khóa",
    "object.stray": "Đối tượng lạ trong kho",
    "row.changed": "Dữ liệu bị sửa ngoài hệ thống",
    "row.missing": "Dữ liệu bị xóa ngoài hệ thống",
    "row.unknown": "Dữ liệu được chèn ngoài hệ thống",
    "row.old": "Dữ liệu bị đưa về trạng thái cũ",
    "versions.broken": "Chuỗi phiên bản đứt",
    "register.gap": "Sổ thiếu số",
    "register.double": "Sổ trùng số",
    "register.beyond": "Sổ có dòng vượt số cuối",
    "line.document": "Dòng sổ và văn bản không khớp",
    "closing.broken": "Mã khóa sổ không khớp",
    "index.gap": "Thiếu trong chỉ mục tìm kiếm",
    "index.ghost": "Mục ma trong chỉ mục tìm kiếm",
    "index.differs": "Chỉ mục tìm kiếm bị sửa",
    "fixity.late": "Kiểm tra toàn vẹn chậm",
    "fixity.many": "Nhiều sự cố cùng loại",
}
LEVELS: Final = {one.value: told for one, told in CLASSIFICATION_WORDS.items()}
LEVELS_TOLD: Final = {
    "cong_khai": "Công khai: mọi người trong quận được xem văn bản",
    "thuong": "Thường: đơn vị, và nơi được chia sẻ",
    "noi_bo": "Nội bộ: đơn vị, chỉ chia sẻ đích danh từng người",
    "han_che": "Hạn chế: văn thư, lãnh đạo đơn vị, người lưu và người được chia sẻ đích danh",
}
"""How far a document may go, as one chooses it."""
ROLES: Final = {"main": "bản chính", "attachment": "phụ lục, tệp kèm"}
UNIT_KINDS: Final = {
    "district": "Quận", "office": "Văn phòng", "department": "Phòng, ban", "ward": "Phường", "other": "Khác",
}  # fmt: skip
TOTP_GRADES: Final = {
    "nobody": "không bắt buộc", "administrators": "bắt buộc với quản trị viên", "all": "bắt buộc với mọi người",
}  # fmt: skip
FORMATS: Final = {
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word (.docx)",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel (.xlsx)",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint (.pptx)",
    "application/msword": "Word (.doc)",
    "application/vnd.ms-excel": "Excel (.xls)",
    "application/vnd.ms-powerpoint": "PowerPoint (.ppt)",
    "application/vnd.oasis.opendocument.text": "OpenDocument (.odt)",
    "application/vnd.oasis.opendocument.spreadsheet": "OpenDocument (.ods)",
    "application/rtf": "RTF",
    "text/rtf": "RTF",
    "text/plain": "văn bản thuần (.txt)",
    "image/png": "ảnh PNG",
    "image/jpeg": "ảnh JPEG",
    "image/tiff": "ảnh TIFF",
    "application/zip": "tệp nén ZIP",
}


def state_of(table: dict[str, State], value: str) -> State:
    """The state's words, or an honest unknown."""
    return table.get(value, State(value or _UNKNOWN, "idle"))


def account_state(person: Row) -> State:
    """How an account stands, for lists."""
    if person["disabled_at"]:
        return State("Đã ngừng", "idle")
    if person.get("idle_warned_at"):
        return State("Sắp tự ngừng vì lâu không dùng", "warn")
    if person.get("must_change"):
        return State("Chờ đổi mật khẩu được cấp", "info")
    return State("Đang hoạt động", "ok")


def token_state(row: Row, now: datetime) -> State:
    """How a system's token stands; one that ends within a month is to be renewed."""
    if row["revoked_at"]:
        return State(f"Đã thu hồi {moment(row['revoked_at'])}", "idle")
    if row["expires_at"] <= now:
        return State("Đã hết hạn", "idle")
    return (
        State("Sắp hết hạn", "warn")
        if row["expires_at"] <= now + timedelta(days=30)
        else State("Đang dùng", "ok")
    )


def action(value: str) -> str:
    """What an audit record's act is called."""
    try:
        return WORDS[Action(value)]
    except ValueError:
        return value


def permission_told(sentence: str) -> str:
    """A refusal's sentence with the permission's words in the place of its code."""
    head, _, code = sentence.rstrip(".").rpartition(": ")
    return f"{head}: {PERMISSIONS[code]}." if code in PERMISSIONS else sentence


def document_type(code: str) -> str:
    return numbering.TYPES.get(code, code)


def kind_of_file(media_type: str) -> str:
    return FORMATS.get(media_type, media_type)


def facts(record: Row) -> str:
    """What an audit record says beyond its act, in a few words."""
    detail: dict[str, Any] = record.get("detail") or {}
    said = []
    if "number" in detail:
        said.append(f"số {numbering.written(detail['number'])}")
    if detail.get("symbol"):
        said.append(f"số ký hiệu {detail['symbol']}")
    if "n" in detail:
        said.append(f"phiên bản {detail['n']}")
    if record["action"] == Action.VERSION_CHECKED:
        damaged = ", ".join(str(n) for n in detail.get("damaged", []))
        said.append(f"sai lệch ở phiên bản {damaged}" if damaged else "mọi phiên bản nguyên vẹn")
    if isinstance(detail.get("verdicts"), dict):
        said += [f"phiên bản {n}: {state_of(SCANS, v).words.lower()}" for n, v in detail["verdicts"].items()]
    if detail.get("until"):
        said.append(f"đến {day(detail['until'])}")
    if isinstance(detail.get("legal_value"), str):
        said.append(state_of(LEGAL, detail["legal_value"]).words.lower())
    if record["action"] == Action.RETENTION_SET:
        was, now = detail.get("was") or {}, detail.get("now") or {}
        said.append(f"từ {was.get('words') or 'chưa xác định'} thành {now.get('words')}")
    elif isinstance(detail.get("now"), dict) and "was" in detail:
        said.append("đổi: " + ", ".join(FIELDS.get(name, name) for name in detail["now"]))
    if detail.get("objid"):
        said.append(f"gói {detail['packed_as'].upper()} {detail['objid']}")
    if detail.get("reason"):
        said.append(f"lý do: {detail['reason']}")
    return "; ".join(said)


FIELDS: Final = {
    "direction": "chiều văn bản",
    "symbol": "số, ký hiệu",
    "issued_on": "ngày ban hành",
    "document_type": "tên loại",
    "subject": "trích yếu",
    "issuer": "cơ quan ban hành",
    "recipients": "nơi nhận",
    "urgency": "độ khẩn",
    "classification": "mức phổ biến",
    "page_amount": "số trang",
    "description": "ghi chú",
    "number": "số",
    "happened_on": "ngày ghi trên giấy",
    "reason": "lý do",
    "scan_declaration": "khai báo bản quét",
    "unit": "đơn vị",
    "title": "chức vụ",
    "roles": "vai trò",
    "since": "từ ngày",
    "full_name": "họ và tên",
    "staff_code": "mã cán bộ",
    "email": "thư điện tử",
    "name": "tên",
    "organ_id": "mã định danh",
    "aliases": "mã khác",
    "parent": "trực thuộc",
    "head": "người đứng đầu",
    "settings": "quy định riêng",
    "closed_on": "ngày kết thúc",
    "successor": "đơn vị kế thừa",
    "receiver": "người được ủy quyền",
    "scopes": "quyền",
    "until": "đến hết ngày",
}
