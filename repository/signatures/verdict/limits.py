"""Processor time for one field and for one file: what is slow costs itself its verdict, not the others theirs."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SECONDS_A_FIELD: Final = 8.0
SECONDS_A_FILE: Final = 20.0
"""Less than the sandbox allows, so that what was found out is reported before it ends."""
_LEAST: Final = 0.05
_AGAIN: Final = 0.5
"""A library may swallow the first alarm with the errors of the file; it rings until the block is left."""


class _Budget:
    """The processor time that one file may use: slow fields must not take it from the others' report."""

    def __init__(self) -> None:
        self._began = time.process_time()

    def start(self) -> None:
        self._began = time.process_time()

    def left(self) -> float:
        return SECONDS_A_FILE - (time.process_time() - self._began)


BUDGET: Final = _Budget()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises TimeoutError inside the block when it uses too much processor time, or the file has used it up.

    In a main thread only, as the sandbox's is. Processor time, so that a busy machine blames no honest file.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise TimeoutError("quá thời gian cho một chữ ký")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, max(_LEAST, min(seconds, BUDGET.left())), _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
