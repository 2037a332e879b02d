"""Every job that runs by the clock, in one list that can be read aloud."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from indexers.wiring import Indexers


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to do, how often, and what it is called in front of people. `run` answers one sentence on what it did."""

    name: str
    words: str
    every: timedelta
    run: Callable[[Indexers], Awaitable[str]]


async def review_accounts(indexers: Indexers) -> str:
    """Accounts that nobody uses (QCVN 12:2026/BCA) and postings whose day has come."""
    found = await indexers.repository.idleness.review()
    settled = await indexers.repository.postings.settle()
    return f"{len(found.warned)} cảnh báo, {len(found.disabled)} ngừng, {len(settled)} vị trí mới có hiệu lực"


DAY: Final = timedelta(days=1)

JOBS: Final[tuple[Job, ...]] = (
    Job(name="accounts", words="Rà tài khoản lâu không dùng", every=DAY, run=review_accounts),
)
