"""Conditional requests: entity tags, If-Match, If-None-Match, Range (RFC 9110)."""

import re
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from repository import errors


class PreconditionMissing(errors.TangThuError):
    """A change came without the tag of the reading it is based on."""

    vi = (
        "Thiếu tiêu đề If-Match: hãy đọc văn bản trước, rồi gửi kèm ETag đã nhận "
        "để không ghi đè sửa đổi của người khác."
    )
    en = "If-Match is missing: read first, then send the ETag, so that nobody's change is overwritten."


def revision_tag(revision: int) -> str:
    """The entity tag of a row's revision."""
    return f'"r{revision}"'


def wanted_revision(request: Request, *, required: bool = True) -> int | None:
    """The revision that If-Match names. Raises PreconditionMissing, or Stale when it is not a tag of ours."""
    given = request.headers.get("if-match", "").strip()
    if not given:
        if required:
            raise PreconditionMissing
        return None
    found = re.fullmatch(r'"r(\d{1,9})"', given)
    if found is None:
        raise errors.Stale
    return int(found.group(1))


def unchanged(request: Request, tag: str) -> bool:
    """Whether If-None-Match says that the caller has this already."""
    given = request.headers.get("if-none-match", "")
    return given == "*" or tag in [one.strip().removeprefix("W/") for one in given.split(",")]


@dataclass(frozen=True)
class Span:
    """Bytes from `start` to before `end`."""

    start: int
    end: int


def wanted_range(request: Request, size: int, tag: str) -> Span | None:
    """The one range asked for; None for the whole. Raises 416 for one outside; several ranges mean the whole."""
    given = request.headers.get("range", "")
    condition = request.headers.get("if-range", "")
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", given.strip())
    if found is None or found.group(0) == "bytes=-" or (condition and condition != tag):
        return None
    first, last = found.groups()
    if not first:
        span = Span(max(0, size - int(last)), size)
    else:
        span = Span(int(first), min(size, int(last) + 1) if last else size)
    if last and first and int(last) < int(first):
        return None
    if span.start >= size or span.start >= span.end:
        raise HTTPException(416, "khoảng byte nằm ngoài tệp", {"Content-Range": f"bytes */{size}"})
    return span
