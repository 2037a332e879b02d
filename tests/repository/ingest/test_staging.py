"""Staged files disappear, whatever happens."""

import asyncio
import io
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repository import errors
from repository.blobs import Digest
from repository.ingest import Staging


@pytest.fixture
def staging(tmp_path):
    return Staging(folder=tmp_path / "staging")


def files(tmp_path):
    return list((tmp_path / "staging").iterdir())


async def test_bytes_are_kept_and_hashed_in_order(staging, tmp_path):
    async with staging.open() as staged:
        for piece in (b"Quy", "ết".encode(), b"", b" 71"):
            await staged.write(piece)
        assert staged.path.read_text("utf-8") == "Quyết 71"
        assert staged.digest == Digest.of("Quyết 71".encode())
        assert staged.size == len("Quyết 71".encode())
        assert staged.path.stat().st_mode & 0o077 == 0
    assert files(tmp_path) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(pieces=st.lists(st.binary(max_size=12), min_size=1, max_size=4), hold=st.integers(0, 12))
async def test_held_or_not_it_reads_the_same(staging, pieces, hold):
    whole = b"".join(pieces)
    async with staging.open(hold=hold) as staged:
        for piece in pieces:
            await staged.write(piece)
        assert staged.digest == Digest.of(whole)
        if whole:
            with staged.open("rb") as file:
                assert file.read() == whole
        assert staged.path.read_bytes() == whole if whole else staged.size == 0
        with staged.open("rb") if whole else io.BytesIO() as file:
            assert file.read() == whole  # and the same from the disk


async def test_a_small_file_in_one_piece_never_needs_the_disk(staging, tmp_path):
    async with staging.open(hold=10) as staged:
        await staged.write(b"0123456789")
        assert not (tmp_path / "staging").exists()
        await staged.write(b"+")
        assert [one.read_bytes() for one in files(tmp_path)] == [b"0123456789+"]
    assert files(tmp_path) == []


async def test_it_is_gone_after_a_fault_and_after_cancelling(staging, tmp_path):
    with pytest.raises(ZeroDivisionError):
        async with staging.open() as staged:
            await staged.write(b"x")
            raise ZeroDivisionError
    assert files(tmp_path) == []

    async def endless():
        async with staging.open() as staged:
            while True:
                await staged.write(bytes(1 << 20))

    writing = asyncio.create_task(endless())
    await asyncio.sleep(0.05)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert files(tmp_path) == []


async def test_a_sweep_takes_leftovers_and_leaves_what_is_being_written(staging, tmp_path):
    assert await staging.sweep() == 0
    async with staging.open() as staged:
        await staged.write(b"mine")
        script = (
            "import asyncio, os, sys; from pathlib import Path; from repository.ingest import Staging\n"
            "async def main():\n"
            "    async with Staging(folder=Path(sys.argv[1])).open() as staged:\n"
            "        await staged.write(b'x'); os.kill(os.getpid(), 9)\n"
            "asyncio.run(main())"
        )
        subprocess.run([sys.executable, "-c", script, str(tmp_path / "staging")], check=False)
        assert len(files(tmp_path)) == 2
        assert await staging.sweep() == 1
        assert files(tmp_path) == [staged.path]


async def test_a_folder_that_takes_nothing_is_unavailable(tmp_path):
    (tmp_path / "staging").write_bytes(b"a file in the way")
    with pytest.raises(errors.Unavailable):
        async with Staging(folder=tmp_path / "staging").open() as staged:
            await staged.write(b"x")
