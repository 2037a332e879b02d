"""Whatever a hostile file does, the caller gets an answer and the sandbox serves the next one."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from repository.sandbox import Failure, Limits, Sandbox

MIB = 1024**2


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    limits = Limits(seconds=1.0, memory=1024 * MIB, written=4 * MIB)
    async with Sandbox(function="tests.repository.sandboxed:act", size=1, limits=limits) as opened:
        yield opened


@pytest.fixture
def acting(tmp_path: Path):
    def file(act: str) -> Path:
        path = tmp_path / act.replace(" ", "-")
        path.write_text(act, "utf-8")
        return path

    return file


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


async def gone(pid_file: Path, seconds: float = 8) -> bool:
    for _ in range(int(seconds * 20)):
        if pid_file.exists() and pid_file.read_text() and not alive(int(pid_file.read_text())):
            return True
        await asyncio.sleep(0.05)
    return False


async def test_the_answer_is_what_the_function_answered(tmp_path: Path) -> None:
    path = tmp_path / "văn bản.txt"
    path.write_text("Kính gửi", "utf-8")
    async with Sandbox(function="tests.repository.sandboxed:answer", size=2) as sandbox:
        answers = await asyncio.gather(*(sandbox.run(path, {"n": n}) for n in range(6)))
    assert answers == [{"read": "Kính gửi", "options": {"n": n}} for n in range(6)]


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        ("hang", "timeout"), ("spin", "timeout"), ("swell", "memory"), ("crash", "crash"), ("leave", "crash"),
        ("fail", "error"), ("huge", "crash or timeout"), ("unknown act", "error"), ("no json", "error"),
    ],
)  # fmt: skip
async def test_misbehaviour_becomes_a_reason_and_the_next_job_is_served(
    sandbox, acting, act: str, reason: str
) -> None:
    failure = await sandbox.run(acting(act))
    assert isinstance(failure, Failure) and failure.reason in reason.split(" or "), failure
    assert await sandbox.run(acting("well")) == "well"


async def test_a_failure_says_what_was_raised(sandbox, acting) -> None:
    assert await sandbox.run(acting("fail")) == Failure("error", "ValueError: broken file")


async def test_a_missing_file_is_an_answer_too(sandbox, tmp_path: Path) -> None:
    failure = await sandbox.run(tmp_path / "nowhere")
    assert isinstance(failure, Failure) and failure.reason == "error"


async def test_what_a_library_prints_is_not_taken_for_an_answer(sandbox, acting) -> None:
    assert await sandbox.run(acting("print")) == "true answer"


async def test_a_job_cannot_fill_the_disk(sandbox, acting, tmp_path: Path) -> None:
    out = tmp_path / "out"
    failure = await sandbox.run(acting("write"), {"out": str(out)})
    assert isinstance(failure, Failure) and out.stat().st_size <= 4 * MIB


async def test_processes_that_a_job_started_end_with_it(sandbox, acting, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    assert await sandbox.run(acting("children"), {"pid": str(pid)}) == "left one behind"
    assert await gone(pid)


async def test_a_cancelled_job_leaves_a_usable_sandbox_and_nothing_running(
    sandbox, acting, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    job = asyncio.create_task(sandbox.run(acting("hang"), {"pid": str(pid)}))
    while not pid.exists():
        await asyncio.sleep(0.02)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert await sandbox.run(acting("well")) == "well"
    assert await gone(pid)
