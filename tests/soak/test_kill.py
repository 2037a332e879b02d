"""kill -9 at random points, round after round on one data folder: nothing lost, no half document, no double
number, no gap, nothing in limbo. TANGTHU_TRIAL_ROUNDS, _SEED and _FOLDER (real files) change the trial; the
seed is printed.
"""

import asyncio
import os
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ops.demo import seed as demo
from ops.demo.children import free_port
from ops.demo.samples import Sample
from repository.settings import from_environment
from repository.wiring import open_repository
from tests.factories import District, make_district
from tests.soak import corpus as files
from tests.soak.corpus import Corpus
from tests.soak.site import Installation, tally
from tests.soak.truth import Truth, each
from tests.soak.uploading import Uploads

VICTIMS = ("service", "worker", "import", "weed", "secantus", "clamd", "stack", "all")
FILES = 36
UPLOADS = 16


@dataclass
class Trial:
    """One installation through all rounds."""

    site: Installation
    district: District
    samples: list[Sample]
    chance: random.Random
    uploads: Uploads
    corpora: list[Corpus] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)

    def round(self, number: int, victims: list[str]) -> None:
        self.site.start_missing()
        self.site.wait_ready()
        corpus = files.make(
            self.site.data / "corpus" / f"{number:02}", self.samples, number, FILES, self.chance
        )
        if given := os.environ.get("TANGTHU_TRIAL_FOLDER"):
            files.from_folder(corpus, Path(given), self.chance, 3)
        self.corpora.append(corpus)
        stop = threading.Event()
        keys = [f"khoa-{number:02}-{n:02}" for n in range(UPLOADS)]
        sending = threading.Thread(target=self.uploads.run, args=(keys, stop))
        started = time.monotonic()
        self.importing(corpus)
        sending.start()
        try:
            killed = self.hurt(victims)
            tries = self.import_to_the_end(corpus)
            sending.join(timeout=240)
        finally:
            stop.set()
        self.site.start_missing()
        self.site.wait_ready()
        self.drained()
        found = self.look(deep=set(corpus.kept) | set(self.uploads.digests.values()))
        left = self.site.orphans()
        took = time.monotonic() - started
        print(f"round {number:2}: {', '.join(killed)}; {tries} more imports, {took:.0f} s;")
        print("", *each(found), sep="\n   ", flush=True)
        assert not found.wrong and not self.uploads.faults and not left, (
            found.wrong,
            self.uploads.faults,
            left,
        )

    def importing(self, corpus: Corpus) -> None:
        words = (str(corpus.folder), "--register", self.district.incoming["_id"], "--unit", "van-phong")
        self.site.children["import"] = self.site.command("import", *words)

    def hurt(self, victims: list[str]) -> list[str]:
        """Kills at random moments; what was killed and when."""
        killed = []
        for victim in victims:
            pause = self.chance.uniform(0.3, 6.0)
            time.sleep(pause)
            there = self.site.kill(victim)
            killed.append(f"{victim}{'' if there else ' (was gone)'} after {pause:.1f} s")
            self.kills[victim] += there
            time.sleep(self.chance.uniform(0, 1.5))
            if victim in ("stack", "all", "service", "worker"):
                self.site.start_missing()
        return killed

    def import_to_the_end(self, corpus: Corpus) -> int:
        """Again until it ends; how often it had to be started again."""
        for tries in range(1, 8):
            child = self.site.children["import"]
            child.wait(timeout=240)
            output = (self.site.data / "logs" / "import.out").read_bytes()
            if child.returncode in (0, 1) and (counted := tally(output)):
                assert sum(counted.values()) == corpus.files, (counted, corpus.files)
                return tries - 1
            self.site.start_missing()
            self.importing(corpus)
        raise AssertionError(
            f"the import does not come to its end: {output[-2000:].decode(errors='replace')}"
        )

    def drained(self) -> None:
        truth = Truth(self.site.data, self.site.addresses())
        until = time.monotonic() + 400
        while truth.owed() and time.monotonic() < until:
            time.sleep(0.3)
        truth.close()

    def look(self, *, deep: set[str] | None):
        truth = Truth(self.site.data, self.site.addresses())
        try:
            keys = {key: (answer, self.uploads.digests[key]) for key, answer in self.uploads.answers.items()}
            return truth.look(self.corpora, keys, deep=deep)
        finally:
            truth.close()


async def _district(data: Path, environment: dict[str, str]) -> District:
    async with open_repository(from_environment(environment, data=data)) as repository:
        return await make_district(repository)


@pytest.fixture
def trial(tmp_path: Path):
    seed = int(os.environ.get("TANGTHU_TRIAL_SEED") or random.SystemRandom().randrange(10**6))
    print(f"seed {seed}")
    data = tmp_path / "data"
    _, samples = demo.prepare(data / "demo")
    site = Installation(data, free_port("127.0.0.1", 0))
    try:
        site.start_missing()
        district = asyncio.run(_district(data, site.addresses().as_environment()))
        uploads = Uploads(site.url, district.token, district.incoming["_id"])
        yield Trial(site, district, samples, random.Random(seed), uploads)
    finally:
        site.stop()


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_nothing_is_lost_whatever_is_killed(trial: Trial):
    rounds = int(os.environ.get("TANGTHU_TRIAL_ROUNDS") or 20)
    began = time.monotonic()
    queue: list[str] = []
    for number in range(1, rounds + 1):
        while len(queue) < 3:
            queue += trial.chance.sample(VICTIMS, len(VICTIMS))
        count = trial.chance.choice((1, 2, 2, 3))
        victims, queue = queue[:count], queue[count:]
        trial.round(number, victims)
    found = trial.look(deep=None)
    print(
        f"{rounds} rounds in {time.monotonic() - began:.0f} s; kills {dict(trial.kills)};"
        f" files {sum(one.files for one in trial.corpora)}; uploads {len(trial.uploads.answers)},"
        f" repeated {trial.uploads.repeats}, answers {trial.uploads.statuses}",
        *each(found), sep="\n   ",
    )  # fmt: skip
    assert not found.wrong
