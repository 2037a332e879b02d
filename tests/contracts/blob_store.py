"""What every content store must do; each implementation supplies the fixtures `blobs` and `vandal`."""

import asyncio
import os
from datetime import timedelta

import pytest

from repository import errors
from repository.blobs import Digest, layout
from repository.ingest import Staging

DAY = timedelta(days=1)


@pytest.fixture
def file(tmp_path):
    """Fresh random bytes in a file, since the real store cannot forget what an earlier test put there."""

    def make(content=None, size=1000):
        content = os.urandom(size) if content is None else content
        path = tmp_path / os.urandom(8).hex()
        path.write_bytes(content)
        return Digest.of(content), path, content

    return make


async def read(blobs, digest, version=None, **span):
    async with blobs.open(digest, version, **span) as pieces:
        return b"".join([piece async for piece in pieces])


async def versions(blobs, digest):
    return [one async for one in blobs.walk() if one.digest == digest]


class BlobStoreContract:
    async def test_what_was_put_is_read_back(self, blobs, file):
        digest, path, content = file(size=3 * 1024**2 + 17)
        stat = await blobs.put(digest, path, len(content), "application/pdf")
        assert await read(blobs, digest, stat.version) == content
        assert await read(blobs, digest) == content
        assert (stat.digest, stat.size, stat.marker, stat.held) == (digest, len(content), False, False)

    async def test_bytes_that_no_disk_has_seen_are_a_source_too(self, blobs, tmp_path):
        content = os.urandom(70_000)
        async with Staging(folder=tmp_path / "unused").open(hold=len(content)) as staged:
            await staged.write(content)
            stat = await blobs.put(staged.digest, staged, len(content), "text/plain")
        assert await read(blobs, staged.digest, stat.version) == content
        assert not (tmp_path / "unused").exists()

    async def test_pieces_are_large(self, blobs, file):
        digest, path, content = file(size=3 * 1024**2)
        await blobs.put(digest, path, len(content), "text/plain")
        async with blobs.open(digest, None) as pieces:
            assert [len(piece) async for piece in pieces] == [1024**2] * 3

    @pytest.mark.parametrize(("start", "end"), [(0, 1), (10, 20), (999, 1000), (500, None), (0, None)])
    async def test_ranges(self, blobs, file, start, end):
        digest, path, content = file()
        stat = await blobs.put(digest, path, len(content), "text/plain")
        assert await read(blobs, digest, stat.version, start=start, end=end) == content[start:end]

    async def test_a_reader_may_leave_early_and_others_still_read(self, blobs, file):
        digest, path, content = file(size=6 * 1024**2)
        await blobs.put(digest, path, len(content), "text/plain")
        for _ in range(40):  # more than there are connections
            async with blobs.open(digest, None) as pieces:
                await anext(aiter(pieces))
        assert await read(blobs, digest) == content

    async def test_stat_tells_what_put_told(self, blobs, file):
        digest, path, content = file()
        stat = await blobs.put(digest, path, len(content), "text/plain")
        assert await blobs.stat(digest) == stat
        one = await blobs.stat(digest, stat.version)
        assert (one.version, one.locked_until, one.latest) == (stat.version, stat.locked_until, None)

    async def test_what_is_not_there(self, blobs, file):
        digest, path, content = file()
        assert await blobs.stat(digest) is None
        assert await blobs.stat(digest, "f" * 32) is None
        with pytest.raises(errors.NotFound):
            await read(blobs, digest)
        stat = await blobs.put(digest, path, len(content), "text/plain")
        with pytest.raises(errors.NotFound):
            await read(blobs, digest, "f" * len(stat.version))
        with pytest.raises(errors.NotFound):
            await blobs.hold(digest, "f" * 32, True)
        with pytest.raises(errors.NotFound):
            await blobs.retain(digest, "f" * 32, stat.locked_until + DAY)
        with pytest.raises(errors.NotFound):
            await blobs.address(digest, "f" * 32, "a.txt", "text/plain")

    async def test_equal_bytes_are_one_version(self, blobs, file):
        digest, path, content = file()
        first = await blobs.put(digest, path, len(content), "text/plain")
        second = await blobs.put(digest, path, len(content), "text/plain")
        assert second.version == first.version
        assert len(await versions(blobs, digest)) == 1

    async def test_a_large_file_that_is_there_is_one_version_too(self, blobs, file):
        digest, path, content = file(size=9 * 1024**2)
        first = await blobs.put(digest, path, len(content), "text/plain")
        second = await blobs.put(digest, path, len(content), "text/plain")
        assert second.version == first.version
        assert len(await versions(blobs, digest)) == 1

    async def test_sixteen_at_once_make_one_version(self, blobs, file):
        digest, path, content = file(size=200_000)
        stats = await asyncio.gather(
            *(blobs.put(digest, path, len(content), "text/plain") for _ in range(16))
        )
        assert len({one.version for one in stats}) == 1
        assert len(await versions(blobs, digest)) == 1
        assert await read(blobs, digest) == content

    async def test_other_bytes_than_the_digest_says_are_refused_and_not_kept(self, blobs, file):
        digest, _, content = file()
        _, tampered, _ = file(size=len(content))
        with pytest.raises(errors.Corrupt):
            await blobs.put(digest, tampered, len(content), "text/plain")
        assert await blobs.stat(digest) is None
        assert await versions(blobs, digest) == []

    async def test_another_size_is_refused_and_not_kept(self, blobs, file):
        digest, path, content = file()
        for wrong in (len(content) - 1, len(content) + 1):
            with pytest.raises(errors.Corrupt):
                await blobs.put(digest, path, wrong, "text/plain")
        assert await blobs.stat(digest) is None

    async def test_locked_from_birth_for_a_day(self, blobs, file, clock):
        digest, path, content = file()
        before = clock.now()
        await blobs.put(digest, path, len(content), "text/plain")
        stat = await blobs.stat(digest)
        assert stat.lock_mode == "COMPLIANCE"
        assert timedelta(hours=23, minutes=59) < stat.locked_until - before < timedelta(hours=24, minutes=1)

    async def test_retain_extends_and_never_shortens(self, blobs, file):
        digest, path, content = file()
        stat = await blobs.put(digest, path, len(content), "text/plain")
        longer = stat.locked_until + 90 * DAY
        await blobs.retain(digest, stat.version, longer)
        await blobs.retain(digest, stat.version, stat.locked_until + DAY)
        await blobs.put(digest, path, len(content), "text/plain")
        assert (await blobs.stat(digest)).locked_until == longer

    async def test_locks_set_at_once_end_with_the_longest(self, blobs, file):
        digest, path, content = file()
        stat = await blobs.put(digest, path, len(content), "text/plain")
        dates = [stat.locked_until + days * DAY for days in (5, 9, 2, 7, 8, 1, 3, 6)]
        await asyncio.gather(*(blobs.retain(digest, stat.version, one) for one in dates))
        assert (await blobs.stat(digest)).locked_until == max(dates)

    async def test_hold_on_and_off(self, blobs, file):
        digest, path, content = file()
        stat = await blobs.put(digest, path, len(content), "text/plain")
        for on in (True, True, False, False):
            await blobs.hold(digest, stat.version, on)
            assert (await blobs.stat(digest, stat.version)).held is on
        assert (await blobs.stat(digest)).locked_until == stat.locked_until

    async def test_a_delete_marker_is_seen_and_hides_no_version(self, blobs, vandal, file):
        digest, path, content = file()
        stat = await blobs.put(digest, path, len(content), "text/plain")
        await vandal.mark_deleted(digest)
        on_top = await blobs.stat(digest)
        assert on_top.marker
        assert on_top.version != stat.version
        assert {(one.version, one.marker, one.latest) for one in await versions(blobs, digest)} == {
            (stat.version, False, False),
            (on_top.version, True, True),
        }
        assert await read(blobs, digest, stat.version) == content
        assert (await blobs.stat(digest, stat.version)).locked_until == stat.locked_until
        assert await blobs.stat(digest, on_top.version) is None
        with pytest.raises(errors.NotFound):
            await read(blobs, digest)

    async def test_put_over_a_delete_marker_writes_a_new_locked_version(self, blobs, vandal, file):
        digest, path, content = file(size=9 * 1024**2)
        first = await blobs.put(digest, path, len(content), "text/plain")
        await vandal.mark_deleted(digest)
        second = await blobs.put(digest, path, len(content), "text/plain")
        assert second.version != first.version
        assert (await blobs.stat(digest)).locked_until == second.locked_until
        assert [one.marker for one in await versions(blobs, digest)].count(True) == 1

    def test_there_is_no_delete(self, blobs):
        assert not [
            name for name in dir(blobs) if any(word in name for word in ("delete", "remove", "erase"))
            and not name.startswith("mark_")
        ]  # fmt: skip

    async def test_a_survey_tells_every_version_behind_a_key(self, blobs, file, vandal):
        made = []
        for _ in range(3):
            digest, path, content = file()
            made.append((digest, await blobs.put(digest, path, len(content), "text/plain")))
        made.sort()
        keys = {layout.key_of(digest): stat.version for digest, stat in made}
        first = min(keys)
        assert {k: s.version async for k, s in blobs.survey() if k in keys} == keys
        assert {k async for k, _ in blobs.survey(first) if k in keys} == set(keys) - {first}
        await vandal.mark_deleted(made[0][0])
        seen = [one async for key, one in blobs.survey() if key == layout.key_of(made[0][0])]
        assert sorted(one.marker for one in seen) == [False, True]

    async def test_a_version_is_read_through_with_its_lock(self, blobs, file):
        digest, path, content = file(size=2 * 1024**2 + 5)
        stat = await blobs.put(digest, path, len(content), "text/plain")
        told = []
        seen = await blobs.reread(digest, stat.version, lambda size: told.append(size) or 0)
        assert (seen.sha256, seen.size, sum(told)) == (digest.hex, len(content), len(content))
        assert seen.stat == await blobs.stat(digest, stat.version)
        assert seen.stat.lock_mode == "COMPLIANCE" and seen.stat.size == len(content)
        with pytest.raises(errors.NotFound):
            await blobs.reread(Digest.of(b"never"), stat.version, lambda _: 0)

    async def test_reading_through_ends_with_its_caller(self, blobs, file):
        digest, path, content = file(size=4 * 1024**2)
        stat = await blobs.put(digest, path, len(content), "text/plain")
        reading = asyncio.create_task(
            blobs.reread(digest, stat.version, lambda _: 30.0)
        )  # rests after a piece
        await asyncio.sleep(0.2)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await read(blobs, digest) == content  # and the store's threads are free again

    async def test_a_damaged_version_is_replaced_by_a_new_one_over_it(self, blobs, file):
        digest, path, content = file()
        old = await blobs.put(digest, path, len(content), "text/plain")
        new = await blobs.replace(digest, path, len(content), "text/plain")
        assert new.version != old.version
        assert await read(blobs, digest, new.version) == content
        assert {one.version for one in await versions(blobs, digest)} == {old.version, new.version}
        assert (await blobs.stat(digest)).version == new.version

    async def test_a_marker_stands_beside_what_it_hides(self, blobs, file, vandal):
        """The listing of some stores tells all markers of a page behind its versions."""
        keys = []
        for marked in (True, False, True):
            digest, path, content = file()
            await blobs.put(digest, path, len(content), "text/plain")
            keys.append(layout.key_of(digest))
            if marked:
                await vandal.mark_deleted(digest)
        seen = [key async for key, _ in blobs.survey() if key in keys]
        assert seen == sorted(seen) and len(seen) == 5
