"""MongoDB: one connection, one way to run a transaction. The only module that knows the driver's client."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, TypeVar

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient, InsertOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ClientBulkWriteException, DuplicateKeyError, OperationFailure, PyMongoError
from pymongo.errors import ConnectionFailure as DatabaseFault
from pymongo.errors import CursorNotFound as CursorLost
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from repository import errors

Row = dict[str, Any]
Database = AsyncDatabase[Row]
Collection = AsyncCollection[Row]
Session = AsyncClientSession
T = TypeVar("T")

__all__ = [
    "Collection",
    "CursorLost",
    "Database",
    "DatabaseFault",
    "DuplicateKeyError",
    "Moment",
    "NoMoment",
    "OutcomeUnknown",
    "Row",
    "Session",
    "UpdateOne",
    "begin_writing",
    "close",
    "connect",
    "insert_together",
    "is_stored",
    "may_be_tried_again",
    "one_moment",
    "ping",
    "told_as_away",
    "transact",
]


_LOG: Final = logging.getLogger(__name__)
_TRANSIENT: Final = "TransientTransactionError"
_UNKNOWN: Final = "UnknownTransactionCommitResult"
_NO_SUCH_TRANSACTION: Final = 251
_DUPLICATE: Final = 11000
_SNAPSHOT: Final = ReadConcern("snapshot")
_DURABLE: Final = WriteConcern("majority", j=True)
_PATIENCE: Final = 20.0
"""Seconds that one transaction waits for a database that is being restarted, or for other writers, before
its caller is told to come back.
"""


class OutcomeUnknown(errors.Unavailable):
    """The database went away in the middle of a commit and does not come back to say whether it was done."""

    vi = (
        "Cơ sở dữ liệu ngừng trả lời đúng lúc ghi nhận: thay đổi hoặc đã được lưu trọn vẹn, hoặc chưa có gì. "
        "Hãy xem lại sau ít phút rồi hãy làm lại."
    )
    en = "The database went away while committing: all of the change is stored, or none. Look, then repeat."


def connect(url: str, database: str) -> Database:
    """A database over a pooled connection; nothing is sent until the first use. How long an absent server is waited
    for, and whether the driver repeats a write whose answer was lost (it does), may stand in the URL.
    """
    patience: dict[str, Any] = (
        {} if "serverselectiontimeoutms=" in url.lower() else {"serverSelectionTimeoutMS": 5_000}
    )
    client: AsyncMongoClient[Row] = AsyncMongoClient(
        url, tz_aware=True, uuidRepresentation="standard", **patience
    )
    return client[database]


async def close(database: Database) -> None:
    await database.client.close()


async def ping(database: Database) -> None:
    """Raises Unavailable when the server does not answer."""
    try:
        await database.client.admin.command("ping")
    except PyMongoError as fault:
        raise errors.Unavailable(what="MongoDB") from fault


async def transact(
    database: Database,
    work: Callable[[Session], Awaitable[T]],
    happened: Callable[[], Awaitable[bool]],
    *,
    patience: float = _PATIENCE,
) -> T:
    """Runs `work` in one transaction, again on a transient fault, and commits with majority and journal.

    `work` may run several times, so it must do nothing but database calls and pure computing. Its own errors
    abort the transaction and pass through. Between tries the wait grows and is jittered: without it, many
    writers of one document starve each other. `happened` reads back whether the latest run of `work` is
    stored: a server that was killed while it committed knows nothing of the transaction once it is back, and
    running `work` again would do it twice. Raises Unavailable, or OutcomeUnknown, when patience ends.
    """
    waiting = _Waiting(patience)
    while True:
        try:
            async with (
                database.client.start_session() as session,
                await session.start_transaction(read_concern=_SNAPSHOT, write_concern=_DURABLE),
            ):
                result = await work(session)
                committed = await _commit(session, waiting)
            if committed or await _asked(happened, waiting):
                return result
        except DuplicateKeyError:
            raise
        except (OperationFailure, DatabaseFault) as fault:
            if not may_be_tried_again(fault):
                raise _wrapped(fault) from fault
            if waiting.over:
                raise errors.Unavailable(what="MongoDB (mất kết nối hoặc tranh chấp)") from fault
        await waiting.pause()


def may_be_tried_again(fault: Exception) -> bool:
    """Whether a transaction that met this fault lost a race or its connection, and may be run again."""
    return isinstance(fault, OperationFailure | DatabaseFault) and fault.has_error_label(_TRANSIENT)


class _Waiting:
    """The time that one transaction has, and its growing pauses."""

    def __init__(self, patience: float) -> None:
        self._until = time.monotonic() + patience
        self._pauses = 0

    @property
    def over(self) -> bool:
        return time.monotonic() > self._until

    async def pause(self) -> None:
        self._pauses += 1
        await asyncio.sleep(random.uniform(0, min(0.4, 0.004 * 2 ** min(self._pauses, 7))))


async def _commit(session: Session, waiting: _Waiting) -> bool:
    """True when it is committed; False when the server gave no answer that could be believed.

    Asks again while the server cannot say whether it did (a commit may be repeated safely). "No such
    transaction" is not believed: the driver repeats a lost commit by itself, perhaps to a server that has
    just been started.
    """
    while True:
        try:
            await session.commit_transaction()
            return True
        except PyMongoError as fault:
            if not fault.has_error_label(_UNKNOWN):
                if getattr(fault, "code", None) == _NO_SUCH_TRANSACTION:
                    return False
                raise
            if waiting.over:
                raise OutcomeUnknown(what="MongoDB") from fault
            await waiting.pause()


async def _asked(happened: Callable[[], Awaitable[bool]], waiting: _Waiting) -> bool:
    """What `happened` answers, as soon as the database can be read."""
    while True:
        try:
            found = await happened()
            _LOG.warning(
                "the answer to a commit was lost; read back, it %s done", "was" if found else "was not"
            )
            return found
        except DatabaseFault as fault:
            if waiting.over:
                raise OutcomeUnknown(what="MongoDB") from fault
            await waiting.pause()


async def begin_writing(session: Session) -> None:
    """Begins the transaction anew as one that reads nothing. Nothing may have been sent in it yet."""
    await session.abort_transaction()
    await session.start_transaction(write_concern=_DURABLE)


async def insert_together(database: Database, rows: list[tuple[str, Row]], session: Session) -> None:
    """Inserts rows of several collections in one message. As a transaction's first only after `begin_writing`: the
    local engine does not take the read concern that goes with it. Raises DuplicateKeyError.
    """
    if not rows:
        return
    inserts = [InsertOne(row, namespace=f"{database.name}.{collection}") for collection, row in rows]
    try:
        await database.client.bulk_write(inserts, session=session)
    except ClientBulkWriteException as fault:
        if isinstance(fault.error, PyMongoError):
            raise fault.error from fault  # with the labels that say whether it may be tried again
        for one in fault.details.get("writeErrors", []):
            if one["code"] == _DUPLICATE:
                raise DuplicateKeyError(one["errmsg"], _DUPLICATE) from fault
        raise


async def is_stored(database: Database, collection: str, row_id: str) -> bool:
    """Whether a row is there for good."""
    rows = database.get_collection(collection, read_concern=ReadConcern("majority"))
    return await rows.find_one({"_id": row_id}, {"_id": 1}) is not None


class Moment:
    """The whole database as it was at one moment, as BSON, whatever is written meanwhile."""

    def __init__(self, database: Database, session: Session) -> None:
        raw: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument, tz_aware=True)
        self._database = database.with_options(codec_options=raw)
        self._session = session

    async def rows(
        self, collection: str, query: Row | None = None, fields: list[str] | None = None
    ) -> AsyncIterator[bytes]:
        """The rows that answer a query, whole or some of their fields."""
        rows = self._database[collection]
        async for row in rows.find(query or {}, fields, session=self._session, batch_size=1000):
            yield row.raw


class NoMoment(errors.Unavailable):
    """The server says that it keeps a moment, and does not."""

    vi = (
        "{what} không giữ được một thời điểm khi có người đang ghi, nên bản đọc sẽ không khớp với nhau. Chưa đọc gì; "
        "hãy báo người quản trị máy chủ cơ sở dữ liệu."
    )
    en = "{what} does not keep one moment while others write, so what is read would not fit together. Nothing was read."


@asynccontextmanager
async def one_moment(database: Database) -> AsyncIterator[Moment]:
    """A reading of one moment: a snapshot session where the server has them, else a transaction. Raises NoMoment.

    MongoDB ends transactions after a minute, and keeps snapshots as long as it is told to. A server that has no
    snapshot sessions ignores the wish, and the local engine names a moment and reads on past it: so neither is
    believed before a write from outside has been seen not to show in it.
    """
    await _touch(database)
    for opened in (_snapshot, _transaction):
        async with opened(database) as session:
            if await _stands_still(database, session):
                yield Moment(database, session)
                return
    raise NoMoment(what="MongoDB")


@asynccontextmanager
async def _snapshot(database: Database) -> AsyncIterator[Session]:
    async with database.client.start_session(snapshot=True) as session:
        yield session


@asynccontextmanager
async def _transaction(database: Database) -> AsyncIterator[Session]:
    async with (
        database.client.start_session() as session,
        await session.start_transaction(read_concern=_SNAPSHOT),
    ):
        yield session


_TRIAL: Final[Row] = {"_id": "one-moment"}
"""A row among the leases, which say nothing about the past and are not put back by a restore."""


async def _touch(database: Database) -> None:
    await database["leases"].update_one(_TRIAL, {"$inc": {"looks": 1}}, upsert=True)


async def _stands_still(database: Database, session: Session) -> bool:
    """Whether what is written now is not seen; the first read chooses the moment."""
    before = await database["leases"].find_one(_TRIAL, session=session)
    await _touch(database)
    return await database["leases"].find_one(_TRIAL, session=session) == before is not None


@contextmanager
def told_as_away() -> Iterator[None]:
    """What a read raises when the database goes away under it, as Unavailable."""
    try:
        yield
    except (DatabaseFault, CursorLost) as fault:
        raise errors.Unavailable(what="MongoDB") from fault


def _wrapped(fault: PyMongoError) -> Exception:
    return errors.Unavailable(what="MongoDB") if isinstance(fault, DatabaseFault) else fault
