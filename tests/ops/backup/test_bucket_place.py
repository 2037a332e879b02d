"""A bucket of another store as the place: whole sets there, half-written ones swept, old ones gone."""

import dataclasses
import json
import secrets
from pathlib import Path

import pytest

from ops.backup import layout, running
from ops.backup.checking import Checker
from ops.backup.making import Maker
from ops.backup.opening import sets_of
from ops.backup.sets import Sets
from ops.stack import EngineAddresses, seaweed
from ops.stack.bucket import RootAccess
from ops.stack.folder import Folder
from repository.access.actors import operator
from repository.settings import Settings
from repository.wiring import Repository
from tests.factories import District, stored

ROOT = operator("test")


@pytest.fixture
def settings(settings: Settings, engines: EngineAddresses) -> Settings:
    """A bucket that stands for another store, with an identity that may delete there."""
    folder = Folder(engines.search_dir.parent)
    keys = folder.secrets(seaweed.SECRETS)
    port = json.loads((folder.path("stack") / "state.json").read_text("utf-8"))["ports"]["s3.port"]
    key, secret = keys["s3.root.key"], keys["s3.root.secret"]
    bucket = f"sao-luu-{secrets.token_hex(4)}"
    assert RootAccess(port=port, access_key=key, secret_key=secret).make_bucket(bucket)
    return dataclasses.replace(
        settings,
        backup_to=f"s3:{engines.s3_url}/{bucket}/quan",
        backup_access_key=key,
        backup_secret_key=secret,
    )


async def test_a_set_in_a_bucket_is_whole_added_to_checked_and_rotated(
    repository: Repository, office: District, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = sets_of(settings)
    publish = sets.place.publish

    class Killed(BaseException):
        pass

    async def dying(draft: Path, name: str) -> None:
        """Cut down in the middle of a bundle: its files are there, what says that it is whole is not."""
        if draft.is_dir():
            (draft / "inventory.json.sha512").unlink()
            await publish(draft, name)
            raise Killed
        await publish(draft, name)

    monkeypatch.setattr(sets.place, "publish", dying)
    with pytest.raises(Killed):
        await Maker(repository=repository, place=sets.place, key=sets.key).make(ROOT)
    first = await running.back_up(repository, ROOT)
    assert first.objects["new"] == first.objects["count"], "half a bundle is no copy"
    await stored(repository, office.clerk, b"mot van ban nua")
    second = await running.back_up(repository, ROOT)
    assert (second.kind, second.objects["new"]) == ("incremental", 1)
    assert await Checker(sets=sets).check(second) == []
    full = [await running.back_up(repository, ROOT, full=True) for _ in range(2)]
    assert await sets.areas() == [one.area for one in full]
    await _lose(sets, full[1].area)
    assert "thiếu" in (await Checker(sets=sets).check(full[1]))[0]


async def _lose(sets: Sets, area: str) -> None:
    [bundle] = await sets.place.folders(layout.objects(area))
    await sets.place.remove(layout.bundle(area, bundle))
