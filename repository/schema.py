"""What the database holds: its collections, and the indexes that every query of theirs needs.

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
    fixity        what each run of fixity found, for a look; the log tells it
    rounds        how far the round of fixity has come; bound by the log
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

from typing import Final

from pymongo import ASCENDING, DESCENDING, IndexModel

from repository.mongo import Database


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
        IndexModel([("state", ASCENDING)]),
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


async def ensure_indexes(database: Database) -> None:
    """Makes what is missing; changes nothing that is there."""
    for name, models in INDEXES.items():
        await database[name].create_indexes(models)
