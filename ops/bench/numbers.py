"""Numbers under load: many clerks in one book, against bare transactions of the same writes by one client.

Ours is a whole registration through the features (document, number, entry, audit records, outbox rows) with
the bytes already received. Bare is the driver alone: the same rows, one transaction after another, by one
client, which is the best that this engine does so. They alternate by round, so that a busy machine slows
both alike.
"""

import asyncio
import time
from typing import Any, Final

from ops.bench.rounds import figures, percentiles
from ops.bench.site import UNIT, Site
from repository import audit, errors, ids, mongo, outbox
from repository.access.actors import Actor, operator
from repository.audit import Action, Subject
from repository.blobs.digest import Digest
from repository.clock import SystemClock, local_date
from repository.documents import model
from repository.documents.metadata import Metadata
from repository.ingest.receive import ReceivedFile
from repository.ingest.scanner import Scan
from repository.journal import Change
from repository.mongo import Session
from repository.registers.registers import RegisterForm
from repository.wiring import Repository, open_repository

Row = dict[str, Any]

CLIENTS: Final = 64
_CLOCK: Final = SystemClock()


async def numbers(site: Site, *, clients: int = CLIENTS, rounds: int = 5, each: int = 192) -> Row:
    """Registrations a second by `clients` at once, and their share of bare transactions by one."""
    async with open_repository(site.settings) as repository:
        actor, book = operator("bench"), await _book(repository)
        pairs: list[tuple[float, float]] = []
        waits: list[float] = []
        await _ours(repository, actor, book, clients=clients, total=clients)
        await _bare(repository, total=4)
        for number in range(rounds):
            bare = await _bare(repository, total=each) if number % 2 else 0.0
            ours, waited = await _ours(repository, actor, book, clients=clients, total=each)
            pairs.append((ours, bare or await _bare(repository, total=each)))
            waits += waited
        await _whole(repository, book)
    found = figures(pairs, each=each, unit="registrations")
    return found | {"clients": clients, "wait": percentiles(waits), "numbers": "1…n, each once"}


async def _book(repository: Repository) -> Row:
    year = local_date(repository.clock.now()).year
    return await repository.registers.open(
        operator("bench"),
        RegisterForm(unit=UNIT, year=year, direction="incoming", series=ids.new("do")[:20]),
    )


async def _ours(
    repository: Repository,
    actor: Actor,
    book: Row,
    *,
    clients: int,
    total: int,
) -> tuple[float, list[float]]:
    """Seconds for `total` registrations by `clients` at once, and how long each of them waited."""
    waited: list[float] = []
    left = iter(range(total))

    async def clerk() -> None:
        for _ in left:
            began = time.perf_counter()
            await repository.documents.store(actor, _metadata(book), [_received()])
            waited.append(time.perf_counter() - began)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(clerk())
    return time.perf_counter() - began, waited


async def _bare(repository: Repository, *, total: int) -> float:
    """Seconds for `total` transactions of the same writes, one after another."""
    database, name = repository.database, ids.new("so")
    await database["registers"].insert_one({"_id": name, "unit": name, "last": 0})

    async def writes(session: Session) -> None:
        after = await database["registers"].find_one_and_update(
            {"_id": name},
            {"$inc": {"last": 1}},
            session=session,
            return_document=True,
        )
        if after is None:
            raise errors.NotFound(what=f"sổ {name}")
        document, now, who = ids.new("doc"), _CLOCK.now(), operator("bench")
        change = Change(database=database, session=session, now=now, actor=who, action=Action.DOCUMENT_STORED)
        row = model.document_row(change, document, UNIT, Metadata(subject="Văn bản dùng để đo"))
        row["versions"] = [model.version_row(change, 1, _received(), role="main")]
        line = {"_id": ids.new("vs"), "register": name, "number": after["last"], "document": document}
        await database["entries"].insert_one(line | {"columns": model.columns(row)}, session=session)
        await database["documents"].insert_one(row, session=session)
        records = [
            audit.make(at=now, actor=who.as_row(), action=act, subject=Subject(kind, one), detail={}, also=[])
            for act, kind, one in (
                (Action.ENTRY_MADE, "register", name),
                (Action.DOCUMENT_STORED, "document", document),
            )
        ]
        await database["audit"].insert_many(records, session=session)
        owed = [
            outbox.row(kind=one["action"], subject_kind="document", subject_id=document, at=now)
            for one in records
        ]
        await database["outbox"].insert_many(owed, session=session)

    async def happened() -> bool:
        return False

    began = time.perf_counter()
    for _ in range(total):
        await mongo.transact(database, writes, happened)
    return time.perf_counter() - began


async def _whole(repository: Repository, book: Row) -> None:
    """Raises Corrupt unless the book's numbers are 1…n, each once: a quick wrong answer is worth nothing."""
    rows = repository.database["entries"].find({"register": book["_id"]}, {"number": 1})
    taken = sorted([row["number"] async for row in rows])
    if taken != list(range(1, len(taken) + 1)):
        raise errors.Corrupt(what="dãy số khi đo")


def _metadata(book: Row) -> Metadata:
    return Metadata(unit=UNIT, subject="Văn bản dùng để đo", register_id=book["_id"])


def _received() -> ReceivedFile:
    now = _CLOCK.now()
    return ReceivedFile(
        digest=Digest.of(ids.new("do").encode()), size=1, media_type="text/plain", filename="đo.txt",
        store_version="", locked_until=now, warnings=[], scan=Scan(verdict="clean", engine="bench", at=now),
    )  # fmt: skip
