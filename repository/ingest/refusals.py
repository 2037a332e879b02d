"""Why a file is not taken in. Nothing of it remains: it is stored only after all checks passed."""

from typing import Final

from repository import errors


class EmptyFile(errors.Invalid):
    """A file without content."""

    vi = "Tệp {filename} rỗng (0 byte). Hãy kiểm tra lại tệp gốc rồi gửi lại."
    en = "File {filename} is empty."


class BadFilename(errors.Invalid):
    """A name of which nothing usable is left."""

    vi = "Tên tệp không hợp lệ."
    en = "The file name cannot be used."


class DigestMismatch(errors.Invalid):
    """What arrived is not what the sender said it sent."""

    vi = "Tệp {filename} không nguyên vẹn: bên gửi báo mã băm {expected}, nội dung nhận được có mã {found}."
    en = "File {filename} did not arrive intact: expected SHA-256 {expected}, received {found}."


class MalwareFound(errors.Invalid):
    """The scanner knows this content; `signature` is its name for it."""

    vi = "Tệp {filename} chứa mã độc ({signature}) nên không được lưu. Hãy báo Tổ CNTT và nơi gửi."
    en = "File {filename} contains malware ({signature}) and was not kept."


class FormatRefused(errors.Invalid):
    """The content may not be kept, or is not what the name says. `code` is one of REASONS."""

    vi = "Tệp {filename} không được nhận: {why}"
    en = "File {filename} is refused: {reason}"


REASONS: Final = {
    "not_allowed": (
        "nội dung là {found}, không thuộc các định dạng được phép ({source}).",
        "its content is {found}, which is not an allowed format ({source}).",
    ),
    "contradiction": (
        "tên tệp ghi .{named} nhưng nội dung là {found}. Hãy gửi tệp gốc, không đổi đuôi tệp.",
        "the name says .{named} but the content is {found}.",
    ),
    "damaged": (
        "tệp {found} bị hỏng, không mở được. Hãy kiểm tra tệp gốc hoặc đề nghị nơi gửi gửi lại.",
        "the {found} file is damaged and cannot be opened.",
    ),
    "bomb": (
        "tệp nén bất thường ({found}), có dấu hiệu phá hoại.",
        "its compressed content is out of proportion ({found}).",
    ),
    "password": (
        "tệp đặt mật khẩu nên không quét mã độc và không lưu trữ lâu dài được. Hãy bỏ mật khẩu rồi gửi lại.",
        "it is protected by a password, so it can neither be scanned nor preserved.",
    ),
    "dtd": (
        "tệp XML có khai báo DOCTYPE, không được phép trong gói edXML.",
        "the XML has a DOCTYPE declaration.",
    ),
}


def refused(code: str, *, filename: str, found: str, named: str = "", source: str = "") -> FormatRefused:
    """The refusal with its reason in both languages."""
    vi, en = (one.format(found=found, named=named, source=source) for one in REASONS[code])
    return FormatRefused(filename=filename, code=code, found=found, named=named, why=vi, reason=en)
