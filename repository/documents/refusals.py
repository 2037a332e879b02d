"""Why a document is refused: situations with their own sentence (Đ1.p1, Đ11.3, PL2.II.1.8)."""

from repository import errors


class SecretRefused(errors.Invalid):
    """A classified paper was offered: nothing of it is kept (Đ1.p1)."""

    vi = (
        "Văn bản mật không được đưa vào Hệ thống (Điều 1 Quy chế). Không có nội dung nào được lưu; "
        "hãy xử lý theo quy định bảo vệ bí mật nhà nước."
    )
    en = "Classified documents may not enter the System (article 1). None of it was kept."


class NoFile(errors.Invalid):
    """A document without a file."""

    vi = "Thiếu tệp đính kèm: mỗi văn bản phải có ít nhất một tệp."
    en = "A document needs at least one file."


class NotScanned(errors.Conflict):
    """Nothing is issued that was not scanned: the gate fails closed (Đ11.3)."""

    vi = (
        "Chưa phát hành được: tệp chưa quét mã độc ({filenames}). "
        "Khi máy quét hoạt động lại, bấm «Quét lại» rồi phát hành."
    )
    en = "Not issued: files without a malware scan ({filenames}). Scan them again when the scanner is back."


class DossierClosed(errors.Conflict):
    """Nothing is filed in a closed dossier."""

    vi = "Hồ sơ «{title}» đã kết thúc; muốn thêm văn bản phải mở lại hồ sơ và nêu lý do."
    en = "Dossier «{title}» is closed; reopen it with a reason before filing."


class DossierMissing(errors.Conflict):
    """A paper that must be answered is not done with before it lies in a dossier (PL2.II.1.8)."""

    vi = (
        "Văn bản đến «{subject}» phải phản hồi: hãy mở hồ sơ gắn với văn bản này trước khi kết thúc xử lý "
        "(Phụ lục 2, mục II.1.8)."
    )
    en = "«{subject}» must be answered: open a dossier tied to it before its handling is completed."
