"""kill -9 inside backup, TANGTHU_SOAK_LIVE_KILLS rounds: a real process, real engines, a small estate that grows.

After each kill what was a good set is still one. Now and then a run to the end: nothing half-made is left, the place
and the register agree, every set opens whole, the OCFL area is valid. At the end a drill. Wants engines of its own.
"""

import asyncio
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import ocfl
import pytest

from ops.backup import layout, running
from ops.backup.checking import Checker
from ops.backup.keys import Key
from ops.backup.opening import sets_of
from repository.access.actors import Actor, operator
from repository.settings import environment_of
from repository.wiring import Repository, open_repository
from tests.factories import make_district, stored
from tests.soak.estate import own_bucket
from tests.soak.nursery import Nursery

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]
KILLS = int(os.environ.get("TANGTHU_SOAK_LIVE_KILLS", "500"))
SEED = int(os.environ.get("TANGTHU_TRIAL_SEED", str(random.randrange(10**6))))
DOCUMENTS, SIZE, STRETCH = 60, 30_000, 50
ROOT = operator("backup")


@dataclass
class Trial:
    """A living office, its place of backups, and a process that is killed."""

    repository: Repository
    clerk: Actor
    child: Nursery
    chance: random.Random
    caught: Counter[str] = field(default_factory=Counter)
    span: float = 1.5

    @property
    def place(self) -> Path:
        return Path(self.repository.settings.backup_to)

    async def write(self, count: int) -> None:
        for _ in range(count):
            await stored(self.repository, self.clerk, self.chance.randbytes(SIZE // 2).hex().encode())
        await self.repository.log.sealer.catch_up()

    async def killed(self) -> bool:
        """One run; whether it was killed before its end."""
        mark = self.repository.settings.data / "full"
        mark.unlink(missing_ok=True)
        if self.chance.random() < 0.3:
            mark.touch()
        killed, lived = await self.child.run(self.chance.uniform(0.0, self.span))
        if killed:
            await self._after_a_kill()
        else:
            self.span = max(0.2, 0.5 * self.span + 0.65 * lived)
        return killed

    async def _after_a_kill(self) -> None:
        """Where it was caught; and the newest set that the register knows can still be used."""
        database = self.repository.database
        # a dead client's transaction and lease end by themselves in a minute; here at once
        await database.client.admin.command({"killAllSessions": []})
        await database["leases"].delete_many({"_id": running.LEASE})
        drafts = self.place / "drafts"
        made = {str(one.relative_to(self.place)) for one in drafts.rglob("*")} if drafts.exists() else set()
        where = "before the first write" if not made else "in the metadata"
        where = "in the objects" if any("/v1" in one for one in made) else where
        where = "at the set" if "drafts/set/objects.tsv.zst.age" in made else where
        named = {one.name for one in self.place.glob(f"{layout.AREAS}/*/sets/*")}
        known = {row["_id"] for row in await self.repository.backups.find()}
        self.caught["between set and register" if named - known else where] += 1
        standing = await self.repository.backups.standing()
        if standing.last is not None:
            sets = sets_of(self.repository.settings)
            assert await Checker(sets=sets).check(await sets.find(standing.last["_id"]), quick=True) == []

    async def finished(self) -> int:
        """Run once to the end: how many sets there are."""
        (self.repository.settings.data / "full").unlink(missing_ok=True)
        await self.child.run()
        assert not (self.place / "drafts").exists()
        rows = await self.repository.backups.find()
        kept = sorted(row["_id"] for row in rows if row["state"] != "rotated")
        assert all(row["state"] in ("good", "rotated") for row in rows)
        assert sorted(one.name for one in self.place.glob("areas/*/sets/*")) == kept
        sets = sets_of(self.repository.settings)
        for name in kept:
            assert await Checker(sets=sets).check(await sets.find(name)) == []
        for area in sorted((self.place / "areas").iterdir()):
            root = ocfl.StorageRoot(root=str(area / "objects"))
            assert await asyncio.to_thread(root.validate, validate_objects=True, check_digests=True), area
        left = [one for one in self.repository.settings.staging.iterdir() if one.suffix != ".part"]
        assert left == []
        return len(kept)


async def test_killed_again_and_again(settings, engines, tmp_path: Path) -> None:
    Key.make(tmp_path / "backup.key")
    wanted = {"backup_to": str(tmp_path / "place"), "backup_key": str(tmp_path / "backup.key")}
    kills, runs = 0, 0
    print(f"\nseed {SEED}")
    async with (
        own_bucket(replace(settings, **wanted), engines) as chosen,
        open_repository(chosen) as repository,
    ):
        environment = os.environ | environment_of(chosen) | {"PYTHONPATH": os.getcwd()}
        child = await Nursery.open("tests.soak.backing_up_child", str(chosen.data), environment=environment)
        district = await make_district(repository)
        trial, began = Trial(repository, district.clerk, child, random.Random(SEED)), time.monotonic()
        await trial.write(DOCUMENTS)
        await trial.finished()
        while kills < KILLS:
            for _ in range(STRETCH):
                await trial.write(trial.chance.randint(0, 6))
                runs, kills = runs + 1, kills + await trial.killed()
            sets = await trial.finished()
            print(f"{kills} kills in {runs} runs, {time.monotonic() - began:.0f} s, {sets} sets", flush=True)
        await child.close()
        said = await running.drill(repository, ROOT)
        print(
            f"{kills} kill -9 in {runs} runs in {time.monotonic() - began:.0f} s; {dict(trial.caught)}; drill: {said}"
        )
        assert "KHÔNG ĐẠT" not in said
        assert await repository.incidents.find() == []
        await repository.database.client.drop_database(chosen.mongo_database)
