"""One part of the system: how it is asked whether it is fit, and what to do when it is not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


class Broken(Exception):
    """The part is not fit; the message says what was seen."""


@dataclass(frozen=True, kw_only=True)
class Part(Generic[T]):
    """`ask` answers one sentence, or raises Broken or an error of ours."""

    name: str
    words: str
    todo: str
    ask: Callable[[T], Awaitable[str]]


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of one part."""

    name: str
    words: str
    fit: bool
    said: str
    todo: str = ""


def must(holds: object, seen: str) -> None:
    if not holds:
        raise Broken(seen)
