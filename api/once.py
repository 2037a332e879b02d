"""Idempotency-Key: the same request sent twice is done once and answered alike."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request

from repository import errors
from repository.journal import Once
from repository.mongo import DuplicateKeyError

T = TypeVar("T")


def promise_of(request: Request, asked: str) -> Once | None:
    """The caller's promise; `asked` says what was asked for, including the digests of files."""
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        return None
    if len(key) > 200:
        raise errors.Invalid(why="Idempotency-Key dài quá 200 ký tự")
    body = hashlib.sha256(f"{request.method} {request.url.path}\n{asked}".encode()).hexdigest()
    return Once(key=key, body=body)


async def answer_once(
    request: Request,
    promise: Once | None,
    again: Callable[[str], Awaitable[T]],
    do: Callable[[], Awaitable[T]],
) -> T:
    """What `do` answers, or `again` of what was answered before to the same promise."""
    journal, actor = request.state.repository.journal, request.state.actor
    if promise is None:
        return await do()
    earlier = await journal.answered(actor, promise)
    if earlier is not None:
        return await again(earlier)
    try:
        return await do()
    except DuplicateKeyError:
        # The same request, sent twice at once: the other one won.
        earlier = await journal.answered(actor, promise)
        if earlier is None:
            raise
        return await again(earlier)
