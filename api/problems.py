"""Error kinds to `application/problem+json` (RFC 9457): one row a kind, the most specific wins."""

from typing import Any, Final
from urllib.parse import quote

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from api import refusals
from api.auth.csrf import ForeignForm
from api.auth.identify import AccountOwes, Unauthenticated
from api.conditional import PreconditionMissing
from api.web.problems import html_problem
from repository import errors
from repository.documents.metadata import faults
from repository.mongo import DatabaseFault

PROBLEMS: Final[dict[type[Exception], tuple[int, str, str, str]]] = {
    Unauthenticated: (401, "unauthenticated", "Chưa đăng nhập", "Not logged in"),
    ForeignForm: (403, "foreign-form", "Biểu mẫu không hợp lệ", "The form is not ours"),
    AccountOwes: (403, "account-owes", "Cần hoàn tất tài khoản trước", "The account must be completed first"),
    PreconditionMissing: (428, "precondition-required", "Thiếu If-Match", "If-Match is missing"),
    errors.NotFound: (404, "not-found", "Không tìm thấy", "There is no such thing"),
    errors.Gone: (410, "gone", "Đã tiêu hủy", "It was disposed of"),
    errors.Stale: (412, "stale", "Dữ liệu đã thay đổi", "It changed meanwhile"),
    errors.Conflict: (409, "conflict", "Trạng thái không cho phép", "The present state forbids this"),
    errors.OnHold: (423, "on-hold", "Đang bị khóa lưu giữ", "A hold or retention lock forbids this"),
    errors.Invalid: (422, "invalid", "Dữ liệu không hợp lệ", "The input is not valid"),
    errors.Forbidden: (403, "forbidden", "Không có quyền", "Not permitted"),
    errors.TooLarge: (413, "too-large", "Tệp quá lớn", "Too large"),
    errors.Corrupt: (500, "corrupt", "Dữ liệu lưu trữ bị sai lệch", "Stored data is damaged"),
    errors.Unavailable: (503, "unavailable", "Dịch vụ tạm ngừng", "A dependency is down"),
    errors.TangThuError: (400, "refused", "Không thực hiện được", "This could not be done"),
}
"""Status, name and title (Vietnamese, English) of each kind."""

HTTP_TITLES: Final = {
    400: ("bad-request", "Yêu cầu không đúng dạng", "Bad request"),
    404: ("not-found", "Không có địa chỉ này", "There is no such address"),
    405: ("method-not-allowed", "Phương thức không được hỗ trợ", "Method not allowed"),
    413: ("too-large", "Yêu cầu quá lớn", "Too large"),
    415: ("unsupported-media-type", "Kiểu nội dung không được hỗ trợ", "Unsupported media type"),
    416: ("range-not-satisfiable", "Khoảng byte không có", "Range not satisfiable"),
}


def language(request: Request) -> str:
    """`en` when the caller asks for English first, else `vi`."""
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "vi"


def row_of(error: Exception) -> tuple[int, str, str, str]:
    """The catalogue row of an error: of its nearest class that has one."""
    for kind in type(error).__mro__:
        if kind in PROBLEMS:
            return PROBLEMS[kind]
    raise error


async def refuse(request: Request, error: Exception) -> Response:
    """The answer for any error that the program names."""
    assert isinstance(error, errors.TangThuError)
    if isinstance(error, AccountOwes) and _is_page(request):
        return RedirectResponse(error.page, 303)
    await refusals.record(request, error)
    status, name, vi, en = row_of(error)
    lang = language(request)
    listed = [
        {"pointer": one["pointer"], "detail": one.get("en" if lang == "en" else "detail", one["detail"])}
        for one in (error.errors if isinstance(error, errors.Invalid) else [])
    ]
    return problem(request, status, name, en if lang == "en" else vi, error.sentence(lang), listed)


async def refuse_input(request: Request, error: Exception) -> Response:
    """The answer for input that does not have the declared shape."""
    assert isinstance(error, ValidationError)
    return await refuse(request, errors.Invalid(why="xem từng trường bên dưới", errors=faults(error)))


async def refuse_http(request: Request, error: Exception) -> Response:
    """The answer for what the framework refuses: no such route, wrong method."""
    assert isinstance(error, HTTPException)
    name, vi, en = HTTP_TITLES.get(error.status_code, ("refused", "Yêu cầu bị từ chối", "Refused"))
    title = en if language(request) == "en" else vi
    answer = problem(request, error.status_code, name, title, str(error.detail) or title, [])
    answer.headers.update(error.headers or {})
    return answer


async def refuse_database(request: Request, error: Exception) -> Response:
    """The answer while the database does not answer."""
    return await refuse(request, errors.Unavailable(what="MongoDB"))


async def fail(request: Request, error: Exception) -> Response:
    """The answer for a fault of ours: no trace, the request's id to quote; the trace is in the log."""
    english = language(request) == "en"
    detail = (
        "An unexpected fault; it was logged." if english else "Có lỗi ngoài dự kiến; đã ghi nhật ký kỹ thuật."
    )
    return problem(request, 500, "fault", "Internal fault" if english else "Lỗi hệ thống", detail, [])


def _is_page(request: Request) -> bool:
    """Whether a person reads the answer in a browser."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def problem(
    request: Request, status: int, name: str, title: str, detail: str, listed: list[dict[str, str]]
) -> Response:
    """One refusal, as JSON, or as a page where a person is reading."""
    if _is_page(request):
        return html_problem(request, status, title, detail)
    body: dict[str, Any] = {
        "type": f"/problems/{quote(name)}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    body["instance"] = request.headers.get("x-request-id") or request.scope.get("request_id", "")
    if listed:
        body["errors"] = listed
    headers = {"WWW-Authenticate": 'Bearer realm="tangthu"'} if status == 401 else {}
    if status == 503:
        headers["Retry-After"] = "5"
    return JSONResponse(body, status, headers, media_type="application/problem+json")


HANDLERS: Final[dict[Any, Any]] = {
    errors.TangThuError: refuse,
    ValidationError: refuse_input,
    HTTPException: refuse_http,
    DatabaseFault: refuse_database,
    500: fail,
}
