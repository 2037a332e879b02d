"""Queues by name: who waits for the same hot row is served together, each with an answer of its own.

A register is rewritten by each number taken from it. Writers that fight for it in the database lose most of
their tries; writers that wait one behind the other pay a whole commit each. Here all that wait go together.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from repository import errors

J = TypeVar("J")

TOGETHER: Final = 16
"""Jobs served at once: more would hold the row longer against other processes than it saves."""
_QUEUE: Final = 30.0
"""Seconds that a job waits for its turn."""


class Spoiled(Exception):
    """One job of several failed and took the others down with it; they are served again without it."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


@dataclass(eq=False)
class _Waiting(Generic[J]):
    job: J
    answer: asyncio.Future[Any]
    began: asyncio.Event = field(default_factory=asyncio.Event)


class Turns(Generic[J]):
    """`serve` does some jobs as one and answers one result each; with several it may raise Spoiled."""

    def __init__(self, *, serve: Callable[[list[J]], Awaitable[list[Any]]]) -> None:
        self._serve = serve
        self._queues: defaultdict[str, deque[_Waiting[J]]] = defaultdict(deque)
        self._serving: dict[str, asyncio.Task[None]] = {}

    async def take(self, name: str, job: J) -> Any:
        """What serving the job answered or raised. Raises Unavailable when its turn does not come in time.

        A caller who goes away while waiting is passed over; one whose job has begun does not stop it.
        """
        waiting = _Waiting(job, asyncio.get_running_loop().create_future())
        self._queues[name].append(waiting)
        if name not in self._serving:
            self._serving[name] = asyncio.create_task(self._work_off(name))
        try:
            async with asyncio.timeout(_QUEUE):
                await waiting.began.wait()
        except TimeoutError as fault:
            waiting.answer.cancel()
            raise errors.Unavailable(what="MongoDB (hàng đợi cấp số)") from fault
        except asyncio.CancelledError:
            waiting.answer.cancel()
            raise
        return await waiting.answer

    async def _work_off(self, name: str) -> None:
        """Serves the queue until it is empty; nothing is awaited between finding it empty and leaving."""
        queue = self._queues[name]
        try:
            while queue:
                due = [queue.popleft() for _ in range(min(TOGETHER, len(queue)))]
                due = [one for one in due if not one.answer.done()]
                for one in due:
                    one.began.set()
                await self._settle(due)
        finally:
            del self._queues[name], self._serving[name]
            for one in queue:
                one.answer.cancel()
                one.began.set()

    async def _settle(self, due: list[_Waiting[J]]) -> None:
        """Every job gets its answer or its fault. Whoever spoils the others is served alone, after them."""
        groups = [due] if due else []
        while groups:
            together = groups.pop(0)
            served = self._serve([one.job for one in together])
            found: list[Any] | BaseException = (await asyncio.gather(served, return_exceptions=True))[0]
            if isinstance(found, Spoiled):
                rest = [one for place, one in enumerate(together) if place != found.place]
                groups = [one for one in (rest, [together[found.place]]) if one] + groups
                continue
            for place, one in enumerate(together):
                if one.answer.done():
                    continue
                if isinstance(found, BaseException):
                    one.answer.set_exception(found)
                else:
                    one.answer.set_result(found[place])
