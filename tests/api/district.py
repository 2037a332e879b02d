"""A small district for the permission matrix: one actor a role in one unit, things of that and of another.

What belongs to the other unit bears a word of its own, so that a leak shows in any answer, wherever it is.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import httpx

from api.app import create_app
from api.auth.identify import COOKIE
from indexers.wiring import Indexers, open_indexers
from repository import ids
from repository.access.actors import Actor, operator
from repository.access.permissions import Permission, Role
from repository.clock import local_date
from repository.documents.sharing import ShareForm
from repository.dossiers.dossiers import DossierForm
from repository.dossiers.members import MemberForm
from repository.ingest.receive import ReceivedFile
from repository.mongo import Row
from repository.organisation.units.units import UnitForm
from repository.registers.registers import RegisterForm
from repository.wiring import Repository
from tests.factories import PASSWORD, WORKING, make_person, metadata, stream

OWN, FOREIGN, THIRD = "van-phong", "phuong-a", "phuong-b"
FOREIGN_WORD = "zqxkhoai"
"""Stands in whatever the other unit has: subjects, names of files, texts, titles, lines of books."""
RESTRICTED_WORD = "zqxhanche"
"""Stands in a restricted paper of the own unit."""
FOREIGN_PERSON = "zqxnguoi"
"""Stands in the names of the other unit's people."""
ROLES: dict[str, tuple[Role, ...]] = {
    "nobody": (),
    "clerk": (Role.CLERK,),
    "officer": (Role.OFFICER,),
    "leader": (Role.LEADER,),
    "unit_admin": (Role.UNIT_ADMIN,),
    "it": (Role.IT,),
    "auditor": (Role.AUDITOR,),
    "system": (),
    "clerk+auditor": (Role.CLERK, Role.AUDITOR),
}
_ROOT = operator("test")


@dataclass(frozen=True)
class Caller:
    """Somebody who asks: what the request bears, and who that is."""

    headers: dict[str, str]
    actor: Actor | None
    page: bool = False
    """Whether the request at hand is one of the pages."""


class World:
    """The district, its callers and an opened client."""

    def __init__(self, repository: Repository, indexers: Indexers, http: httpx.AsyncClient) -> None:
        self.repository = repository
        self.indexers = indexers
        self.http = http
        self.callers: dict[str, Caller] = {"nobody": Caller({}, None)}
        self.clerks: dict[str, Actor] = {}
        self.books: dict[tuple[str, str], Row] = {}
        self.shared: dict[tuple[str, str], Row] = {}
        """(unit, kind) → a thing that reading does not change."""
        self._files: dict[str, ReceivedFile] = {}
        self.numbers = count(1)

    async def document(self, unit: str, *, word: str = "", **fields: Any) -> Row:
        word = word or (FOREIGN_WORD if unit == FOREIGN else "thường")
        wanted = metadata(
            subject=f"Công văn {word} {next(self.numbers)}", issuer={"name": f"Cơ quan {word}"}, **fields
        )
        return await self.repository.documents.store(self.clerks[unit], wanted, [await self._file(word)])

    async def _file(self, word: str) -> ReceivedFile:
        """One received file for all documents of a word: the store is not what is tried here."""
        if word not in self._files:
            content = f"Nội dung {word}".encode()
            received = await self.repository.intake.receive(
                self.clerks[OWN], stream(content), filename=f"tệp {word}.txt"
            )
            clean = replace(received.scan, verdict="clean")
            self._files[word] = replace(received, scan=clean)
        return self._files[word]

    async def entered(self, unit: str, direction: str = "incoming") -> Row:
        """A document in its unit's book."""
        row = await self.document(unit, direction=direction)
        book = self.books[unit, direction]
        return await self.repository.documents.register(self.clerks[unit], row["_id"], book["_id"])

    async def book(self, unit: str) -> Row:
        """A book of its own, for what ends it."""
        year = local_date(self.repository.clock.now()).year
        form = RegisterForm(unit=unit, year=year, direction="incoming", series=f"s{next(self.numbers)}")
        return await self.repository.registers.open(_ROOT, form)

    async def dossier(self, unit: str) -> Row:
        word = FOREIGN_WORD if unit == FOREIGN else "thường"
        form = DossierForm(code=f"{next(self.numbers)}.{word}", title=f"Hồ sơ {word}")
        return await self.repository.dossiers.open(self.clerks[unit], form)

    async def member(self, unit: str) -> tuple[Row, str]:
        row = await self.dossier(unit)
        person = self.clerks[THIRD].id
        form = MemberForm(person=person, reason="cùng xử lý")
        return await self.repository.members.add(self.clerks[unit], row["_id"], form), person

    async def share(self, unit: str) -> tuple[Row, str]:
        row = await self.document(unit)
        form = ShareForm(unit=THIRD, reason="cùng xử lý")
        after = await self.repository.sharing.share(self.clerks[unit], row["_id"], form)
        return after, after["shares"][-1]["mark"]

    async def person(self, unit: str, *roles: Role) -> Actor:
        return await make_person(
            self.repository, f"n.{next(self.numbers)}", unit, *(roles or (Role.OFFICER,))
        )

    async def token(self, unit: str, scopes: list[Permission] | None = None) -> tuple[str, Row]:
        return await self.repository.credentials.issue_token(
            _ROOT, system=f"may-{unit}-{next(self.numbers)}", unit=unit,
            scopes=scopes or [Permission.SEARCH], lasts=timedelta(hours=1),
        )  # fmt: skip

    async def delegation(self, giver: Actor) -> str:
        """A delegation as it lies in the database: not every role may make one."""
        today = local_date(self.repository.clock.now())
        row = {
            "_id": ids.new("uq"), "unit": giver.unit, "giver": giver.as_row(),
            "receiver": self.clerks[giver.unit].as_row(), "scopes": ["documents.read"], "ended": None,
            "since": today.isoformat(), "until": (today + timedelta(days=3)).isoformat(),
            "reason": "nghỉ phép", "created_at": self.repository.clock.now(),
        }  # fmt: skip
        await self.repository.database["delegations"].insert_one(row)
        return str(row["_id"])


async def populate(world: World, secret: bytes) -> None:
    """Units, books, callers, things to read; everything indexed."""
    repository = world.repository
    for unit in (OWN, FOREIGN, THIRD):
        await repository.units.create(
            _ROOT, UnitForm(id=unit, name=f"Đơn vị {unit}", symbol=unit[-1].upper())
        )
        name = f"{FOREIGN_PERSON}.vt" if unit == FOREIGN else f"vt.{unit}"
        world.clerks[unit] = await make_person(repository, name, unit, Role.CLERK)
        year = local_date(repository.clock.now()).year
        for direction in ("incoming", "outgoing"):
            form = RegisterForm(unit=unit, year=year, direction=direction)
            world.books[unit, direction] = await repository.registers.open(_ROOT, form)
    await _callers(world, secret)
    for unit in (OWN, FOREIGN):
        document = await world.entered(unit)
        dossier = await world.dossier(unit)
        await repository.dossiers.file(world.clerks[unit], dossier["_id"], document["_id"])
        world.shared[unit, "units"] = {"_id": unit}
        world.shared[unit, "documents"] = document
        world.shared[unit, "dossiers"] = dossier
        world.shared[unit, "registers"] = world.books[unit, "incoming"]
    hidden = await world.document(
        OWN,
        word=RESTRICTED_WORD,
        classification="han_che",
        register_id=world.books[OWN, "incoming"]["_id"],
        dossier_id=world.shared[OWN, "dossiers"]["_id"],
    )
    world.shared[OWN, "restricted"] = hidden
    await world.indexers.worker.drain()


async def _callers(world: World, secret: bytes) -> None:
    """In the order of the table's columns."""
    visitor = {"x-csrf-token": _proof(secret, "visitor")}
    for name, roles in ROLES.items():
        if name == "nobody":
            world.callers[name] = Caller(visitor, None)
        elif name == "system":
            bearer, _ = await world.token(OWN, [*WORKING, Permission.SHARE_DOCUMENTS])
            system = await world.repository.credentials.of_token(bearer)
            world.callers[name] = Caller({"Authorization": f"Bearer {bearer}"} | visitor, system)
        else:
            username = f"v.{name.replace('+', '-').replace('_', '-')}"
            actor = await make_person(world.repository, username, OWN, *roles)
            entered = await world.repository.credentials.log_in(username, PASSWORD)
            cookie: str = entered[0]
            headers = {"Cookie": f"{COOKIE}={cookie}", "x-csrf-token": _proof(secret, cookie)}
            world.callers[name] = Caller(headers, actor)


def _proof(secret: bytes, session: str) -> str:
    return hmac.new(secret, session.encode(), hashlib.sha256).hexdigest()


@asynccontextmanager
async def open_world(repository: Repository) -> AsyncIterator[World]:
    application = create_app(opened=repository)
    async with (
        application.router.lifespan_context(application) as state,
        open_indexers(repository) as indexers,
    ):

        async def with_state(scope: Any, receive: Any, send: Any) -> None:
            await application({**scope, "state": dict(state)}, receive, send)

        transport = httpx.ASGITransport(app=with_state, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://tangthu") as http:
            world = World(repository, indexers, http)
            await populate(world, application.state.secret)
            yield world


def later(days: int) -> date:
    return date.today() + timedelta(days=days)
