"""Every act that leaves a record, in one list. Values are stored for ever: add, never rename."""

from enum import StrEnum


class Action(StrEnum):
    """What was done; the Vietnamese words stand in `WORDS`."""

    DOCUMENT_STORED = "document.stored"
    DOCUMENT_DESCRIBED = "document.described"
    DOCUMENT_REGISTERED = "document.registered"
    DOCUMENT_ISSUED = "document.issued"
    DOCUMENT_SHARED = "document.shared"
    SHARE_ENDED = "share.ended"
    LEVEL_CHANGED = "document.level_changed"
    VERSION_STORED = "version.stored"
    VERSION_READ = "version.read"
    VERSION_VIEWED = "version.viewed"
    DOCUMENT_READ = "document.read"
    SEARCH_MADE = "search.made"
    COMMAND_RUN = "command.run"
    LOG_READ = "log.read"
    LOG_EXPORTED = "log.exported"
    VERSION_JUDGED = "version.judged"
    VERSION_RENEWED = "version.renewed"
    TRUST_IMPORTED = "trust.imported"
    TRUST_RETIRED = "trust.retired"
    PAPER_SETTLED = "paper.settled"
    VERSION_RESCANNED = "version.rescanned"
    VERSION_CHECKED = "version.checked"
    VERSION_RESTORED = "version.restored"
    SIGNING_PREPARED = "signing.prepared"
    SIGNING_SIGNED = "signing.signed"
    SIGNING_FINISHED = "signing.finished"
    SIGNING_CANCELLED = "signing.cancelled"
    SIGNING_REFUSED = "signing.refused"
    SIGNING_KEY_KEPT = "signing.key_kept"
    SIGNING_PICTURE_KEPT = "signing.picture_kept"
    LOCK_EXTENDED = "lock.extended"
    SECRET_REFUSED = "secret.refused"
    MALWARE_REFUSED = "malware.refused"
    REGISTER_OPENED = "register.opened"
    ENTRY_MADE = "entry.made"
    ENTRY_ANNULLED = "entry.annulled"
    ENTRY_DESCRIBED = "entry.described"
    BLOCK_RESERVED = "register.reserved"
    BLOCK_SETTLED = "register.settled"
    DAY_CLOSED = "register.day.closed"
    YEAR_CLOSED = "register.closed"
    REGISTER_PRINTED = "register.printed"
    DOSSIER_OPENED = "dossier.opened"
    DOSSIER_FILED = "dossier.filed"
    DOSSIER_CLOSED = "dossier.closed"
    DOSSIER_REOPENED = "dossier.reopened"
    DOSSIER_REMOVED = "dossier.removed"
    DOSSIER_ORDERED = "dossier.ordered"
    DOSSIER_PRINTED = "dossier.printed"
    RETENTION_SET = "dossier.retention_set"
    DOSSIER_HANDED_OVER = "dossier.handed_over"
    DOSSIER_RECEIVED = "dossier.received"
    DOSSIER_RETURNED = "dossier.returned"
    DOSSIER_PACKAGED = "dossier.packaged"
    DOSSIER_IMPORTED = "dossier.imported"
    DOSSIER_SUCCEEDED = "dossier.succeeded"
    DOSSIER_KEPT_BACK = "dossier.kept_back"
    HANDOVER_NOTICED = "dossier.handover_noticed"
    CATALOGUE_DRAFTED = "catalogue.drafted"
    CATALOGUE_ISSUED = "catalogue.issued"
    SCHEDULE_IMPORTED = "schedule.imported"
    MEMBER_ADDED = "dossier.member_added"
    MEMBER_ENDED = "dossier.member_ended"
    UNIT_CREATED = "unit.created"
    UNIT_EDITED = "unit.edited"
    UNIT_RENAMED = "unit.renamed"
    UNIT_CLOSED = "unit.closed"
    UNIT_SETTINGS_CHANGED = "unit.settings_changed"
    CERTIFICATE_ADDED = "unit.certificate_added"
    PERSON_CERTIFIED = "person.certificate_added"
    PERSON_CREATED = "person.created"
    PERSON_DISABLED = "person.disabled"
    PERSON_EDITED = "person.edited"
    PERSON_TRANSFERRED = "person.transferred"
    PERSON_WARNED = "person.warned"
    PERSON_REINSTATED = "person.reinstated"
    PERSON_RESET = "person.reset"
    WORK_HANDED_OVER = "work.handed_over"
    PASSWORD_CHANGED = "password.changed"
    LOGGED_IN = "login.done"
    LOGIN_REFUSED = "login.refused"
    LOGGED_OUT = "login.ended"
    SESSION_ENDED = "session.ended"
    SESSION_ACKNOWLEDGED = "session.acknowledged"
    FACTOR_ASKED = "factor.asked"
    FACTOR_USED = "factor.used"
    FACTOR_ENROLLED = "factor.enrolled"
    FACTOR_REMOVED = "factor.removed"
    DELEGATION_MADE = "delegation.made"
    DELEGATION_ENDED = "delegation.ended"
    REQUEST_MADE = "request.made"
    REQUEST_APPROVED = "request.approved"
    REQUEST_REFUSED = "request.refused"
    REQUEST_WITHDRAWN = "request.withdrawn"
    PERSON_TRAINED = "person.trained"
    RIGHTS_REVIEWED = "rights.reviewed"
    DELEGATION_TAKEN = "delegation.taken"
    DELEGATION_LAID_DOWN = "delegation.laid_down"
    ACCESS_REFUSED = "access.refused"
    TOKEN_CREATED = "token.created"
    TOKEN_REVOKED = "token.revoked"
    BACKUP_MADE = "backup.made"
    BACKUP_CHECKED = "backup.checked"
    BACKUP_ROTATED = "backup.rotated"
    BACKUP_RESTORED = "backup.restored"
    STORE_MAPPED = "store.mapped"
    DRILL_DONE = "drill.done"
    FIXITY_RUN = "fixity.run"
    FIXITY_WENT = "fixity.went"
    DRILL_RUN = "drill.run"
    SELFCHECK_RUN = "selfcheck.run"
    EVIDENCE_MADE = "evidence.made"
    SAMPLE_PICKED = "sample.picked"
    SAMPLE_CHECKED = "sample.checked"
    SAMPLE_TAKEN = "sample.taken"
    INCIDENT_FOUND = "incident.found"
    INCIDENT_SETTLED = "incident.settled"
    LOCKS_ROLLED = "locks.rolled"
    HOLD_PLACED = "hold.placed"
    HOLD_APPLIED = "hold.applied"
    HOLD_LIFT_ASKED = "hold.lift_asked"
    HOLD_LIFT_REFUSED = "hold.lift_refused"
    HOLD_LIFTED = "hold.lifted"
    DISPOSAL_PROPOSED = "disposal.proposed"
    DISPOSAL_VOTED = "disposal.voted"
    DISPOSAL_REFUSED = "disposal.refused"
    DISPOSAL_APPROVED = "disposal.approved"
    DISPOSAL_SPARED = "disposal.spared"
    DOCUMENT_DISPOSED = "document.disposed"
    OBJECTS_ERASED = "disposal.erased"
    DISPOSAL_DONE = "disposal.done"
    CERTIFICATE_PRINTED = "disposal.printed"
    OBJECT_SWEPT = "object.swept"


WORDS: dict[Action, str] = {
    Action.DOCUMENT_STORED: "Tiếp nhận văn bản",
    Action.DOCUMENT_DESCRIBED: "Sửa thông tin mô tả",
    Action.DOCUMENT_REGISTERED: "Đăng ký văn bản vào sổ",
    Action.DOCUMENT_ISSUED: "Phát hành văn bản",
    Action.DOCUMENT_SHARED: "Chia sẻ văn bản",
    Action.SHARE_ENDED: "Kết thúc chia sẻ văn bản",
    Action.LEVEL_CHANGED: "Đổi mức phổ biến văn bản",
    Action.VERSION_STORED: "Lưu phiên bản mới",
    Action.VERSION_READ: "Tải nội dung",
    Action.VERSION_RENEWED: "Gia hạn dấu thời gian lưu trữ",
    Action.TRUST_IMPORTED: "Nhập chứng thư, danh sách thu hồi",
    Action.TRUST_RETIRED: "Thôi tin một chứng thư gốc",
    Action.PAPER_SETTLED: "Ghi nhận bản giấy kèm theo",
    Action.VERSION_VIEWED: "Xem trang của phiên bản",
    Action.DOCUMENT_READ: "Xem văn bản hạn chế",
    Action.SEARCH_MADE: "Tìm thấy văn bản hạn chế",
    Action.COMMAND_RUN: "Chạy lệnh trên máy chủ",
    Action.LOG_READ: "Xem nhật ký",
    Action.LOG_EXPORTED: "Xuất nhật ký ra tệp",
    Action.SELFCHECK_RUN: "Tự kiểm tra hệ thống",
    Action.VERSION_JUDGED: "Kiểm tra chữ ký số và giá trị pháp lý",
    Action.VERSION_RESCANNED: "Quét lại mã độc",
    Action.VERSION_CHECKED: "Kiểm tra toàn vẹn",
    Action.VERSION_RESTORED: "Phục hồi tệp từ bản sao lưu",
    Action.FIXITY_RUN: "Kiểm tra toàn vẹn cả kho",
    Action.FIXITY_WENT: "Vòng kiểm tra toàn vẹn đi tiếp",
    Action.DRILL_RUN: "Diễn tập tấn công kho",
    Action.SIGNING_PREPARED: "Chuẩn bị ký số",
    Action.SIGNING_SIGNED: "Ký số",
    Action.SIGNING_FINISHED: "Lưu bản đã ký số",
    Action.SIGNING_CANCELLED: "Hủy việc ký số",
    Action.SIGNING_REFUSED: "Từ chối ký số",
    Action.SIGNING_KEY_KEPT: "Lưu tệp khóa ký số (niêm phong)",
    Action.SIGNING_PICTURE_KEPT: "Lưu ảnh chữ ký, con dấu",
    Action.LOCK_EXTENDED: "Gia hạn khóa lưu giữ",
    Action.SECRET_REFUSED: "Từ chối văn bản mật",
    Action.MALWARE_REFUSED: "Chặn tệp có mã độc",
    Action.REGISTER_OPENED: "Mở sổ",
    Action.ENTRY_MADE: "Vào sổ, cấp số",
    Action.ENTRY_ANNULLED: "Hủy số",
    Action.ENTRY_DESCRIBED: "Ghi bổ sung vào dòng sổ",
    Action.BLOCK_RESERVED: "Dành số để ghi tay",
    Action.BLOCK_SETTLED: "Kết thúc khối số dành sẵn",
    Action.DAY_CLOSED: "Khóa sổ ngày",
    Action.YEAR_CLOSED: "Đóng sổ năm",
    Action.REGISTER_PRINTED: "In sổ",
    Action.DOSSIER_OPENED: "Mở hồ sơ",
    Action.DOSSIER_FILED: "Đưa văn bản vào hồ sơ",
    Action.DOSSIER_CLOSED: "Kết thúc hồ sơ",
    Action.DOSSIER_REOPENED: "Mở lại hồ sơ",
    Action.DOSSIER_REMOVED: "Đưa văn bản ra khỏi hồ sơ",
    Action.DOSSIER_ORDERED: "Sắp xếp văn bản trong hồ sơ",
    Action.DOSSIER_PRINTED: "In danh mục, mục lục, biên bản giao nhận hồ sơ",
    Action.RETENTION_SET: "Xác định lại thời hạn bảo quản",
    Action.DOSSIER_HANDED_OVER: "Nộp lưu hồ sơ",
    Action.DOSSIER_RECEIVED: "Lưu trữ xác nhận đã nhận hồ sơ",
    Action.DOSSIER_RETURNED: "Lưu trữ trả lại hồ sơ",
    Action.DOSSIER_PACKAGED: "Xuất gói lưu trữ của hồ sơ (SIP, AIP)",
    Action.DOSSIER_IMPORTED: "Nhập hồ sơ từ gói lưu trữ",
    Action.DOSSIER_SUCCEEDED: "Đơn vị kế thừa tiếp nhận hồ sơ",
    Action.DOSSIER_KEPT_BACK: "Giữ lại hồ sơ đến hạn nộp lưu",
    Action.HANDOVER_NOTICED: "Báo hồ sơ sắp đến hạn nộp lưu",
    Action.CATALOGUE_DRAFTED: "Lập, sửa danh mục hồ sơ",
    Action.CATALOGUE_ISSUED: "Ban hành danh mục hồ sơ",
    Action.SCHEDULE_IMPORTED: "Nhập bảng thời hạn bảo quản",
    Action.MEMBER_ADDED: "Thêm thành viên hồ sơ",
    Action.MEMBER_ENDED: "Kết thúc thành viên hồ sơ",
    Action.UNIT_CREATED: "Tạo đơn vị",
    Action.UNIT_EDITED: "Sửa thông tin đơn vị",
    Action.UNIT_RENAMED: "Đổi tên đơn vị",
    Action.UNIT_CLOSED: "Kết thúc hoạt động đơn vị",
    Action.UNIT_SETTINGS_CHANGED: "Đổi quy định riêng của đơn vị",
    Action.CERTIFICATE_ADDED: "Thêm chứng thư số của đơn vị",
    Action.PERSON_CERTIFIED: "Thêm chứng thư số của người dùng",
    Action.PERSON_CREATED: "Tạo tài khoản",
    Action.PERSON_DISABLED: "Ngừng tài khoản",
    Action.PERSON_EDITED: "Sửa thông tin người dùng",
    Action.PERSON_TRANSFERRED: "Điều chuyển, đổi chức vụ",
    Action.PERSON_WARNED: "Cảnh báo tài khoản lâu không dùng",
    Action.PERSON_REINSTATED: "Mở lại tài khoản",
    Action.PERSON_RESET: "Cấp lại mật khẩu",
    Action.WORK_HANDED_OVER: "Bàn giao công việc",
    Action.PASSWORD_CHANGED: "Đổi mật khẩu",
    Action.LOGGED_IN: "Đăng nhập",
    Action.LOGIN_REFUSED: "Đăng nhập bị từ chối",
    Action.LOGGED_OUT: "Đăng xuất",
    Action.SESSION_ENDED: "Kết thúc phiên đăng nhập",
    Action.SESSION_ACKNOWLEDGED: "Xác nhận đã biết lần đăng nhập nơi khác",
    Action.FACTOR_ASKED: "Hỏi mã xác thực hai bước",
    Action.FACTOR_USED: "Dùng mã xác thực hai bước",
    Action.FACTOR_ENROLLED: "Bật xác thực hai bước",
    Action.FACTOR_REMOVED: "Tắt xác thực hai bước",
    Action.DELEGATION_MADE: "Ủy quyền xử lý",
    Action.DELEGATION_ENDED: "Kết thúc ủy quyền",
    Action.REQUEST_MADE: "Đề nghị vị trí, quyền",
    Action.REQUEST_APPROVED: "Duyệt đề nghị vị trí, quyền",
    Action.REQUEST_REFUSED: "Không duyệt đề nghị vị trí, quyền",
    Action.REQUEST_WITHDRAWN: "Rút đề nghị vị trí, quyền",
    Action.PERSON_TRAINED: "Ghi nhận tập huấn",
    Action.RIGHTS_REVIEWED: "Xác nhận rà soát quyền",
    Action.DELEGATION_TAKEN: "Bắt đầu làm thay",
    Action.DELEGATION_LAID_DOWN: "Thôi làm thay",
    Action.ACCESS_REFUSED: "Từ chối truy cập",
    Action.TOKEN_CREATED: "Cấp mã truy cập cho hệ thống",
    Action.TOKEN_REVOKED: "Thu hồi mã truy cập",
    Action.BACKUP_MADE: "Sao lưu",
    Action.BACKUP_CHECKED: "Kiểm tra bản sao lưu",
    Action.BACKUP_ROTATED: "Bỏ bản sao lưu quá hạn giữ",
    Action.BACKUP_RESTORED: "Khôi phục từ bản sao lưu",
    Action.STORE_MAPPED: "Gắn lại phiên bản trong kho sau khôi phục",
    Action.DRILL_DONE: "Diễn tập khôi phục",
    Action.EVIDENCE_MADE: "Lập gói chứng cứ",
    Action.SAMPLE_PICKED: "Lấy mẫu kiểm tra",
    Action.SAMPLE_CHECKED: "Kiểm tra toàn vẹn một mẫu",
    Action.SAMPLE_TAKEN: "Tải gói chứng cứ của cả mẫu",
    Action.INCIDENT_FOUND: "Phát hiện sự cố",
    Action.INCIDENT_SETTLED: "Kết thúc sự cố",
    Action.LOCKS_ROLLED: "Chạy việc gia hạn khóa lưu giữ",
    Action.HOLD_PLACED: "Phong tỏa",
    Action.HOLD_APPLIED: "Áp, bỏ phong tỏa trên văn bản",
    Action.HOLD_LIFT_ASKED: "Đề nghị gỡ phong tỏa",
    Action.HOLD_LIFT_REFUSED: "Không đồng ý gỡ phong tỏa",
    Action.HOLD_LIFTED: "Gỡ phong tỏa",
    Action.DISPOSAL_PROPOSED: "Đề nghị tiêu hủy tài liệu hết giá trị",
    Action.DISPOSAL_VOTED: "Ý kiến của thành viên hội đồng tiêu hủy",
    Action.DISPOSAL_REFUSED: "Hội đồng không đồng ý tiêu hủy",
    Action.DISPOSAL_APPROVED: "Hội đồng duyệt tiêu hủy",
    Action.DISPOSAL_SPARED: "Giữ lại văn bản khi thực hiện tiêu hủy",
    Action.DOCUMENT_DISPOSED: "Tiêu hủy văn bản",
    Action.OBJECTS_ERASED: "Xóa tệp khỏi kho theo quyết định tiêu hủy",
    Action.DISPOSAL_DONE: "Hoàn thành tiêu hủy, lập chứng nhận",
    Action.CERTIFICATE_PRINTED: "Lưu bản in chứng nhận tiêu hủy",
    Action.OBJECT_SWEPT: "Dọn tệp chưa từng được ghi nhận",
}
