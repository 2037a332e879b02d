"""multipart/form-data as a stream: parts one after another, never a whole file in memory (RFC 7578)."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

from repository import errors

FIELD_LIMIT: Final = 1024 * 1024
"""Largest field that is not a file, in bytes."""
_HEADERS_LIMIT: Final = 8192


class FormMalformed(errors.Invalid):
    """The body is not well-formed multipart/form-data, or ends too early."""

    vi = (
        "Nội dung gửi lên không phải multipart/form-data hoàn chỉnh ({why}). Chưa có gì được lưu; "
        "hãy gửi lại."
    )
    en = "The body is not complete multipart/form-data ({why}). Nothing was stored; send it again."


@dataclass
class Part:
    """One part; its chunks must be read before the next part is asked for."""

    name: str
    filename: str | None
    headers: dict[str, str]
    _reader: "_Reader" = field(repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, in the pieces in which they come."""
        async for piece in self._reader.data():
            yield piece

    async def text(self) -> str:
        """A small field's text. Raises TooLarge, or Invalid when it is not UTF-8."""
        body = b""
        async for chunk in self.chunks():
            body += chunk
            if len(body) > FIELD_LIMIT:
                raise errors.TooLarge(filename=self.name, limit=FIELD_LIMIT)
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise errors.Invalid(why=f"phần «{self.name}» không phải UTF-8") from fault


async def parts(request: Request) -> AsyncIterator[Part]:
    """The parts of a request's body, in order. Raises FormMalformed, or 415 for another content type."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise HTTPException(415, "cần gửi multipart/form-data")
    reader = _Reader(request, options[b"boundary"])
    while (headers := await reader.next_part()) is not None:
        name, filename = _disposition(headers.get("content-disposition", ""))
        yield Part(name=name, filename=filename, headers=headers, _reader=reader)


def _disposition(header: str) -> tuple[str, str | None]:
    """Name and file name, with RFC 5987's `filename*` where a client sends it. Raises FormMalformed."""
    message = Message()
    message["content-disposition"] = re.sub(r"[\r\n]", " ", header)
    try:
        name = message.get_param("name", "", header="content-disposition")
        filename = message.get_filename()
    except (ValueError, TypeError) as fault:  # numbers, pieces or a coding that the library cannot make out
        raise FormMalformed(why="tên của một phần không đọc được") from fault
    # A coding such as UTF-7 can give half a character, which no answer could carry.
    return str(name or ""), filename and filename.encode("utf-8", "replace").decode("utf-8")


class _Reader:
    """Finds the boundaries with one search a chunk.

    A parser that looks at every carriage return cuts binary data into pieces of some 256 bytes, and handing
    each of them on costs far more than the search.
    """

    def __init__(self, request: Request, boundary: bytes) -> None:
        self.complete = False
        self._delimiter = b"\r\n--" + boundary
        self._stream = request.stream()
        self._held = b"\r\n"  # so that the first boundary looks like every other
        self._at_boundary = False

    async def next_part(self) -> dict[str, str] | None:
        """Headers of the next part; skips what is left of the present one. None after the last."""
        if self.complete:
            return None
        async for _ in self.data(missing="thiếu phần kết thúc"):
            """What nobody asked for."""
        while len(self._held) < 2:
            await self._more("thiếu phần kết thúc")
        if self._held.startswith(b"--"):
            self.complete = True
            async for _ in self._stream:
                """What follows the last boundary means nothing."""
            return None
        return await self._headers()

    async def data(self, *, missing: str = "tệp bị cắt giữa chừng") -> AsyncIterator[bytes]:
        """The bytes up to the next boundary; none once it was reached. Raises FormMalformed when none comes."""
        while not self._at_boundary:
            at = self._held.find(self._delimiter)
            # Where there is none, one may still begin in the last bytes.
            end = at if at >= 0 else max(0, len(self._held) - len(self._delimiter) + 1)
            piece, self._held = self._held[:end], self._held[end:]
            if at >= 0:
                self._held = self._held[len(self._delimiter) :]
                self._at_boundary = True
            if piece:
                yield piece
            if at < 0:
                await self._more(missing)

    async def _headers(self) -> dict[str, str]:
        while (end := self._held.find(b"\r\n\r\n")) < 0 and len(self._held) <= _HEADERS_LIMIT:
            await self._more("phần bị cắt giữa chừng")
        if not 0 <= end <= _HEADERS_LIMIT:
            raise FormMalformed(why="phần đầu của một phần quá dài")
        first, *lines = self._held[:end].split(b"\r\n")
        self._at_boundary = False
        self._held = self._held[end + 4 :]
        if first.strip(b" \t"):
            raise FormMalformed(why="sai cấu trúc")
        pairs = [line.partition(b":") for line in lines]
        if not all(colon for _, colon, _ in pairs):
            raise FormMalformed(why="sai cấu trúc")
        return {
            name.strip().decode("latin-1").lower(): value.strip().decode("utf-8", "surrogateescape")
            for name, _, value in pairs
        }

    async def _more(self, missing: str) -> None:
        chunk = await anext(self._stream, b"")
        if not chunk:
            raise FormMalformed(why=missing)
        self._held += chunk
