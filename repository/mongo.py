"""MongoDB: one connection, one way to run a transaction, the indexes. The only module that knows the driver's client.

Collections (all ids are opaque strings, all times UTC):

    documents     one a document, its versions embedded (they are few and always read together)
    registers     books of numbers: the last number taken, per unit, year, direction and series
    closings      digests of what each day did to a book, chained; (register, n) is unique
    entries       lines of the books; (register, number) is unique, a line is annulled, never removed
    dossiers      work dossiers; documents point at them, so a document lies in many without being copied
    filings       the place of one document in one dossier; a removal stays on record
    inventories   contents lists (mục lục văn bản) as they were numbered when a dossier was closed
    catalogues    lists of the dossiers that a unit means to open in a year (danh mục hồ sơ)
    holds         legal holds: on what, why, who placed and who lifted them
    disposals     what was proposed to be erased, how the council voted, the certificate
    erasures      one a document of a disposal: what was approved, what came of it
    schedules     retention schedules that were imported; those that come with the program are rule sets
    units people  the organisation; people are disabled, never deleted
    delegations   who may act in whose name, from which day through which
    requests      positions and rights that people ask for, with the decision
    reviews       the rights of a unit as its leader confirmed them, one a quarter
    sessions tokens     hashes of secrets with their owner and end
    signings      signatures being made: what is to be signed, the value, how it ended
    keyfiles      key files (PKCS#12) that their owners left here, sealed
    pictures      images of hands and seals
    verdicts      signature reports by content hash, with what each stood on
    trust         certificates of authorities, revocation lists and answers, by their own hash
    preservation  how far the review of signatures came
    texts         extracted text by content hash (can be rebuilt)
    audit         one record a change, read or refusal; never edited, but for the leaf that the sealer gives it
    heads         how far the log is sealed: one row
    tiles         the hashes of the log's tree, 256 a row
    checkpoints   signed heads of the tree; the bytes lie in the bucket
    outbox        work that a committed change still owes; parked when it keeps failing
    fixity        how far the round of fixity has come, and what each run found
    canaries      the object that the nightly attack drill attacks, and what came of it
    samples       what auditors picked at random to verify: seed, filter, ids, how the check came out
    incidents     what was found wrong, open until somebody says what was done about it
    backups       the sets of copies that were made and how good they are
    drills        what the restore drills found
    jobs          when each job of the schedule ran last, what it said, when it is due
    leases        who may do a thing that only one process may do
    idempotency   answers already given, by key
    quarantine    refused malware: what, when, by whom; no bytes
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, TypeVar

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel, InsertOne, UpdateOne
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
    "OutcomeUnknown",
    "Row",
    "Session",
    "UpdateOne",
    "begin_writing",
    "close",
    "connect",
    "ensure_indexes",
    "insert_together",
    "is_stored",
    "may_be_tried_again",
    "one_moment",
    "ping",
    "told_as_away",
    "transact",
]


def _unique_where_given(name: str) -> IndexModel:
    return IndexModel([(name, ASCENDING)], unique=True, partialFilterExpression={name: {"$gt": ""}})


MUST_REPLY: Final = "must_reply_of_unit"
"""An index of little: only what must be answered. Named, because a planner takes it when it is told to."""
INDEXES: Final[dict[str, list[IndexModel]]] = {
    "documents": [
        IndexModel([("unit", ASCENDING)], name=MUST_REPLY, partialFilterExpression={"must_reply": True}),
        IndexModel([("unit", ASCENDING), ("versions.sha256", ASCENDING)]),
        IndexModel([("versions.sha256", ASCENDING)]),
        IndexModel([("readers", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("dossiers", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("versions.lock.until", ASCENDING)]),
        IndexModel([("holds", ASCENDING)]),
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
        IndexModel([("register", ASCENDING), ("keys", ASCENDING), ("number", ASCENDING)]),
    ],
    "closings": [
        IndexModel([("register", ASCENDING), ("n", ASCENDING)], unique=True),
        IndexModel([("day", ASCENDING), ("register", ASCENDING)]),
    ],
    "dossiers": [
        IndexModel([("unit", ASCENDING), ("year", ASCENDING), ("code", ASCENDING)], unique=True),
        IndexModel([("readers", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("handover.due_on", ASCENDING)]),
        IndexModel([("handed.batch", ASCENDING)]),
        IndexModel([("handed.to", ASCENDING), ("handed.received.on", ASCENDING)]),
    ],
    "filings": [
        IndexModel([("dossier", ASCENDING), ("order", ASCENDING)]),
        IndexModel([("document", ASCENDING)]),
    ],
    "holds": [IndexModel([("state", ASCENDING)])],
    "disposals": [IndexModel([("state", ASCENDING), ("_id", DESCENDING)])],
    "erasures": [
        IndexModel([("disposal", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("document", ASCENDING)]),
    ],
    "inventories": [IndexModel([("dossier", ASCENDING), ("closing", ASCENDING), ("first", ASCENDING)])],
    "catalogues": [IndexModel([("unit", ASCENDING), ("year", ASCENDING)], unique=True)],
    "people": [
        IndexModel([("username", ASCENDING)], unique=True),
        IndexModel([("unit", ASCENDING)]),
        _unique_where_given("staff_code"),
        _unique_where_given("email"),
    ],
    "units": [IndexModel([("codes", ASCENDING)])],
    "verdicts": [IndexModel([("sha256", ASCENDING), ("judged_at", ASCENDING)])],
    "signings": [IndexModel([("document", ASCENDING), ("person", ASCENDING)])],
    "delegations": [IndexModel([("receiver.id", ASCENDING)]), IndexModel([("giver.id", ASCENDING)])],
    "requests": [IndexModel([("person", ASCENDING)]), IndexModel([("state", ASCENDING)])],
    "reviews": [IndexModel([("unit", ASCENDING), ("_id", ASCENDING)])],
    "sessions": [IndexModel([("person", ASCENDING)])],
    "tokens": [IndexModel([("owner", ASCENDING)])],
    "audit": [
        IndexModel([("subject.kind", ASCENDING), ("subject.id", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("also", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("leaf", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("actor.id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("action", ASCENDING), ("_id", DESCENDING)]),
    ],
    "checkpoints": [IndexModel([("size", ASCENDING), ("_id", ASCENDING)])],
    "incidents": [
        IndexModel([("kind", ASCENDING), ("subject.id", ASCENDING), ("state", ASCENDING)]),
        IndexModel([("state", ASCENDING), ("_id", DESCENDING)]),
    ],
    "outbox": [IndexModel([("state", ASCENDING), ("_id", ASCENDING)])],
    "idempotency": [IndexModel([("at", ASCENDING)], expireAfterSeconds=86_400)],
}

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
    for may stand in the URL.
    """
    patience: dict[str, Any] = (
        {} if "serverselectiontimeoutms=" in url.lower() else {"serverSelectionTimeoutMS": 5_000}
    )
    client: AsyncMongoClient[Row] = AsyncMongoClient(
        url, tz_aware=True, uuidRepresentation="standard", retryWrites=True, **patience
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


async def ensure_indexes(database: Database) -> None:
    """Makes what is missing; changes nothing that is there."""
    for name, models in INDEXES.items():
        await database[name].create_indexes(models)


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


@asynccontextmanager
async def one_moment(database: Database) -> AsyncIterator[Moment]:
    """A reading of one moment: a snapshot session where the server has them, else a transaction.

    MongoDB ends transactions after a minute, and keeps snapshots as long as it is told to; a server that has
    no snapshot sessions ignores the wish, so it is asked first and its answer looked at.
    """
    probe = await database.command("find", "units", limit=1, readConcern={"level": "snapshot"})
    if "atClusterTime" in probe["cursor"]:
        async with database.client.start_session(snapshot=True) as session:
            await database["units"].find_one({}, session=session)  # the first read chooses the moment
            yield Moment(database, session)
        return
    async with (
        database.client.start_session() as session,
        await session.start_transaction(read_concern=_SNAPSHOT),
    ):
        await database["units"].find_one({}, session=session)
        yield Moment(database, session)


@contextmanager
def told_as_away() -> Iterator[None]:
    """What a read raises when the database goes away under it, as Unavailable."""
    try:
        yield
    except (DatabaseFault, CursorLost) as fault:
        raise errors.Unavailable(what="MongoDB") from fault


def _wrapped(fault: PyMongoError) -> Exception:
    return errors.Unavailable(what="MongoDB") if isinstance(fault, DatabaseFault) else fault
