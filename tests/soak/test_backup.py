"""The machine is lost and comes back from its copies; a backup is killed again and again and always finishes.

TANGTHU_TRIAL_DOCUMENTS (2000), _SIZE in KiB (200), _KILLS (50), _SEED change the trial. Figures are printed.
Restores are killed too: TANGTHU_TRIAL_RESTORES (30) rounds.
"""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import ocfl
import psutil
import pymongo
import pytest

from ops.backup.keys import Key
from ops.demo.children import free_port
from ops.stack import find_running
from ops.stack.folder import Folder
from repository.clock import local
from repository.settings import from_environment
from repository.wiring import Repository, open_repository
from tests.factories import District, make_district, stored
from tests.soak.site import Installation

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
DOCUMENTS = int(os.environ.get("TANGTHU_TRIAL_DOCUMENTS", "2000"))
SIZE = int(os.environ.get("TANGTHU_TRIAL_SIZE", "200")) * 1024
KILLS = int(os.environ.get("TANGTHU_TRIAL_KILLS", "50"))
RESTORES = int(os.environ.get("TANGTHU_TRIAL_RESTORES", "30"))
SEED = int(os.environ.get("TANGTHU_TRIAL_SEED", str(random.randrange(10**6))))
COMPARE = Path(__file__).with_name("compare_restored.py")


@dataclass(frozen=True)
class Ran:
    """What a command took."""

    seconds: float
    cpu: float
    """Seconds of processor time, the engines' with it: on a shared machine the better measure."""
    memory: int
    """MiB at most."""

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.cpu:.1f} s CPU with the engines), peak {self.memory} MiB"

    def part_of(self, other: "Ran", besides: "Ran") -> str:
        net = (self.seconds - besides.seconds) / (other.seconds - besides.seconds)
        net_cpu = (self.cpu - besides.cpu) / (other.cpu - besides.cpu)
        return (
            f"{self.seconds / other.seconds:.1%} of its time, {self.cpu / other.cpu:.1%} of its CPU;"
            f" without a command's start {net:.1%}, {net_cpu:.1%}"
        )


class Trial:
    """Engines in one folder, the program as commands, a place beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data, self.place = folder, folder / "data", folder / "place"
        Key.make(folder / "backup.key")
        os.environ["TANGTHU_BACKUP_TO"] = str(self.place)
        os.environ["TANGTHU_BACKUP_KEY"] = str(folder / "backup.key")
        self.site = Installation(self.data, free_port("127.0.0.1", 0))
        self.chance = random.Random(SEED)
        self.serial = 0

    def start(self, data: Path) -> Installation:
        site = Installation(data, free_port("127.0.0.1", 0))
        site.children["stack"] = site.command("stack")
        site._wait("engines", lambda: find_running(data) is not None)
        return site

    def command(self, *words: str, data: Path | None = None) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "ops.cli", *words, "--data", str(data or self.data)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | {"COLUMNS": "200"},
        )  # fmt: skip

    def ran(self, *words: str, data: Path | None = None) -> Ran:
        """A command that must succeed."""
        began, spent = time.monotonic(), _engines_spent(data or self.data)
        child = self.command(*words, data=data)
        said = child.stdout.read()
        child.stdout.close()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, said.decode()
        print("  ", " ".join(words[:3]), "→", said.decode().strip().splitlines()[-1][:180], flush=True)
        cpu = usage.ru_utime + usage.ru_stime + _engines_spent(data or self.data) - spent
        return Ran(time.monotonic() - began, cpu, usage.ru_maxrss // 1024)

    def begun(self, child: subprocess.Popen, since: float) -> None:
        """Until the command is past its start and at work in the place."""
        drafts = self.place / "drafts"
        while child.poll() is None:
            try:
                if drafts.stat().st_mtime >= since:
                    return
            except FileNotFoundError:
                pass
            time.sleep(0.01)

    def truth(self, how: str, data: Path, file: Path) -> None:
        at = find_running(data)
        words = at.mongo_url, "tangthu", at.s3_url, at.s3_access_key, at.s3_secret_key, at.bucket, str(file)
        ran = subprocess.run(
            [sys.executable, COMPARE, how, *words], capture_output=True, text=True, check=False
        )
        print("  ", how, file.name, "→", ran.stdout.strip().splitlines()[-1], flush=True)
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-2000:]

    @asynccontextmanager
    async def office(self):
        settings = from_environment(find_running(self.data).as_environment(), data=self.data)
        async with open_repository(settings) as repository:
            yield repository

    async def write(
        self, repository: Repository, district: District, count: int, *, register: bool = True
    ) -> None:
        gate = asyncio.Semaphore(8)

        async def one(content: bytes) -> None:
            async with gate:
                row = await stored(repository, district.clerk, content)
                if register:
                    await repository.documents.register(district.clerk, row["_id"])

        for begun in range(0, count, 100):
            contents = []
            for _ in range(min(100, count - begun)):
                self.serial += 1
                noise = self.chance.randbytes(SIZE // 2).hex().encode()
                contents.append(f"văn bản số {self.serial}\n".encode() + noise)
            await asyncio.gather(*(one(content) for content in contents))
        await repository.log.sealer.catch_up()

    def bytes(self) -> int:
        return sum(one.stat().st_size for one in self.place.rglob("*") if one.is_file())

    def valid(self) -> None:
        """Each area, by a validator that is not ours."""
        for area in sorted((self.place / "areas").iterdir()):
            root = ocfl.StorageRoot(root=str(area / "objects"))
            assert root.validate(validate_objects=True, check_digests=True), area
            print(f"   ocfl-py: {area.name} valid, {root.num_objects} objects", flush=True)


@pytest.fixture
def trial(tmp_path: Path):
    print(f"seed {SEED}")
    found = Trial(tmp_path)
    sites = [found.start(found.data)]
    found.sites = sites
    try:
        yield found
    finally:
        for site in sites:
            site.stop()


async def test_the_lost_machine_comes_back(trial: Trial):
    async with trial.office() as repository:
        district = await make_district(repository)
        began = time.monotonic()
        await trial.write(repository, district, DOCUMENTS)
        print(f"   {DOCUMENTS} documents of {SIZE >> 10} KiB in {time.monotonic() - began:.0f} s", flush=True)
        working = asyncio.create_task(_clerks(trial, repository, district))
        busy = await asyncio.to_thread(trial.ran, "backup")
        working.cancel()
        written = (await asyncio.gather(working, return_exceptions=True))[0]
        print(f"   full while clerks worked: {busy} ({written!r})", flush=True)
        await repository.log.sealer.catch_up()
        before = trial.bytes()
        full = await asyncio.to_thread(trial.ran, "backup", "--full")
        full_bytes = trial.bytes() - before
        nothing = await asyncio.to_thread(trial.ran, "backup", "--dry-run")
        figures, moments = [], []
        for day in ("yesterday", "today"):
            await trial.write(repository, district, max(1, DOCUMENTS // 100))
            await asyncio.to_thread(trial.truth, "record", trial.data, trial.folder / day)
            before = trial.bytes()
            took = await asyncio.to_thread(trial.ran, "backup")
            figures.append((took, trial.bytes() - before))
            moments.append(f"{local(repository.clock.now()):%Y-%m-%dT%H:%M:%S}")
        sets = [row["_id"] for row in await repository.backups.find()]
    print(f"   full: {full}, {full_bytes / 1e6:.1f} MB; a command that does nothing {nothing}")
    for took, size in figures:
        print(f"   increment of 1 %: {took}: {took.part_of(full, nothing)}; {size / 1e6:.2f} MB"
              f" ({size / full_bytes:.1%})", flush=True)  # fmt: skip
    trial.valid()
    trial.sites[0].stop()
    shutil.rmtree(trial.data)
    wrong = []
    asked = ((sets[0],), "today"), (("--at", moments[0]), "yesterday"), ((sets[3],), "")
    for number, (words, day) in enumerate(asked):
        data = trial.folder / f"new-{number}"
        print(f"   restored in {trial.ran('restore', *words, data=data)}", flush=True)
        site = trial.start(data)
        trial.sites.append(site)
        looks = [
            partial(trial.ran, "fixity", "--again", data=data),
            partial(trial.ran, "audit", "check", data=data),
        ]
        if day:
            looks.insert(0, partial(trial.truth, "compare", data, trial.folder / day))
        for look in looks:
            try:
                look()
            except AssertionError as fault:
                wrong.append(f"{words} {day}: {fault}")
                print("   WRONG", str(fault)[-1500:], flush=True)
        site.stop()
        shutil.rmtree(data)
    assert not wrong


def _engines_spent(data: Path) -> float:
    """Seconds of processor time that the engines in a folder have taken; none while none run."""
    spent = 0.0
    for birth in Folder(data).read().engines.values():
        with suppress(psutil.NoSuchProcess):
            times = psutil.Process(birth.pid).cpu_times()
            spent += times.user + times.system
    return spent


async def _clerks(trial: Trial, repository: Repository, district: District) -> None:
    while True:
        await trial.write(repository, district, 4)


async def test_a_backup_that_is_killed_again_and_again(trial: Trial):
    print(f"   {KILLS} kills", flush=True)
    finished = killed = 0
    async with trial.office() as repository:
        district = await make_district(repository)
        await trial.write(repository, district, 300, register=False)
        client = pymongo.MongoClient(find_running(trial.data).mongo_url)
        await asyncio.to_thread(trial.ran, "backup")
        net = 2.0
        while killed < KILLS:
            await trial.write(repository, district, 3)
            started = time.time()
            child = trial.command("backup", *(["--full"] if trial.chance.random() < 0.4 else []))
            await asyncio.to_thread(trial.begun, child, started)
            began = time.time()
            try:
                await asyncio.to_thread(child.wait, trial.chance.uniform(0.0, 1.3 * net))
                finished += 1
                assert child.returncode == 0, child.stdout.read().decode()
                net = time.time() - began
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                killed += 1
            child.stdout.close()
            client["tangthu"]["leases"].delete_many(
                {"_id": "backup"}
            )  # it would end by itself in half a minute
        client.close()
        trial.ran("backup")
        sets = [row["_id"] for row in await repository.backups.find() if row["state"] != "rotated"]
    print(f"   {killed} killed, {finished} came to their end, {len(sets)} sets kept", flush=True)
    assert not (trial.place / "drafts").exists()
    there = sorted(one.name for one in trial.place.glob("areas/*/sets/*"))
    assert there == sorted(sets), "a set in the place that the register does not know, or the other way"
    for name in sets:
        trial.ran("backup", "check", name)
    trial.valid()
    trial.ran("drill")


async def test_a_restore_that_is_killed_again_and_again(trial: Trial):
    """Each round kills one restore up to three times, its engines with it or not, then lets it come to its end."""
    async with trial.office() as repository:
        district = await make_district(repository)
        await trial.write(repository, district, 100)
        await asyncio.to_thread(trial.ran, "backup")
        await trial.write(repository, district, 5)
        await asyncio.to_thread(trial.truth, "record", trial.data, trial.folder / "truth")
        await asyncio.to_thread(trial.ran, "backup")
    trial.sites[0].stop()
    net = trial.ran("restore", "latest", data=trial.folder / "undisturbed").seconds
    print(f"   undisturbed: {net:.1f} s; {RESTORES} rounds", flush=True)
    kills, late = 0, 0
    for number in range(RESTORES):
        data = trial.folder / f"round-{number}"
        for _ in range(trial.chance.randint(1, 3)):
            child = trial.command("restore", "latest", data=data)
            try:
                child.wait(trial.chance.uniform(0.15, 1.0) * net)
                assert child.returncode == 0, child.stdout.read().decode()
                late += 1
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                kills += 1
                if trial.chance.random() < 0.5:
                    _kill_engines(data)
            child.stdout.close()
            if child.returncode == 0:
                break
        if child.returncode != 0:
            trial.ran("restore", "latest", data=data)
        assert not (data / "restore").exists() and not (data / "restore.json").exists()
        site = trial.start(data)
        trial.sites.append(site)
        trial.truth("compare", data, trial.folder / "truth")
        if number % 5 == 0:
            trial.ran("audit", "check", data=data)
        site.stop()
        shutil.rmtree(data)
    print(f"   {kills} killed, {late} came to their end before; all the same as undisturbed", flush=True)


def _kill_engines(data: Path) -> None:
    for birth in Folder(data).read().engines.values():
        if birth.is_alive():
            os.kill(birth.pid, signal.SIGKILL)
