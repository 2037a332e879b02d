"""An uploaded form taken apart: metadata judged first, then each file received; nothing kept of what is refused."""

import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import IO, Final

from anyio import to_thread
from pydantic import ValidationError
from starlette.requests import Request

from api.multipart import Part, parts
from repository import errors
from repository.access.actors import Actor
from repository.blobs.digest import Digest
from repository.documents.metadata import Metadata, faults
from repository.documents.refusals import NoFile
from repository.ingest.receive import ReceivedFile
from repository.wiring import Repository

_PIECE: Final = 1024 * 1024

FieldsToMetadata = Callable[[dict[str, str]], Metadata]


@dataclass
class Form:
    """What a form held: the metadata (None where none is wanted), further fields, the received files."""

    metadata: Metadata | None = None
    fields: dict[str, str] = field(default_factory=dict)
    files: list[ReceivedFile] = field(default_factory=list)

    @property
    def asked(self) -> str:
        """What this request asks for, as text that can be hashed."""
        described = self.metadata.model_dump_json() if self.metadata else ""
        return (
            described
            + json.dumps(self.fields, sort_keys=True)
            + "".join(one.digest.hex for one in self.files)
        )


def metadata_of(text: str) -> Metadata:
    """The part `metadata`. Raises Invalid naming each wrong field."""
    try:
        return Metadata.model_validate_json(text)
    except ValidationError as fault:
        raise errors.Invalid(why="thông tin mô tả chưa đúng", errors=faults(fault)) from fault


async def read_document(request: Request) -> Form:
    """The JSON contract's form: one part `metadata`, one or more parts `file`, in any order."""
    form = await _Reading(request, "api", None).read()
    _no_strangers(form)
    return form


async def read_file(request: Request) -> Form:
    """A form that holds a file and nothing that describes a document."""
    form = await _Reading(request, "api", None, described=False).read()
    _no_strangers(form)
    return form


async def read_page_form(
    request: Request, to_metadata: FieldsToMetadata | None, check: Callable[[dict[str, str]], None]
) -> Form:
    """A page's form: single fields, then files. `check` (the CSRF proof) runs before the first byte of a file."""
    return await _Reading(request, "web", to_metadata, described=to_metadata is not None, check=check).read()


def _no_strangers(form: Form) -> None:
    if form.fields:
        listed = [{"pointer": f"/{name}", "detail": "không có phần này"} for name in sorted(form.fields)]
        raise errors.Invalid(why="biểu mẫu có phần lạ", errors=listed)


class _Reading:
    """One form being read. Files that come before the metadata wait aside until it has been judged."""

    def __init__(
        self,
        request: Request,
        channel: str,
        to_metadata: FieldsToMetadata | None,
        *,
        described: bool = True,
        check: Callable[[dict[str, str]], None] | None = None,
    ) -> None:
        self._request = request
        self._repository: Repository = request.state.repository
        self._actor: Actor = request.state.actor
        self._channel = channel
        self._to_metadata = to_metadata
        self._described = described
        self._check = check
        self._checked = False
        self._form = Form()

    async def read(self) -> Form:
        async with AsyncExitStack() as stack:
            waiting: list[tuple[Part, IO[bytes]]] = []
            async for part in parts(self._request):
                if part.filename is None:
                    await self._field(part)
                elif part.name != "file":
                    raise errors.Invalid(
                        why=f"phần «{part.name}» không được là tệp; tệp phải nằm ở phần «file»"
                    )
                elif not part.filename and self._to_metadata is not None:
                    continue  # a file input that was left empty
                elif await self._ready():
                    self._form.files.append(await self._receive(part, part.chunks()))
                else:
                    waiting.append((part, await self._put_aside(stack, part)))
            await self._finish()
            for part, aside in waiting:
                self._form.files.append(await self._receive(part, _pieces(aside)))
        if not self._form.files:
            raise NoFile(why="không có tệp")
        return self._form

    async def _field(self, part: Part) -> None:
        text = await part.text()
        if part.name == "metadata" and self._to_metadata is None and self._described:
            await self._judge(metadata_of(text))
        else:
            self._form.fields[part.name] = text

    async def _ready(self) -> bool:
        """Whether files may be received now; a page's fields are complete when its first file comes."""
        if self._to_metadata is not None and self._form.metadata is None:
            await self._judge_fields()
        if not self._described and self._check is not None:
            self._check_once()
        return not self._described or self._form.metadata is not None

    async def _judge_fields(self) -> None:
        self._check_once()
        if self._to_metadata is not None:
            await self._judge(self._to_metadata(self._form.fields))

    def _check_once(self) -> None:
        if self._check is not None and not self._checked:
            self._check(self._form.fields)
            self._checked = True

    async def _judge(self, metadata: Metadata) -> None:
        await self._repository.documents.refuse_secret(self._actor, metadata, self._channel)
        await self._repository.documents.check(self._actor, metadata)
        self._form.metadata = metadata

    async def _finish(self) -> None:
        if self._described and self._form.metadata is None:
            if self._to_metadata is None:
                listed = [{"pointer": "/metadata", "detail": "bắt buộc phải có"}]
                raise errors.Invalid(why="thiếu phần «metadata»", errors=listed)
            await self._judge_fields()
        self._check_once()

    async def _receive(self, part: Part, chunks: AsyncIterator[bytes]) -> ReceivedFile:
        stated = part.headers.get("repr-digest") or self._request.headers.get("repr-digest", "")
        expected = Digest.parse_field(stated) if stated else None
        if stated and expected is None:  # the sender would believe that it was checked
            raise errors.Invalid(why="Repr-Digest phải có sha-256=:…:")
        return await self._repository.intake.receive(
            self._actor, chunks, filename=part.filename or "", expected=expected
        )

    async def _put_aside(self, stack: AsyncExitStack, part: Part) -> IO[bytes]:
        """An unnamed temporary file: it is gone with its handle, whatever happens."""
        limit = self._repository.settings.max_file_size
        aside = stack.enter_context(tempfile.TemporaryFile(dir=self._repository.settings.staging))  # noqa: SIM115
        size = 0
        async for chunk in part.chunks():
            size += len(chunk)
            if size > limit:
                raise errors.TooLarge(filename=part.filename, limit=limit)
            await to_thread.run_sync(aside.write, chunk)
        aside.seek(0)
        return aside


async def _pieces(aside: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := await to_thread.run_sync(aside.read, _PIECE):
        yield piece
