"""multipart/form-data as a stream: parts one after another, never a whole file in memory (RFC 7578)."""

import re
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

from repository import errors

FIELD_LIMIT: Final = 1024 * 1024
"""Largest field that is not a file, in bytes."""
_GATHERED: Final = 256 * 1024


class Malformed(errors.Invalid):
    """The body is not well-formed multipart/form-data, or ends too early."""

    vi = "Nội dung gửi lên không phải multipart/form-data hoàn chỉnh ({why}). Chưa có gì được lưu; hãy gửi lại."
    en = "The body is not complete multipart/form-data ({why}). Nothing was stored; send it again."


@dataclass
class Part:
    """One part; its chunks must be read before the next part is asked for."""

    name: str
    filename: str | None
    headers: dict[str, str]
    _reader: "_Reader" = field(repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, in pieces of a few hundred KiB."""
        gathered, size = [], 0
        async for piece in self._reader.data():
            gathered.append(piece)
            size += len(piece)
            if size >= _GATHERED:
                yield b"".join(gathered)
                gathered, size = [], 0
        if gathered:
            yield b"".join(gathered)

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
    """The parts of a request's body, in order. Raises Malformed, or 415 for another content type."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise HTTPException(415, "cần gửi multipart/form-data")
    reader = _Reader(request, options[b"boundary"])
    while (headers := await reader.next_part()) is not None:
        name, filename = _disposition(headers.get("content-disposition", ""))
        yield Part(name=name, filename=filename, headers=headers, _reader=reader)
    if not reader.complete:
        raise Malformed(why="thiếu phần kết thúc")


def _disposition(header: str) -> tuple[str, str | None]:
    """Name and file name, with RFC 5987's `filename*` where a client sends it."""
    message = Message()
    message["content-disposition"] = re.sub(r"[\r\n]", " ", header)
    name = message.get_param("name", "", header="content-disposition")
    filename = message.get_filename()
    return str(name or ""), filename


class _Reader:
    """Turns the parser's callbacks into events that can be awaited."""

    def __init__(self, request: Request, boundary: bytes) -> None:
        self.complete = False
        self._events: deque[tuple[str, Any]] = deque()
        self._headers: dict[str, str] = {}
        self._name, self._value = b"", b""
        self._stream = request.stream()
        self._ended = False
        self._parser = MultipartParser(boundary, {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._grow("_name", data[start:end]),
            "on_header_value": lambda data, start, end: self._grow("_value", data[start:end]),
            "on_header_end": self._header,
            "on_headers_finished": lambda: self._events.append(("part", self._headers)),
            "on_part_data": lambda data, start, end: self._events.append(("data", data[start:end])),
            "on_part_end": lambda: self._events.append(("end", None)),
            "on_end": self._finish,
        })  # fmt: skip

    def _begin(self) -> None:
        self._headers, self._name, self._value = {}, b"", b""

    def _grow(self, which: str, data: bytes) -> None:
        setattr(self, which, getattr(self, which) + data)
        if len(self._name) + len(self._value) > 8192:
            raise MultipartParseError("header too long")

    def _header(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("utf-8", "surrogateescape")
        self._name, self._value = b"", b""

    def _finish(self) -> None:
        self.complete = True

    async def _event(self) -> tuple[str, Any] | None:
        while not self._events:
            if self._ended:
                return None
            chunk = await anext(self._stream, b"")
            self._ended = not chunk
            if chunk:
                try:
                    self._parser.write(chunk)
                except MultipartParseError as fault:
                    raise Malformed(why="sai cấu trúc") from fault
        return self._events.popleft()

    async def next_part(self) -> dict[str, str] | None:
        """Headers of the next part; skips what is left of the present one."""
        while (event := await self._event()) is not None:
            if event[0] == "part":
                return dict(event[1])
        return None

    async def data(self) -> AsyncIterator[bytes]:
        while (event := await self._event()) is not None:
            if event[0] == "end":
                return
            yield event[1]
        raise Malformed(why="tệp bị cắt giữa chừng")
