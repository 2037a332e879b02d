"""Refusals as a page: what happened, what is safe, what to do next, whom to call."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.web import words
from api.web.rendering import answer


@dataclass(frozen=True)
class Advice:
    """Two sentences that follow what happened."""

    safe: str
    next: str


_NOTHING_CHANGED: Final = "Không có gì bị thay đổi; dữ liệu đã lưu vẫn an toàn."
_OTHER: Final = Advice(_NOTHING_CHANGED, "Quay lại trang trước, sửa theo thông báo ở trên rồi gửi lại.")
_ADVICE: Final = {
    401: Advice(_NOTHING_CHANGED, "Đăng nhập lại rồi làm tiếp."),
    403: Advice(
        _NOTHING_CHANGED, "Nếu công việc của bạn cần quyền này, hãy đề nghị quản trị đơn vị cấp quyền."
    ),
    404: Advice(
        _NOTHING_CHANGED,
        "Kiểm tra lại địa chỉ, hoặc tìm theo số ký hiệu, trích yếu. "
        "Văn bản của đơn vị khác chỉ hiện khi được chia sẻ.",
    ),
    409: Advice(_NOTHING_CHANGED, "Tải lại trang để xem trạng thái hiện tại rồi làm tiếp."),
    412: Advice(_NOTHING_CHANGED, "Tải lại trang để xem nội dung mới nhất rồi làm tiếp."),
    413: Advice(_NOTHING_CHANGED, "Chọn tệp nhỏ hơn, hoặc tách phụ lục thành tệp riêng."),
    500: Advice(
        "Mỗi thay đổi được ghi trọn vẹn hoặc không ghi gì; không có dữ liệu dở dang.",
        "Thử lại một lần. Nếu vẫn lỗi, báo người phụ trách kèm mã yêu cầu bên dưới.",
    ),
    503: Advice(
        "Văn bản đã lưu vẫn an toàn; thao tác vừa rồi chưa được ghi nếu bạn chưa thấy thông báo thành công.",
        "Đợi ít phút rồi tải lại trang. Nếu kéo dài, báo người phụ trách.",
    ),
}


def html_problem(request: Request, status: int, title: str, detail: str) -> HTMLResponse:
    """The page of a refusal."""
    facts = {
        "title": title,
        "detail": words.permission_told(detail),
        "status": status,
        "advice": _ADVICE.get(status, _OTHER),
        "request_id": request.scope.get("request_id", ""),
    }
    page = answer(request, "problem.html", facts, status=status)
    if status == 503:
        page.headers["Retry-After"] = "5"
    return page
