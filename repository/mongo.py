"""MongoDB: one connection, one way to run a transaction, the indexes. The only module that knows motor.

Collections (all ids are opaque strings, all times UTC):

    documents     one a document, its versions embedded (they are few and always read together)
    registers     books of numbers: the last number taken, per unit, year, direction and series
    entries       lines of the books; (register, number) is unique, a line is annulled, never removed
    dossiers      work dossiers; documents point at them, so a document lies in many without being copied
    units people  the organisation; people are disabled, never deleted
    sessions tokens     hashes of secrets with their owner and end
    verdicts      signature reports by content hash
    texts         extracted text by content hash (can be rebuilt)
    audit         one record a change, read or refusal; never edited
    outbox        work that a committed change still owes; parked when it keeps failing
    leases        who may do a thing that only one process may do
    idempotency   answers already given, by key
    quarantine    refused malware: what, when, by whom; no bytes
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession, AsyncIOMotorDatabase
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import ConnectionFailure as DatabaseFault
from pymongo.errors import DuplicateKeyError, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from repository import errors

Row = dict[str, Any]
Database = AsyncIOMotorDatabase[Row]
Session = AsyncIOMotorClientSession
T = TypeVar("T")

__all__ = [
    "Database",
    "DatabaseFault",
    "DuplicateKeyError",
    "Row",
    "Session",
    "close",
    "connect",
    "ensure_indexes",
    "ping",
    "transact",
]

INDEXES: Final[dict[str, list[IndexModel]]] = {
    "documents": [
        IndexModel([("unit", ASCENDING), ("versions.sha256", ASCENDING)]),
        IndexModel([("versions.sha256", ASCENDING)]),
        IndexModel([("readers", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("dossiers", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("issuer.name", ASCENDING), ("symbol", ASCENDING), ("issued_on", ASCENDING)]),
    ],
    "registers": [
        IndexModel(
            [("unit", ASCENDING), ("year", ASCENDING), ("direction", ASCENDING), ("series", ASCENDING)],
            unique=True,
        )
    ],
    "entries": [
        IndexModel([("register", ASCENDING), ("number", ASCENDING)], unique=True),
        IndexModel([("document", ASCENDING)]),
    ],
    "dossiers": [
        IndexModel([("unit", ASCENDING), ("code", ASCENDING)], unique=True),
        IndexModel([("readers", ASCENDING), ("_id", DESCENDING)]),
    ],
    "people": [IndexModel([("username", ASCENDING)], unique=True), IndexModel([("unit", ASCENDING)])],
    "sessions": [IndexModel([("person", ASCENDING)])],
    "tokens": [IndexModel([("owner", ASCENDING)])],
    "audit": [
        IndexModel([("subject.kind", ASCENDING), ("subject.id", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("also", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("leaf", ASCENDING)]),
    ],
    "outbox": [IndexModel([("state", ASCENDING), ("_id", ASCENDING)])],
    "idempotency": [IndexModel([("at", ASCENDING)], expireAfterSeconds=86_400)],
}

_PATIENCE: Final = 60
"""Tries of one transaction before a caller is told to come back."""


def connect(url: str, database: str) -> Database:
    """A database over a pooled connection; nothing is sent until the first use."""
    client: AsyncIOMotorClient[Row] = AsyncIOMotorClient(
        url, tz_aware=True, serverSelectionTimeoutMS=5_000, uuidRepresentation="standard", retryWrites=True
    )
    return client[database]


def close(database: Database) -> None:
    database.client.close()


async def ping(database: Database) -> None:
    """Raises Unavailable when the server does not answer."""
    try:
        await database.client.admin.command("ping")
    except PyMongoError as fault:
        raise errors.Unavailable(what="MongoDB") from fault


async def ensure_indexes(database: Database) -> None:
    """Makes what is missing; changes nothing that is there."""
    for name, models in INDEXES.items():
        await database[name].create_indexes(models)


async def transact(database: Database, work: Callable[[Session], Awaitable[T]]) -> T:
    """Runs `work` in one transaction, again on a transient fault, and commits with majority and journal.

    `work` may run several times, so it must do nothing but database calls and pure computing. Its own errors abort
    the transaction and pass through. Between tries the wait grows and is jittered: without it, many writers of one
    document starve each other.
    """
    for attempt in range(_PATIENCE):
        if attempt:
            await asyncio.sleep(random.uniform(0, min(0.4, 0.004 * 2 ** min(attempt, 7))))
        try:
            async with await database.client.start_session() as session:
                async with session.start_transaction(
                    read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority", j=True)
                ):
                    result = await work(session)
                    await _commit(session)
                return result
        except DuplicateKeyError:
            raise
        except (OperationFailure, DatabaseFault) as fault:
            if not fault.has_error_label("TransientTransactionError"):
                raise _wrapped(fault) from fault
    raise errors.Unavailable(what="MongoDB (giao dịch bị tranh chấp)")


async def _commit(session: Session) -> None:
    """Commits; asks again while the server cannot say whether it did (a commit may be repeated safely)."""
    for attempt in range(_PATIENCE):
        try:
            await session.commit_transaction()
            return
        except PyMongoError as fault:
            if not fault.has_error_label("UnknownTransactionCommitResult") or attempt == _PATIENCE - 1:
                raise
            await asyncio.sleep(0.05)


def _wrapped(fault: PyMongoError) -> Exception:
    return errors.Unavailable(what="MongoDB") if isinstance(fault, DatabaseFault) else fault
