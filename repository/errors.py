"""What can go wrong, in nine kinds named by their remedy. Features subclass a kind for a situation.

An error's message is a sentence in Vietnamese and in English, filled from its facts; facts are attributes, so
callers never parse text. Foreign errors are wrapped in one of these where they enter (adapters), with `from`.
"""

import errno
from typing import ClassVar, Final


class TangThuError(Exception):
    """Any refusal or failure that this program can name."""

    vi: ClassVar[str] = "Không thực hiện được."
    en: ClassVar[str] = "This could not be done."

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.sentence("en"))

    def __getattr__(self, name: str) -> object:
        facts = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(name)

    def sentence(self, language: str = "vi") -> str:
        """The message in `vi` or `en`."""
        return (self.en if language == "en" else self.vi).format_map(_Facts(self.facts))

    def __str__(self) -> str:
        return self.sentence("vi")


class _Facts(dict[str, object]):
    """A fact that the raiser left out shows as a dash instead of hiding the error behind a KeyError."""

    def __missing__(self, key: str) -> str:
        return "—"


class NotFound(TangThuError):
    """It does not exist, or this actor may not know that it does."""

    vi = "Không tìm thấy {what}."
    en = "There is no such {what}."


class Gone(TangThuError):
    """It existed and was lawfully disposed of; its stub remains."""

    vi = "{what} đã được tiêu hủy hợp lệ; chỉ còn thông tin lưu vết."
    en = "{what} was lawfully disposed of; only its stub remains."


class Conflict(TangThuError):
    """The thing changed meanwhile, exists already, or is in a state that forbids this."""

    vi = "Trạng thái hiện tại không cho phép thao tác này: {why}"
    en = "The present state forbids this: {why}"


class Stale(Conflict):
    """The caller changed an older reading than the one stored."""

    vi = "Dữ liệu đã được người khác sửa sau khi bạn mở. Hãy tải lại rồi sửa tiếp; phần đã lưu không bị ảnh hưởng."
    en = "Somebody changed this after you read it. Reload and change again; what is stored is untouched."


class OnHold(TangThuError):
    """A retention lock or a legal hold forbids this."""

    vi = "Đang bị khóa lưu giữ hoặc phong tỏa đến {until}."
    en = "A retention lock or legal hold forbids this until {until}."


class Invalid(TangThuError):
    """The input is wrong; `errors` is a list of {pointer, detail} where single fields are to blame."""

    vi = "Dữ liệu gửi lên không hợp lệ: {why}"
    en = "The input is not valid: {why}"

    @property
    def errors(self) -> list[dict[str, str]]:
        found = self.facts.get("errors", [])
        return list(found) if isinstance(found, list) else []


class Forbidden(TangThuError):
    """The actor is known and may not do this."""

    vi = "Tài khoản của bạn không có quyền: {permission}."
    en = "Your account lacks the permission: {permission}."


class TooLarge(TangThuError):
    """It exceeds a limit of the policy."""

    vi = "Tệp {filename} vượt giới hạn {limit} byte."
    en = "File {filename} exceeds the limit of {limit} bytes."


class Corrupt(TangThuError):
    """Stored bytes are not the bytes that were stored: an incident."""

    vi = "Dữ liệu lưu trữ bị sai lệch: {what}. Đã ghi sự cố; báo ngay Tổ CNTT."
    en = "Stored data is damaged: {what}. Report this to the IT group at once."


class Unavailable(TangThuError):
    """A dependency does not answer; nothing was half done; trying again later is right."""

    vi = "Dịch vụ {what} hiện không trả lời. Dữ liệu đã lưu vẫn an toàn; hãy thử lại sau ít phút."
    en = "The {what} does not answer. What is stored is safe; try again in a few minutes."


KINDS: tuple[type[TangThuError], ...] = (
    NotFound, Gone, Conflict, OnHold, Invalid, Forbidden, TooLarge, Corrupt, Unavailable,
)  # fmt: skip

_REASONS: Final = {
    errno.ENOENT: "không có tệp hay thư mục này",
    errno.EISDIR: "là thư mục, không phải tệp",
    errno.ENOTDIR: "không phải thư mục",
    errno.EACCES: "không có quyền đọc hoặc ghi",
    errno.EPERM: "không có quyền đọc hoặc ghi",
    errno.EROFS: "chỉ đọc được, không ghi được",
    errno.EEXIST: "đã có",
    errno.ENOSPC: "ổ đĩa đã đầy",
    errno.EDQUOT: "ổ đĩa đã đầy",
}
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""A full disk: raised by the write, which names no file."""


def reason(fault: OSError) -> str:
    """Why the system refused a file, for people."""
    return _REASONS.get(fault.errno or 0) or fault.strerror or str(fault)
