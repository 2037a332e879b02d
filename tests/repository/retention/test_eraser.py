"""The eraser at the real store: one verb, refused by the store itself while anything locks or holds."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import minio
import minio.commonconfig
import minio.retention
import pytest

from ops.stack import seaweed
from ops.stack.folder import Folder
from repository import errors
from repository.blobs import Digest, layout
from repository.blobs.minio import open_store
from repository.retention.eraser import NoEraser, StillLocked, StoreEraser, eraser_of
from repository.settings import Settings

BRIEF = timedelta(seconds=3)


class Earlier:
    """Yesterday's clock: what is stored now has its first day behind it in a moment."""

    def now(self):
        return datetime.now(UTC) - timedelta(days=1) + BRIEF


@pytest.fixture
def chosen(engines):
    return Settings(
        s3_url=engines.s3_url, s3_access_key=engines.s3_access_key, s3_secret_key=engines.s3_secret_key,
        s3_eraser_access_key=engines.s3_eraser_access_key, s3_eraser_secret_key=engines.s3_eraser_secret_key,
        s3_bucket=engines.bucket,
    )  # fmt: skip


@pytest.fixture
async def blobs(chosen):
    async with open_store(chosen, clock=Earlier()) as opened:
        yield opened


@pytest.fixture
def put(blobs, tmp_path):
    async def make():
        content = os.urandom(100)
        path = tmp_path / "file"
        path.write_bytes(content)
        return await blobs.put(Digest.of(content), path, 100, "text/plain")

    return make


async def over(stat):
    while datetime.now(UTC) <= stat.locked_until + timedelta(seconds=1):
        await asyncio.sleep(0.1)


async def test_what_is_locked_or_held_is_refused_and_what_is_free_goes(chosen, blobs, put):
    eraser = eraser_of(chosen)
    free, held, longer = [await put() for _ in range(3)]
    with pytest.raises(StillLocked):
        await eraser.erase(free.digest, free.version)
    await blobs.hold(held.digest, held.version, True)
    await blobs.retain(longer.digest, longer.version, datetime.now(UTC) + timedelta(hours=1))
    await over(free)
    for one in (held, longer):
        with pytest.raises(StillLocked):
            await eraser.erase(one.digest, one.version)
        assert (await blobs.stat(one.digest)).version == one.version
    await eraser.erase(free.digest, free.version)
    assert await blobs.stat(free.digest) is None
    await eraser.erase(free.digest, free.version)  # gone already
    await blobs.hold(held.digest, held.version, False)
    await eraser.erase(held.digest, held.version)
    with pytest.raises(errors.Invalid):
        await eraser.erase(longer.digest, "")


async def test_its_identity_can_do_nothing_else_and_the_service_cannot_do_this(engines, chosen, blobs, put):
    stat = await put()
    key, bucket = layout.key_of(stat.digest), engines.bucket
    soon = minio.retention.Retention(minio.commonconfig.COMPLIANCE, datetime.now(UTC) + timedelta(seconds=1))
    client = StoreEraser(settings=chosen)._client
    for act in (
        lambda: client.remove_object(bucket, key),  # a marker
        lambda: client.get_object(bucket, key),
        lambda: client.set_object_retention(bucket, key, soon, version_id=stat.version),
        lambda: client.disable_object_legal_hold(bucket, key, stat.version),
        lambda: client.remove_bucket(bucket),
        lambda: list(client.list_objects(bucket, recursive=True)),
    ):
        with pytest.raises(minio.S3Error, match="AccessDenied"):
            act()
    await over(stat)
    service = blobs._client
    for act in (
        lambda: service.remove_object(bucket, key, version_id=stat.version),
        lambda: service.remove_object(bucket, key),
    ):
        with pytest.raises(minio.S3Error, match="AccessDenied"):
            act()
    assert (await blobs.stat(stat.digest)).version == stat.version
    assert set(seaweed.SECRETS) >= {"s3.eraser.key", "s3.eraser.secret"}
    assert (
        Folder(engines.search_dir.parent).secrets(seaweed.SECRETS)["s3.eraser.key"]
        == chosen.s3_eraser_access_key
    )


async def test_a_process_without_the_key_has_no_eraser(chosen):
    with pytest.raises(NoEraser):
        await eraser_of(Settings()).erase(Digest.of(b"x"), "v1")
