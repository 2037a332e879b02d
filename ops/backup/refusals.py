"""Why a backup is not made, not believed, or not put back: one error a situation."""

from repository import errors


class NoPlace(errors.Invalid):
    """No second place is set."""

    vi = "Chưa đặt nơi sao lưu. Đặt TANGTHU_BACKUP_TO (thư mục hoặc s3:ĐỊA-CHỈ/BUCKET), hoặc dùng --to."
    en = "No place for backups is set. Set TANGTHU_BACKUP_TO or use --to."


class NoKey(errors.Invalid):
    """Backups are never written without being sealed."""

    vi = (
        "Chưa có khóa sao lưu. Tạo bằng `tangthu backup key TỆP`, đặt TANGTHU_BACKUP_KEY, và cất một bản in "
        "ở nơi khác: mất khóa thì không đọc được bản sao lưu nào."
    )
    en = "There is no backup key. Make one with `tangthu backup key FILE` and keep a copy elsewhere."


class KeyUnreadable(errors.Invalid):
    """The key file holds no age identity."""

    vi = "Tệp khóa sao lưu {path} không đọc được: {why}"
    en = "The backup key file {path} cannot be read: {why}"


class NoRoom(errors.Unavailable):
    """What was sealed cannot be opened here: the disk is full."""

    vi = "Đĩa của máy này hết chỗ khi mở bản sao lưu; bản sao lưu không hỏng. Dọn đĩa (hoặc đặt TMPDIR) rồi làm lại."
    en = (
        "The disk of this machine is full while a backup is opened; the backup is well. Make room and repeat."
    )


class WrongKey(errors.Corrupt):
    """The set was sealed for another key."""

    vi = "Sai khóa: bản sao lưu {set} được niêm phong cho {recipient}, không phải khóa đang dùng."
    en = "Wrong key: set {set} was sealed for {recipient}."


class SetDamaged(errors.Corrupt):
    """The set is not what was written."""

    vi = "Bản sao lưu {set} không dùng được: {why}"
    en = "Set {set} cannot be used: {why}"


class OlderHead(errors.Corrupt):
    """What is there is older than what was made."""

    vi = (
        "Nơi sao lưu bị lùi về quá khứ: bản mới nhất ở đó là {found}, trong khi hệ thống đã lập {expected}. "
        "Bản mới bị mất hoặc bị thay bằng bản cũ."
    )
    en = "The place holds {found} as its newest set, but {expected} was made: it was lost or replaced."


class ObjectMissing(errors.Corrupt):
    """A record names bytes that the store does not have."""

    vi = "kho không còn tệp {digest} mà {count} bản ghi nhắc đến; chạy kiểm tra toàn vẹn"
    en = "The store lacks {digest}, which {count} records name."


class Busy(errors.Conflict):
    """Another process backs up or drills at the same place."""

    vi = "Một tiến trình khác đang sao lưu hoặc diễn tập khôi phục."
    en = "Another process is making a backup or drills."


class WouldLose(errors.Conflict):
    """The target is a living system."""

    vi = (
        "Nơi khôi phục đang có dữ liệu. Nếu ghi đè bằng bản {set} sẽ MẤT: {losses}. "
        "Nếu đúng là muốn vậy, chạy lại với --yes-lose {word}."
    )
    en = "The target holds data. Restoring {set} over it would lose: {losses}. Repeat with --yes-lose {word}."


class NoSuchSet(errors.NotFound):
    """No set of that name, or none so old."""

    vi = "Không có bản sao lưu {what}."
    en = "There is no backup set {what}."
