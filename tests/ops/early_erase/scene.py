"""A living office for those who want something erased before its time: victims, and what became of them."""

import asyncio
import os
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import httpx

from indexers.wiring import open_indexers
from ops import disposing
from ops.attack import Attacker, Attempt
from ops.stack import EngineAddresses
from repository import errors
from repository.access.actors import operator
from repository.blobs import Digest
from repository.clock import SystemClock
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import DossierForm
from repository.mongo import Row
from repository.retention.disposal import VoteForm
from repository.retention.holding import HoldForm, HoldKind
from repository.settings import Settings
from repository.wiring import Repository, open_repository
from tests.api.district import OWN, World, open_world
from tests.factories import District, stored
from tests.soak.disposing_child import Yesterday
from tests.soak.estate import Estate, Shell, own_bucket

ROOT = operator("test")
NEEDED = {"locked": 8, "held": 5, "expired": 5}
"""How many victims in each of the three states that a thing may be in before anybody approved its end."""
_N = count(1)


@dataclass
class Days:
    """The machine's clock; or yesterday's, under which a first day's lock runs out in a moment."""

    behind: bool = False

    def now(self) -> datetime:
        return (Yesterday() if self.behind else SystemClock()).now()


@dataclass(frozen=True)
class State:
    """What the store says of a victim's one version."""

    sha256: str
    mode: str | None
    until: datetime | None
    held: bool
    marked: bool


@dataclass
class Scene:
    """The office, whoever asks, the machine's store."""

    world: World
    estate: Estate
    shell: Shell
    settings: Settings
    clock: Days
    victims: dict[str, list[Row]] = field(default_factory=dict)
    """State → documents to be attacked; each attack takes one."""
    parked: str = ""
    """The proposal in which the expired victims lie, so that no other list names them; nobody ever votes on it."""
    victim: str = ""
    told: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    """What was done, to whom, and how the check of the night calls it."""

    @property
    def repository(self) -> Repository:
        return self.world.repository

    async def settle(self) -> None:
        await self.world.indexers.worker.drain()

    async def paper(self, dossier: str = "") -> Row:
        fields = {"dossier_id": dossier, "page_amount": 1} if dossier else {}
        clerk = self.world.clerks[OWN]
        return await stored(
            self.repository, clerk, os.urandom(60).hex().encode(), direction="internal", **fields
        )

    async def closed(self, retention: str, *papers: Row, count: int = 0) -> tuple[Row, list[Row]]:
        """A dossier that says it ended in 2018, with papers given and new ones."""
        clerk, n = self.world.clerks[OWN], next(_N)
        form = DossierForm(code=f"E{n}", title=f"Hồ sơ {n}", retention=retention, started_on=date(2018, 1, 2))
        dossier = await self.repository.dossiers.open(clerk, form)
        for one in papers:
            await self.repository.dossiers.file(clerk, dossier["_id"], one["_id"])
        rows = [*papers, *[await self.paper(dossier["_id"]) for _ in range(count)]]
        row = await self.repository.dossiers.close(
            clerk, dossier["_id"], ClosingForm(ended_on=date(2018, 5, 1))
        )
        return row, rows

    async def prepare(self) -> None:
        self.victims["locked"] = [await self.paper() for _ in range(NEEDED["locked"])]
        await self.settle()
        self.clock.behind = True
        for state in ("expired", "held"):
            _, self.victims[state] = await self.closed("2 năm", count=NEEDED[state])
        await self.settle()
        for one in self.victims["held"]:
            await self.hold(one)
        await self.settle()
        self.parked = (await self.repository.retention.disposals.propose(ROOT, OWN))["_id"]
        await self.over(self.victims["expired"][-1])
        await self.over(self.victims["held"][-1])
        self.clock.behind = False
        await self.estate.seal()
        for state, rows in self.victims.items():
            for one in rows:
                now = await self.state(one)
                free = now.until is not None and now.until <= datetime.now(UTC)
                assert (free, now.held) == (state != "locked", state == "held"), (state, now)

    async def unlocked(self) -> Row:
        """A paper of a dossier that has expired, unlocked, before no council: only the rules stand in the way."""
        self.clock.behind = True
        _, (paper,) = await self.closed("2 năm", count=1)
        await self.settle()
        self.clock.behind = False
        await self.over(paper)
        return paper

    async def over(self, one: Row) -> None:
        """The lock of its first day has run out."""
        while (now := await self.state(one)) and now.until and now.until >= datetime.now(UTC):
            await asyncio.sleep(0.2)

    async def hold(self, one: Row) -> None:
        form = HoldForm(kind=HoldKind.DOCUMENT, target=one["_id"], reason="Đang thanh tra đột xuất")
        await self.repository.retention.holds.place(self.actor("leader"), form)

    def actor(self, role: str) -> Any:
        return self.world.callers[role].actor

    async def state(self, row: Row) -> State | None:
        """None when it is gone."""
        version = row["versions"][0]
        digest, name = Digest.parse(version["sha256"]), version["store_version"]
        try:
            seen = await self.repository.blobs.reread(digest, name, lambda _: 0)
        except errors.NotFound:
            return None
        newest = await self.repository.blobs.stat(digest)
        marked = newest is None or newest.marker
        told = seen.stat
        return State(seen.sha256, told.lock_mode, told.locked_until, told.held, marked)

    async def all(self) -> dict[str, State | None]:
        return {one["_id"]: await self.state(one) for rows in self.victims.values() for one in rows}

    async def found(self) -> set[tuple[str, str]]:
        """What fixity and the check of the log find that they did not find before."""
        await self.estate.seal()
        new = await self.estate.wrong()
        self.estate.known |= new
        return new

    async def approved(
        self, proposer: str = "clerk", council: tuple[str, ...] = ("leader", "auditor")
    ) -> Row:
        """Everything expired, proposed and approved by two, over HTTP."""
        answer = await self.ask(proposer, "POST", "/api/v1/disposals", json={"unit": OWN})
        assert answer.status_code == 201, answer.text
        for one in council:
            path = f"/api/v1/disposals/{answer.json()['id']}/votes"
            assert (await self.ask(one, "POST", path, json={"approve": True})).status_code == 200
        return await self.repository.retention.disposals.row(answer.json()["id"])

    async def stopped(self) -> None:
        """Refuses what lies before the council, so that the next one finds the same things expired."""
        disposals = self.repository.retention.disposals
        for row in await disposals.find(ROOT, state="proposed"):
            if row["_id"] != self.parked:
                form = VoteForm(approve=False, reason="chưa hết giá trị")
                await disposals.vote(self.actor("auditor"), row["_id"], form)

    async def ask(self, role: str, method: str, path: str, **carried: Any) -> httpx.Response:
        headers = self.world.callers[role].headers | carried.pop("headers", {})
        return await self.world.http.request(method, path, headers=headers, **carried)

    async def command(self, verb: str, **options: Any) -> int:
        """`tangthu retention VERB` as the worker's machine runs it, with the eraser."""
        told = Namespace(verb=verb, **({"id": None, "unit": None, "dry_run": False} | options))
        return await disposing.run(self.world.indexers, told)

    def s3(self, keys: tuple[str, str], version: Row, attempt: Attempt) -> str:
        """One signed request; what came of it."""
        chosen = replace(self.settings, s3_access_key=keys[0], s3_secret_key=keys[1])
        attacker = Attacker(settings=chosen, digest=Digest.parse(version["sha256"]))
        try:
            return attacker.try_one(attempt).outcome
        finally:
            attacker.close()


def later(state: State, old: State) -> bool:
    """Whether a lock says at least what it said."""
    if old.until is None or old.until <= datetime.now(UTC):
        return True  # it had run out: there is nothing to shorten
    return state.mode == "COMPLIANCE" and state.until is not None and state.until >= old.until


def hurt(before: dict[str, State | None], after: dict[str, State | None]) -> set[str]:
    """The victims that are gone, changed, hidden, unlocked or let go."""
    found = set()
    for name, old in before.items():
        now = after[name]
        assert old is not None
        whole = now is not None and now.sha256 == old.sha256 and now.marked == old.marked
        if not whole or now is None or now.held < old.held or not later(now, old):
            found.add(name)
    return found


@asynccontextmanager
async def open_scene(settings: Settings, engines: EngineAddresses) -> AsyncIterator[Scene]:
    """The serving process holds the eraser too: nothing here is safe only because a key is missing."""
    async with own_bucket(settings, engines) as own:
        keys = {name: getattr(engines, name) for name in ("s3_eraser_access_key", "s3_eraser_secret_key")}
        chosen = replace(own, **keys)
        clock = Days()
        async with open_repository(chosen, clock=clock) as repository:
            async with open_world(repository) as world, open_indexers(repository) as indexers:
                nobody: Any = District(*[None] * 8)
                estate = Estate(indexers, nobody, engines)
                scene = Scene(world, estate, Shell(estate), chosen, clock)
                await scene.prepare()
                estate.known |= await estate.wrong()
                yield scene
            await repository.database.client.drop_database(chosen.mongo_database)
