"""The content store: one contract on the twin and on the real engine, and what only the real one can show."""

import asyncio
import io
import subprocess
import sys
import urllib.request
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import minio
import minio.commonconfig
import minio.retention
import pytest

from ops.stack import seaweed
from ops.stack.folder import Folder
from repository import errors
from repository.blobs import BucketUnfit, layout
from repository.blobs.memory import MemoryBlobs
from repository.blobs.minio import open_store
from repository.clock import SystemClock
from repository.settings import Settings
from tests.contracts.blob_store import BlobStoreContract, file, read, versions  # noqa: F401  (a fixture)
from tests.engines import engines  # noqa: F401  (a fixture)


@pytest.fixture
def clock():
    return SystemClock()


def settings_of(addresses, **other):
    return Settings(
        **{
            "s3_url": addresses.s3_url, "s3_access_key": addresses.s3_access_key,
            "s3_secret_key": addresses.s3_secret_key, "s3_bucket": addresses.bucket, **other,
        }
    )  # fmt: skip


class TestMemoryBlobs(BlobStoreContract):
    @pytest.fixture
    def blobs(self, clock):
        return MemoryBlobs(clock=clock)

    @pytest.fixture
    def vandal(self, blobs):
        class Vandal:
            async def mark_deleted(self, digest):
                blobs.mark_deleted(digest)

        return Vandal()


@pytest.fixture(scope="session")
def root(engines):  # noqa: F811
    """The store's root, through the bare client: more rights than the product ever has."""
    keys = Folder(engines.search_dir.parent).secrets(seaweed.SECRETS)
    address = engines.s3_url.removeprefix("http://")
    return minio.Minio(address, keys["s3.root.key"], keys["s3.root.secret"], secure=False, region="us-east-1")


class TestMinioBlobs(BlobStoreContract):
    @pytest.fixture
    async def blobs(self, engines, clock):  # noqa: F811
        async with open_store(settings_of(engines), clock=clock) as opened:
            yield opened

    @pytest.fixture
    def vandal(self, engines, root):  # noqa: F811
        class Vandal:
            async def mark_deleted(self, digest):
                await asyncio.to_thread(root.remove_object, engines.bucket, layout.key_of(digest))

        return Vandal()

    async def test_the_store_refuses_even_its_root_to_delete_or_unlock(self, blobs, engines, root, file):  # noqa: F811
        digest, path, content = file()
        stat = await blobs.put(digest, path, len(content), "text/plain")
        key = layout.key_of(digest)
        with pytest.raises(minio.S3Error, match="AccessDenied"):
            root.remove_object(engines.bucket, key, version_id=stat.version)
        sooner = minio.retention.Retention(
            minio.commonconfig.COMPLIANCE, datetime.now(UTC) + timedelta(minutes=1)
        )
        with pytest.raises(minio.S3Error):
            root.set_object_retention(engines.bucket, key, sooner, version_id=stat.version)
        assert await read(blobs, digest, stat.version) == content

    async def test_a_held_version_cannot_be_deleted(self, blobs, engines, root, file):  # noqa: F811
        digest, path, content = file()
        stat = await blobs.put(digest, path, len(content), "text/plain")
        await blobs.hold(digest, stat.version, True)
        assert root.is_object_legal_hold_enabled(engines.bucket, layout.key_of(digest), stat.version)

    async def test_a_foreign_object_under_our_key_is_not_taken_for_the_file(self, blobs, engines, root, file):  # noqa: F811
        digest, path, content = file()
        root.put_object(engines.bucket, layout.key_of(digest), io.BytesIO(b"other"), 5)
        with pytest.raises(errors.Corrupt):
            await blobs.put(digest, path, len(content), "text/plain")

    async def test_an_unlocked_object_that_was_there_is_locked_when_it_is_put_again(
        self, blobs, engines, root, file  # noqa: F811
    ):  # fmt: skip
        digest, path, content = file()
        root.put_object(engines.bucket, layout.key_of(digest), io.BytesIO(content), len(content))
        assert (await blobs.stat(digest)).locked_until is None
        stat = await blobs.put(digest, path, len(content), "text/plain")
        assert stat.lock_mode == "COMPLIANCE"
        assert stat.locked_until > datetime.now(UTC) + timedelta(hours=23)

    async def test_walk_skips_keys_that_are_not_ours(self, blobs, engines, root, file, caplog):  # noqa: F811
        digest, path, content = file()
        await blobs.put(digest, path, len(content), "text/plain")
        root.put_object(engines.bucket, "sha256/stray", io.BytesIO(b"?"), 1)
        assert len(await versions(blobs, digest)) == 1
        assert "sha256/stray" in caplog.text

    async def test_the_address_downloads_without_keys(self, blobs, file):  # noqa: F811
        digest, path, content = file()
        stat = await blobs.put(digest, path, len(content), "application/pdf")
        url = await blobs.address(digest, stat.version, "Quyết định 71.pdf", "application/pdf")

        def fetch():
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.read(), answer.headers["Content-Disposition"], answer.headers["Content-Type"]

        got, disposition, media_type = await asyncio.to_thread(fetch)
        assert got == content
        assert disposition == "attachment; filename*=UTF-8''Quy%E1%BA%BFt%20%C4%91%E1%BB%8Bnh%2071.pdf"
        assert media_type == "application/pdf"

    async def test_a_missing_bucket_and_one_without_lock_are_named(self, engines, root, clock):  # noqa: F811
        root.make_bucket("unlocked")
        keys = Folder(engines.search_dir.parent).secrets(seaweed.SECRETS)
        as_root = {"s3_access_key": keys["s3.root.key"], "s3_secret_key": keys["s3.root.secret"]}
        for bucket in ("nowhere", "unlocked"):
            with pytest.raises(BucketUnfit) as refused:
                async with open_store(settings_of(engines, s3_bucket=bucket, **as_root), clock=clock):
                    pass
            assert bucket in str(refused.value)
            assert "Object Lock" in str(refused.value)

    async def test_a_store_that_does_not_answer_is_unavailable(self, engines, clock, file):  # noqa: F811
        digest, path, content = file()
        from repository.blobs.minio import MinioBlobs

        blobs = MinioBlobs(settings=settings_of(engines, s3_url="http://127.0.0.1:9"), clock=clock)
        try:
            with pytest.raises(errors.Unavailable):
                await blobs.check()
            with pytest.raises(errors.Unavailable):
                await blobs.put(digest, path, len(content), "text/plain")
        finally:
            blobs.close()

    async def test_wrong_keys_are_unavailable_and_say_so(self, engines, clock):  # noqa: F811
        with pytest.raises(errors.Unavailable):
            async with open_store(settings_of(engines, s3_secret_key="x" * 32), clock=clock):
                pass


STREAM = """
import asyncio, os, resource, sys, tempfile
from pathlib import Path
import hashlib
from repository.blobs import Digest
from repository.blobs.minio import open_store
from repository.clock import SystemClock
from repository.settings import from_environment

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

async def main(path):
    size = 300 * 1024**2
    seen = hashlib.sha256()
    with path.open("wb") as out:
        for _ in range(300):
            piece = os.urandom(1024**2)
            seen.update(piece)
            out.write(piece)
    digest = Digest(seen.hexdigest())
    async with open_store(from_environment(), clock=SystemClock()) as blobs:
        await blobs.check()
        before = peak()
        stat = await blobs.put(digest, path, size, "application/pdf")
        got = hashlib.sha256()
        async with blobs.open(digest, stat.version) as pieces:
            async for piece in pieces:
                got.update(piece)
        assert got.hexdigest() == digest.hex
        print(peak() - before)

with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(Path(folder) / "big"))
"""


@asynccontextmanager
async def running(*command, **environment):
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_three_hundred_mebibytes_pass_in_little_memory(engines):  # noqa: F811
    async with running(sys.executable, "-c", STREAM, PYTHONPATH=".", **engines.as_environment()) as process:
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert int(out) < 48  # MiB above what the opened store took
