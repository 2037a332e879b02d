"""What states, actions and clauses are called; each state with the tone that picks its colour and shape."""

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from repository.access.rules import CLASSIFICATION_WORDS
from repository.audit.actions import WORDS, Action
from repository.clock import local
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
SIGNED: Final = {
    "pending": State("Đang kiểm tra chữ ký số", "idle"),
    "none": State("Không có chữ ký số", "idle"),
    "intact": State("Nội dung đã ký còn nguyên vẹn", "ok"),
    "mixed": State("Có chữ ký không xác nhận được nội dung hiện tại", "warn"),
    "broken": State("Nội dung đã bị thay đổi sau khi ký", "bad"),
    "unreadable": State("Không đọc được chữ ký số", "warn"),
    "not_checked": State("Chưa kiểm tra được chữ ký số", "warn"),
}
SIGNATURES: Final = {
    "TOTAL-PASSED": State("Hợp lệ", "ok"),
    "TOTAL-FAILED": State("Không hợp lệ", "bad"),
    "INDETERMINATE": State("Chưa đủ căn cứ kết luận", "warn"),
}
SUB_INDICATIONS: Final = {
    "HASH_FAILURE": "nội dung đã bị thay đổi sau khi ký",
    "SIG_CRYPTO_FAILURE": "chữ ký không khớp với chứng thư",
    "SIG_CONSTRAINTS_FAILURE": "chữ ký không đạt yêu cầu kỹ thuật",
    "FORMAT_FAILURE": "chữ ký sai định dạng",
    "REVOKED": "chứng thư đã bị thu hồi",
    "REVOKED_NO_POE": "chứng thư đã bị thu hồi, không có dấu thời gian chứng minh ký trước khi thu hồi",
    "REVOKED_CA_NO_POE": "chứng thư của nơi cấp đã bị thu hồi",
    "EXPIRED": "chứng thư đã hết hạn",
    "NOT_YET_VALID": "chứng thư chưa có hiệu lực lúc ký",
    "OUT_OF_BOUNDS_NO_POE": "chứng thư đã hết hạn, không có dấu thời gian chứng minh ký khi còn hiệu lực",
    "OUT_OF_BOUNDS_NOT_REVOKED": "chứng thư đã hết hạn",
    "NO_CERTIFICATE_CHAIN_FOUND": "không xác định được tổ chức cấp chứng thư đáng tin cậy",
    "NO_CERTIFICATE_CHAIN_FOUND_NO_POE": "không xác định được tổ chức cấp chứng thư đáng tin cậy",
    "CERTIFICATE_CHAIN_GENERAL_FAILURE": "chuỗi chứng thư không kiểm tra được",
    "CHAIN_CONSTRAINTS_FAILURE": "chuỗi chứng thư không đạt yêu cầu",
    "NO_SIGNING_CERTIFICATE_FOUND": "không có chứng thư của người ký",
    "SIGNED_DATA_NOT_FOUND": "không tìm thấy nội dung được ký",
    "CRYPTO_CONSTRAINTS_FAILURE": "thuật toán ký không còn an toàn",
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE": "thuật toán ký không còn an toàn",
    "TRY_LATER": "chưa tra cứu được tình trạng thu hồi; sẽ kiểm tra lại",
    "NO_POE": "không có dấu thời gian chứng minh thời điểm ký",
    "POLICY_PROCESSING_ERROR": "không áp dụng được chính sách ký",
}
SIGNER_KINDS: Final = {"agency": "cơ quan", "person": "cá nhân", "unknown": "không rõ là cơ quan hay cá nhân"}
PURPOSES: Final = {
    "chuyen-dung": "chứng thư chữ ký số chuyên dùng công vụ",
    "cong-cong": "chứng thư chữ ký số công cộng, không phải chuyên dùng",
    "thu-nghiem": "chứng thư thử nghiệm, chỉ dùng cho trình diễn",
    "unknown": "không rõ nơi cấp",
}
SIGNED_AT: Final = {
    "timestamp": "theo dấu thời gian",
    "attribute": "theo người ký khai",
    "dictionary": "theo người ký khai",
    "none": "",
}
PROOFS: Final = {
    "timestamp": "dấu thời gian trên chữ ký",
    "document_timestamp": "dấu thời gian lưu trữ của tệp",
    "own_record": "lúc hệ thống nhận tệp",
    "now": "lúc kiểm tra (không có bằng chứng sớm hơn)",
}
"""What proves when a signature existed; its certificate is judged at that moment."""
REVOCATIONS: Final = {
    "good": State("Chưa bị thu hồi", "ok"),
    "revoked": State("Đã bị thu hồi", "bad"),
    "not_checked": State("Chưa có căn cứ để kiểm tra thu hồi", "warn"),
}
EVIDENCE: Final = {"crl": "danh sách thu hồi", "ocsp": "trả lời OCSP"}
SOURCES: Final = {
    "signature": "kèm trong chữ ký",
    "file": "kèm trong tệp",
    "imported": "do quản trị nhập",
    "settings": "từ tệp cài đặt",
}
"""Where revocation evidence was found."""
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
    "incidents.read": "xem sổ sự cố",
    "incidents.settle": "kết thúc sự cố",
    "operate": "vận hành hệ thống",
}
"""What a permission lets one do; a newer one shows its code until it has words here."""
INCIDENTS: Final = {
    "person": "Người dùng báo",
    "job.failed": "Việc định kỳ không xong",
    "attack.succeeded": "Diễn tập tấn công: kho đã nhượng bộ",
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
SIGNING_KINDS: Final = {
    "person": "Ký cá nhân",
    "agency": "Ký của cơ quan (con dấu)",
    "annex": "Ký của cơ quan lên phụ lục",
}
SIGNING_STATES: Final = {
    "prepared": State("Chờ ký", "warn"),
    "signed": State("Đã ký, chờ hoàn tất", "warn"),
    "finished": State("Đã ký xong", "ok"),
    "cancelled": State("Đã hủy", "idle"),
}
MEANS: Final = {
    "file": "Tệp khóa mang theo (PKCS#12)",
    "stored": "Tệp khóa đã niêm phong ở đây",
    "token": "Thiết bị ký nối máy chủ (PKCS#11)",
    "remote": "Dịch vụ ký từ xa",
}
VALIDITY: Final = {
    "early": State("Chưa có hiệu lực", "idle"),
    "valid": State("Còn hiệu lực", "ok"),
    "soon": State("Sắp hết hạn", "warn"),
    "ended": State("Đã hết hạn", "bad"),
}
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


def holder(subject: str) -> str:
    """The name in a certificate's subject (RFC 4514)."""
    found = re.search(r"(?:^|,)CN=((?:\\.|[^,\\])+)", subject)
    return re.sub(r"\\(.)", r"\1", found.group(1)) if found else subject


def quarter(value: str) -> str:
    """`2026-Q4` as `quý 4/2026`."""
    year, _, number = value.partition("-Q")
    return f"quý {number}/{year}"


def whole(value: str) -> int:
    """The number in a form's hidden field; 0, which no row has, for anything else."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


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


def moment(value: datetime | str | None) -> str:
    """`22/11/2026 14:05` in Viet Nam."""
    if not value:
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return f"{local(value):%d/%m/%Y %H:%M}"


def day(value: date | datetime | str | None) -> str:
    """`22/11/2026`; a moment is told by its day in Viet Nam."""
    if not value:
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    return f"{local(value) if isinstance(value, datetime) else value:%d/%m/%Y}"


def typed_day(value: str) -> date:
    """The day that a person or a link wrote: `22/11/2026` or `2026-11-22`. Raises ValueError."""
    for shape in ("%d/%m/%Y", "%Y-%m-%d"):
        with suppress(ValueError):
            return datetime.strptime(value.strip(), shape).date()  # noqa: DTZ007  a day, not a moment
    raise ValueError(value)


def as_typed_day(value: str) -> str:
    """What a date field shows again: as people here write it; what is no date stays as it was typed."""
    with suppress(ValueError):
        return day(typed_day(value))
    return value


def size(value: int) -> str:
    """`350 KB`, `1,2 MB`: with the decimal comma."""
    if value < 1024:
        return f"{value} byte"
    amount, unit = float(value), "KB"
    for unit in ("KB", "MB", "GB"):
        amount /= 1024
        if amount < 1024 or unit == "GB":
            break
    return f"{amount:.{0 if amount >= 100 else 1}f} {unit}".replace(".", ",").replace(",0 ", " ")


def number(value: int) -> str:
    """`13.116`: with the thousands point."""
    return f"{value:,}".replace(",", ".")


_CLAUSE: Final = re.compile(r"^(?:(?P<act>[^.\s]+)\.)?Đ(?P<article>\d+)(?:\.(?P<item>\w+))?$")
_ACTS: Final = {None: "Quy chế", "NĐ30": "Nghị định 30/2020/NĐ-CP", "NĐ": "Nghị định 30/2020/NĐ-CP"}


def clause(code: str) -> str:
    """`NĐ30.Đ5.1` as people cite it: `khoản 1 Điều 5 Nghị định 30/2020/NĐ-CP`."""
    found = _CLAUSE.match(code)
    if found is None:
        return code
    item = re.match(r"(\d*)([a-zđ]?)", found["item"] or "")
    point = f"điểm {item[2]} " if item and item[2] else ""
    paragraph = f"khoản {item[1]} " if item and item[1] else ""
    return f"{point}{paragraph}Điều {found['article']} {_ACTS.get(found['act'], found['act'])}"


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
    if isinstance(detail.get("now"), dict) and "was" in detail:
        said.append("đổi: " + ", ".join(FIELDS.get(name, name) for name in detail["now"]))
    if detail.get("reason"):
        said.append(f"lý do: {detail['reason']}")
    return "; ".join(said)


DAY_WANTED: Final = "ngày phải có dạng ngày/tháng/năm, ví dụ 16/01/2018"
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
