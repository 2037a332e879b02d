"""What verdicts on signatures, certificates and the steps of signing are called."""

import re
from typing import Final

from api.web.words import State

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


def holder(subject: str) -> str:
    """The name in a certificate's subject (RFC 4514)."""
    found = re.search(r"(?:^|,)CN=((?:\\.|[^,\\])+)", subject)
    return re.sub(r"\\(.)", r"\1", found.group(1)) if found else subject
