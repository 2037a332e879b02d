"""Refused attempts of known callers leave a record (Đ5.2), never a flood: the 1st, 10th, 100th in a while."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from repository import errors
from repository.access.actors import Actor
from repository.audit import Action
from repository.mongo import DatabaseFault
from repository.wiring import Repository

WINDOW: Final = 600.0
"""Seconds after which counting begins anew."""
_MOST: Final = 10_000
"""Callers counted at a time; the ones whose window is over are forgotten first."""
_LOG: Final = logging.getLogger(__name__)


@dataclass
class _Window:
    began: float
    count: int = 0


class Refusals:
    """Counts what each caller was refused, and says which refusals are written down."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._windows: dict[str, _Window] = {}

    def counted(self, caller: str) -> int | None:
        """How many there were in this window, when that number is one to write down."""
        now = self._now()
        window = self._windows.get(caller)
        if window is None or now - window.began >= WINDOW:
            self._forget(now)
            window = self._windows[caller] = _Window(now)
        window.count += 1
        return window.count if str(window.count).strip("0") == "1" else None

    def _forget(self, now: float) -> None:
        if len(self._windows) >= _MOST:
            self._windows = {caller: one for caller, one in self._windows.items() if now - one.began < WINDOW}


async def record(request: Request, error: errors.TangThuError) -> None:
    """Writes down that a known caller was refused a thing or an act; the refusal stands even if that fails."""
    actor: Actor | None = getattr(request.state, "actor", None)
    reached = isinstance(error, errors.NotFound) and request.path_params
    if actor is None or not (reached or isinstance(error, errors.Forbidden)):
        return
    count = request.app.state.refusals.counted(actor.id)
    if count is None:
        return
    repository: Repository = request.state.repository
    kind = "person" if actor.kind == "person" else "system"
    method, path, why = request.method, request.url.path[:200], type(error).__name__
    try:
        await repository.journal.note(
            actor, Action.ACCESS_REFUSED, kind, actor.id, method=method, path=path, why=why, count=count
        )
    except (errors.Unavailable, DatabaseFault):
        _LOG.warning("a refusal could not be recorded: %s %s", method, path)
