"""Why a signature is not made: situations with their own sentence (Đ5.3, Đ8.3)."""

from repository import errors


class CertificateNotOwn(errors.Forbidden):
    """Somebody else's certificate, or one that nobody registered: refused and recorded (Đ5.3)."""

    vi = (
        "Không ký được: chứng thư này không phải của {whose} ({why}). "
        "Việc này đã được ghi lại; tệp không thay đổi. Muốn dùng chứng thư mới, hãy đề nghị quản trị đăng ký."
    )
    en = "Not signed: this certificate is not registered for {whose} ({why}). The attempt was recorded."


class OtherVersion(errors.Conflict):
    """What is to be signed is not what was approved."""

    vi = (
        "Không ký được: phiên bản này không phải bản đã được duyệt ({why}). "
        "Chưa ký gì; hãy mở lại văn bản, xem bản mới nhất rồi ký."
    )
    en = "Not signed: this is not the version that was approved ({why}). Nothing was signed."


class NotSignable(errors.Conflict):
    """A file that no signature can be put into."""

    vi = "Không ký được tệp này: {why}. Tệp không thay đổi."
    en = "This file cannot be signed: {why}. It is unchanged."


class MeansRefused(errors.Conflict):
    """The key was not opened: wrong PIN, no token, a signer that said no."""

    vi = "Chưa ký được: {why}. Việc ký đang chờ, có thể thử lại."
    en = "Not signed yet: {why}. The signing waits and can be tried again."


class WrongSignature(errors.Conflict):
    """What came back does not verify with the certificate."""

    vi = "Chữ ký nhận được không khớp với chứng thư và nội dung cần ký. Chưa lưu gì; hãy ký lại."
    en = "The signature does not verify with the certificate and what was to be signed. Nothing was stored."


class Ended(errors.Conflict):
    """A signing that is finished, cancelled or too old."""

    vi = "Việc ký này đã kết thúc ({state}). Muốn ký, hãy bắt đầu lại."
    en = "This signing has ended ({state}). Begin again."
